"""The two textbook GANs on real images, at their documented settings, beside what they imitate.

dcgan28 learns Fashion-MNIST (Debian's package dataset-fashion-mnist, or with --idx another folder
of MNIST's file names), 28 x 28 x 1; dcgan16 the same images at 16 x 16, in three equal channels.
At its documented settings dcgan16 collapses, so it plays the default game too, for as long. None
is told the ten classes. Judged is the best of a run's checkpoints. Real and generated images go
side by side into pictures. A classifier of the real ones says which classes the generated ones
show, and gives their Frechet distance and class score; then their observables, each beside the
difference of two real sets of the same size. A run found in WORKDIR goes on where it stopped, a
system in benchmarks/results/textbook_gans.json already is left out. Writes that file, .md and
textbook_gans-<system>.png.

    python benchmarks/textbook_gans.py WORKDIR [--systems dcgan16] [--shorter 10]
"""

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import wasserstein_distance
from trials import RESULTS, fired, kinds, metrics_of, write_idx

from physgan import load, open_dataset, train
from physgan.benchmark.environment import environment
from physgan.data import Dataset
from physgan.domains import domain_of
from physgan.domains.images.idx import import_idx, read_idx
from physgan.fidelity import judge_classes

FASHION = Path("/usr/share/datasets/fashion-mnist")
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
SEED = 1
_CHECKPOINTS = 8
_SIDE, _SHOWN = 16, 8


class System(NamedTuple):
    """A network, the length of its training, and what differs from its documented settings."""

    network: str
    samples: int
    settings: dict[str, Any]


SYSTEMS = {
    "dcgan28": System("dcgan28", 120_000, {}),
    "dcgan16": System("dcgan16", 160_000, {}),
    "dcgan16-default-game": System(
        "dcgan16",
        160_000,
        {
            "loss": "relativistic",
            "penalty": "r1-r2",
            "gamma": 1.0,
            "gamma_fall": 1.0,
            "batch_size": 32,
            "generator_rate": 2e-4,
            "discriminator_rate": 2e-4,
            "beta1": 0.0,
            "first_beta2": 0.9,
            "beta2": 0.99,
        },
    ),
}


def shrunk(images: np.ndarray) -> np.ndarray:
    """28 x 28 to 16 x 16 in three equal channels: two pixels of edge added, 2 x 2 averaged."""
    edge = (2 * _SIDE - images.shape[1]) // 2
    framed = np.pad(images, ((0, 0), (edge, edge), (edge, edge)))
    small = framed.reshape(-1, _SIDE, 2, _SIDE, 2).mean((2, 4))
    return np.round(small).astype(np.uint8)[..., None].repeat(3, -1)


def datasets(workdir: Path, folder: Path) -> dict[str, Path]:
    """Import the images for each network."""
    made = {name: workdir / f"{name}.h5" for name in ("dcgan28", "dcgan16")}
    import_idx(folder / IMAGES, made["dcgan28"], labels=folder / LABELS)
    small = write_idx(workdir / "small.idx", shrunk(read_idx(folder / IMAGES)))
    import_idx(small, made["dcgan16"], labels=folder / LABELS)
    return made


def trained(system: System, data: Path, run: Path, samples: int) -> dict[str, Any]:
    """Train for `samples` samples, unless that has been done; what it cost and what it showed."""
    config = {
        "network": system.network,
        "conditional": False,
        "adversarial_samples": samples,
        "checkpoint_samples": samples // _CHECKPOINTS,
        **system.settings,
    }
    summary = train(data, run, config, seed=SEED)
    settings = load(run).description.training
    return {
        "samples": summary["samples"],
        "parameters": summary["parameters"],
        "validation_distance": summary["validation_distance"],
        "seconds": round(metrics_of(run)[-1]["seconds"], 1),
        "findings": fired(run),
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


def classes_in(dataset: Dataset, made: dict[str, np.ndarray]) -> dict[str, Any]:
    """What a classifier of unseen real images finds in those made: `physgan.fidelity.classes`."""
    domain = domain_of(dataset.info)
    samples, conditions = dataset.read("test")
    real = {domain.field: samples[domain.field]}, conditions
    return judge_classes(domain, real, (made, {}), "label", seed=SEED).to_json()


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
        f"{machine['processor']}, {machine['cores']} of its cores, "
        f"{', '.join(machine['devices'])}; "
        f"jax {machine['packages']['jax']}; seed {SEED}. Distances are W1 over the spread of the "
        "real images; beside each, that of two real sets of the same size. Judged is the best of "
        "the checkpoints by the distance on the validation split.",
    ]
    for name, system in results["systems"].items():
        lines += ["", f"## {name}", "", *_lines_of(system)]
        lines += ["", f"![{name}](textbook_gans-{name}.png)"]
    return "\n".join([*lines, ""])


def _lines_of(system: dict[str, Any]) -> list[str]:
    cost, found = system["training"], system["classes"]
    pairs = {
        "Fréchet distance": ("frechet", "frechet_truth"),
        "class score": ("score", "score_truth"),
    }
    share = 100 * np.array(found["counts"]) / sum(found["counts"])
    share_real = 100 * np.array(found["counts_truth"]) / sum(found["counts_truth"])
    return [
        f"{cost['samples']:,} samples in {cost['seconds']:,} s, "
        f"{1000 * cost['seconds'] / cost['samples']:.1f} s a thousand. {system['judged']:,} images "
        f"judged; the classifier names {100 * found['accuracy'][0]:.1f} % of unseen real ones "
        f"rightly. Classes that no generated image shows: {', '.join(found['missing']) or 'none'}. "
        f"Detectors that fired in training: {kinds(cost['findings'])}.",
        "",
        "| figure | generated | real |",
        "|---|---|---|",
        *(
            f"| {key} | {' | '.join('{:.3g} ± {:.1g}'.format(*found[name]) for name in names)} |"
            for key, names in pairs.items()
        ),
        *(
            f"| class {name}, % | {one:.1f} | {other:.1f} |"
            for name, one, other in zip(found["classes"], share, share_real, strict=True)
        ),
        *(
            f"| W1 of {key} | {row['generated']:.3f} | {row['real']:.3f} |"
            for key, row in system["observables"].items()
        ),
    ]


def main() -> None:
    """Import, train, sample, judge, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS))
    parser.add_argument("--shorter", type=int, default=1, help="divide every length by this")
    parser.add_argument("--idx", type=Path, default=FASHION, help="folder of MNIST's file names")
    parser.add_argument("--count", type=int, default=1000, help="images judged")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    for folder in (given.workdir, given.out):
        folder.mkdir(parents=True, exist_ok=True)
    data = datasets(given.workdir, given.idx)
    store = given.out / "textbook_gans.json"
    before = json.loads(store.read_text())["systems"] if store.exists() else {}
    results: dict[str, Any] = {"environment": environment(), "seed": SEED, "systems": before}
    for name in given.systems:
        if name in before:
            continue
        system, run = SYSTEMS[name], given.workdir / f"run-{name}"
        dataset = open_dataset(data[system.network])
        samples = system.samples // given.shorter
        training = trained(system, dataset.path, run, samples)
        count = min(given.count, len(dataset.splits["test"]) // 4)
        made = load(run).sample({}, count, SEED)
        title = f"{name} after {training['samples']:,} samples"
        draw(dataset, made, given.out / f"textbook_gans-{name}.png", title)
        results["systems"][name] = {
            "training": training,
            "images": len(dataset),
            "judged": count,
            "classes": classes_in(dataset, made),
            "observables": judged(dataset, made),
        }
        store.write_text(json.dumps(results, indent=1) + "\n")
    (given.out / "textbook_gans.md").write_text(written(results))
    print(written(results))


if __name__ == "__main__":
    main()
