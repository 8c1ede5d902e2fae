"""Power of the N-body code against linear theory and halofit; growth; momentum.

- Linear theory: at redshift 19, in 5 steps from 99, the defaults otherwise.
- Growth: waves below 0.02 h/Mpc of a box of 2 Gpc/h at redshifts 3, 1 and 0.
- Halofit (R. Takahashi et al., Astrophys. J. 761, 152, 2012) at the same redshifts, by camb (`pip
  install 'physgan[validation]'`), with camb's own linear spectrum.
- Momentum: the sum of all forces at redshift 0, over the sum of their absolute values.

Power is divided by what the initial field of the run happens to have, band by band, and multiplied
by what it has on average. This leaves the scatter of nonlinear growth alone; errors are those of
the mean over runs. Power is measured on a mesh twice as fine as the particles' lattice, from two
interlaced deposits (E. Sefusatti et al., Mon. Not. R. Astron. Soc. 460, 3624, 2016), and divided by
the cloud-in-cell window. No shot noise is subtracted: particles that start on a lattice have none
on large scales.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from simulators import Cosmology
from simulators.cosmology.background import growth
from simulators.cosmology.lagrangian import linear_field
from simulators.cosmology.mesh import PoissonSolver, deposit
from simulators.cosmology.model import START
from simulators.cosmology.particle_mesh import evolve
from simulators.cosmology.power import LinearPower

RESULT = Path(__file__).parent / "results" / "cosmology.json"
OMEGA_M, SIGMA_8 = 0.3, 0.8
REDSHIFTS = (3.0, 1.0, 0.0)
BANDS = 12
ALLOWED = {"linear": 0.02, "halofit at redshift 0": 0.10, "growth": 0.01, "momentum": 1e-6}
"""Largest deviation of each check."""

Array = NDArray[np.float64]


def main() -> int:
    """Print and store the results; status 1 if a check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=64)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    started = time.process_time()
    p = Cosmology().parameters
    half = np.pi * p["particles"] / p["side"] / 2
    early = measure(p["side"], options.runs // 4, 19.0, 99.0, 5)
    large = [measure(2000.0, options.runs // 4, z) for z in REDSHIFTS]
    rows = [measure(p["side"], options.runs, z) for z in REDSHIFTS]
    for row in rows:
        row["halofit"] = halofit(np.array(row["k"]), row["redshift"]).tolist()
        row["over_halofit"] = (np.array(row["power"]) / row["halofit"]).tolist()
    deviations = {
        "linear": largest_below(half, early, "over_linear"),
        "halofit at redshift 0": largest_below(half, rows[-1], "over_halofit"),
        "growth": max(largest_below(0.02, row, "over_linear") for row in large),
        "momentum": total_force(),
    }
    good = all(deviations[name] <= allowed for name, allowed in ALLOWED.items())
    result = {
        "good": good, "version": Cosmology.version, "parameters": p, "omega_m": OMEGA_M,
        "sigma_8": SIGMA_8, "half_nyquist": half, "largest_deviation": deviations,
        "allowed": ALLOWED, "rows": rows, "early": early, "large": large,
        "seconds": round(time.process_time() - started, 1),
    }  # fmt: skip
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1) + "\n")
    draw(result, options.out.with_suffix(".png"))
    for name, value in deviations.items():
        print(f"{name:22} {value:.2g}, allowed {ALLOWED[name]:g}")
    return 0 if good else 1


def spectrum() -> LinearPower:
    """The linear spectrum at the simulator's defaults."""
    p = Cosmology().parameters
    return LinearPower(OMEGA_M, SIGMA_8, p["omega_b"], p["h"], p["n_s"])


def run(side: float, number: int, scale_factors: Array) -> tuple[np.ndarray, np.ndarray]:
    """Initial waves and final positions of one run."""
    p = Cosmology().parameters
    waves = linear_field(np.random.default_rng([2026, number]), spectrum(), p["particles"], side)
    return waves, evolve(waves, growth(scale_factors, OMEGA_M), PoissonSolver(p["mesh"]))


def measure(
    side: float, runs: int, redshift: float, start: float = 1 / START - 1, steps: int = 0
) -> dict[str, Any]:
    """Mean power of several runs in bands of wavenumber, and over linear theory."""
    p, power = Cosmology().parameters, spectrum()
    scale_factors = np.linspace(1 / (1 + start), 1 / (1 + redshift), (steps or p["steps"]) + 1)
    squared = float(growth(scale_factors, OMEGA_M).first[-1] ** 2)
    edges = np.geomspace(0.99 * 2 * np.pi / side, np.pi * p["particles"] / side, BANDS + 1)
    ratios = []
    for number in range(runs):
        waves, positions = run(side, number, scale_factors)
        k, made, initial = bands(density(positions), waves, side, edges)
        ratios.append(made / initial / squared)
    ratio, error = np.mean(ratios, 0), np.std(ratios, 0, ddof=1) / np.sqrt(runs)
    linear = squared * power(k)
    print(f"side {side:g} Mpc/h, {runs} runs, redshift {redshift:g}:", ratio.round(3), flush=True)
    return {
        "side": side, "runs": runs, "redshift": redshift, "k": k.tolist(),
        "linear": linear.tolist(), "power": (ratio * linear).tolist(),
        "over_linear": ratio.tolist(), "over_linear_error": error.tolist(),
    }  # fmt: skip


def largest_below(k: float, row: dict[str, Any], ratio: str) -> float:
    """Largest deviation of a ratio from 1, in bands below a wavenumber."""
    return float(np.abs(np.array(row[ratio])[np.array(row["k"]) <= k] - 1).max())


def total_force() -> float:
    """Sum of the forces on the particles of a run today over the sum of their absolute values."""
    p = Cosmology().parameters
    positions = run(p["side"], 0, np.linspace(START, 1, p["steps"] + 1))[1]
    force = PoissonSolver(p["mesh"])(positions * np.float32(p["mesh"])).astype(np.float64)
    return float(np.max(np.abs(force.sum(0)) / np.abs(force).sum(0)))


def density(positions: NDArray[np.float32]) -> NDArray[np.complex128]:
    """Waves of the overdensity, without the window, on a mesh twice as fine as the lattice."""
    side = 2 * round(len(positions) ** (1 / 3))
    scaled = positions * np.float32(side) - np.float32(1)  # lattice points are middles of cells
    f = np.fft.fftfreq(side)
    axes = np.meshgrid(f, f, np.fft.rfftfreq(side), indexing="ij", sparse=True)
    shift = np.exp(1j * np.pi * (axes[0] + axes[1] + axes[2]))
    window = np.sinc(axes[0]) ** 2 * np.sinc(axes[1]) ** 2 * np.sinc(axes[2]) ** 2
    waves = [
        fft.rfftn(deposit(scaled + np.float32(by), side).astype(np.float64)) for by in (0, 0.5)
    ]
    return (waves[0] + shift * waves[1]) / (2 * window * len(positions))


def bands(
    made: NDArray[np.complex128], waves: NDArray[np.complex64], side: float, edges: Array
) -> tuple[Array, Array, Array]:
    """Means in bands: wavenumber, power of a run, power of its initial field at D_1 = 1."""
    count, fine = len(waves), len(made)
    rows = np.r_[0 : count // 2, fine - count // 2 : fine]
    made = made[np.ix_(rows, rows, np.arange(count // 2 + 1))]
    index = np.fft.fftfreq(count, 1 / count) ** 2
    square = index[:, None, None] + index[:, None] + index[: count // 2 + 1]
    k = 2 * np.pi / side * np.sqrt(square)
    weights = np.full(k.shape, 2.0)  # a wave and its conjugate
    weights[..., (0, -1)] = 1
    where = np.digitize(k.ravel(), edges)

    def mean(values: Array) -> Array:
        totals, numbers = (
            np.bincount(where, each.ravel(), len(edges) + 1) for each in (weights * values, weights)
        )
        return (totals / numbers)[1:-1]

    initial = np.abs(waves / count**3) ** 2
    return mean(k), side**3 * mean(np.abs(made) ** 2), side**3 * mean(initial)


def halofit(k: Array, redshift: float) -> Array:
    """Nonlinear power by camb at the same parameters, in (Mpc/h)^3."""
    import camb

    p = Cosmology().parameters
    h = p["h"]
    baryons, cold = p["omega_b"] * h**2, (OMEGA_M - p["omega_b"]) * h**2
    settings = camb.set_params(
        H0=100 * h, ombh2=baryons, omch2=cold, ns=p["n_s"], mnu=0, num_nu_massive=0,
        halofit_version="takahashi",
    )  # fmt: skip
    settings.set_matter_power(redshifts=[0.0], kmax=20)
    amplitude = (SIGMA_8 / camb.get_results(settings).get_sigma8_0()) ** 2
    settings.InitPower.set_params(As=settings.InitPower.As * amplitude, ns=p["n_s"])
    settings.set_matter_power(redshifts=sorted({redshift, 0.0}, reverse=True), kmax=20)
    settings.NonLinear = camb.model.NonLinear_both
    made = camb.get_results(settings).get_matter_power_interpolator(nonlinear=True)
    return np.asarray(made.P(redshift, k))


def draw(result: dict[str, Any], path: Path) -> None:
    """Power at every redshift with linear theory and halofit; below, the ratio to halofit."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot as plt

    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(6.4, 6.4), sharex=True, height_ratios=(2, 1), layout="constrained"
    )
    for row, colour in zip(result["rows"], ("C2", "C1", "C0"), strict=True):
        k, made, fit = (np.array(row[name]) for name in ("k", "power", "halofit"))
        error = np.array(row["over_linear_error"]) * np.array(row["linear"])
        upper.loglog(k, row["linear"], ":", color=colour)
        upper.loglog(k, fit, "-", color=colour)
        upper.errorbar(
            k, made, error, fmt="o", ms=4, color=colour, label=f"z = {row['redshift']:g}"
        )
        lower.errorbar(k, made / fit, error / fit, fmt="o-", ms=4, color=colour)
    upper.plot([], [], "k-", label="halofit")
    upper.plot([], [], "k:", label="linear, Eisenstein & Hu")
    lower.axhspan(0.9, 1.1, color="0.9")
    for axis in (upper, lower):
        axis.axvline(result["half_nyquist"], color="0.6", lw=1)
    upper.set(ylabel=r"$P(k)$ [(Mpc/$h$)$^3$]")
    upper.legend(frameon=False, ncols=2)
    lower.set(xlabel=r"$k$ [$h$/Mpc]", ylabel="N-body / halofit", ylim=(0.75, 1.25))
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    sys.exit(main())
