"""The two textbook GANs on real images, at their published settings, beside what they imitate.

dcgan28 learns Fashion-MNIST, 28 x 28 x 1; dcgan16 the same images at 16 x 16, in three equal
channels. At its published settings dcgan16 collapses, so it is trained by the default loss and
penalties too, for as long. None is told the ten classes. Judged is the best of a run's checkpoints.
Real and generated images go side by side into pictures. A classifier of the real ones says which
classes the generated ones show, and gives their Fréchet distance and class score; then their
observables, each beside the difference of two real sets of the same size. A training that was
stopped continues from its run in WORKDIR. Writes benchmarks/results/textbook_gans.json, .md and
textbook_gans-<system>.png.

The images do not come with the project. `--reference` is a folder with two of MNIST's files,
train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz; by default the one of the package
dataset-fashion-mnist of Debian and Ubuntu.

    python benchmarks/textbook_gans.py WORKDIR [--only dcgan16]
"""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.measure import fired, metrics_of
from lib.systems import reference_files, sides, write_idx
from lib.table import Row, kinds, markdown, value
from matplotlib.figure import Figure

from physgan import Dataset, import_idx, load, open_dataset, train
from physgan.domains import domain_of
from physgan.domains.images.idx import read_idx
from physgan.fidelity import compare_classes, wasserstein

FASHION = Path("/usr/share/datasets/fashion-mnist")
IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
SEED = 1
_CHECKPOINTS = 8
_SIDE, _SHOWN = 16, 8
_RECORDED = ("batch_size", "generator_rate", "beta1", "beta2", "loss", "penalty")


DEFAULT = {
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
}
"""The loss, the penalties and the optimiser that training has by default."""
SYSTEMS: dict[str, tuple[str, int, Row]] = {
    "dcgan28": ("dcgan28", 120_000, {}),
    "dcgan16": ("dcgan16", 160_000, {}),
    "dcgan16-default-game": ("dcgan16", 160_000, DEFAULT),
}
"""Name -> (network, samples seen in training, what differs from its published settings)."""


def configurations(options: Options) -> Iterable[Configuration]:
    """Every system."""

    def learn(name: str) -> Row:
        network, samples, settings = SYSTEMS[name]
        data = dataset_of(network, options.workdir, options.reference)
        run, domain = options.workdir / f"run-{name}", domain_of(data.info)
        training = trained(data, run, network, samples // options.shorter, settings)
        count = min(options.count, len(data.splits["test"]) // 4)
        made = load(run).sample({}, count, SEED)
        picture = side_by_side(data, made, f"{name} after {training['samples']:,} samples")
        picture.savefig(options.out / f"textbook_gans-{name}.png", dpi=110)
        classes = compare_classes(domain, sides(data.path, "test"), (made, {}), "label", seed=SEED)
        return {
            "training": training,
            "images": len(data),
            "judged": count,
            "classes": classes.to_json(),
            "observables": distances(data, made),
        }

    for name in options.only:
        yield ("systems", name), partial(learn, name)


def dataset_of(network: str, workdir: Path, reference: Path) -> Dataset:
    """The images as the network takes them, imported."""
    images, labels = reference_files(reference, IMAGES, LABELS)
    if network == "dcgan16":
        images = write_idx(workdir / "small.idx", shrunk(read_idx(images)))
    path = workdir / f"{network}.h5"
    import_idx(images, path, labels=labels)
    return open_dataset(path)


def shrunk(images: np.ndarray) -> np.ndarray:
    """28 x 28 to 16 x 16 in three equal channels: two pixels of edge added, 2 x 2 averaged."""
    edge = (2 * _SIDE - images.shape[1]) // 2
    framed = np.pad(images, ((0, 0), (edge, edge), (edge, edge)))
    small = framed.reshape(-1, _SIDE, 2, _SIDE, 2).mean((2, 4))
    return np.round(small).astype(np.uint8)[..., None].repeat(3, -1)


def trained(data: Dataset, run: Path, network: str, samples: int, settings: Row) -> Row:
    """Train, unless that was done before; what it cost and what it showed."""
    length = {"adversarial_samples": samples, "checkpoint_samples": samples // _CHECKPOINTS}
    wanted = {"network": network, "conditional": False, **length, **settings}
    summary = train(data.path, run, wanted, seed=SEED)
    used = load(run).description.training
    return {
        **{name: summary[name] for name in ("samples", "parameters", "validation_distance")},
        "seconds": round(metrics_of(run)[-1]["seconds"], 1),
        "findings": fired(run),
        "settings": {name: used[name] for name in _RECORDED},
    }


def distances(data: Dataset, made: dict[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """W1 of each observable in units of the real spread, and that of two real sets."""
    domain = domain_of(data.info)
    count = len(made[domain.field])
    sets = [data.read("test", *rows)[0] for rows in ((0, count), (count, 2 * count))]
    found = {}
    for observable in domain.observables:
        real, other, fake = (
            observable.compute(samples, {}).reshape(count, -1).mean(1) for samples in (*sets, made)
        )
        if spread := float(real.std()):
            pairs = {"generated": fake, "real": other}
            found[observable.name] = {k: wasserstein(real, v) / spread for k, v in pairs.items()}
    return found


def side_by_side(data: Dataset, made: dict[str, np.ndarray], title: str) -> Figure:
    """Real images on the left, generated ones on the right."""
    domain = domain_of(data.info)
    real = data.read("test", 0, _SHOWN**2)[0]
    figure = Figure(figsize=(9, 4.8), layout="constrained")
    figure.suptitle(title, fontsize="medium")
    parts = zip(figure.subfigures(1, 2), (real, made), ("real", "generated"), strict=True)
    for part, samples, name in parts:
        part.suptitle(name, fontsize="small")
        for index, axes in enumerate(part.subplots(_SHOWN, _SHOWN).flat):
            domain.picture(axes, samples, index)
    return figure


def table(content: Row) -> str:
    """The results as Markdown, a section each system."""
    machine = content["environment"]
    parts = [
        "# Textbook GANs on real images\n\n"
        f"{machine['processor']}, {machine['cores']} of its cores, "
        f"{', '.join(machine['devices'])}; jax {machine['packages']['jax']}; seed {SEED}. "
        "Distances are W1 over the spread of the real images; beside each, that of two real sets "
        "of the same size. Judged is the best of the checkpoints by the distance on the "
        "validation split.\n"
    ]
    for name, system in content["systems"].items():
        figures = markdown(["figure", "generated", "real"], _figures(system))
        parts.append(f"## {name}\n\n{_summary(system)}\n\n{figures}")
        parts.append(f"![{name}](textbook_gans-{name}.png)\n")
    return "\n".join(parts)


def _summary(system: Row) -> str:
    cost, found = system["training"], system["classes"]
    return (
        f"{cost['samples']:,} samples in {cost['seconds']:,} s, "
        f"{1000 * cost['seconds'] / cost['samples']:.1f} s a thousand. {system['judged']:,} images "
        f"judged; the classifier names {100 * found['accuracy'][0]:.1f} % of unseen real ones "
        f"rightly. Classes that no generated image shows: {', '.join(found['missing']) or 'none'}. "
        f"Detectors that fired in training: {kinds(cost['findings'])}."
    )


def _figures(system: Row) -> Iterable[list[str]]:
    found = system["classes"]
    for name, key in (("Fréchet distance", "frechet"), ("class score", "score")):
        yield [name, value(found[key]), value(found[f"{key}_truth"])]
    counts = np.array([found["counts"], found["counts_truth"]])
    for name, shares in zip(found["classes"], (100 * counts.T / counts.sum(1)), strict=True):
        yield [f"class {name}, %", *(f"{share:.1f}" for share in shares)]
    for name, row in system["observables"].items():
        yield [f"W1 of {name}", f"{row['generated']:.3f}", f"{row['real']:.3f}"]


EXPERIMENT = Experiment(
    "textbook_gans",
    __doc__,
    configurations,
    table,
    head=lambda options: {"seed": SEED},
    only=SYSTEMS,
    options={"reference": FASHION, "count": 1000},
)

if __name__ == "__main__":
    EXPERIMENT.main()
