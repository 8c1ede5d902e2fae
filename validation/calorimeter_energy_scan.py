"""Resolution, correlations and a classifier on 1-20 GeV electrons against HepEmShow."""

import sys
from itertools import pairwise
from pathlib import Path

import h5py
import matplotlib.pyplot as plt
import numpy as np
from calorimeter_reference import R_EDGES, RESULTS, Table, arguments, calorimeter, kept
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict

BINS = np.geomspace(1000.0, 20000.0, 5)
SMALLEST = 0.015  # MeV, cells below it are zero in the reference


def reference(folder: Path, share: float) -> list[np.ndarray]:
    """Energies, cells and absorber deposits of both reference files, MeV."""
    parts: list[tuple[np.ndarray, ...]] = []
    for name in ("electrons_test.h5", "electrons_train.h5"):
        with h5py.File(folder / name) as file:
            count = int(share * len(file["showers"]))
            energies = file["incident_energies"][:count, 0].astype(np.float64)
            parts.append((energies, file["showers"][:count], file["absorber_energies"][:count]))
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]


def simulate(absorber: str, energies: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Showers of the given energies, pairs of layers summed."""
    samples = calorimeter(absorber, group=2, alpha=12).sample(
        {"energy_mev": energies}, len(energies), seed
    )
    return {"energy": energies, **samples}


def features(energies: np.ndarray, cells: np.ndarray, absorber: np.ndarray) -> np.ndarray:
    """Layer energies, their centres and widths, totals: what a surrogate is judged by."""
    cells = cells.reshape(len(cells), 25, 12, 8).astype(np.float64)
    cells[cells < SMALLEST] = 0.0
    radius = 0.5 * (np.array(R_EDGES[1:]) + np.array(R_EDGES[:-1]))
    angle = -np.pi + (np.arange(12) + 0.5) * np.pi / 6
    x, y = np.cos(angle)[:, None] * radius, np.sin(angle)[:, None] * radius
    layers = cells.sum((2, 3))
    columns = [np.log(energies)[:, None], np.log(layers + 1e-3), np.log(absorber + 1e-3)]
    columns.append(np.log(layers.sum(1, keepdims=True) / energies[:, None]))
    columns.append(np.log(absorber.sum(1, keepdims=True) / energies[:, None]))
    for weight in (x, y, np.broadcast_to(radius, x.shape)):
        centre = (cells * weight).sum((2, 3)) / (layers + 1e-16)
        square = (cells * weight**2).sum((2, 3)) / (layers + 1e-16)
        columns += [centre, np.sqrt(np.maximum(square - centre**2, 0))]
    columns.append((cells > 0).sum((2, 3)))
    return np.concatenate(columns, axis=1)


def resolution(table: Table, energies: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> list:
    """Spread of the visible energy's share in bins of energy, core and full."""
    points = []
    for low, high in pairwise(BINS):
        inside = (energies >= low) & (energies < high)
        a, b = ours[inside] / energies[inside], theirs[inside] / energies[inside]
        core = [np.diff(np.quantile(v, [0.16, 0.84]))[0] / 2 / np.median(v) for v in (a, b)]
        error = core[0] / core[1] * 1.15 / np.sqrt(inside.sum())
        where = f"{low / 1000:.1f}-{high / 1000:.1f} GeV ({inside.sum()})"
        scale = (a.mean() / b.mean() - 1, np.hypot(a.std(), b.std()) / b.mean() / len(a) ** 0.5)
        table.check(f"visible share, {where}", *scale, 0.01)
        table.check(f"resolution, {where}", core[0] / core[1] - 1, error * 1.4, 0.05)
        points.append((np.sqrt(low * high), *core))
    return points


def profiles(table: Table, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Mean deposits in pairs of layers and in rings, which fixed energies know less well."""
    for name, axes, target in (("pairs of layers", (2, 3), 0.02), ("rings", (1, 2), 0.03)):
        a, b = (v.sum(axes, dtype=np.float64) for v in (ours, theirs))
        some = b.mean(0) > 0.01 * (b.mean(0).max() if name != "rings" else b.mean(0).sum())
        error = np.std(a - b, axis=0) / np.sqrt(len(a)) / b.mean(0)
        deviation = a.mean(0) / b.mean(0) - 1
        table.worst(f"mean deposit of {name}", deviation[some], error[some], target)


def correlations(table: Table, ours: np.ndarray, theirs: np.ndarray) -> None:
    """Pearson coefficients between layers at given incident energy."""
    energetic = theirs.mean(0) > 0.01 * theirs.mean(0).max()
    a, b = (np.corrcoef(v[:, energetic].T) for v in (ours, theirs))
    upper = np.triu_indices(len(a), 1)
    rng = np.random.default_rng(0)
    noise = np.std(
        [np.corrcoef(theirs[rng.integers(0, len(theirs), len(theirs))][:, energetic].T)[upper]
         for _ in range(50)], axis=0,
    )  # fmt: skip
    table.worst("correlation of layers", (a - b)[upper], 1.5 * noise, 0.03)


def classifier(table: Table, ours: np.ndarray, theirs: np.ndarray, name: str) -> None:
    """Area under the curve of boosted trees, two-fold."""
    x = np.concatenate([ours, theirs])
    y = np.repeat([1, 0], [len(ours), len(theirs)])
    trees = HistGradientBoostingClassifier(max_iter=120, learning_rate=0.06, random_state=0)
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    scores = cross_val_predict(trees, x, y, cv=folds, method="predict_proba")[:, 1]
    area = roc_auc_score(y, scores)
    error = np.sqrt((len(ours) + len(theirs) + 1) / (12 * len(ours) * len(theirs)))
    table.check(f"classifier, AUC - 1/2, {name}", area - 0.5, error, 0.10)


def main() -> int:
    """Compare the energy scan."""
    options = arguments(__doc__)
    energies, showers, absorbers = reference(options.reference, options.share)
    count = len(energies)
    ours = kept(options.keep, "scan", lambda: simulate(options.absorber, energies, options.seed))
    table = Table()
    table.say(f"{count} electrons of 1-20 GeV, at equal energies")
    cells = np.where(ours["deposits"] < SMALLEST, 0, ours["deposits"]).reshape(count, -1)
    visible = [v.sum(1, dtype=np.float64) for v in (cells, showers)]
    points = resolution(table, energies, *visible)
    layers = [v.reshape(count, 25, -1).sum(2, dtype=np.float64) for v in (cells, showers)]
    at_energy = [v / energies[:, None] for v in layers]
    profiles(table, *(v.reshape(count, 25, 12, 8) for v in (cells, showers)))
    correlations(table, *at_energy)
    a = features(energies, cells, ours["absorber"])
    b = features(energies, showers, absorbers)
    classifier(table, a, b, "ours against the reference")
    classifier(table, b[::2], b[1::2], "the reference against itself")
    draw(points, layers, showers, cells)
    return table.write("calorimeter_energy_scan")


def draw(points: list, layers: list, showers: np.ndarray, cells: np.ndarray) -> None:
    """Resolution and mean profile."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
    energy, a, b = np.array(points).T
    left.plot(energy / 1000, 100 * b, "o-", label="HepEmShow")
    left.plot(energy / 1000, 100 * a, "k.--", label="physgan")
    left.set(xlabel="energy, GeV", ylabel="resolution, %", xscale="log")
    left.set_xticks([2, 5, 10], labels=["2", "5", "10"])
    left.minorticks_off()
    left.legend()
    right.step(range(25), layers[1].mean(0), where="mid")
    right.plot(layers[0].mean(0), "k.")
    right.set(xlabel="pair of layers", ylabel="active deposit, MeV", yscale="log")
    figure.tight_layout()
    figure.savefig(RESULTS / "calorimeter_energy_scan.png", dpi=120)


if __name__ == "__main__":
    sys.exit(main())
