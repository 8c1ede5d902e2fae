"""Cells in MeV: does a comparison see what a surrogate gets wrong at fixed energies?

The surrogate calo-small against 1,000, 4,000 and 16,000 fresh showers of its simulator, at their
own energies, beside as many others of the simulator. Every AUC is of boosted trees or of a dense
network on one view of the showers; the spectra are of cell energies. Writes
benchmarks/results/absolute_energy.json and .md.

    python benchmarks/absolute_energy.py WORKDIR
"""

from collections.abc import Iterable
from functools import partial

from lib.experiment import Configuration, Experiment, Options
from lib.measure import flat
from lib.systems import SEED, SHOWERS, Sides, simulated
from lib.table import Row, markdown, value

import physgan
from physgan.comparison import compare_samples

COUNTS = ("1000", "4000", "16000")
_SHOWN = ("AUC", "cell_energy", "voxel_energy")


def configurations(options: Options) -> Iterable[Configuration]:
    """A comparison for each number of showers a side."""
    most = max(map(int, COUNTS)) // options.shorter

    def judge(count: int) -> Row:
        data = simulated(SHOWERS, options.workdir, most)
        real, floor = (_first(side, count) for side in (data.test, data.floor))
        made = physgan.load(SHOWERS.name).sample(real[1], count, SEED)
        report = compare_samples(data.domain, real, (made, real[1]), floor, seed=SEED)
        return {"largest_auc": report.largest_auc.to_json(), "figures": flat(report)}

    for name in options.only:
        yield ("rows", name), partial(judge, int(name) // options.shorter)


def _first(sides: Sides, count: int) -> Sides:
    samples, conditions = ({k: v[:count] for k, v in side.items()} for side in sides)
    return samples, conditions


def table(content: Row) -> str:
    """AUCs and separation powers of spectra, a column for each number of showers."""
    rows = content["rows"]
    head = ["figure (truth against truth)", *(f"{int(name):,} a side" for name in rows)]
    largest = [row["largest_auc"] for row in rows.values()]
    pairs = [
        [(side["auc"], side["error"]) for side in (each["value"], each["floor"])]
        for each in largest
    ]
    lines = [["**largest AUC**", *(_beside(*pair) for pair in pairs)]]
    lines.append(["of", *(f"{e['value']['view']}, {e['value']['classifier']}" for e in largest)])
    for figure in next(iter(rows.values()))["figures"]:
        if any(word in figure for word in _SHOWN):
            found = [row["figures"][figure] for row in rows.values()]
            lines.append([figure, *(_beside(each[:2], each[2:]) for each in found)])
    return markdown(head, lines)


def _beside(own: tuple[float, float], floor: tuple[float, float]) -> str:
    return f"{value(own)} ({value(floor)})"


EXPERIMENT = Experiment(
    "absolute_energy",
    __doc__,
    configurations,
    table,
    only=COUNTS,
    head=lambda options: {"seed": SEED},
)

if __name__ == "__main__":
    EXPERIMENT.main()
