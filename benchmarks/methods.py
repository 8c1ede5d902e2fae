"""What a GAN buys: beside a VAE, flow matching and the classical baseline, on three systems.

Showers (calo-small), Ising lattices (L = 8) and handwritten digits (scikit-learn's 1,797 real
images of 8 x 8 pixels). Each method trains on the same samples and is judged on samples that it
never saw; the floor is the truth against itself at the same sizes. Runs found in WORKDIR are used
as they are, and runs that were stopped go on, so the script can be stopped and given again, or be
given one system at a time. Writes benchmarks/results/methods.json and .md.

    python benchmarks/methods.py WORKDIR [--only showers ising digits]
"""

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits
from trials import (
    ISING,
    RESULTS,
    Sides,
    cells,
    judged,
    quality,
    simulated,
    trained,
    write,
    write_idx,
)

from physgan import open_dataset, train
from physgan.data import import_idx, load_recipe
from physgan.domains import domain_of

SEED = 0
BATCH = 1_000
FIGURES = ["AUC high-level", "AUC low-level", "Fréchet distance", "coverage"]


class System(NamedTuple):
    """One kind of samples.

    Attributes:
        make: (folder) -> (training dataset, test samples, as many others for the floor).
        methods: method -> settings of its training.
    """

    make: Callable[[Path], tuple[Path, Sides, Sides]]
    methods: dict[str, dict[str, Any]]


def showers(folder: Path) -> tuple[Path, Sides, Sides]:
    """calo-small, and twice 2,000 more showers."""
    return simulated(load_recipe("calo-small"), folder, 2_000, SEED)


def ising(folder: Path) -> tuple[Path, Sides, Sides]:
    """Lattices at temperatures all over the range, and twice 4,000 more."""
    return simulated(ISING, folder, 4_000, SEED)


def digits(folder: Path) -> tuple[Path, Sides, Sides]:
    """Three in ten of the digits are the test; as many of those trained on are the floor."""
    bundled = load_digits()
    order = np.random.default_rng(SEED).permutation(len(bundled.target))
    pixels = np.round(bundled.images[order] * (255 / 16)).astype(np.uint8)
    files = [
        write_idx(folder / "images.idx", pixels),
        write_idx(folder / "labels.idx", bundled.target[order].astype(np.uint8)),
    ]
    path, shares = folder / "train.h5", {"train": 0.6, "validation": 0.1, "test": 0.3}
    import_idx(files[0], path, labels=files[1], splits=shares)
    test = open_dataset(path).read("test")
    floor = open_dataset(path).read("train", stop=len(test[1]["label"]))
    return path, test, floor


SYSTEMS = {
    "showers": System(
        showers,
        {
            "gan": {"generator_width": 32, "likelihood_samples": 96_000, "adversarial_samples": 0},
            "vae": {"generator_width": 32, "likelihood_samples": 960_000},
            "flow-matching": {"generator_width": 64, "likelihood_samples": 1_920_000},
            "copula": {},
        },
    ),
    "ising": System(
        ising,
        {
            "gan": {"likelihood_samples": 102_400, "adversarial_samples": 12_800},
            "vae": {"likelihood_samples": 128_000},
            "flow-matching": {"likelihood_samples": 128_000},
            "clipped-gaussian": {},
        },
    ),
    "digits": System(
        digits,
        {
            "gan": {"adversarial_samples": 64_000},
            "vae": {"likelihood_samples": 128_000, "generator_width": 16},
            "flow-matching": {"likelihood_samples": 128_000, "generator_width": 16},
        },
    ),
}
FITTED = ("copula", "clipped-gaussian")


def compare(system: str, workdir: Path, shorter: int, rows: dict[str, Any]) -> None:
    """Train and judge what is not in `rows` yet, and write after each."""
    folder = workdir / system
    folder.mkdir(parents=True, exist_ok=True)
    dataset, test, floor = SYSTEMS[system].make(folder)
    domain = domain_of(open_dataset(dataset).info)
    done = rows.setdefault(system, {})
    if "truth" not in done:
        done["truth"] = {"quality": quality(domain, test, floor, SEED)}
    for method, settings in SYSTEMS[system].methods.items():
        if method in done:
            continue
        run = folder / method
        changed = {k: v // shorter if k.endswith("_samples") else v for k, v in settings.items()}
        if method in FITTED:
            start = time.monotonic()
            train(dataset, run, method=method, seed=SEED)
            seconds = time.monotonic() - start
        else:
            seconds = trained(dataset, run, method, changed, SEED)
        found = judged(run, domain, test, BATCH, SEED)
        done[method] = {"settings": changed, "training_seconds": seconds, **found}
        print(system, method, found["quality"], flush=True)


def table(rows: dict[str, Any]) -> str:
    """One row for each method of each system."""
    head = ["system", "method", *FIGURES, "training, s", "ms a sample", "parameters", "MFLOP"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for system, found in rows.items():
        for method in [m for m in ("truth", *SYSTEMS[system].methods) if m in found]:
            row = found[method]
            line = [system, method, *cells(row["quality"], FIGURES)]
            if method == "truth":
                line += [""] * 4
            else:
                flops = row["flops_a_sample"]
                line += [f"{row['training_seconds']:.0f}", f"{1e3 * row['seconds_a_sample']:.3g}"]
                line += [f"{row['parameters']:,}", f"{flops / 1e6:.3g}" if flops else "–"]
            lines.append(f"| {' | '.join(line)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Go through the systems, system by system."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--shorter", type=int, default=1, help="factor: a trial of the script")
    options = parser.parse_args()
    store = options.workdir / "methods.json"
    rows = json.loads(store.read_text()) if store.exists() else {}
    for system in options.only:
        compare(system, options.workdir, options.shorter, rows)
        store.write_text(json.dumps(rows, default=float))
        if options.shorter == 1:
            write("methods", {"seed": SEED, "batch": BATCH, "rows": rows}, table(rows))
    print(table(rows))
    print(f"results in {RESULTS}" if options.shorter == 1 else "a trial: no results written")


if __name__ == "__main__":
    main()
