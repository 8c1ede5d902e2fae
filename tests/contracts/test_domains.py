"""What every domain promises, on a tiny dataset of each."""

import re
from collections.abc import Mapping
from functools import cache

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from tiny import COUNT, KINDS, dataset

COVARIANT = {
    "spins": r"^magnetisation$",  # odd under the global flip; its square is invariant
    "showers": r"(?<=[_ ])(eta|phi|x|y)(?=,|$)",  # components across the beam, that turning mixes:
    # a centre is a vector, whose length is invariant, and the squares of two widths are the
    # diagonal of a second moment, whose trace is
}
"""Domain -> part of the names of what its symmetries change in a known way.

Names that are alike but for this part belong together: the sum of their squares is invariant.
"""
ROUNDING = {"fields": 1e-6}
"""Domain -> relative error of samples that went to network space and back, by rounding."""

NOTHING = r"(?!)"
every_kind = pytest.mark.parametrize("kind", KINDS)


@cache
def measured(kind: str, moved: bool = False) -> dict[str, np.ndarray]:
    """All observables, of the samples or of their images under a symmetry, shape (COUNT, k)."""
    tiny = dataset(kind)
    samples = tiny.domain.decode(turned(kind)) if moved else tiny.samples
    found = {o.name: o.compute(samples, tiny.known) for o in tiny.domain.observables}
    return {name: values.reshape(COUNT, -1) for name, values in found.items()}


@cache
def turned(kind: str, seed: int = 0) -> np.ndarray:
    """The samples in network space, each under a random symmetry of its own."""
    keys = jax.random.split(jax.random.key(seed), COUNT)
    return np.asarray(jax.jit(dataset(kind).domain.transform)(keys, in_network_space(kind)))


@cache
def features(kind: str, moved: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """The physical features (COUNT, f) and the slopes of a sum of them."""

    def both(array: jax.Array) -> tuple[jax.Array, jax.Array]:
        found, pull_back = jax.vjp(dataset(kind).domain.physical_features, array)
        weights = jnp.cos(jnp.arange(1.0, found.shape[1] + 1))
        return found, pull_back(jnp.broadcast_to(weights, found.shape))[0]

    found, slopes = jax.jit(both)(turned(kind) if moved else in_network_space(kind))
    return np.asarray(found), np.asarray(slopes)


def in_network_space(kind: str) -> jax.Array:
    return jnp.asarray(dataset(kind).encoded, jnp.float32)


def feature_names(kind: str) -> tuple[str, ...]:
    tiny = dataset(kind)
    return tiny.domain.feature_names(tiny.encoded.shape[1:])


def invariants(kind: str, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Values that no symmetry changes: each for itself, or the length of those it mixes."""
    pattern = COVARIANT.get(dataset(kind).domain.name, NOTHING)
    groups: dict[str, list[np.ndarray]] = {}
    for name, value in values.items():
        groups.setdefault(re.sub(pattern, "*", name), []).append(value)
    return {
        name: np.linalg.norm(group, axis=0) if "*" in name else group[0]
        for name, group in groups.items()
    }


@every_kind
def test_decoding_undoes_encoding(kind: str) -> None:
    tiny = dataset(kind)
    field = tiny.domain.field
    decoded = tiny.domain.decode(tiny.encoded)[field]
    assert decoded.dtype == tiny.samples[field].dtype
    np.testing.assert_allclose(decoded, tiny.samples[field], rtol=ROUNDING.get(tiny.domain.name, 0))


@every_kind
def test_observables_are_finite_numbers_of_each_sample(kind: str) -> None:
    tiny = dataset(kind)
    for observable in tiny.domain.observables:
        values = observable.compute(tiny.samples, tiny.known)
        assert values.dtype == np.float64, observable.name
        assert len(values) == COUNT
        assert values.ndim == (1 if observable.axis is None else 2), observable.name
        assert np.isfinite(values).all(), observable.name
        assert np.ptp(values, 0).max() > 0, f"{observable.name} tells no two samples apart"


@every_kind
def test_an_observable_depends_on_one_sample_only(kind: str) -> None:
    tiny = dataset(kind)
    some = slice(3, 10)
    conditions = {n: np.asarray(v)[some] if np.ndim(v) else v for n, v in tiny.known.items()}
    for observable in tiny.domain.observables:
        part = observable.compute({n: a[some] for n, a in tiny.samples.items()}, conditions)
        whole = observable.compute(tiny.samples, tiny.known)[some]
        np.testing.assert_allclose(part, whole, rtol=1e-6, atol=1e-9, err_msg=observable.name)


@every_kind
def test_levels_are_multiples_of_their_spacing(kind: str) -> None:
    tiny = dataset(kind)
    geometry = tiny.domain.geometry(tiny.samples)
    for observable in tiny.domain.observables:
        if observable.spacing is not None:
            values = observable.compute(tiny.samples, tiny.known)
            steps = (values - values[0]) / observable.spacing(geometry)
            np.testing.assert_allclose(steps, np.round(steps), atol=1e-9, err_msg=observable.name)


@every_kind
def test_names_refer_to_observables(kind: str) -> None:
    tiny = dataset(kind)
    domain = tiny.domain
    names = [o.name for o in domain.observables]
    assert len(set(names)) == len(names)
    used = {*domain.histograms, *domain.features, *(n for e in domain.ensemble for n in e.needs)}
    assert used <= set(names)
    quantities = {*names, *(e.name for e in (*domain.ensemble, *domain.spectra))}
    targets = [t for profile in domain.targets.values() for t in profile]
    assert {t.observable for t in targets if t.measure != "auc"} <= quantities
    for profile in domain.targets.values():
        assert [t.measure for t in profile].count("auc") == 1, "what separates where figures agree"


@every_kind
def test_quantities_of_an_ensemble_are_finite(kind: str) -> None:
    tiny = dataset(kind)
    values = {o.name: o.compute(tiny.samples, tiny.known) for o in tiny.domain.observables}
    at = {n: float(np.mean(v)) if n in tiny.conditions else v for n, v in tiny.known.items()}
    for quantity in tiny.domain.ensemble:
        found = np.asarray(quantity.compute(values, at))
        assert np.isfinite(found).all(), quantity.name
        assert found.ndim == (0 if quantity.axis is None else 1), quantity.name


@every_kind
def test_symmetries_leave_observables_alike(kind: str) -> None:
    before, after = (invariants(kind, measured(kind, moved)) for moved in (False, True))
    for name, values in before.items():
        np.testing.assert_allclose(
            after[name], values, rtol=1e-5, atol=1e-5 * np.abs(values).max(), err_msg=name
        )


@every_kind
def test_symmetries_leave_features_alike(kind: str) -> None:
    before, after = (
        invariants(kind, dict(zip(feature_names(kind), features(kind, moved)[0].T, strict=False)))
        for moved in (False, True)
    )
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, rtol=1e-4, atol=1e-4, err_msg=name)


@every_kind
def test_what_is_called_covariant_changes(kind: str) -> None:
    """The table lists no invariant and no name that is not there."""
    pattern = COVARIANT.get(dataset(kind).domain.name, NOTHING)
    before, after = measured(kind), measured(kind, moved=True)
    listed = [name for name in before if re.search(pattern, name)]
    assert bool(listed) == (pattern != NOTHING)
    for name in listed:
        assert np.abs(after[name] - before[name]).max() > 1e-3, name


@every_kind
def test_symmetries_are_drawn_by_their_keys(kind: str) -> None:
    array, once, other = dataset(kind).encoded, turned(kind), turned(kind, seed=1)
    assert once.shape == array.shape
    moves = not np.array_equal(once, array)
    assert np.array_equal(once, other) != moves
    keys = jax.random.split(jax.random.key(0), COUNT)[7:9]
    separate = dataset(kind).domain.transform(keys, in_network_space(kind)[7:9])
    np.testing.assert_array_equal(separate, once[7:9])


@every_kind
def test_features_are_named(kind: str) -> None:
    names = feature_names(kind)
    assert len(names) == len(set(names)) == features(kind)[0].shape[1], names


@every_kind
def test_features_and_their_gradients_are_finite(kind: str) -> None:
    """Samples with nothing in them included, which a generator may draw."""
    found, slopes = features(kind)
    assert len(found) == COUNT
    assert np.isfinite(found).all()
    assert np.isfinite(slopes).all()
    assert np.abs(slopes).max() > 0
    own = dataset(kind).domain.validation_features(in_network_space(kind))
    assert own is None or (len(own) == COUNT and bool(np.isfinite(own).all()))


@every_kind
def test_what_the_discriminator_sees_is_an_image_or_a_vector(kind: str) -> None:
    inputs = np.asarray(dataset(kind).domain.discriminator_input(in_network_space(kind)))
    assert len(inputs) == COUNT
    assert inputs.ndim in (2, 4)
    assert np.isfinite(inputs).all()


@every_kind
def test_views_are_finite_and_start_with_the_conditions(kind: str) -> None:
    tiny = dataset(kind)
    domain = tiny.domain
    views = domain.views(tiny.samples, tiny.known)
    assert {"low-level", "high-level"} <= views.keys()
    first = [view[:, : len(domain.conditions)] for view in views.values()]
    for name, view in views.items():
        assert view.dtype == np.float32, name
        assert view.shape[0] == COUNT
        assert view.ndim == 2
        assert np.isfinite(view).all(), name
        np.testing.assert_array_equal(view[:, : len(domain.conditions)], first[0])
    for column, name in zip(first[0].T, domain.conditions, strict=True):
        given = np.argsort(tiny.conditions[name], kind="stable")
        assert np.all(np.diff(column[given]) >= 0), f"{name} is not a monotonic column"


@every_kind
def test_a_view_has_the_entries_in_physical_units(kind: str) -> None:
    """Equal entries look equal, whatever the conditions and the rest of the sample."""
    tiny = dataset(kind)
    domain = tiny.domain
    columns = domain.views(tiny.samples, tiny.known)[domain.physical_view]
    seen = columns[:, len(domain.conditions) :].ravel()
    entries = np.asarray(tiny.samples[domain.field], np.float32).ravel()
    assert seen.shape == entries.shape
    order = np.argsort(entries, kind="stable")
    rises = np.diff(entries[order].astype(np.float64))
    steps = np.diff(seen[order].astype(np.float64))
    assert (steps[rises == 0] == 0).all()
    assert (steps[rises > 1e-5 * np.abs(entries).max()] > 0).all()


@every_kind
def test_continuous_entries_have_a_spectrum(kind: str) -> None:
    """In the field's own unit; whole numbers may have one, too, and spins need none."""
    tiny = dataset(kind)
    domain = tiny.domain
    field = next(f for f in tiny.info.fields if f.name == domain.field)
    assert domain.spectra or not np.issubdtype(np.dtype(field.dtype), np.floating)
    columns = domain.views(tiny.samples, tiny.known)[domain.physical_view]
    entries = np.asarray(tiny.samples[domain.field], np.float64).reshape(COUNT, -1)
    for spectrum in domain.spectra:
        values = spectrum.values(columns[:, len(domain.conditions) :])
        np.testing.assert_allclose(values, entries, rtol=1e-5, atol=1e-9)
        assert spectrum.unit == field.unit
        assert (len(spectrum.parts) > 0) == (spectrum.part is not None)
        if spectrum.part is not None:
            assert sorted(set(spectrum.part)) == list(range(len(spectrum.parts)))


@every_kind
def test_arrays_for_classifiers_and_distances(kind: str) -> None:
    tiny = dataset(kind)
    images = tiny.domain.images(tiny.samples)
    assert images.dtype == np.float32
    assert len(images) == COUNT
    assert images.ndim == 4
    assert np.isfinite(images).all()
    moved = tiny.domain.augment(images, np.random.default_rng(0))
    pixels = [np.sort(np.abs(i).reshape(COUNT, -1), 1) for i in (images, moved)]
    np.testing.assert_array_equal(*pixels)  # an exact symmetry moves pixels, or changes all signs
    points = tiny.domain.points(tiny.samples)
    if points is not None:
        assert points.dtype == np.float32
        assert points.shape[0] == COUNT
        assert points.ndim == 2
        assert np.isfinite(points).all()


@every_kind
def test_a_sample_can_be_drawn(kind: str) -> None:
    tiny = dataset(kind)
    figure, axes = plt.subplots()
    tiny.domain.picture(axes, tiny.samples, 5)
    assert axes.has_data()
    figure.canvas.draw()
    plt.close(figure)
