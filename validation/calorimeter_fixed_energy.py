"""Deposits, profiles, secondaries and track lengths at fixed energies against HepEmShow."""

import sys

import h5py
import matplotlib.pyplot as plt
import numpy as np
from calorimeter_reference import RESULTS, Table, arguments, bootstrap, calorimeter, kept

CASES = {
    "electron_1gev": (1000.0, "e-"),
    "electron_10gev": (10000.0, "e-"),
    "photon_5gev": (5000.0, "gamma"),
    "positron_2gev": (2000.0, "e+"),
}
TIMES = 4  # showers of ours for each of the reference's, so that the noise is its own
COUNTS = {
    "charged_steps": 0,
    "photon_steps": 1,
    "secondary_electrons": 2,
    "secondary_positrons": 3,
    "secondary_photons": 4,
}


def simulate(absorber: str, name: str, count: int, seed: int) -> dict[str, np.ndarray]:
    """Showers of one case, in the reference's arrays."""
    energy, particle = CASES[name]
    samples, statistics = calorimeter(absorber, particle).sample_with_statistics(
        {"energy_mev": energy}, count, seed
    )
    deposits = samples["deposits"][:, :, 0, :]
    return {
        "gap": deposits.sum(2),
        "rad": deposits.sum(1),
        "ab": samples["absorber"],
        "counts": statistics.counts,
        "lengths": statistics.lengths.mean(0),
    }


def relative(ours: np.ndarray, theirs: np.ndarray, statistic) -> tuple:
    """Deviation of a statistic of rows and its error."""
    a, b = statistic(ours), statistic(theirs)
    error = np.hypot(bootstrap(statistic, ours) / b, bootstrap(statistic, theirs) * a / b**2)
    return a / b - 1, error


def mean(rows: np.ndarray) -> np.ndarray:
    """Mean over events."""
    return rows.mean(0, dtype=np.float64)


def spread(rows: np.ndarray) -> np.ndarray:
    """Standard deviation over events."""
    return rows.std(0, dtype=np.float64)


def compare(table: Table, name: str, ours: dict[str, np.ndarray], group: h5py.Group) -> None:
    """All checks of one case."""
    gap, absorber, rings = (group[key][:] for key in ("gap_mev", "absorber_mev", "gap_radial_mev"))
    table.say(f"{name}: {len(ours['gap'])} showers against {len(gap)}")
    for label, a, b in (("active", ours["gap"], gap), ("absorber", ours["ab"], absorber)):
        a, b = a.sum(1, dtype=np.float64), b.sum(1, dtype=np.float64)
        table.check(f"total {label}, mean", *relative(a, b, mean), 0.01)
        table.check(f"total {label}, standard deviation", *relative(a, b, spread), 0.05)
    deviation, error = relative(ours["gap"], gap, mean)
    layer = mean(gap) / mean(gap).max()
    table.worst(
        "layers above 5 % of the largest", deviation[layer > 0.05], error[layer > 0.05], 0.02
    )
    some = (layer > 0.01) & (layer <= 0.05)
    table.worst("layers above 1 %", deviation[some], error[some], 0.05)
    deviation, error = relative(ours["rad"], rings, mean)
    share = mean(rings) / mean(rings).sum() > 0.01
    table.worst("rings above 1 %", deviation[share], error[share], 0.03)
    for key, column in COUNTS.items():
        values = ours["counts"][:, column]
        error = values.std() / np.sqrt(len(values)) / group.attrs[key] * 1.5
        table.check(key.replace("_", " "), values.mean() / group.attrs[key] - 1, error, 0.05)
    for row, key in enumerate(("charged", "photon")):
        reference = group[f"{key}_track_length_mm"][:]
        a, b = ours["lengths"][row], reference
        total = a.sum() / b.sum() - 1
        noise = np.std(gap, axis=0) / np.sqrt(len(gap)) / np.maximum(mean(gap), 1e-9)
        noise *= np.sqrt(1 + len(gap) / len(ours["gap"]))
        some = b > 0.05 * b.max()
        table.check(f"{key} track length", total, 0.003, 0.03)
        table.worst(f"{key} track length a layer", (a / b - 1)[some], noise[some], 0.03)


def draw(cases: dict, file: h5py.File) -> None:
    """Longitudinal and radial profiles."""
    figure, axes = plt.subplots(2, len(cases), figsize=(4 * len(cases), 6), squeeze=False)
    for column, (name, ours) in enumerate(cases.items()):
        pairs = ((ours["gap"], "gap_mev", "layer"), (ours["rad"], "gap_radial_mev", "ring"))
        for row, (a, key, label) in enumerate(pairs):
            axis = axes[row, column]
            axis.step(range(a.shape[1]), mean(file[name][key][:]), label="HepEmShow", where="mid")
            axis.plot(mean(a), "k.", label="physgan")
            axis.set(xlabel=label, ylabel="active deposit, MeV", yscale="log", title=name)
    axes[0, 0].legend()
    figure.tight_layout()
    figure.savefig(RESULTS / "calorimeter_fixed_energy.png", dpi=120)


def main() -> int:
    """Compare all cases."""
    options = arguments(__doc__)
    table, cases = Table(), {}
    with h5py.File(options.reference / "fixed_energy.h5") as file:
        for name in CASES:
            count = max(50, int(options.share * TIMES * len(file[name]["gap_mev"])))
            cases[name] = kept(
                options.keep,
                name,
                lambda n=name, c=count: simulate(options.absorber, n, c, options.seed),
            )
            compare(table, name, cases[name], file[name])
        draw(cases, file)
    return table.write("calorimeter_fixed_energy")


if __name__ == "__main__":
    sys.exit(main())
