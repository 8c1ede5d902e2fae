"""How far are the shipped surrogates of showers from their simulators, by every view?

Surrogates of the package whose recipe has their name, against 1,000, 3,000 and 6,000 fresh showers
of their simulator, at their own energies, beside as many others of the simulator, in brackets. No
training and no choice of weights saw these. Every AUC is of boosted trees or of a dense network on
one view of the showers, cells in MeV and over the incident energy among them; the largest grows
with the number of showers, which both sides have. Separation powers are of spectra in MeV. Where
the surrogate rejects some of its draws, the generator alone is judged, too. Writes
benchmarks/results/absolute_energy.json and .md.

    python benchmarks/absolute_energy.py WORKDIR
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path

from lib.experiment import Configuration, Experiment, Options
from lib.measure import flat
from lib.systems import SEED, Sides, sides
from lib.table import Row, markdown, value

import physgan
from physgan.comparison import compare_samples
from physgan.domains import domain_of

NAMES = ("calo-small", "calo-pb-lar")
COUNTS = (6000, 3000, 1000)
_FRESH = 100
"""What is added to the seed of showers to be judged by, which no other script does."""
_SHOWN = ("AUC", "cell_energy", "voxel_energy")
_WHOLE, _ALONE = "surrogate", "generator alone"


def configurations(options: Options) -> Iterable[Configuration]:
    """A comparison for each surrogate, with and without rejection, and each number of showers."""
    for name in options.only:
        truth = cache(partial(simulated, name, options.workdir, max(COUNTS) // options.shorter))
        variants = {_WHOLE: physgan.load(name)}
        if variants[_WHOLE].rejects:
            variants[_ALONE] = variants[_WHOLE].without_rejection()
        for label, surrogate in variants.items():
            for count in COUNTS:
                judge = partial(judged, surrogate, truth, count // options.shorter)
                yield ("rows", name, label, str(count)), judge


def simulated(name: str, folder: Path, count: int) -> tuple[Sides, Sides]:
    """Showers to judge by, and as many others, each simulated once."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}-{side}.h5" for side in ("test", "floor")]
    for number, path in enumerate(paths, 1):
        physgan.simulate(physgan.load_recipe(name), path, count=count, seed=SEED + _FRESH + number)
    return sides(paths[0]), sides(paths[1])


def judged(
    surrogate: physgan.Surrogate, truth: Callable[[], tuple[Sides, Sides]], count: int
) -> Row:
    """The largest AUC and all figures, for so many showers a side."""
    real, floor = (
        tuple({key: column[:count] for key, column in part.items()} for part in side)
        for side in truth()
    )
    made = surrogate.sample(real[1], count, SEED)
    report = compare_samples(
        domain_of(surrogate.description), real, (made, real[1]), floor, seed=SEED
    )
    return {"largest_auc": report.largest_auc.to_json(), "figures": flat(report)}


def table(content: Row) -> str:
    """AUCs and separation powers of spectra, a column for each number of showers."""
    parts = [f"# Shipped surrogates of showers beside their simulators\n\n{_ABOUT}"]
    for name, variants in content["rows"].items():
        columns = {
            f"{label}, {int(count):,} a side": row
            for label, rows in variants.items()
            for count, row in sorted(rows.items(), key=lambda row: int(row[0]))
        }
        largest = [row["largest_auc"] for row in columns.values()]
        pairs = [
            [(side["auc"], side["error"]) for side in (each["value"], each["floor"])]
            for each in largest
        ]
        lines = [["**largest AUC**", *(_beside(*pair) for pair in pairs)]]
        views = [each["value"] for each in largest]
        lines.append(["of", *(f"{each['view']}, {each['classifier']}" for each in views)])
        for figure in next(iter(columns.values()))["figures"]:
            if any(word in figure for word in _SHOWN):
                found = [row["figures"][figure] for row in columns.values()]
                lines.append([figure, *(_beside(each[:2], each[2:]) for each in found)])
        parts.append(f"## {name}\n\n{markdown(['figure', *columns], lines)}")
    return "\n\n".join(parts)


def _beside(own: tuple[float, float], floor: tuple[float, float]) -> str:
    return f"{value(own)} ({value(floor)})"


_ABOUT = (
    "Fresh showers of the simulator, as many a side as each column says; value ± standard error, "
    "and in brackets that of other showers of the simulator. Made by `python "
    "benchmarks/absolute_energy.py WORKDIR`, whose docstring says how."
)

EXPERIMENT = Experiment(
    "absolute_energy",
    __doc__,
    configurations,
    table,
    only=NAMES,
    head=lambda options: {"seed": SEED},
)

if __name__ == "__main__":
    EXPERIMENT.main()
