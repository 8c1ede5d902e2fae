"""The grounds on which games are played for `stability.py`, and games that are built to fail."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from trials import ISING, events, quality, simulated

from physgan import open_dataset, simulate
from physgan.data import Recipe, load_recipe
from physgan.domains import Domain, domain_of
from physgan.surrogates import Surrogate
from simulators import GaussianRing

__all__ = ["CASES", "GAMES", "GROUNDS", "PLAYED", "Case", "Figures", "Ground"]

SEED = 0
_POINTS = 10_000
_NEAR = 3.0
_TENTH = 0.1

Figures = dict[str, list[float]]
"""Figure -> value and standard error."""


class Ground(NamedTuple):
    """What is learnt, for how long, and how the outcome is judged.

    Attributes:
        make: folder -> training dataset.
        samples: length of a game.
        settings: what all its games share.
        judge: (generator, folder) -> figures.
        truth: folder -> the same figures of the truth against itself, where it has some.
    """

    make: Callable[[Path], Path]
    samples: int
    settings: dict[str, Any]
    judge: Callable[[Surrogate, Path], Figures]
    truth: Callable[[Path], Figures] | None = None


class Case(NamedTuple):
    """A game that goes wrong and the settings that cure it.

    Attributes:
        kind: what goes wrong, as the detectors call it.
        ground: a key of `GROUNDS`.
        broken: settings of the game that fails.
        cure: settings over those.
    """

    kind: str
    ground: str
    broken: dict[str, Any]
    cure: dict[str, Any]


def ring(folder: Path) -> Path:
    """The ring of 25 Gaussians."""
    return _made(load_recipe("ring-25"), folder)


def ring_figures(made: Surrogate, folder: Path) -> Figures:
    """Modes kept, share of 10,000 points within 3 sigma of one, and how wide the modes are.

    A mode is kept if it has at least a tenth of its share of the points within 3 sigma. The width
    is the root mean square distance of those points, over that of a Gaussian cut off there: r^2 / 2
    is exponential, of mean 1 - x / (e^x - 1) below x = 3^2 / 2.
    """
    points = made.sample({}, _POINTS, SEED)["points"]
    law = GaussianRing()
    mode, distance = law.nearest(points)
    inside = distance < _NEAR
    counts = np.bincount(mode[inside], minlength=law.modes)
    share = float(inside.mean())
    edge = _NEAR**2 / 2
    square = 2 * (1 - edge / float(np.expm1(edge)))
    found: Figures = {
        "modes kept": [int((counts >= _TENTH * _POINTS / law.modes).sum()), 0],
        "within 3 sigma": [share, (share * (1 - share) / _POINTS) ** 0.5],
    }
    if inside.any():
        width = (float((distance[inside] ** 2).mean()) / square) ** 0.5
        found["width over truth's"] = [width, width / (4 * int(inside.sum())) ** 0.5]
    return found


def needle(folder: Path) -> Path:
    """One Gaussian so narrow that a generator begins outside it."""
    return _made(replace(load_recipe("ring-25"), parameters={"modes": 1}), folder)


def cloud(folder: Path) -> Path:
    """One wide Gaussian beside where a generator begins: the smallest game that turns round."""
    law = {"modes": 1, "sigma": 1.0}
    return _made(replace(load_recipe("ring-25"), parameters=law), folder)


def ising(folder: Path) -> Path:
    """Lattices of 8 x 8 spins at all temperatures."""
    return simulated(ISING, folder, 2_000, SEED)[0]


def few_lattices(folder: Path) -> Path:
    """512 of them, and as many that training does not see."""
    return _made(replace(ISING, count=1_024, splits={"train": 0.5, "validation": 0.5}), folder)


def showers(folder: Path) -> Path:
    """calo-small."""
    return simulated(load_recipe("calo-small"), folder, 2_000, SEED)[0]


def fidelity(made: Surrogate, folder: Path) -> Figures:
    """The figures of `trials.quality` on the folder's test events."""
    samples, conditions = test = events(folder / "test.h5")
    domain = _domain(folder)
    fake = made.sample(conditions, len(samples[domain.field]), SEED)
    return quality(domain, test, (fake, conditions), SEED)


def floor(folder: Path) -> Figures:
    """The same of other true events."""
    test, other = events(folder / "test.h5"), events(folder / "floor.h5")
    return quality(_domain(folder), test, other, SEED)


def _domain(folder: Path) -> Domain:
    return domain_of(open_dataset(folder / "test.h5").info)


def unjudged(made: Surrogate, folder: Path) -> Figures:
    """Nothing: the ground is there for the detectors."""
    return {}


def _made(recipe: Recipe, folder: Path) -> Path:
    path = folder / "train.h5"
    simulate(recipe, path, seed=SEED)
    return path


_ALONE = {"likelihood_samples": 0, "head_start": 0}
_LATTICES = {**_ALONE, "generator_rate": 1e-3, "discriminator_rate": 1e-3}
_SHOWERS = {"generator_width": 32, "likelihood_samples": 64_000, "generator_rate": 1e-4}

_PLAIN = {**_ALONE, "network": "dense", "generator_rate": 5e-4, "discriminator_rate": 5e-4}
_PERCEPTRONS = {"network": "dense", "discriminator": "residual", "rate_fall": 4.0}
_SMALL = {**_PERCEPTRONS, "batch_size": 64, "discriminator_rate": 1e-3}

GROUNDS = {
    "ring": Ground(ring, 640_000, {}, ring_figures),
    "needle": Ground(needle, 102_400, {**_PERCEPTRONS, "batch_size": 256}, unjudged),
    "cloud": Ground(cloud, 204_800, _SMALL, unjudged),
    "ising": Ground(ising, 51_200, _LATTICES, fidelity, floor),
    "ising, perceptron": Ground(ising, 102_400, _PLAIN, fidelity, floor),
    "few lattices": Ground(few_lattices, 102_400, _LATTICES, unjudged),
    "showers": Ground(showers, 51_200, _SHOWERS, fidelity, floor),
}
"""Name -> ground."""

_LOSSES = ("relativistic", "saturating", "non-saturating", "least-squares", "hinge", "wasserstein")
_BRAKES: dict[str, dict[str, Any]] = {
    "r1-r2": {"penalty": "r1-r2"},
    "gradient-penalty": {"penalty": "gradient-penalty", "gamma": 10.0, "gamma_fall": 1.0},
    "none": {"penalty": "none"},
    "spectral norm": {"penalty": "none", "spectral_norm": True},
}
GAMES: dict[str, dict[str, Any]] = {
    f"{loss}, {brake}": {"loss": loss, **settings}
    for loss in _LOSSES
    for brake, settings in _BRAKES.items()
} | {"likelihood alone": {"adversarial_samples": 0}}
"""Loss and penalty -> settings; the gradient penalty with its authors' weight of 10."""

_FEWER = [f"{loss}, {brake}" for loss in _LOSSES for brake in ("r1-r2", "none")]
PLAYED = {
    "ring": [f"{loss}, {brake}" for loss in _LOSSES for brake in _BRAKES],
    "ising": _FEWER,
    "ising, perceptron": _FEWER,
    "showers": ["likelihood alone", *_FEWER],
}
"""Ground -> games of the table."""

_MINIMAX: dict[str, Any] = GAMES["saturating, none"]
_DEFAULT: dict[str, Any] = GAMES["relativistic, r1-r2"]
_SWINGING = {**GAMES["wasserstein, spectral norm"], "beta1": 0.9, "generator_rate": 1e-3}
_BRAKED = {"spectral_norm": False, "penalty": "r1-r2", "gamma": 1.0, "gamma_fall": 1.0}
_CALM = {**_BRAKED, "beta1": 0.0}
_BY_HEART = {**GAMES["relativistic, none"], "augment": False}
_AUGMENTED = {"penalty": "r1-r2", "augment": True}
CASES = (
    Case("mode collapse", "ring", _MINIMAX, _DEFAULT),
    Case(
        "mode collapse",
        "ising, perceptron",
        {**_MINIMAX, "generator_rate": 1e-4, "discriminator_rate": 5e-3},
        {**_DEFAULT, "generator_rate": 5e-4, "discriminator_rate": 5e-4},
    ),
    Case("mode collapse", "cloud", _SWINGING, _CALM),
    Case("blind discriminator", "cloud", _SWINGING, _CALM),
    Case("oscillation", "cloud", {**_SWINGING, **_BRAKED}, {"beta1": 0.0}),
    Case(
        "all-winning discriminator",
        "needle",
        {**_MINIMAX, "generator_rate": 1e-5, "discriminator_rate": 5e-3},
        {**_DEFAULT, "generator_rate": 5e-4, "discriminator_rate": 1e-3},
    ),
    Case("overfitting discriminator", "few lattices", _BY_HEART, _AUGMENTED),
    Case(
        "overfitting discriminator",
        "few lattices",
        _BY_HEART,
        {**_AUGMENTED, "gamma": 3.0, "gamma_fall": 1.0, "discriminator_width": 4},
    ),
)
"""One at least for each detector; of the last, a cure that is too weak comes first."""
