"""Few real lattices, many from a surrogate that saw only those: does a phase classifier gain?

Task: is an Ising lattice of 8 x 8 spins below or above the critical temperature? Temperatures are
uniform on [1.5, 3.5] J/k_B and the classifier, a small perceptron, sees the spins alone. Training
sets, for several numbers of real lattices:

    real                  the few real lattices
    real and copies       and exact symmetry copies of them: shifted, turned, mirrored, flipped
    real and surrogate    and as many lattices of a physgan surrogate instead
    many real             as many real lattices: what the surrogate stands in for

The surrogate is trained on the same few lattices (a fifth of them chooses its checkpoint) and on
nothing else. All are judged on 20,000 other real lattices, beside the best possible answer: given
a lattice, the odds of the temperature depend on its energy alone, so the best threshold of the
energy bounds every classifier. Each number is repeated with fresh lattices, surrogates and
perceptrons. The perceptron's penalty is chosen for each set by the test score itself, the
surrogate's set alone excepted, which has the middle one: what favouritism there is helps rivals.

    python examples/phase_classifier.py WORKDIR

Writes phase_classifier.json, .md and .png beside this file.
"""

import argparse
import json
import os
import warnings
from pathlib import Path
from typing import Any

import jax
import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from physgan import load, train
from physgan.benchmark.environment import environment
from physgan.data import Condition, DatasetInfo, write_dataset
from physgan.domains import domain_of
from physgan.domains.spins.observables import energy
from simulators import Ising

SIZE, CRITICAL, RANGE = 8, 2.269185314213022, (1.5, 3.5)
NUMBERS = (40, 100, 250, 600)
REPEATS = 4
MANY, TEST = 4_000, 20_000
PENALTIES = (1e-3, 1e-1, 1.0)
SURROGATE = {
    "batch_size": 64,
    "generator_width": 8,
    "embedding": 16,
    "likelihood_samples": 9_600,
    "adversarial_samples": 0,
    "checkpoint_samples": 960,
    "validation_samples": 512,
}
ARMS = ("real", "real and copies", "real and surrogate", "many real")

Lattices = tuple[np.ndarray, np.ndarray]
"""Spins (n, 8, 8) and temperatures (n,)."""


def real_lattices(count: int, seed: int) -> Lattices:
    """Independent lattices at temperatures uniform on the range."""
    temperatures = np.random.default_rng([seed, 1]).uniform(*RANGE, count)
    return Ising(SIZE).sample({"temperature": temperatures}, count, seed)["spins"], temperatures


def trained_surrogate(real: Lattices, folder: Path, seed: int) -> Any:
    """A surrogate of these lattices and no others."""
    spins, temperatures = real
    simulator = Ising(SIZE)
    info = DatasetInfo(
        domain=simulator.domain,
        fields=simulator.fields,
        conditions=(Condition("temperature", "J/k_B", *RANGE),),
        simulator=simulator.name,
        simulator_version=simulator.version,
        parameters=simulator.parameters,
        seed=seed,
    )
    folder.mkdir(parents=True, exist_ok=True)
    fifth = len(spins) // 5
    splits = {"validation": np.arange(fifth), "train": np.arange(fifth, len(spins))}
    path = folder / "few.h5"
    if not path.exists():
        write_dataset(path, {"spins": spins}, {"temperature": temperatures}, info, splits)
    train(path, folder / "run", SURROGATE, seed=seed)
    return load(folder / "run")


def copies(real: Lattices, count: int, seed: int) -> Lattices:
    """Symmetry copies, drawn as the surrogate's training draws them."""
    rows = np.random.default_rng([seed, 2]).integers(len(real[0]), size=count)
    keys = jax.random.split(jax.random.key(seed), count)
    spins = np.asarray(real[0][rows], np.float32)
    transform = domain_of(Ising(SIZE)).transform
    return np.asarray(jax.jit(transform)(keys, spins)).astype(np.int8), real[1][rows]


def accuracy(known: Lattices, test: Lattices, penalties: tuple[float, ...], seed: int) -> float:
    """Share of right answers on the test lattices, by the best of some penalties."""
    return max(_accuracy(known, test, penalty, seed) for penalty in penalties)


def _accuracy(known: Lattices, test: Lattices, penalty: float, seed: int) -> float:
    network = MLPClassifier((64,), alpha=penalty, max_iter=60, random_state=seed)
    inputs, asked = (spins.reshape(len(spins), -1).astype(float) for spins, _ in (known, test))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # as many passes as there are
        network.fit(inputs, known[1] > CRITICAL)
    return float((network.predict(asked) == (test[1] > CRITICAL)).mean())


def best_possible(test: Lattices) -> float:
    """Accuracy of the best threshold of the energy."""
    energies = energy(test[0])
    order = np.argsort(energies)
    above = (test[1] > CRITICAL)[order]
    right = np.cumsum(~above) + above.sum() - np.cumsum(above)
    last = np.append(np.diff(energies[order]) > 0, True)
    return float(right[last].max() / len(above))


def one_repeat(number: int, repeat: int, test: Lattices, workdir: Path) -> dict[str, float]:
    """Accuracy of every training set."""
    seed = 1_000 * (repeat + 1) + number
    real = real_lattices(number, seed)
    surrogate = trained_surrogate(real, workdir / f"{number}-{repeat}", seed)
    temperatures = np.random.default_rng([seed, 3]).uniform(*RANGE, MANY)
    spins = surrogate.sample({"temperature": temperatures}, MANY, seed)["spins"]
    sets = {
        "real": real,
        "real and copies": _joined(real, copies(real, MANY, seed)),
        "real and surrogate": _joined(real, (spins, temperatures)),
        "many real": real_lattices(MANY + number, seed + 500_000),
    }
    middle = PENALTIES[len(PENALTIES) // 2 :][:1]
    return {
        arm: accuracy(known, test, middle if "surrogate" in arm else PENALTIES, seed)
        for arm, known in sets.items()
    }


def _joined(one: Lattices, other: Lattices) -> Lattices:
    return np.concatenate([one[0], other[0]]), np.concatenate([one[1], other[1]])


def summary(rows: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, list[float]]]:
    """Number of real lattices -> training set -> mean and its standard error over repeats.

    "gain" is the surrogate's set less the better of its two rivals, repeat by repeat.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for number, repeats in rows.items():
        columns = {arm: np.array([r[arm] for r in repeats]) for arm in ARMS}
        rival = np.maximum(columns["real"], columns["real and copies"])
        columns["gain"] = columns["real and surrogate"] - rival
        found[number] = {
            name: [float(v.mean()), float(v.std(ddof=1) / len(v) ** 0.5) if len(v) > 1 else 0.0]
            for name, v in columns.items()
        }
    return found


def table(found: dict[str, dict[str, list[float]]], best: float) -> str:
    """Accuracies in per cent."""
    names = (*ARMS, "gain")
    lines = [f"| real lattices | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    for number, row in found.items():
        cells = [f"{100 * row[n][0]:.2f} ± {100 * row[n][1]:.2f}" for n in names]
        lines.append(f"| {number} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"Best possible: {100 * best:.2f} %.", ""])


def draw(found: dict[str, dict[str, list[float]]], best: float, path: Path) -> None:
    """Accuracy against the number of real lattices."""
    figure, axes = plt.subplots(figsize=(5, 3.4), layout="constrained")
    numbers = [int(n) for n in found]
    colours = ("#7a8494", "#c2570c", "#0b63c5", "#2a7d4f")
    for arm, colour in zip(ARMS, colours, strict=True):
        values, errors = np.array([row[arm] for row in found.values()]).T * 100
        axes.errorbar(numbers, values, errors, fmt="o-", ms=4, lw=1, color=colour, label=arm)
    axes.axhline(100 * best, lw=0.8, ls=":", color="black", label="best possible")
    axes.set(xscale="log", xlabel="real lattices", ylabel="right answers, %")
    axes.set_xticks(numbers, [str(n) for n in numbers])
    axes.minorticks_off()
    axes.legend(frameon=False, fontsize=8)
    figure.savefig(path, dpi=150)


def main() -> None:
    """Repeat what is not done yet; write after each number of lattices."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--numbers", type=int, nargs="+", default=list(NUMBERS))
    parser.add_argument("--repeats", type=int, default=REPEATS)
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    store = options.workdir / "rows.json"
    rows = json.loads(store.read_text()) if store.exists() else {}
    test = real_lattices(TEST, 7)
    best = best_possible(test)
    for number in options.numbers:
        done = rows.setdefault(str(number), [])
        for repeat in range(len(done), options.repeats):
            done.append(one_repeat(number, repeat, test, options.workdir))
            store.write_text(json.dumps(rows))
            print(number, repeat, {k: round(v, 4) for k, v in done[-1].items()}, flush=True)
    found = summary(dict(sorted(rows.items(), key=lambda item: int(item[0]))))
    print(table(found, best))
    out = Path(__file__).with_suffix("")
    content = {
        "surrogate": SURROGATE,
        "repeats": options.repeats,
        "many": MANY,
        "test": TEST,
        "best_possible": best,
        "accuracy": found,
        "rows": rows,
        "environment": environment(),
    }
    out.with_suffix(".json").write_text(json.dumps(content, indent=1) + "\n")
    out.with_suffix(".md").write_text(table(found, best))
    draw(found, best, out.with_suffix(".png"))


if __name__ == "__main__":
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "physgan" / "compiled"
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
    main()
