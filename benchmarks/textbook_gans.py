"""The two textbook GANs on real images, at their documented settings, beside what they imitate.

dcgan28 learns Fashion-MNIST (Debian's package dataset-fashion-mnist, or with --idx another folder
of MNIST's file names), 28 x 28 x 1; dcgan16 learns patches of 16 x 16 pixels in colour, cut from
scikit-learn's two photographs. Both are trained without labels, for SAMPLES samples each. Real and
generated images go side by side into pictures, and their observables into a table, each beside the
difference of two real sets of the same size. Runs found in WORKDIR go on where they stopped.
Writes benchmarks/results/textbook_gans.json, .md and -<system>.png.

    python benchmarks/textbook_gans.py WORKDIR --samples 1200000
"""

import argparse
import gzip
import json
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import wasserstein_distance

from physgan import load, open_dataset, train
from physgan.benchmark.environment import environment
from physgan.data import Dataset, import_idx
from physgan.domains import domain_of

RESULTS = Path(__file__).parent / "results"
FASHION = Path("/usr/share/datasets/fashion-mnist")
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
SEED = 1
_SIDE, _STRIDE, _SHOWN = 16, 2, 8


def photographs() -> np.ndarray:
    """Patches of the photographs at half their resolution, mixed: uint8 (n, 16, 16, 3).

    They overlap, so those of the test split are not independent of the others.
    """
    from sklearn.datasets import load_sample_images

    patches = []
    for image in load_sample_images().images:
        height, width = (length // 2 * 2 for length in image.shape[:2])
        halves = image[:height, :width].reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3))
        windows = np.lib.stride_tricks.sliding_window_view(halves, (_SIDE, _SIDE), (0, 1))
        chosen = windows[::_STRIDE, ::_STRIDE]
        patches.append(chosen.transpose(0, 1, 3, 4, 2).reshape(-1, _SIDE, _SIDE, 3))
    mixed = np.random.default_rng(SEED).permutation(np.concatenate(patches))
    return np.round(mixed).astype(np.uint8)


def datasets(workdir: Path, folder: Path) -> dict[str, Path]:
    """Import both sets of real images."""
    made = {name: workdir / f"{name}.h5" for name in ("dcgan28", "dcgan16")}
    import_idx(folder / IMAGES, made["dcgan28"], labels=folder / LABELS)
    patches, file = photographs(), workdir / "patches.idx.gz"
    header = bytes([0, 0, 8, patches.ndim]) + struct.pack(">4I", *patches.shape)
    file.write_bytes(gzip.compress(header + patches.tobytes(), mtime=0))
    import_idx(file, made["dcgan16"])
    return made


def trained(name: str, data: Path, run: Path, samples: int) -> dict[str, Any]:
    """Train for `samples` samples, unless that has been done; what it cost."""
    started = time.perf_counter()
    every = max(samples // 20, 2_000)
    config = {
        "network": name,
        "conditional": False,
        "adversarial_samples": samples,
        "checkpoint_samples": every,
    }
    summary = train(data, run, config, seed=SEED)
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    settings = load(run).description.training
    return {
        "samples": summary["samples"],
        "parameters": summary["parameters"],
        "validation_distance": summary["validation_distance"],
        "seconds": round(lines[-1]["seconds"], 1),
        "seconds_this_call": round(time.perf_counter() - started, 1),
        "settings": {
            key: settings[key]
            for key in ("batch_size", "generator_rate", "beta1", "beta2", "loss", "penalty")
        },
    }


def judged(dataset: Dataset, made: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """W1 of each observable in units of the real spread, and that of two real sets."""
    domain = domain_of(dataset.info)
    count = len(made[domain.field])
    first, second = (dataset.read("test", *rows)[0] for rows in ((0, count), (count, 2 * count)))
    table = {}
    for observable in domain.observables:
        real, other, fake = (
            observable.compute(s, {}).reshape(len(s[domain.field]), -1).mean(1)
            for s in (first, second, made)
        )
        if not (spread := float(real.std())):
            continue
        table[observable.name] = {
            "generated": wasserstein_distance(real, fake) / spread,
            "real": wasserstein_distance(real, other) / spread,
        }
    return table


def draw(dataset: Dataset, made: dict[str, np.ndarray], out: Path, title: str) -> None:
    """Real images on the left, generated ones on the right."""
    domain = domain_of(dataset.info)
    real = dataset.read("test", 0, _SHOWN**2)[0]
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    for part, samples, name in zip(
        figure.subfigures(1, 2), (real, made), ("real", "generated"), strict=True
    ):
        part.suptitle(name, fontsize="small")
        for index, axes in enumerate(part.subplots(_SHOWN, _SHOWN).flat):
            domain.picture(axes, samples, index)
    figure.savefig(out, dpi=110)


def written(results: dict[str, Any]) -> str:
    """The results as Markdown."""
    machine = results["environment"]
    lines = [
        "# Textbook GANs on real images",
        "",
        f"{machine['processor']}, {machine['cores']} cores, {', '.join(machine['devices'])}; "
        f"jax {machine['packages']['jax']}; seed {SEED}. Distances are W1 over the spread of the "
        "real images; beside each, that of two real sets of the same size.",
    ]
    for name, system in results["systems"].items():
        cost = system["training"]
        lines += [
            "",
            f"## {name}",
            "",
            f"{cost['samples']:,} samples in {cost['seconds']:,} s, "
            f"{1000 * cost['seconds'] / cost['samples']:.1f} s a thousand.",
            "",
            "| observable | generated | real |",
            "|---|---|---|",
            *(
                f"| {key} | {row['generated']:.3f} | {row['real']:.3f} |"
                for key, row in system["observables"].items()
            ),
            "",
            f"![{name}](textbook_gans-{name}.png)",
        ]
    return "\n".join([*lines, ""])


def main() -> None:
    """Import, train, sample, judge, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--samples", type=int, default=1_200_000)
    parser.add_argument("--systems", nargs="+", default=["dcgan28", "dcgan16"])
    parser.add_argument("--idx", type=Path, default=FASHION, help="folder of MNIST's file names")
    parser.add_argument("--count", type=int, default=1000, help="images judged")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    for folder in (given.workdir, given.out):
        folder.mkdir(parents=True, exist_ok=True)
    data = datasets(given.workdir, given.idx)
    results: dict[str, Any] = {"environment": environment(), "seed": SEED, "systems": {}}
    for name in given.systems:
        run, dataset = given.workdir / f"run-{name}", open_dataset(data[name])
        training = trained(name, data[name], run, given.samples)
        count = min(given.count, len(dataset.splits["test"]) // 2)
        made = load(run).sample({}, count, SEED)
        title = f"{name} after {training['samples']:,} samples"
        draw(dataset, made, given.out / f"textbook_gans-{name}.png", title)
        results["systems"][name] = {
            "training": training,
            "images": len(dataset),
            "judged": count,
            "observables": judged(dataset, made),
        }
    (given.out / "textbook_gans.json").write_text(json.dumps(results, indent=1) + "\n")
    (given.out / "textbook_gans.md").write_text(written(results))
    print(written(results))


if __name__ == "__main__":
    main()
