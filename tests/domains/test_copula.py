"""The copula of samples of either sign and of pictures: marginals, correlations, conditions.

Seeds are fixed; bounds are 5 standard errors, so that another seed would fail once in a million.
"""

import numpy as np
import pytest

from physgan.data import Axis, Condition, DatasetInfo, Field
from physgan.domains.images.copula import ImageCopula
from physgan.domains.points.copula import PointCopula

COUNT = 4000
FIVE = 5 / np.sqrt(COUNT)


def points(*conditions: Condition) -> DatasetInfo:
    return DatasetInfo(
        "points",
        (Field("points", "1", ("coordinate",), "position", "float32"),),
        conditions,
        (Axis("coordinate", "1", (0.0, 1.0)),),
    )


def test_normal_points_without_conditions(rng: np.random.Generator) -> None:
    """Means -1 and 2, deviations 1 and 3, correlation -.6."""
    real = rng.multivariate_normal([-1, 2], [[1, -1.8], [-1.8, 9]], COUNT).astype(np.float32)
    copula = PointCopula.fit(points(), {"points": real}, {})
    made = copula.sample({}, COUNT, seed=1)["points"]
    np.testing.assert_allclose(made.mean(0), [-1, 2], atol=2 * FIVE * 3)
    np.testing.assert_allclose(made.std(0), [1, 3], rtol=2 * FIVE)
    assert np.corrcoef(made.T)[0, 1] == pytest.approx(-0.6, abs=2 * FIVE)
    assert made.min() >= real.min() - 1e-4
    assert made.max() <= real.max() + 1e-4


@pytest.mark.parametrize("at", [(-0.8, 0.5), (0.0, 0.0), (0.7, -0.6)])
def test_points_follow_two_conditions(at: tuple[float, float], rng: np.random.Generator) -> None:
    """The mean moves with one condition and the deviation grows with the other, by 400 neighbours.

    Between the grid's points the tables are interpolated: within 0.1, and 15 % of a deviation.
    """
    place = rng.uniform(-1, 1, (2, COUNT))
    deviation = 0.3 * np.exp(place[1])[:, None]
    real = np.stack([place[0], -place[0]], 1) + deviation * rng.normal(size=(COUNT, 2))
    known = dict(zip("ab", place, strict=True))
    source = points(Condition("a", "1", -1, 1), Condition("b", "1", -1, 1))
    copula = PointCopula.fit(source, {"points": real.astype(np.float32)}, known)
    made = copula.sample(dict(zip("ab", at, strict=True)), COUNT, seed=1)["points"]
    np.testing.assert_allclose(made.mean(0), [at[0], -at[0]], atol=0.1)
    np.testing.assert_allclose(made.std(0), 0.3 * np.exp(at[1]), rtol=0.15)


def test_pictures_have_their_levels_and_black_pixels(rng: np.random.Generator) -> None:
    """Of each label as many black pixels as in training, and no other greys than the four."""
    label = np.resize([0.0, 1.0], COUNT)
    black = np.where(label[:, None, None, None], 0.8, 0.3)
    grey = rng.integers(1, 4, (COUNT, 3, 2, 1)) / 3
    real = np.where(rng.random(grey.shape) < black, 0, grey).astype(np.float32)
    lengths = {"row": 3, "column": 2, "channel": 1}
    source = DatasetInfo(
        "images",
        (Field("intensities", "1", tuple(lengths), "intensity", "float32"),),
        (Condition("label", "1", 0, 1),),
        tuple(Axis(name, "1", tuple(map(float, range(n)))) for name, n in lengths.items()),
        parameters={"levels": 4},
    )
    copula = ImageCopula.fit(source, {"intensities": real}, {"label": label})
    for value, share in ((0.0, 0.3), (1.0, 0.8)):
        made = copula.sample({"label": value}, COUNT, seed=1)["intensities"]
        np.testing.assert_allclose((made == 0).mean(0), share, atol=2 * FIVE)
        np.testing.assert_allclose(np.unique(made), np.arange(4) / 3, atol=1e-6)
