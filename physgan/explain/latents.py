"""Effects of a generator's latents on observables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr, ndtri

__all__ = ["Effect", "latent_groups", "latent_path", "total_effects"]

_INSIDE = 1e-6

Draw = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""Noise, uniform, shape (n, z) -> observables, each (n,) or (n, k)."""


@dataclass(frozen=True)
class Effect:
    """Share of an observable's variance that involves a group of latents.

    Args:
        share: total-effect index, between 0 and 1.
        error: its standard error.
    """

    share: float
    error: float


def latent_groups(size: int, most: int = 24) -> list[slice]:
    """Groups of one latent if there are few; else of 1, 1, 2, 4, 8 ... consecutive latents.

    Generators that work from coarse to fine use their first latents for the largest effects.

    Args:
        size: number of latents.
        most: largest number of groups of one.
    """
    if size <= most:
        return [slice(place, place + 1) for place in range(size)]
    ends = [0, 1]
    while ends[-1] < size:
        ends.append(min(2 * ends[-1], size))
    return [slice(a, b) for a, b in pairwise(ends)]


def total_effects(
    draw: Draw, noise: np.ndarray, groups: Sequence[slice], rng: np.random.Generator
) -> dict[str, list[Effect]]:
    """Total-effect index of each group of latents on each observable.

    E[(f(z) - f(z'))^2] / (2 Var f), where z' has this group's latents drawn anew: M. Jansen,
    Comput. Phys. Commun. 117, 35 (1999); A. Saltelli et al., Comput. Phys. Commun. 181, 259
    (2010), table 2 (f). It needs no derivative, so draws may be discrete. For a vector observable
    both averages are summed over its components. The indices sum to more than 1 where latents
    interact.

    Args:
        draw: see `Draw`.
        noise: shape (n, z).
        groups: from `latent_groups`.
        rng: draws the latents anew.
    """
    first = {name: _table(values) for name, values in draw(noise).items()}
    effects: dict[str, list[Effect]] = {name: [] for name in first}
    for group in groups:
        other = noise.copy()
        other[:, group] = rng.random(noise[:, group].shape, noise.dtype)
        for name, values in draw(other).items():
            effects[name].append(_effect(first[name], _table(values)))
    return effects


def latent_path(
    noise: np.ndarray, group: slice, steps: int, rng: np.random.Generator
) -> np.ndarray:
    """Noise with one group of latents varied and the others fixed, shape (steps, n, z).

    A single latent goes through its quantiles. Several go from these draws to new ones along the
    arc that preserves their distribution, cos(a) x + sin(a) y of normal x and y, a = 0 to pi / 2.

    Args:
        noise: uniform, shape (n, z).
        group: of latents.
        steps: number of points on the path.
        rng: draws the other end of the path.
    """
    path = np.repeat(noise[None], steps, 0)
    here = noise[:, group]
    if here.shape[1] == 1:
        path[:, :, group] = ((np.arange(steps) + 0.5) / steps)[:, None, None]
        return path
    start, end = (ndtri(np.clip(u, _INSIDE, 1 - _INSIDE)) for u in (here, rng.random(here.shape)))
    angle = np.linspace(0, np.pi / 2, steps)[:, None, None]
    path[:, :, group] = ndtr(np.cos(angle) * start + np.sin(angle) * end)
    return path


def _effect(first: np.ndarray, other: np.ndarray) -> Effect:
    squares = ((first - other) ** 2).sum(1) / 2
    spread = ((first - first.mean(0)) ** 2).sum(1)
    variance = spread.mean()
    if variance <= 0:
        return Effect(0.0, 0.0)
    share = squares.mean() / variance
    return Effect(
        float(share), float((squares - share * spread).std() / variance / np.sqrt(len(first)))
    )


def _table(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float64).reshape(len(values), -1)
