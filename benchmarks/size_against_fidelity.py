"""Smaller generators of showers: what width costs, and what it is worth.

Trains the generator of showers at several widths on calo-small, by the likelihood stage alone
without an adversarial one, and judges each on 2,000 showers that no training saw. A training that
was stopped continues from its run in WORKDIR. Writes benchmarks/results/size_against_fidelity.json,
.md and .png.

    python benchmarks/size_against_fidelity.py WORKDIR [--only 8 16 32 64]
"""

from collections.abc import Iterable
from functools import partial

from lib.experiment import Configuration, Experiment, Options
from lib.measure import compared, shortened, truth_against_truth
from lib.systems import SEED, SHOWERS, simulated
from lib.table import FIGURES, Row, cells, costs, markdown
from matplotlib.figure import Figure

BATCH = 1_000
SETTINGS = {"likelihood_samples": 96_000, "adversarial_samples": 0, "checkpoint_samples": 24_000}
COSTS = ("parameters", "MFLOP", "ms a sample", "training, s")


def configurations(options: Options) -> Iterable[Configuration]:
    """The truth, and every width."""

    def learn(width: str) -> Row:
        data = simulated(SHOWERS, options.workdir, 2_000)
        if width == "truth":
            return {"quality": truth_against_truth(data)}
        settings = {**shortened(SETTINGS, options.shorter), "generator_width": int(width)}
        return compared(data, options.workdir / f"width-{width}", settings, BATCH)

    for width in ("truth", *options.only):
        yield ("rows", width), partial(learn, width)


def table(content: Row) -> str:
    """One row for each width."""
    head = ["width", "parameters", "MFLOP a sample", "ms a sample", "training, s", *FIGURES]
    lines = [
        [width, *(costs(row)[name] for name in COSTS), *cells(row["quality"])]
        for width, row in content["rows"].items()
    ]
    return markdown(head, lines)


def picture(content: Row) -> Figure:
    """AUC against FLOPs, with the truth's own."""
    rows = dict(content["rows"])
    truth = rows.pop("truth")["quality"]
    flops = [row["flops_a_sample"] / 1e6 for row in rows.values()]
    figure = Figure(figsize=(5, 3.2), layout="constrained")
    axes = figure.subplots()
    for name, colour in zip(FIGURES[:2], ("#0b63c5", "#c2570c"), strict=True):
        pairs = [row["quality"][name] for row in rows.values()]
        values, errors = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        axes.errorbar(flops, values, errors, fmt="o-", ms=4, lw=1, color=colour, label=name)
        axes.axhline(truth[name][0], lw=0.8, ls=":", color=colour)
    names = [f"{value:.2g}\nwidth {width}" for value, width in zip(flops, rows, strict=True)]
    axes.set(
        xscale="log", xlabel="MFLOP a sample", ylabel="AUC of boosted trees", ylim=(0.48, None)
    )
    axes.set_xticks(flops, names)
    axes.minorticks_off()
    axes.legend(frameon=False, title="dotted: truth against truth")
    return figure


EXPERIMENT = Experiment(
    "size_against_fidelity",
    __doc__,
    configurations,
    table,
    only=("8", "16", "32", "64"),
    head=lambda options: {"seed": SEED, "batch": BATCH},
    picture=picture,
)

if __name__ == "__main__":
    EXPERIMENT.main()
