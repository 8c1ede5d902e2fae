"""What each stage of training is worth: L = 16, likelihood stage, adversarial stage, or both.

For each the validation distance of the features, and the Kullback-Leibler divergence from the
simulation at the temperatures of the recipe. Runs in WORKDIR are used as they are. Writes
benchmarks/results/ising_stages.json and .md.

    python benchmarks/ising_stages.py WORKDIR
"""

from collections.abc import Iterable
from functools import partial

from lib.experiment import Configuration, Experiment, Options
from lib.measure import divergence, metrics_of, shortened
from lib.table import Row, markdown

from physgan import load, load_recipe, simulate, train

LIKELIHOOD, ADVERSARIAL = 179_200, 25_600
VARIANTS: dict[str, Row] = {
    "likelihood, then adversarial": {
        "likelihood_samples": LIKELIHOOD,
        "adversarial_samples": ADVERSARIAL,
    },
    "likelihood only": {"likelihood_samples": LIKELIHOOD, "adversarial_samples": 0},
    "adversarial only": {
        "likelihood_samples": 0,
        "adversarial_samples": 4 * ADVERSARIAL,
        "generator_rate": 1e-3,
        "discriminator_rate": 1e-3,
        "head_start": 0,
    },
}
"""Name -> settings over the recipe's."""


def configurations(options: Options) -> Iterable[Configuration]:
    """Every variant."""
    recipe = load_recipe("ising-16")

    def learn(name: str) -> Row:
        dataset, run = options.workdir / "ising-16.h5", name.replace(" ", "-").replace(",", "")
        settings = shortened(VARIANTS[name], options.shorter)
        simulate(recipe, dataset)
        summary = train(dataset, options.workdir / run, settings)
        surrogate, places = load(options.workdir / run), recipe.benchmark["conditions"]
        return {
            "settings": settings,
            "seconds": metrics_of(options.workdir / run)[-1]["seconds"],
            "validation_distance": summary["validation_distance"],
            "conditions": places,
            "divergence": [divergence(surrogate, c["temperature"], 4_000, 8) for c in places],
        }

    for name in options.only:
        yield ("rows", name), partial(learn, name)


def table(content: Row) -> str:
    """One row a variant; divergences in nats a lattice."""
    rows = content["rows"]
    places = [c["temperature"] for c in next(iter(rows.values()))["conditions"]]
    lines = []
    for name, row in rows.items():
        divergences = [f"{found['kullback_leibler']:.3f}" for found in row["divergence"]]
        cost = [f"{row['seconds']:.0f}", f"{row['validation_distance']:.3f}"]
        lines.append([name, *cost, *divergences])
    return markdown(["stages", "s", "distance", *(f"KL at T = {t:.4g}" for t in places)], lines)


EXPERIMENT = Experiment("ising_stages", __doc__, configurations, table, only=VARIANTS)

if __name__ == "__main__":
    EXPERIMENT.main()
