"""Layouts, symmetries, features, pictures and imports of fields."""

from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.stats
from gaussian_fields import ISOTROPIC, PLAIN, ZONAL, bell, gaussian, layout

from physgan.data import DatasetInfo, Field, open_dataset
from physgan.domains import Fields, domain_of
from physgan.domains.fields.features import feature_names, physical_features
from physgan.domains.fields.morphology import THRESHOLDS, minkowski
from physgan.domains.fields.pictures import draw_field, field_figure, picture_note
from physgan.domains.fields.preprocessing import WhitenedField
from physgan.domains.fields.spectrum import modes_of, ring_power
from physgan.domains.fields.symmetries import isotropic, zonal
from physgan.errors import InputError
from physgan.importing import import_arrays
from simulators.protocol import Axis

SIDE = 16
ROWS, COLUMNS = np.indices((SIDE, SIDE))


def domain(
    names: tuple[str, str] = ISOTROPIC, unit: str = "K", columns: int = SIDE, **parameters: float
) -> Fields:
    axes = (
        Axis(names[0], "km", tuple(np.arange(SIDE) * 3.0)),
        Axis(names[1], "km", tuple(np.arange(columns) * 3.0)),
    )
    field = Field("values", unit, names, "value", "float32")
    found = domain_of(DatasetInfo("fields", (field,), (), axes, parameters=parameters, seed=1))
    assert isinstance(found, Fields)
    return found


@pytest.mark.parametrize(
    ("parameters", "axes", "message"),
    [
        ({"scale": 0.0}, 2, "expected a scale above 0"),
        ({"scale": float("nan")}, 2, "expected a scale above 0"),
        ({"linear": 0.0}, 2, "expected linear above 0"),
        ({}, 1, "two axes of two pixels or more; got y"),
    ],
)
def test_what_is_refused(parameters: dict[str, float], axes: int, message: str) -> None:
    grid = (Axis("y", "km", (0.0, 1.0)), Axis("x", "km", (0.0, 1.0)))[:axes]
    field = Field("values", "K", tuple(axis.name for axis in grid), "value", "float32")
    with pytest.raises(InputError, match=message):
        domain_of(DatasetInfo("fields", (field,), (), grid, parameters=parameters, seed=1))


def test_fields_that_a_quarter_turn_changes_are_not_isotropic() -> None:
    with pytest.raises(InputError, match=r"as many rows as columns.* got \(16, 32\)"):
        domain(ISOTROPIC, columns=32)
    assert domain(ZONAL, columns=32).periodic


def test_lengths_count_whole_pixels() -> None:
    own = domain().layout
    assert own.lengths == (SIDE * 3.0, SIDE * 3.0)
    assert own.spacing == (3.0, 3.0)
    assert (own.length_unit, own.wave_unit) == ("km", "1/km")
    assert (own.unit_of(2, 2), own.unit_of(0, -2), own.unit_of(1)) == ("K^2 km^2", "(1/km)^2", "K")


def test_axes_of_two_units_are_measured_in_pixels() -> None:
    axes = (Axis("time", "s", (0.0, 5.0)), Axis("pad", "mm", (0.0, 1.0, 2.0)))
    field = Field("values", "1", ("time", "pad"), "value", "float32")
    own = domain_of(DatasetInfo("fields", (field,), (), axes, seed=1))
    assert isinstance(own, Fields)
    assert (own.layout.spacing, own.layout.length_unit) == ((1.0, 1.0), "pixel")
    assert not own.periodic


def test_names_of_axes_state_the_symmetries() -> None:
    assert [domain(names).periodic for names in (ISOTROPIC, ZONAL, PLAIN)] == [True, True, False]
    field = np.random.default_rng(0).normal(size=(1, SIDE, SIDE)).astype(np.float32)
    keys = jax.random.split(jax.random.key(1), 400)
    many = np.repeat(field, len(keys), 0)
    tops = np.asarray(isotropic(keys, jnp.asarray(many))).reshape(len(keys), -1).argmax(1)
    assert len(np.unique(tops)) > 200, "translations reach the whole torus"
    still = domain(PLAIN).transform(keys, jnp.asarray(many))
    np.testing.assert_array_equal(still, many)


def test_a_mirror_image_of_vorticity_exchanges_north_and_south_only() -> None:
    """A front that is steep on its east side stays so; its sign goes with north and south."""
    saw = np.broadcast_to(np.arange(SIDE) / SIDE - 0.5, (400, SIDE, SIDE)).astype(np.float32)
    moved = np.asarray(zonal(jax.random.split(jax.random.key(0), 400), jnp.asarray(saw)))
    steps = np.diff(moved, axis=2)
    signs = np.sign(np.median(steps, (1, 2)))
    assert set(signs) == {-1.0, 1.0}
    ramp = saw + np.where(np.arange(SIDE) < SIDE // 2, 0, 2)[:, None].astype(np.float32)
    turned = np.asarray(zonal(jax.random.split(jax.random.key(0), 400), jnp.asarray(ramp)))
    assert (np.abs(turned).max((1, 2)) == np.abs(ramp).max()).all()
    np.testing.assert_array_equal(np.sign(turned.mean((1, 2))), signs)


def test_encoding_compresses_what_is_far_from_the_offset() -> None:
    own = domain(scale=2.0, offset=280.0)
    values = np.array([280.0, 282.0, 280.0 + 2 * np.sinh(5)], np.float32).reshape(1, 1, 3)
    encoded = own.encode({"values": values})
    assert encoded.ravel() == pytest.approx([0, np.arcsinh(1), 5], abs=1e-4)
    np.testing.assert_allclose(own.decode(encoded)["values"], values, rtol=1e-6)
    assert domain(ZONAL, offset=3.0).layout.offset == 0, "signs have a meaning"


def test_encoding_is_in_proportion_as_far_as_it_should() -> None:
    """To 4 % up to half of `linear` scales; features hold the power of x all the same."""
    own = domain(ZONAL, scale=2.0, linear=4.0)
    values = np.linspace(-4, 4, 256, dtype=np.float32).reshape(1, 16, 16)
    encoded = own.encode({"values": values})
    assert np.abs(encoded / (values / 2) - 1).max() < 0.04
    assert own.encode({"values": values * 100}).max() == pytest.approx(4 * np.arcsinh(50))
    np.testing.assert_allclose(own.decode(encoded)["values"], values, rtol=1e-5)


def test_above_a_lower_edge_networks_see_logarithms() -> None:
    own = domain(scale=2.0, lower=-1.0)
    values = np.array([1.0, 2 * np.exp(3) - 1, -1.0], np.float32).reshape(1, 1, 3)
    encoded = own.encode({"values": values}).ravel()
    assert encoded[:2] == pytest.approx([0, 3], abs=1e-6)
    assert np.isfinite(encoded[2]), "an empty pixel"
    again = own.decode(encoded.reshape(values.shape))["values"]
    np.testing.assert_allclose(again, values, rtol=1e-6, atol=3e-6)
    assert (own.decode(np.full((1, 1, 1), -9.0))["values"] > -1).all()
    assert domain(ZONAL, lower=-1.0).layout.lower is None, "signs have a meaning"


@pytest.mark.parametrize("edge", [{}, {"lower": 0.0}])
def test_features_hold_the_power_spectrum_of_values(edge: dict[str, float]) -> None:
    """ln P(k) of x, in units of the scale and of pixels, whatever the map to network space."""
    own = domain(scale=0.5, **edge)
    power = bell(modes_of(own.layout), 6.0)
    fields = gaussian(own.layout, power, 4)
    values = (np.exp(fields) if edge else np.sinh(fields)).astype(np.float32)
    array = jnp.asarray(own.encode({"values": values}))
    columns = own.physical_features(array).T
    found = dict(zip(own.feature_names(array.shape[1:]), columns, strict=True))
    expected = np.log(ring_power(modes_of(own.layout), values) / (0.5**2 * 3.0**2))
    names = [name for name in found if name.startswith("log power of x")]
    assert len(names) == expected.shape[1]
    for name, column in zip(names[:5], expected.T, strict=False):
        np.testing.assert_allclose(found[name], column, rtol=1e-3, atol=1e-3)
    share = (array > array.mean((1, 2), keepdims=True)).mean((1, 2))
    np.testing.assert_allclose(found["share above 0 sigma"], share, atol=0.05)
    np.testing.assert_allclose(found["smallest y"], array.min((1, 2)), rtol=1e-6)


def test_features_hold_the_skewness_and_sparsity_of_octaves() -> None:
    own = domain(scale=1.0)
    values = np.sinh(gaussian(own.layout, bell(modes_of(own.layout), 6.0), 4)).astype(np.float32)
    columns = own.physical_features(jnp.asarray(own.encode({"values": values}))).T
    found = dict(zip(own.feature_names(values.shape[1:]), columns, strict=True))
    measured = {o.name: o.compute({"values": values}, {}) for o in own.observables}
    for name, kind in (("band_skewness", "skewness of x"), ("band_sparsity", "sparsity of x")):
        own_names = [each for each in found if each.startswith(kind)]
        expected = measured[name] if "sparsity" in kind else np.arcsinh(measured[name])
        assert len(own_names) == expected.shape[1]
        columns = np.stack([found[each] for each in own_names], 1)
        np.testing.assert_allclose(columns, expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("sign", [1, -1])
def test_zonal_features_hold_the_magnitude_of_the_skewness(sign: int) -> None:
    """That of one-sided fields, and the same of their mirror images, whose sign is the other."""
    own = layout(ZONAL, 32, 1.0)
    bumps = np.random.default_rng(5).exponential(size=(4, 32, 32)).astype(np.float32)
    found = dict(
        zip(feature_names(own), physical_features(own, jnp.asarray(sign * bumps)).T, strict=True)
    )
    expected = scipy.stats.skew(bumps, axis=(1, 2))
    assert expected.min() > 1.5
    np.testing.assert_allclose(found["magnitude of the skewness of y"], expected, rtol=1e-3)
    octaves = [each for name, each in found.items() if "skewness of x from" in name]
    assert np.min(octaves) > 0


def test_no_zonal_feature_is_of_the_nyquist_wavenumber() -> None:
    """Solvers leave it empty: the logarithm of a trace of it would outweigh everything else."""
    own = layout(ZONAL, 32, 1.0)
    waves = np.fft.rfft2(np.random.default_rng(3).normal(size=(4, 32, 32)))
    waves[:, 16] = waves[:, :, 16] = 0
    fields = np.fft.irfft2(waves).astype(np.float32)
    trace = 0.01 * (-1) ** np.arange(32, dtype=np.float32)[:, None]
    one, other = (physical_features(own, jnp.asarray(f)) for f in (fields, fields + trace))
    zonal = [k for k, name in enumerate(feature_names(own)) if name.startswith("log zonal power")]
    assert len(zonal) == 2 * 15
    assert np.abs(one - other)[:, zonal].max() < 0.5


@pytest.mark.parametrize(("north", "east"), [(3, 0), (0, 3), (2, 2), (-2, 2)])
def test_zonal_features_hold_the_directions_of_waves(north: int, east: int) -> None:
    """cos 2 phi and sin^2 2 phi of one wave, in the octave that holds it; its energy, 1 / 2 k^2."""
    own = layout(ZONAL, 16, 1.0)
    row, column = np.mgrid[:16, :16] * 2 * np.pi / 16
    wave = np.arcsinh(np.cos(north * row + east * column + 0.3)).astype(np.float32)[None]
    found = dict(zip(feature_names(own), physical_features(own, jnp.asarray(wave))[0], strict=True))
    octave = f"from k = {modes_of(own).centres[1]:.3g} {own.wave_unit}"
    twice = 2 * np.arctan2(north, east)
    assert found[f"direction {octave}"] == pytest.approx(np.cos(twice), abs=1e-4)
    assert found[f"tilt {octave}"] == pytest.approx(np.sin(twice) ** 2, abs=1e-4)
    energy = np.log(0.5 / (north**2 + east**2))
    assert found["log energy of x"] == pytest.approx(energy, abs=0.05)


def test_features_count_peaks() -> None:
    """As many peaks far above the mean as there are bumps; turned round, none."""
    own = layout(ISOTROPIC, 64, 1.0)
    field = np.zeros((64, 64), np.float32)
    tops = [(5, 5), (5, 40), (30, 20), (50, 55), (63, 0)]
    for top in tops:
        down, across = ((np.arange(64) - at + 32) % 64 - 32 for at in top)
        field += np.exp(-np.hypot(down[:, None], across) / 3)
    column = feature_names(own).index("peaks above 2 sigma")
    found = physical_features(own, jnp.asarray(np.stack([field, -field])))[:, column] * 64**2
    assert found == pytest.approx([len(tops), 0], abs=0.3)


@pytest.mark.parametrize("names", [ISOTROPIC, PLAIN])
def test_features_hold_the_minkowski_functionals_of_network_space(names: tuple[str, str]) -> None:
    """Of smooth fields, whose functionals hardly change over the width of the thresholds."""
    own = layout(names, 64, 1.0)
    fields = gaussian(own, bell(modes_of(own), 6.0), 20).astype(np.float32)
    found = dict(
        zip(feature_names(own), physical_features(own, jnp.asarray(fields)).T, strict=True)
    )
    counted = minkowski(own, fields).mean(0)
    steps = np.where(THRESHOLDS == 1.0)[0][0]
    expected = counted[:, steps] * np.array([1, 16 / np.pi, 1])
    kinds = ("share above", "boundary at", "Euler characteristic at")
    values = [found[f"{kind} 1 sigma"].mean() for kind in kinds]
    np.testing.assert_allclose(values, expected, rtol=0.06)


def test_classifiers_see_images_under_symmetries() -> None:
    own = domain(ISOTROPIC)
    values = np.random.default_rng(0).normal(size=(50, SIDE, SIDE)).astype(np.float32)
    images = own.images({"values": values})
    moved = own.augment(images, np.random.default_rng(1))
    assert moved.shape == images.shape
    assert (np.abs(moved - images).max((1, 2, 3)) > 0).mean() > 0.9
    again = own.augment(images, np.random.default_rng(1))
    np.testing.assert_array_equal(moved, again)


def test_whitened_fields_are_white_wherever_they_are() -> None:
    """Gaussian fields become white noise: variance one in every ring, to its error of 2 % or less.

    The whitened image of a translated field is the translated one of the field.
    """
    own = domain()
    power = bell(modes_of(own.layout), 4.0)
    array = (3 + gaussian(own.layout, power, 2000)).astype(np.float32)
    white = WhitenedField((SIDE, SIDE), **own.preprocessing_settings(array))
    nothing, key = jnp.zeros((2000, 0)), jax.random.key(0)
    variables = white.forward(jnp.asarray(array), nothing, key)
    assert variables.shape == (2000, SIDE, SIDE, 1)
    rings = ring_power(modes_of(own.layout), np.asarray(variables[..., 0]))
    np.testing.assert_allclose(rings.mean(0) / 9, 1, rtol=0.02)  # 9 km^2 a pixel
    back = white.inverse(variables, nothing)
    np.testing.assert_allclose(back, array, atol=1e-4)
    moved = white.forward(jnp.roll(jnp.asarray(array), (3, 5), (1, 2)), nothing, key)
    np.testing.assert_allclose(moved, jnp.roll(variables, (3, 5), (1, 2)), atol=1e-3)


def test_fields_without_a_torus_are_standardised_by_pixels() -> None:
    own = domain(PLAIN)
    array = 3 + 2 * np.random.default_rng(0).normal(size=(500, SIDE, SIDE)).astype(np.float32)
    pixels = WhitenedField((SIDE, SIDE), **own.preprocessing_settings(array))
    variables = pixels.forward(jnp.asarray(array), jnp.zeros((500, 0)), jax.random.key(0))
    np.testing.assert_allclose(variables[..., 0], (array - 3) / 2, atol=0.02)


@pytest.mark.parametrize("names", [ISOTROPIC, ZONAL])
def test_pictures_have_a_bar_of_a_round_length(names: tuple[str, str]) -> None:
    own, field = domain(names).layout, np.random.default_rng(0).normal(size=(SIDE, SIDE))
    figure, axes = plt.subplots()
    draw_field(axes, own, field)
    low, high = axes.images[0].get_clim()
    assert (low == -high) == (names == ZONAL)
    assert [text.get_text() for text in axes.texts] == ["10 km"]
    (bar,) = axes.lines
    assert np.ptp(bar.get_xdata()) * own.spacing[1] == pytest.approx(10)
    assert picture_note(own) == "value [K], bar of 10 km"
    assert field_figure(own, field).axes[1].get_ylabel() == "value [K]"
    plt.close(figure)


def test_import_keeps_the_unit_and_measures_scale_and_offset(tmp_path: Path) -> None:
    """Of normal values the median is the mean, and half of the central 68 % the deviation.

    Numbers are big-endian, as readers of FITS give them.
    """
    values = np.random.default_rng(0).normal(285, 7, (300, 20, 24)).astype(">f4")
    np.save(tmp_path / "t.npy", values)
    edges = {"y_m": list(np.arange(21) * 50.0)}
    out = tmp_path / "t.h5"
    import_arrays(
        tmp_path / "t.npy", out, domain="fields", unit="K", axes=("y_m", "x"), edges=edges
    )
    info = open_dataset(out).info
    assert info.fields[0].unit == "K"
    assert info.parameters == {
        "offset": pytest.approx(285, abs=0.1), "scale": pytest.approx(7, abs=0.1),
    }  # fmt: skip
    assert {axis.name: axis.values[:2] for axis in info.grid}["y_m"] == (25.0, 75.0)
    own = domain_of(info)
    assert isinstance(own, Fields)
    assert not own.periodic


def test_import_takes_the_word_of_axes_for_periodic_maps(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", kappa=np.random.default_rng(0).normal(size=(50, 8, 8)))
    import_arrays(tmp_path / "m.npz", tmp_path / "m.h5", domain="fields", samples="kappa",
                  axes=("y", "x"))  # fmt: skip
    assert domain_of(open_dataset(tmp_path / "m.h5").info).periodic


def test_import_refuses_what_cannot_be_learnt(tmp_path: Path) -> None:
    for name, values, edges, message in (
        ("flat", np.full((50, 8, 8), 3.0), None, "expected values that differ; got 3 only"),
        ("line", np.zeros((50, 8, 1)), None, "two rows and columns or more"),
        ("gap", np.zeros((50, 8, 8)), [0.0, 1, 2, 3, 4, 5, 6, 7, 9], "equally spaced rising"),
    ):
        np.save(tmp_path / f"{name}.npy", values)
        given = {"row": edges} if edges else None
        with pytest.raises(InputError, match=message):
            import_arrays(
                tmp_path / f"{name}.npy", tmp_path / f"{name}.h5", domain="fields", edges=given
            )
