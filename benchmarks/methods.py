"""What a GAN buys: beside a VAE, flow matching and the classical baseline, on three systems.

Showers (calo-small), Ising lattices (L = 8) and handwritten digits (scikit-learn's 1,797 real
images of 8 x 8 pixels). Each method trains on the same samples and is judged on samples that it
never saw; the floor is the truth against itself at the same sizes. A training that was stopped
continues from its run in WORKDIR. Writes benchmarks/results/methods.json and .md.

    python benchmarks/methods.py WORKDIR [--only showers ising digits]
"""

from collections.abc import Iterable
from functools import cache, partial

from lib.experiment import Configuration, Experiment, Options
from lib.measure import compared, shortened, truth_against_truth
from lib.systems import ISING, SEED, SHOWERS, digits, simulated
from lib.table import FIGURES, Row, cells, costs, markdown

BATCH = 1_000
COSTS = ("training, s", "ms a sample", "parameters", "MFLOP")
DATA = {
    "showers": lambda folder: simulated(SHOWERS, folder, 2_000),
    "ising": lambda folder: simulated(ISING, folder, 4_000),
    "digits": digits,
}
METHODS: dict[str, dict[str, Row]] = {
    "showers": {
        "gan": {"generator_width": 32, "likelihood_samples": 96_000, "adversarial_samples": 0},
        "vae": {"generator_width": 32, "training_samples": 960_000},
        "flow-matching": {"generator_width": 64, "training_samples": 1_920_000},
        "copula": {},
    },
    "ising": {
        "gan": {"likelihood_samples": 102_400, "adversarial_samples": 12_800},
        "vae": {"training_samples": 128_000},
        "flow-matching": {"training_samples": 128_000},
        "clipped-gaussian": {},
    },
    "digits": {
        "gan": {"adversarial_samples": 64_000},
        "vae": {"training_samples": 128_000, "generator_width": 16},
        "flow-matching": {"training_samples": 128_000, "generator_width": 16},
    },
}
"""System -> method -> settings of its training."""


def configurations(options: Options) -> Iterable[Configuration]:
    """The truth and every method of each system."""
    data = cache(lambda system: DATA[system](options.workdir / system))

    def judge_truth(system: str) -> Row:
        return {"quality": truth_against_truth(data(system))}

    def learn(system: str, method: str) -> Row:
        settings = shortened(METHODS[system][method], options.shorter)
        return compared(data(system), options.workdir / system / method, settings, BATCH, method)

    for system in options.only:
        yield ("rows", system, "truth"), partial(judge_truth, system)
        for method in METHODS[system]:
            yield ("rows", system, method), partial(learn, system, method)


def table(content: Row) -> str:
    """One row for each method of each system."""
    lines = []
    for system, rows in content["rows"].items():
        for method in (name for name in ("truth", *METHODS[system]) if name in rows):
            cost, figures = costs(rows[method]), cells(rows[method]["quality"])
            lines.append([system, method, *figures, *(cost[name] for name in COSTS)])
    return markdown(["system", "method", *FIGURES, *COSTS], lines)


EXPERIMENT = Experiment(
    "methods",
    __doc__,
    configurations,
    table,
    only=METHODS,
    head=lambda options: {"seed": SEED, "batch": BATCH},
)

if __name__ == "__main__":
    EXPERIMENT.main()
