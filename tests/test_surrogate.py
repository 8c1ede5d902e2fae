"""What a trained surrogate promises, whatever it has learnt."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from flax import nnx

from physgan.data import Condition, Field, open_dataset
from physgan.data.files import sha256_of
from physgan.domains.spins import Spins
from physgan.domains.spins.observables import energy
from physgan.errors import InputError, PhysganError, VerificationError
from physgan.surrogates import Description, NetworkSampler, Surrogate, load
from simulators.ising.exact import kaufman

NETWORK = {
    "network": "spin-hierarchy",
    "ranges": [[1.5, 3.5, "linear"]],
    "width": 4,
    "depth": 1,
    "embedding": 8,
}
HEAT_BATH_ALONE = -(np.tanh(4 / 2.0) / 2 + np.tanh(2 / 2.0)) / 2
"""Energy per site, J, at T = 2: a heat bath on one sublattice, fair coins on the other.

-E|S| tanh(|S| / T) / 2 over the sum S of four coins; untrained networks draw nearly such coins.
Four standard errors of 100 lattices of 8 x 8, and of 64 of 16 x 16, are 0.08 and 0.04.
"""


def made(size: int) -> Surrogate:
    """An untrained generator of size x size lattices."""
    network = {**NETWORK, "size": size}
    description = Description(
        method="gan",
        domain="spins",
        size=size,
        conditions=(Condition("temperature", "J/k_B", 1.5, 3.5),),
        fields=(Field("spins", "1", ("row", "column"), "spin", "int8"),),
        grid=(),
        simulator="ising",
        simulator_version="1",
        parameters={"size": size, "field": 0.0},
        network=network,
    )
    generator = Spins().build_generator(network, {}, 3)
    parameters = jax.device_get(nnx.to_pure_dict(nnx.split(generator)[1]))
    return Surrogate(description, NetworkSampler(description, parameters))


@pytest.fixture(scope="module")
def surrogate() -> Surrogate:
    return made(size=8)


def test_samples_are_spins_of_the_asked_shape(surrogate: Surrogate) -> None:
    spins = surrogate.sample({"temperature": 2.0}, 100, seed=1)["spins"]
    assert spins.shape == (100, 8, 8)
    assert spins.dtype == np.int8
    assert energy(spins).mean() == pytest.approx(HEAT_BATH_ALONE, abs=0.08)


def test_an_event_depends_on_seed_and_number_only(surrogate: Surrogate) -> None:
    temperatures = np.linspace(1.6, 3.4, 50)
    whole = surrogate.sample({"temperature": temperatures}, 50, seed=4)["spins"]
    again = surrogate.sample({"temperature": temperatures[20:27]}, 7, seed=4, first_event=20)
    np.testing.assert_array_equal(again["spins"], whole[20:27])
    other = surrogate.sample({"temperature": temperatures}, 50, seed=5)["spins"]
    assert np.any(other != whole)


def test_both_signs_are_equally_likely(surrogate: Surrogate) -> None:
    """Share of positive magnetisation within 4 standard errors (6e-5)."""
    m = surrogate.sample({"temperature": 1.5}, 4_096, seed=0)["spins"].sum((1, 2))
    positive, negative = (m > 0).sum(), (m < 0).sum()
    assert abs(positive - negative) < 4 * np.sqrt(positive + negative)


def test_saved_and_loaded_it_is_the_same(surrogate: Surrogate, tmp_path: Path) -> None:
    surrogate.save(tmp_path / "surrogate")
    loaded = load(tmp_path)
    assert replace(loaded.description, weights_sha256="") == replace(
        surrogate.description, weights_sha256=""
    )
    for source in (surrogate, loaded):
        spins = source.sample({"temperature": 2.5}, 10, seed=0)["spins"]
    np.testing.assert_array_equal(
        spins, surrogate.sample({"temperature": 2.5}, 10, seed=0)["spins"]
    )


def test_altered_weights_are_refused(surrogate: Surrogate, tmp_path: Path) -> None:
    surrogate.save(tmp_path)
    path = tmp_path / "weights.npz"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(VerificationError, match="missing or altered; train again"):
        load(tmp_path)


def rewritten(folder: Path, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Other weights and another description, whose checksum fits."""
    weights = folder / "weights.npz"
    np.savez_compressed(weights, **arrays)
    about = {**json.loads((folder / "surrogate.json").read_text()), **about}
    about["weights_sha256"] = sha256_of(weights)
    (folder / "surrogate.json").write_text(json.dumps(about))


def arrays_of(folder: Path) -> dict[str, np.ndarray]:
    with np.load(folder / "weights.npz") as file:
        return {name: file[name] for name in file.files}


KERNEL = "embed/first/kernel"
WEIGHTS = {
    "NaN": (lambda a: {KERNEL: a[KERNEL] * np.float32("nan")}, f"finite weights .* in {KERNEL}"),
    "double": (lambda a: {KERNEL: a[KERNEL].astype(float)}, f"got {KERNEL} .* type float64; train"),
    "shape": (lambda a: {KERNEL: a[KERNEL][:1]}, f"got {KERNEL} of shape "),
    "extra": (lambda a: {"a": np.zeros(5, np.float32)}, r"got a of shape \(5,\) and type float32"),
    "bomb": (lambda a: {"a": np.zeros(280 * 2**20, np.int8)}, "store it without compression"),
    "objects": (lambda a: {"a": np.array([{}])}, "got a of shape .* and type object"),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_are_none_are_refused(surrogate: Surrogate, tmp_path: Path, name: str) -> None:
    change, message = WEIGHTS[name]
    surrogate.save(tmp_path)
    arrays = arrays_of(tmp_path)
    rewritten(tmp_path, {}, {**arrays, **change(arrays)})
    with pytest.raises(PhysganError, match=message) as caught:
        load(tmp_path)
    assert str(caught.value).isprintable()


NOT_SURROGATES: dict[str, tuple[Any, str]] = {
    "list": ([], "expected a surrogate; .* is not one"),
    "nested": ("[" * 200_000, "expected a surrogate; .* is not one"),
    "format": ({"format": "x"}, "surrogate of format version 1 to 3; got 'x' 3"),
    "future": ({"format_version": 4}, "surrogate of format version 1 to 3; got .* 4"),
    "unknown key": ({"surplus": 1}, "expected the description of a surrogate; got TypeError"),
    "condition": ({"conditions": [5]}, "expected the description of a surrogate; got TypeError"),
    "range": (
        {"conditions": [{"name": "t", "unit": "1", "minimum": 2.0, "maximum": 1.0}]},
        "range",
    ),
    "size": (
        {"size": -8},
        "expected size of a surrogate as a whole number from 0 to 65536; got -8",
    ),
    "size as text": ({"size": "8"}, "expected size of a surrogate as a whole number"),
    "domain": ({"domain": "x"}, r"expected a domain \("),
    "parameters": ({"parameters": 5}, "expected parameters as a table"),
    "network": ({"network": {"network": "x"}}, "describes none that can be built: 'x'"),
    "two thousand million layers": ({"network": {**NETWORK, "depth": 2 * 10**9}}, "depth of a sur"),
    "wide": ({"network": {**NETWORK, "size": 8, "width": 60_000}}, "the parameters of the network"),
    "wider": ({"network": {**NETWORK, "width": 2 * 10**9}}, "expected width of a surrogate as"),
    "negative threshold": ({"network": {**NETWORK, "threshold": -1.0}}, "threshold of a network"),
    "NaN threshold": ({"network": {**NETWORK, "threshold": float("nan")}}, "threshold of a net"),
}


@pytest.mark.parametrize("name", NOT_SURROGATES)
def test_descriptions_of_no_surrogate_are_refused(
    surrogate: Surrogate, tmp_path: Path, name: str
) -> None:
    content, message = NOT_SURROGATES[name]
    surrogate.save(tmp_path)
    if isinstance(content, dict):
        rewritten(tmp_path, content, arrays_of(tmp_path))
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "surrogate.json").write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        load(tmp_path)
    assert str(caught.value).isprintable()


def test_proposals_bring_an_untrained_generator_to_equilibrium() -> None:
    """Energy of the 4 x 4 torus within 4 standard errors (6e-5) of Kaufman's; drawn once, not."""
    source = made(size=4)
    exact = kaufman(4, 3.5)[0]
    raw, refined = (
        energy(source.sample({"temperature": 3.5}, 4_096, seed=2, proposals=n)["spins"])
        for n in (1, 128)
    )
    error = refined.std() / np.sqrt(len(refined))
    assert abs(raw.mean() - exact) > 20 * error
    assert abs(refined.mean() - exact) < 4 * error


def test_writes_a_dataset(surrogate: Surrogate, tmp_path: Path) -> None:
    path = tmp_path / "x.h5"
    surrogate.write(path, {"temperature": 2.25}, 300, seed=9)
    dataset = open_dataset(path)
    samples, conditions = dataset.read()
    assert dataset.info.source == "surrogate"
    np.testing.assert_allclose(conditions["temperature"], 2.25)
    direct = surrogate.sample({"temperature": 2.25}, 300, seed=9)
    np.testing.assert_array_equal(samples["spins"], direct["spins"])


def test_larger_lattices_without_training(surrogate: Surrogate) -> None:
    spins = surrogate.sample({"temperature": 2.0}, 64, seed=0, size=16)["spins"]
    assert spins.shape == (64, 16, 16)
    assert energy(spins).mean() == pytest.approx(HEAT_BATH_ALONE, abs=0.04)


def test_draws_are_rejected_at_the_trained_size_alone(surrogate: Surrogate) -> None:
    """A discriminator knows no other: it may see other features there."""
    about = surrogate.description
    network = {"network": "rejection", "base": about.network}
    rejecting = Surrogate(replace(about, network=network), surrogate.sampler)
    with pytest.raises(InputError, match="expected size 8, at which a discriminator rejects draws"):
        rejecting.sample({"temperature": 2.0}, 4, 0, size=16)


@pytest.mark.parametrize(
    ("conditions", "options", "message"),
    [
        (
            {"temperature": 0.3},
            {},
            r"expected temperature in \[1.5, 3.5\] J/k_B \(trained range\); got 0.3; "
            "pass extrapolate=True",
        ),
        ({"temperature": -1.0}, {"extrapolate": True}, "got -1"),
        ({"temperature": float("nan")}, {"extrapolate": True}, "got nan"),
        ({"temperature": np.ones(3) * 2}, {}, "expected temperature to be one number or 10"),
        ({"beta": 0.4}, {}, r"expected the conditions \['temperature'\]; got \['beta'\]"),
        ({"temperature": 2.0}, {"size": 12}, r"expected size 8, 16, \.\.\.; got 12"),
        ({"temperature": 2.0}, {"size": 4}, "got 4"),
    ],
)
def test_bad_input_is_refused(
    surrogate: Surrogate, conditions: dict, options: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        surrogate.sample(conditions, 10, 0, **options)


def test_extrapolation_on_demand(surrogate: Surrogate) -> None:
    spins = surrogate.sample({"temperature": 4.0}, 4, 0, extrapolate=True)["spins"]
    assert spins.shape == (4, 8, 8)


def test_a_folder_without_surrogate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a trained surrogate"):
        load(tmp_path)


def waves_of_one_size(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights for conditions as waves of amplitude 1, not 1 / k, as in files of version 2 and 1."""
    order = np.arange(1, 7)
    scale = np.concatenate([[1], order, order])
    return {
        name: array / np.resize(scale, len(array))[:, None].astype(np.float32)
        if "embed" in name and name.endswith("first/kernel")
        else array
        for name, array in arrays.items()
    }


def as_version_1(folder: Path, about: dict[str, Any], renamed: dict[str, str]) -> None:
    """Rewrite a surrogate's files as they were before stages were recorded."""
    weights = folder / "weights.npz"
    with np.load(weights) as file:
        arrays = waves_of_one_size({name: file[name] for name in file.files})
    first = {name: name.partition("/")[0] for name in arrays}
    old = {renamed.get(first[n], first[n]) + n[len(first[n]) :]: a for n, a in arrays.items()}
    np.savez(weights, **old)
    new = {"stages", "kept_stage", "kept_samples", "recipe", "seen"}
    content = {name: value for name, value in about.items() if name not in new}
    content |= {"format_version": 1, "weights_sha256": sha256_of(weights)}
    (folder / "surrogate.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("training", "name"),
    [
        ({"likelihood_samples": 100, "adversarial_samples": 0}, "likelihood"),
        ({"likelihood_samples": 0, "adversarial_samples": 100}, "gan"),
        ({"likelihood_samples": 100, "adversarial_samples": 100}, "gan"),
    ],
)
def test_a_file_of_version_1_is_called_what_it_is_known_to_be(
    surrogate: Surrogate, tmp_path: Path, training: dict[str, int], name: str
) -> None:
    surrogate.save(tmp_path)
    about = json.loads((tmp_path / "surrogate.json").read_text())
    as_version_1(tmp_path, {**about, "training": training}, {})
    loaded = load(tmp_path)
    assert loaded.name == name
    assert ("not recorded" in loaded.description.provenance) == (0 not in training.values())
    drawn, again = (s.sample({"temperature": 2.0}, 8, seed=1)["spins"] for s in (surrogate, loaded))
    np.testing.assert_array_equal(drawn, again)


@pytest.mark.parametrize("name", ["calo-small", "turbulence-64", "cosmology-64"])
def test_files_of_version_2_draw_the_same_as_now(name: str, tmp_path: Path) -> None:
    """Their waves were of one size, and terms of a field's spectrum fell with the degree alone."""
    now = load(name).without_certificate()
    now.save(tmp_path)
    about = json.loads((tmp_path / "surrogate.json").read_text())
    with np.load(tmp_path / "weights.npz") as file:
        arrays = waves_of_one_size({key: file[key] for key in file.files})
    for key, array in arrays.items():
        if key in ("spectrum", "pixels", "advection/0/power", "advection/0/gain"):
            falls = {35: [1, 3, 6, 10, 15], 28: [1, 2, 3, 4, 5, 6, 7]}[len(array)]
            degree = np.repeat(np.arange(len(falls)), falls).astype(np.float32)
            scale = np.sqrt(np.maximum(degree, 1)).reshape(-1, *[1] * (array.ndim - 1))
            arrays[key] = array / scale
    np.savez(tmp_path / "weights.npz", **arrays)
    about |= {"format_version": 2, "weights_sha256": sha256_of(tmp_path / "weights.npz")}
    (tmp_path / "surrogate.json").write_text(json.dumps(about))
    given = {c.name: (c.minimum * c.maximum) ** 0.5 or 1.0 for c in now.conditions}
    drawn, again = (next(iter(s.sample(given, 4, 1).values())) for s in (now, load(tmp_path)))
    assert np.isclose(drawn, again, rtol=1e-3, atol=1e-3).mean() > 0.999
    load(tmp_path).save(tmp_path / "again")
    assert load(tmp_path / "again").description.format_version == 3


def test_flows_of_version_1_load_under_the_names_of_their_parts_then(tmp_path: Path) -> None:
    source = made(size=8).description
    network = {
        "network": "flow", "shape": [8, 8], "ranges": [[1.5, 3.5, "linear"]], "preprocessing": {},
        "width": 4, "depth": 1, "embedding": 4, "periodic": True, "ode_steps": 2,
    }  # fmt: skip
    description = replace(source, method="flow-matching", network=network)
    generator = Spins().build_generator(network, {}, 3)
    parameters = jax.device_get(nnx.to_pure_dict(nnx.split(generator)[1]))
    flow = Surrogate(description, NetworkSampler(description, parameters))
    flow.save(tmp_path)
    about = json.loads((tmp_path / "surrogate.json").read_text())
    del about["network"]["preprocessing"]
    about["network"]["values"] = {"kind": "signs"}
    as_version_1(tmp_path, about, {"encoder": "reader", "decoder": "writer"})
    drawn, again = (s.sample({"temperature": 2.0}, 8, 1)["spins"] for s in (flow, load(tmp_path)))
    np.testing.assert_array_equal(drawn, again)


def test_shards_are_sized_by_bytes(surrogate: Surrogate, tmp_path: Path, monkeypatch) -> None:
    """8 x 8 lattices of 64 bytes, and 16 x 16 of 256."""
    monkeypatch.setattr("physgan.surrogates.surrogate._SHARD_BYTES", 1600)
    for size, events in ((8, [25] * 6), (16, [6] * 25)):
        surrogate.write(tmp_path / str(size), {"temperature": 2.25}, 150, seed=9, size=size)
        manifest = open_dataset(tmp_path / str(size)).manifest
        assert manifest is not None
        assert [entry.count for entry in manifest.entries] == events


@pytest.mark.parametrize(
    ("count", "seed", "message"),
    [
        (10, 2**32, r"expected a seed from 0 and below 2\^32; got 4294967296"),
        (10, -1, r"expected a seed from 0 and below 2\^32; got -1"),
        (2**32 + 1, 0, "expected at most 4294967296 events; got 4294967297; ask for fewer"),
    ],
)
def test_seeds_and_numbers_beyond_32_bits_are_refused(
    surrogate: Surrogate, tmp_path: Path, count: int, seed: int, message: str
) -> None:
    """JAX's keys drop the bits above: seed 2^32 would give the samples of seed 0."""
    with pytest.raises(InputError, match=message):
        surrogate.sample({"temperature": 2.25}, count, seed)
    with pytest.raises(InputError, match=message):
        surrogate.write(tmp_path / "x", {"temperature": 2.25}, count, seed)
