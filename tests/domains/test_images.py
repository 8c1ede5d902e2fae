"""Observables of pictures against closed forms."""

from types import SimpleNamespace

import jax.numpy as jnp
import numpy as np
import pytest

from physgan.data import Axis, Condition, Field
from physgan.domains import DOMAINS, Images
from physgan.errors import InputError


def described(height: int, width: int, channels: int, **more) -> SimpleNamespace:
    axes = {"row": height, "column": width, "channel": channels}
    grid = tuple(Axis(n, "1", tuple(map(float, range(k)))) for n, k in axes.items())
    field = Field("intensities", "1", tuple(axes), "intensity", "float32")
    content = {"domain": "images", "fields": (field,), "conditions": (), "grid": grid}
    return SimpleNamespace(**{**content, "parameters": {}, **more})


def measured(images: np.ndarray) -> dict[str, np.ndarray]:
    domain = Images(described(*images.shape[1:]))
    return {o.name: o.compute({"intensities": images}, {}) for o in domain.observables}


def test_one_bright_pixel() -> None:
    """It is where it is, has no width, and all frequencies alike."""
    images = np.zeros((1, 8, 6, 2), np.float32)
    images[0, 1, 5] = 1.0
    found = measured(images)
    assert found["centre_row"][0] == pytest.approx(1 - 3.5, abs=1e-3)
    assert found["centre_column"][0] == pytest.approx(5 - 2.5, abs=1e-3)
    assert found["width_row"][0] == pytest.approx(0, abs=0.02)
    assert found["intensity"][0] == pytest.approx(1 / 48)
    assert found["sparsity"][0] == pytest.approx(47 / 48)
    np.testing.assert_allclose(found["spectrum"][0], np.full(3, 1 / 48), rtol=1e-4)


def test_a_bar_has_the_width_of_a_uniform_distribution() -> None:
    """Variance (n^2 - 1) / 12 for n pixels."""
    images = np.zeros((1, 9, 9, 1), np.float32)
    images[0, 4, 2:7] = 1.0
    found = measured(images)
    assert found["width_column"][0] == pytest.approx(np.sqrt(24 / 12), rel=1e-3)
    assert found["contrast"][0] == pytest.approx(np.sqrt(5 / 81 * 76 / 81), rel=1e-4)


def test_a_wave_has_one_frequency() -> None:
    """(1 + cos(2 pi k x / L)) / 2 puts |F|^2 / L^2 = L^2 / 16 at two of the ring's frequencies."""
    side, k = 16, 3
    wave = (1 + np.cos(2 * np.pi * k * np.arange(side) / side)) / 2
    images = np.broadcast_to(wave.astype(np.float32), (1, side, side))[..., None]
    spectrum = measured(images)["spectrum"][0]
    rows = np.fft.fftfreq(side, 1 / side)
    ring = (np.round(np.hypot(rows[:, None], rows)) == k).sum()
    expected = np.zeros(side // 2)
    expected[k - 1] = 2 * side**2 / 16 / ring
    np.testing.assert_allclose(spectrum, expected, atol=1e-4)


def test_features_agree_with_the_observables(rng: np.random.Generator) -> None:
    images = rng.random((5, 12, 12, 3)).astype(np.float32)
    domain = Images(described(12, 12, 3))
    encoded = domain.encode({"intensities": images})
    features = np.asarray(domain.physical_features(jnp.asarray(encoded)))
    found = measured(images)
    for column, name in enumerate(
        ["intensity", "contrast", "centre_row", "centre_column", "width_row", "width_column"]
    ):
        np.testing.assert_allclose(features[:, column], found[name], atol=1e-4)
    np.testing.assert_allclose(np.exp(features[:, 7:]), found["spectrum"] + 1e-6, rtol=1e-3)


def test_decoding_gives_grey_levels_between_black_and_white() -> None:
    domain = Images(described(2, 2, 1, parameters={"levels": 5}))
    drawn = np.array([[-1.2, -0.9], [0.1, 1.7]], np.float32).reshape(1, 2, 2, 1)
    made = domain.decode(drawn)["intensities"]
    np.testing.assert_allclose(made.ravel(), [0, 0, 0.5, 1])


def test_views_begin_with_the_label() -> None:
    label = Condition("label", "1", 0.0, 9.0)
    domain = Images(described(4, 4, 1, conditions=(label,)))
    samples = {"intensities": np.full((3, 4, 4, 1), 0.5, np.float32)}
    views = domain.views(samples, {"label": np.array([1.0, 2.0, 3.0])})
    assert views["low-level"].shape == (3, 17)
    for view in views.values():
        np.testing.assert_array_equal(view[:, 0], [1, 2, 3])
    assert domain.views(samples, {"label": 2})["low-level"][0, 0] == 2


@pytest.mark.parametrize(
    ("shape", "network"),
    [((28, 28, 1), "dcgan28"), ((16, 16, 3), "dcgan16"), ((12, 12, 1), "dense")],
)
def test_textbook_networks_are_the_default_of_their_shapes(
    shape: tuple[int, int, int], network: str
) -> None:
    assert Images(described(*shape)).training()["network"] == network


def test_other_samples_are_refused() -> None:
    other = described(4, 4, 1, fields=(Field("spins", "1", ("row", "column"), "spin", "int8"),))
    with pytest.raises(InputError, match="axes row, column and channel; got none"):
        DOMAINS["images"](other)
