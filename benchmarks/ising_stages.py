"""What each stage of training is worth: L = 16, likelihood, adversarial game, or both.

Prints the validation distance of the features and the Kullback-Leibler divergence from the
simulation at five temperatures; writes benchmarks/results/ising_stages.json.

    python benchmarks/ising_stages.py WORKDIR
"""

import argparse
import json
from pathlib import Path

from ising_surrogate import RESULTS, divergence

from physgan.data import load_recipe, simulate
from physgan.methods import train
from physgan.surrogates import load

LIKELIHOOD, ADVERSARIAL = 179_200, 25_600
VARIANTS = {
    "likelihood, then adversarial": {
        "likelihood_samples": LIKELIHOOD,
        "adversarial_samples": ADVERSARIAL,
    },
    "likelihood alone": {"likelihood_samples": LIKELIHOOD, "adversarial_samples": 0},
    "adversarial alone": {
        "likelihood_samples": 0,
        "adversarial_samples": 4 * ADVERSARIAL,
        "generator_rate": 1e-3,
        "discriminator_rate": 1e-3,
        "head_start": 0,
    },
}
"""Name -> settings over the recipe's."""


def main() -> None:
    """Train all variants, unless done before, and compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    workdir = parser.parse_args().workdir
    dataset = workdir / "ising-16.h5"
    workdir.mkdir(parents=True, exist_ok=True)
    simulate("ising-16", dataset)
    conditions = load_recipe("ising-16").benchmark["conditions"]
    rows = []
    for name, settings in VARIANTS.items():
        run = workdir / name.replace(" ", "-").replace(",", "")
        summary = train(dataset, run, settings, seed=0)
        found = [divergence(load(run), c["temperature"], 4_000, 8) for c in conditions]
        seconds = json.loads((run / "metrics.jsonl").read_text().splitlines()[-1])["seconds"]
        distance = summary["validation_distance"]
        rows.append(
            {
                "variant": name,
                "settings": settings,
                "seconds": seconds,
                "validation_distance": distance,
                "conditions": conditions,
                "divergence": found,
            }
        )
        values = "".join(f"{d['kullback_leibler']:9.3f}" for d in found)
        print(f"{name:32s}{seconds:8.0f} s  distance {distance:.3f}  KL (nats){values}", flush=True)
    (RESULTS / "ising_stages.json").write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
