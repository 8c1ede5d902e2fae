"""Budgets, spectra, jets and decorrelation times of beta-plane turbulence in its steady state."""

import argparse
import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import FixedLocator, NullLocator

from simulators import Turbulence
from simulators.turbulence import barotropic, model

RESULT = Path(__file__).parent / "results" / "turbulence.json"
BETAS = (0.0, 2.0, 4.0, 8.0)
DRAGS = (0.012, 0.02)
JETS = (2.0, 4.0, 8.0, 12.0)
EVERY = 0.25
BURN_IN = 6.0


def main() -> int:
    """Print and store all figures and the picture; status 1 if a check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=float, default=32.0, help="of a series, in 1 / drag")
    parser.add_argument("--chains", type=int, default=2)
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    measured = partial(measure, length=options.length, chains=options.chains)

    rows = [measured(Turbulence(), beta, drag) for drag in DRAGS for beta in BETAS]
    weak = {row["beta"]: row for row in rows if row["drag"] == DRAGS[0]}
    weak |= {b: measured(Turbulence(), b, DRAGS[0]) for b in JETS if b not in weak}
    jets = [weak[beta] for beta in JETS]
    coarse = next(r for r in rows if (r["beta"], r["drag"]) == (4.0, DRAGS[1]))
    short = measured(Turbulence(), 4.0, DRAGS[1], shorter=2)
    fine = measured(Turbulence(resolution=128), 4.0, DRAGS[1])
    result: dict[str, Any] = {
        "jets": scaling(jets),
        "resolution": agreement(coarse, fine),
        "time_step": agreement(coarse, short),
        "chains": independence(4.0, DRAGS[0], 16),
    }
    print({name: {k: v for k, v in part.items() if k != "ratio"} for name, part in result.items()})
    budgets = [abs(row[name] - 1) for row in rows for name in ("energy_budget", "enstrophy_budget")]
    checks = {
        "budgets close to 2 %": max(budgets) < 0.02,
        "spectra of two resolutions agree to 5 %": result["resolution"]["worst"] < 0.05,
        "spectra of two time steps agree to 5 %": result["time_step"]["worst"] < 0.05,
        "jets grow as (beta / U)^(1/2), U of the zonal wind, within two errors": (
            abs(result["jets"]["exponent"] - 0.5) < 2 * result["jets"]["error"]
        ),
        "no integral time is longer than the fitted one by more than its error": all(
            time - row["integral_time_errors"][name] < row["integral_time"]
            for row in rows
            for name, time in row["integral_times"].items()
        ),
        "first snapshots of chains are like later ones, to three errors": max(
            abs(value) for value in result["chains"]["first_minus_later"].values()
        )
        < 3,
        "neighbours' correlation is below exp(-2) + two errors": max(
            result["chains"]["correlation"].values()
        )
        < np.exp(-2) + 2 * result["chains"]["correlation_error"],
    }
    checks = {name: bool(good) for name, good in checks.items()}
    print(json.dumps(checks, indent=1))
    strong = [row for row in rows if row["drag"] == DRAGS[1]]
    everything = {"checks": checks, **result, "rows": [*weak.values(), *strong, short, fine]}
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(everything, indent=1) + "\n")
    picture([weak[beta] for beta in sorted(weak)], coarse, fine, options.out.with_suffix(".png"))
    return 0 if all(checks.values()) else 1


def measure(
    flow: Turbulence, beta: float, drag: float, length: float, chains: int, shorter: int = 1
) -> dict[str, Any]:
    """Means and integral times over `chains` series of `length` / drag, one record every 0.25."""
    steps = int(np.ceil(EVERY / drag / flow.time_step(beta, drag))) * shorter
    interval = EVERY / drag / steps
    modes = flow.modes
    rates = barotropic.linear_rates(modes, beta, drag, flow.viscosity).astype(np.complex64)
    amplitude = barotropic.ring_amplitudes(
        modes, flow.forcing, model.RING_WIDTH, flow.energy_input
    ).astype(np.float32)
    reach = int(flow.forcing + model.RING_WIDTH / 2)
    series = []
    for chain in range(chains):
        key = jax.random.fold_in(jax.random.key(2026), chain)
        state = jnp.zeros(rates.shape, jnp.complex64)
        records = []
        for number in range(round((BURN_IN + length) / EVERY)):
            kicks = jax.random.fold_in(key, number)
            state = barotropic.advance(state, kicks, steps, interval, rates, amplitude, reach)
            records.append(jax.tree.map(np.asarray, diagnose(state, flow.viscosity)))
        kept = records[round(BURN_IN / EVERY) - 1 :]
        series.append({name: np.array([r[name] for r in kept], float) for name in kept[0]})
    return summary(flow, beta, drag, series, amplitude, interval)


@jax.jit
def diagnose(state: jax.Array, viscosity: float) -> dict[str, jax.Array]:
    """Budget terms, spectra by shells of width 1, and the largest speed."""
    modes = state.shape[-1] - 1
    square = barotropic.square_wavenumbers(modes)
    finite = np.where(np.isfinite(square), square, 0)
    east, north = (each.astype(state.dtype) for each in barotropic.wavenumbers(modes))
    psi = state * (-1 / square).astype(state.dtype)
    u, v = barotropic.on_grid(jnp.stack([-1j * north * psi, 1j * east * psi]), 3 * (modes + 1))
    shells = np.rint(np.sqrt(finite)).astype(int)
    power = jnp.abs(state) ** 2 / square.astype(np.float32)
    power = power * np.where(np.arange(modes + 1) > 0, 1.0, 0.5).astype(np.float32)
    zonal = power[:, 0][modes:] + power[:, 0][modes::-1]
    return {
        "energy": barotropic.mode_sum(state, 0.5 / square),
        "enstrophy": barotropic.mode_sum(state, 0.5),
        "viscous_energy": viscosity * barotropic.mode_sum(state, finite**3),
        "viscous_enstrophy": viscosity * barotropic.mode_sum(state, finite**4),
        "zonal": zonal.at[0].set(0),
        "spectrum": jnp.zeros(shells.max() + 1).at[shells].add(power)[: modes + 1],
        "speed": jnp.sqrt((u**2 + v**2).max()),
    }


def summary(
    flow: Turbulence,
    beta: float,
    drag: float,
    series: list[dict[str, np.ndarray]],
    amplitude: np.ndarray,
    interval: float,
) -> dict[str, Any]:
    """The figures of one condition."""
    mean = {name: np.mean([s[name].mean(0) for s in series], 0) for name in series[0]}
    time = EVERY / drag * (len(series[0]["energy"]) - 1)
    growth = {
        name: np.mean([s[name][-1] - s[name][0] for s in series]) / time
        for name in ("energy", "enstrophy")
    }
    input_of = {
        "energy": flow.energy_input,
        "enstrophy": float(barotropic.mode_sum(jnp.asarray(amplitude), 0.5)),
    }
    budgets = {
        f"{name}_budget": float(
            (2 * drag * mean[name] + mean[f"viscous_{name}"] + growth[name]) / input_of[name]
        )
        for name in growth
    }
    wavenumber = np.arange(len(mean["zonal"]))
    observed = {
        "energy": [s["energy"] for s in series],
        "enstrophy": [s["enstrophy"] for s in series],
        "zonal energy": [s["zonal"].sum(1) for s in series],
        "zonal wavenumber": [s["zonal"] @ wavenumber / s["zonal"].sum(1) for s in series],
        "energy at k = 1 to 2": [s["spectrum"][:, 1:3].sum(1) for s in series],
    }
    peak = int(mean["zonal"][: int(flow.forcing) - 2].argmax())
    near = slice(max(1, peak - 1), peak + 2)
    speed = float(np.sqrt(2 * mean["energy"]))
    times = {name: integrated_time(s) for name, s in observed.items()}
    count = sum(len(s["energy"]) for s in series)
    row = {
        "beta": beta,
        "drag": drag,
        "resolution": flow.resolution,
        "interval": interval,
        "vorticity_rms": float(np.sqrt(2 * mean["enstrophy"])),
        **budgets,
        "viscous_share": float(mean["viscous_energy"] / flow.energy_input),
        "largest_speed": max(float(s["speed"].max()) for s in series)
        / float(np.sqrt(flow.energy_input / drag)),
        "zonal_share": float(mean["zonal"].sum() / mean["energy"]),
        "jets": float(mean["zonal"][near] @ wavenumber[near] / mean["zonal"][near].sum()),
        "rhines": float(np.sqrt(beta / 2 / speed)),
        "integral_time": flow.integral_time(beta, drag) * drag,
        "integral_times": {name: EVERY * tau for name, tau in times.items()},
        "integral_time_errors": {name: EVERY * error_of(tau, count) for name, tau in times.items()},
        "spectrum": mean["spectrum"].tolist(),
        "zonal_spectrum": mean["zonal"].tolist(),
        "spectrum_error": spread(np.array([s["spectrum"] for s in series])).tolist(),
    }
    print({k: v for k, v in row.items() if "spectrum" not in k}, flush=True)
    return row


def independence(beta: float, drag: float, count: int) -> dict[str, Any]:
    """Whether snapshots of a chain are alike and independent, from `count` chains of 8.

    Returns:
        Difference of the first snapshot's mean from that of the others, in standard errors, and
        the correlation of neighbours, for each quantity.
    """
    flow = Turbulence()
    values = flow.sample({"beta": beta, "drag": drag}, count * flow.block_size, 11)["values"]
    state = barotropic.from_grid(jnp.asarray(values), flow.modes)
    weight = 0.5 / barotropic.square_wavenumbers(flow.modes)
    zonal = np.abs(np.asarray(state)[:, flow.modes + 1 :, 0]) ** 2
    zonal /= np.arange(1, flow.modes + 1) ** 2
    observed = {
        "energy": np.asarray(barotropic.mode_sum(state, weight), float),
        "zonal energy": zonal.sum(1),
        "zonal wavenumber": zonal @ np.arange(1, flow.modes + 1) / zonal.sum(1),
    }
    first, correlation = {}, {}
    for name, of_events in observed.items():
        each = of_events.reshape(count, flow.block_size)
        later = each[:, 1:].mean(1)
        error = np.hypot(each[:, 0].std(ddof=1), later.std(ddof=1)) / np.sqrt(count)
        first[name] = float((each[:, 0].mean() - later.mean()) / error)
        centred = each - each.mean()
        correlation[name] = float((centred[:, 1:] * centred[:, :-1]).mean() / centred.var())
    return {
        "beta": beta,
        "drag": drag,
        "chains": count,
        "first_minus_later": first,
        "correlation": correlation,
        "correlation_error": float(1 / np.sqrt(count * (flow.block_size - 1))),
    }


def spread(values: np.ndarray) -> np.ndarray:
    """Standard error of the mean of series (chains, times, ...), from eight blocks of each."""
    blocks = [b.mean(0) for chain in values for b in np.array_split(chain, 8)]
    return np.std(blocks, 0, ddof=1) / np.sqrt(len(blocks))


def integrated_time(series: list[np.ndarray]) -> float:
    """1/2 plus the sum of the autocorrelation up to 6 times itself, in records."""
    values = np.stack(series, 1)
    count, centred = len(values), values - values.mean()
    power = np.abs(np.fft.rfft(centred, 2 * count, axis=0)) ** 2
    sums = np.fft.irfft(power, axis=0)[:count].mean(1)
    correlation = sums / np.arange(count, 0, -1)
    times = 0.5 + np.cumsum(correlation[1:] / correlation[0])
    return float(times[np.argmax(np.arange(1, count) > 6 * times)])


def error_of(time: float, count: int) -> float:
    """Standard error of an integral time from `count` records, summed up to 6 times itself.

    N. Madras and A. D. Sokal, J. Stat. Phys. 50, 109 (1988), eq. E.11.
    """
    return time * float(np.sqrt(2 * (12 * time + 1) / count))


def scaling(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """How the number of jets grows, where the zonal flow is more than isotropy gives.

    Returns:
        Exponents in beta / U, U the root mean square of the zonal wind, and in beta alone, with
        errors from the scatter about the fits; and the number of jets over (beta / 2 U)^(1/2).
    """
    names = ("beta", "jets", "rhines", "zonal_share")
    beta, jets, rhines, share = (np.array([row[name] for row in rows]) for name in names)
    own = rhines / share**0.25
    fits = [np.polyfit(np.log(x), np.log(jets), 1, cov=True) for x in (own**2, beta)]
    (exponent, error), (in_beta, error_in_beta) = (
        (float(line[0]), float(np.sqrt(covariance[0, 0]))) for line, covariance in fits
    )
    return {
        "beta": beta.tolist(),
        "jets": jets.tolist(),
        "rhines": rhines.tolist(),
        "rhines_of_zonal_wind": own.tolist(),
        "exponent": exponent,
        "error": error,
        "exponent_in_beta": in_beta,
        "error_in_beta": error_in_beta,
        "jets_over_rhines": (jets / own).tolist(),
    }


def agreement(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Ratios of two energy spectra from k = 1 to 24, and the worst but for three errors."""
    a, b = (np.array(row["spectrum"])[1:25] for row in (one, other))
    errors = [np.array(r["spectrum_error"])[1:25] / r["spectrum"][1:25] for r in (one, other)]
    ratio, error = a / b, np.hypot(*errors)
    return {
        "ratio": ratio.tolist(),
        "error": error.tolist(),
        "worst": float(np.maximum(np.abs(ratio - 1) - 3 * error, 0).max()),
        "chi2_per_wavenumber": float((((ratio - 1) / error) ** 2).mean()),
    }


def picture(
    jets: list[dict[str, Any]], coarse: dict[str, Any], fine: dict[str, Any], path: Path
) -> None:
    """Vorticity and zonal wind at several beta; spectra; number of jets against Rhines."""
    betas, drag = (0.0, 2.0, 8.0), DRAGS[0]
    figure, axes = plt.subplots(3, 3, figsize=(11, 10.5), layout="constrained")
    for column, beta in enumerate(betas):
        field = Turbulence().sample({"beta": beta, "drag": drag}, 1, seed=4)["values"][0]
        image = axes[0, column].imshow(
            field, origin="lower", cmap="RdBu_r", vmin=-3, vmax=3, extent=(0, 2 * np.pi) * 2
        )
        axes[0, column].set(title=rf"$\beta$ = {beta:g}, $\mu$ = {drag:g}", xlabel="x", ylabel="y")
        wind = zonal_wind(field)
        axes[1, column].plot(wind, np.linspace(0, 2 * np.pi, len(wind)))
        axes[1, column].axvline(0, color="grey", lw=0.5)
        axes[1, column].locator_params(axis="x", nbins=5)
        axes[1, column].set(xlabel=r"zonal mean of $u$", ylabel="y", ylim=(0, 2 * np.pi))
    figure.colorbar(image, ax=axes[0], label=r"$\zeta$")
    left, middle, right = axes[2]
    for row, style in ((coarse, "-"), (fine, "--")):
        values = row["spectrum"][1:]
        left.loglog(np.arange(1, len(values) + 1), values, style, label=f"{row['resolution']}²")
    left.set(xlabel="k", ylabel="E(k)", ylim=(1e-8, None))
    left.legend(title="points of the solver")
    for beta in (0.0, 2.0, 4.0, 8.0):
        row = next(r for r in jets if r["beta"] == beta)
        middle.semilogy(
            range(1, 16), row["zonal_spectrum"][1:16], label=rf"$\beta$ = {row['beta']:g}"
        )
    middle.set(xlabel="l", ylabel="energy of the zonal mean")
    middle.legend()
    fitted = scaling([row for row in jets if row["beta"] > 0])
    right.loglog(fitted["beta"], fitted["jets"], "o", label="peak of the zonal energy")
    factor = float(np.mean(fitted["jets_over_rhines"]))
    right.loglog(
        fitted["beta"],
        factor * np.array(fitted["rhines_of_zonal_wind"]),
        label=rf"{factor:.2f} $(\beta / 2 U_{{zonal}})^{{1/2}}$",
    )
    right.set(xlabel=r"$\beta$", ylabel="wavenumber l")
    for axis, ticks in ((right.xaxis, (1, 2, 4, 8, 16)), (right.yaxis, (1, 2, 3, 4, 6, 8))):
        axis.set_major_locator(FixedLocator(ticks))
        axis.set_major_formatter("{x:g}")
        axis.set_minor_locator(NullLocator())
    right.legend()
    figure.savefig(path, dpi=110)
    plt.close(figure)


def zonal_wind(field: np.ndarray) -> np.ndarray:
    """Zonal mean of u from -du/dy = zonal mean of zeta, on the field's rows."""
    spectrum = np.fft.rfft(field.mean(1, dtype=float))
    wavenumber = np.arange(len(spectrum))
    wavenumber[0] = 1
    wind = -spectrum / (1j * wavenumber)
    wind[0] = 0
    return np.fft.irfft(wind, len(field))


if __name__ == "__main__":
    sys.exit(main())
