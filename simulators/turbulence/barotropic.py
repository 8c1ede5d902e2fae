"""The barotropic vorticity equation on a beta plane, pseudo-spectrally, in JAX.

    d zeta/dt + J(psi, zeta) + beta d psi/dx = F - mu zeta - nu (-Laplacian)^4 zeta,

zeta = Laplacian psi, on a torus of sides 2 pi with x to the east and y to the north (G. K. Vallis,
Atmospheric and Oceanic Fluid Dynamics, 2nd ed., ch. 9 and 11).

A state holds the coefficients of zeta = sum zeta_hat exp(i (k x + l y)), |k|, |l| <= M, as a
complex array (2 M + 1, M + 1): rows l = -M ... M, columns k = 0 ... M. The coefficients of k < 0
are the conjugates of those at (-k, -l). Functions keep the precision of the state.
"""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

__all__ = [
    "advance",
    "advection",
    "from_grid",
    "linear_rates",
    "mode_sum",
    "noise",
    "on_grid",
    "ring_amplitudes",
    "snapshot",
    "square_wavenumbers",
    "step",
]


def wavenumbers(modes: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns k, shape (1, M + 1), and rows l, shape (2 M + 1, 1), float64."""
    return np.arange(modes + 1.0)[None], np.arange(-modes, modes + 1.0)[:, None]


def square_wavenumbers(modes: int) -> np.ndarray:
    """k^2 + l^2, shape (2 M + 1, M + 1), infinite at the mean so that 1 / it is zero."""
    east, north = wavenumbers(modes)
    square = east**2 + north**2
    square[modes, 0] = np.inf
    return square


def mode_sum(state: jax.Array, weight: np.ndarray | float = 1.0) -> jax.Array:
    """Sum of weight |zeta_hat|^2 over all modes, k < 0 included, shape (...).

    With weight 1/2 the enstrophy, with 1 / (2 (k^2 + l^2)) the energy, both per unit area.
    """
    twice = np.where(np.arange(state.shape[-1]) > 0, 2.0, 1.0) * weight
    return (twice.astype(state.real.dtype) * jnp.abs(state) ** 2).sum((-2, -1))


def on_grid(state: jax.Array, points: int) -> jax.Array:
    """Values at x, y = 2 pi (0 ... points - 1) / points.

    Args:
        state: shape (..., 2 M + 1, M + 1) with M < points / 2.
        points: in each direction.

    Returns:
        shape (..., points, points), rows from south to north, columns from west to east.
    """
    modes = state.shape[-1] - 1
    gap = jnp.zeros((*state.shape[:-2], points - 2 * modes - 1, modes + 1), state.dtype)
    rows = jnp.concatenate([state[..., modes:, :], gap, state[..., :modes, :]], -2)
    return jnp.fft.irfft2(rows, s=(points, points), norm="forward")


def from_grid(values: jax.Array, modes: int) -> jax.Array:
    """Coefficients with |k|, |l| <= modes of values (..., points, points); inverse of `on_grid`."""
    rows = jnp.fft.rfft2(values, norm="forward")[..., : modes + 1]
    return jnp.concatenate([rows[..., -modes:, :], rows[..., : modes + 1, :]], -2)


def advection(state: jax.Array) -> jax.Array:
    """-J(psi, zeta) = (d_yy - d_xx) u v + d_xy (u^2 - v^2), free of aliasing.

    Products are formed on 3/2 times the points, so that the truncated equation conserves energy
    and enstrophy. Written with velocities it takes four transforms in place of five
    (C. Basdevant, J. Comput. Phys. 50, 209, 1983).
    """
    modes = state.shape[-1] - 1
    east, north = (each.astype(state.dtype) for each in wavenumbers(modes))
    psi = state * (-1 / square_wavenumbers(modes)).astype(state.dtype)
    u, v = on_grid(jnp.stack([-1j * north * psi, 1j * east * psi]), 3 * (modes + 1))
    uv, difference = from_grid(jnp.stack([u * v, u * u - v * v]), modes)
    return (east**2 - north**2) * uv - east * north * difference


def linear_rates(modes: int, beta: float, drag: float, viscosity: float) -> np.ndarray:
    """Rates of the linear terms, i beta k / (k^2 + l^2) - mu - nu (k^2 + l^2)^4.

    The imaginary part is -omega of a Rossby wave.

    Returns:
        complex128 (2 M + 1, M + 1); d zeta_hat/dt = rate zeta_hat.
    """
    east, _ = wavenumbers(modes)
    square = square_wavenumbers(modes)
    friction = drag + viscosity * np.where(np.isfinite(square), square, 0) ** 4
    return np.asarray(1j * beta * east / square - friction)


def step(state: jax.Array, half: jax.Array, interval: jax.Array | float) -> jax.Array:
    """One step of the classical Runge-Kutta method of fourth order, the linear terms integrated.

    Args:
        state: zeta_hat.
        half: exp(rate interval / 2), what the linear terms do in half the step.
        interval: length of the step.

    Breaks when: interval (|u| k + |v| l) is above 2.8 somewhere.
    """
    full = half * half
    first = advection(state)
    second = advection(half * (state + interval / 2 * first))
    third = advection(half * state + interval / 2 * second)
    fourth = advection(full * state + interval * half * third)
    return full * state + interval / 6 * (full * first + 2 * half * (second + third) + fourth)


def ring_amplitudes(modes: int, wavenumber: float, width: float, rate: float) -> np.ndarray:
    """Amplitudes of random kicks of the modes on a ring.

    Args:
        modes: M.
        wavenumber: radius of the ring.
        width: full width; modes within it get equal shares of the energy.
        rate: of energy input.

    Returns:
        sigma, float64 (2 M + 1, M + 1): independent complex kicks with <|kick|^2> = sigma^2 dt
        every dt add energy at the given rate on average, whatever the state and dt are.
    """
    square = square_wavenumbers(modes)
    inside = np.abs(np.sqrt(square) - wavenumber) <= width / 2
    count = 2 * inside[:, 1:].sum() + inside[:, 0].sum()
    return np.sqrt(2 * rate / count * np.where(inside, square, 0))


def noise(key: jax.Array, amplitude: jax.Array, reach: int) -> jax.Array:
    """Coefficients of a real random field, complex normal with <|z|^2> = amplitude^2.

    Args:
        key: one key.
        amplitude: shape (2 M + 1, M + 1), zero where |k| or |l| is above `reach`.
        reach: largest wavenumber drawn.
    """
    margin, half = amplitude.shape[1] - 1 - reach, 0.5**0.5
    parts = jax.random.normal(key, (2, 2 * reach + 1, reach + 1), amplitude.dtype) * half
    drawn = jax.lax.complex(parts[0], parts[1])
    column = drawn[:, :1]
    drawn = jnp.concatenate([(column + column[::-1].conj()) * half, drawn[:, 1:]], 1)
    return amplitude.astype(drawn.dtype) * jnp.pad(drawn, ((margin, margin), (0, margin)))


@partial(jax.jit, static_argnames="reach")
def advance(
    state: jax.Array,
    key: jax.Array,
    steps: int,
    interval: float,
    rates: jax.Array,
    amplitude: jax.Array,
    reach: int,
) -> jax.Array:
    """Run the equation for a number of steps, with a random kick after each.

    Args:
        state: zeta_hat.
        key: of the kicks.
        steps: number of steps.
        interval: length of a step.
        rates: of `linear_rates`, complex.
        amplitude: of `ring_amplitudes`, real.
        reach: largest wavenumber of the forcing.
    """
    half = jnp.exp(rates * (interval / 2))
    kicks = amplitude * jnp.sqrt(interval)

    def forced(number: jax.Array, state: jax.Array) -> jax.Array:
        return step(state, half, interval) + noise(jax.random.fold_in(key, number), kicks, reach)

    return jax.lax.fori_loop(0, steps, forced, state)


@partial(jax.jit, static_argnames="size")
def snapshot(state: jax.Array, key: jax.Array, size: int) -> jax.Array:
    """The vorticity under a random exact symmetry, on size x size points.

    Uniform translations, and with probability 1/2 the mirror image in the equator, which
    changes the vorticity's sign. Modes above size / 2 - 1 are left out.
    """
    modes, real = state.shape[-1] - 1, state.real.dtype
    keep = size // 2 - 1
    cut = state[modes - keep : modes + keep + 1, : keep + 1]
    east, north = (each.astype(real) for each in wavenumbers(keep))
    x, y, coin = jax.random.uniform(key, (3,), real)
    phase = 2 * np.pi * (east * x + north * y)
    values = on_grid(cut * jax.lax.complex(jnp.cos(phase), jnp.sin(phase)), size)
    return jnp.where(coin < 0.5, values, -values[::-1])
