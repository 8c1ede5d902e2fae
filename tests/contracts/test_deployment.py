"""Exported models draw what JAX draws, at any batch; what cannot be exported is refused."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import export
from scipy import special
from tiny import DATASETS, dataset, untrained

from physgan.deployment import FORMATS, Model
from physgan.deployment.export import TOLERANCE, differing, golden_inputs
from physgan.deployment.translation import onnx_model
from physgan.domains import Domain
from physgan.errors import InputError
from physgan.surrogates import Description, Surrogate

for library in ("onnx", "onnxruntime", "flatbuffers"):
    pytest.importorskip(library, reason="the extra export is not installed")

ROOT = Path(__file__).parents[2]
PAIRS = [
    ("spin-hierarchy", "spins"),
    ("shower-cascade", "showers"),
    ("dense-mixture", "points"),
    ("autoencoder", "cells, counts"),
    ("flow", "showers, square cells"),
]
"""Generators and data that have every kind of operation, symmetry and decoding between them."""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small surrogate."""
    folder = tmp_path_factory.mktemp("saved") / "dense"
    untrained("dense", "points").save(folder)
    return folder


@pytest.mark.parametrize(("network", "kind"), PAIRS)
def test_onnx_draws_what_jax_draws(network: str, kind: str) -> None:
    """All samples: whole numbers and spins alike, others within the tolerance."""
    surrogate = untrained(network, kind)
    model = Model.of(surrogate)
    form = FORMATS["onnx"]
    run = form.load(form.write(model, {}))
    inputs = golden_inputs(model, surrogate.conditions, 7)
    expected = {k: np.asarray(v) for k, v in jax.jit(model.function)(*inputs.values()).items()}
    for count in (1, 7):
        got = run({name: array[:count] for name, array in inputs.items()})
        assert {k: v.dtype.name for k, v in got.items()} == {
            field.name: field.dtype for field in surrogate.fields
        }
        wanted = {name: array[:count] for name, array in expected.items()}
        assert differing(wanted, got).max() <= TOLERANCE
        assert np.ptp(got[surrogate.fields[0].name]) > 0


def test_stablehlo_needs_no_physgan(saved: Path, tmp_path: Path, call: Callable[..., Any]) -> None:
    """The golden pair is reproduced, and batches of another length run, in a fresh process."""
    code, out, err = call(
        "export", saved, "--stablehlo", "--out", tmp_path / "m.stablehlo", "--json"
    )
    assert (code, err) == (0, "")
    result = json.loads(out)
    assert result["compared"] == result["within"] == 262
    assert result["largest_difference"] <= TOLERANCE
    program = """
import sys, pathlib, numpy as np, jax
sys.modules["physgan"] = None
exported = jax.export.deserialize(bytearray(pathlib.Path(sys.argv[1]).read_bytes()))
golden = np.load(sys.argv[2])
points = exported.call(golden["noise"])["points"]
assert np.abs(points - golden["points"]).max() <= 1e-5 * np.abs(golden["points"]).max()
assert exported.call(np.zeros((3, golden["noise"].shape[1]), np.float32))["points"].shape == (3, 2)
print(*exported.platforms)
"""
    words = [sys.executable, "-c", program, result["path"], result["golden"]]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("cpu cuda\n", 0), done.stderr


def test_the_model_is_the_surrogate_s_sample() -> None:
    """With the random numbers of `Surrogate.sample`, cells come out alike but for their order.

    Random symmetries move spins; their number up is what no symmetry but the flip changes.
    """
    surrogate = untrained("spin-hierarchy", "spins")
    count, model = 20, Model.of(surrogate)
    keys = jax.vmap(lambda event: jax.random.split(jax.random.fold_in(jax.random.key(3), event)))(
        jnp.arange(count, dtype=jnp.uint32)
    )
    own = jax.vmap(lambda key: jax.random.uniform(key, (model.noise_size - 6,)))(keys[:, 0])
    other = np.random.default_rng(0).random((count, 6)).astype(np.float32)
    temperature = np.linspace(2, 3, count).astype(np.float32)
    made = model.function(np.concatenate([own, other], 1), temperature)["spins"]
    drawn = surrogate.sample({"temperature": temperature}, count, seed=3)["spins"]
    total = [np.abs(np.asarray(s, np.int32).sum((1, 2))) for s in (made, drawn)]
    np.testing.assert_array_equal(*total)
    assert made.dtype == drawn.dtype


@pytest.mark.parametrize("kind", DATASETS)
def test_samples_are_decoded_by_jax_as_by_numpy(kind: str) -> None:
    domain, array = dataset(kind).domain, dataset(kind).encoded.astype(np.float32)
    expected, got = domain.decode(array), jax.jit(domain.decode)(array)
    assert set(expected) == set(got)
    for name, values in expected.items():
        assert got[name].dtype == values.dtype
        scale = np.abs(values).max()
        np.testing.assert_allclose(got[name], values, rtol=0, atol=1e-6 * scale)


@pytest.mark.parametrize("kind", ["spins", "showers", "showers, square cells", "fields"])
def test_symmetries_by_numbers_are_those_by_keys(kind: str) -> None:
    """All of them, each once, are what a thousand keys draw of one sample."""
    domain: Domain = dataset(kind).domain
    some = np.asarray(dataset(kind).encoded[3:4], np.float32)[..., :3, :3][:, ..., :3]
    some = np.arange(some.size, dtype=np.float32).reshape(some.shape) + 1
    limits = domain.symmetry_choices(some.shape[1:])
    numbers = np.stack(np.unravel_index(np.arange(np.prod(limits)), limits), -1)
    every = domain.symmetry(jnp.asarray(numbers), jnp.repeat(some, len(numbers), 0))
    keys = jax.random.split(jax.random.key(0), 4000)
    drawn = domain.transform(keys, jnp.repeat(some, len(keys), 0))
    images = [{np.asarray(image).tobytes() for image in each} for each in (every, drawn)]
    assert images[0] == images[1]
    assert len(images[0]) == len(numbers)


def test_operations_that_onnx_lacks_are_accurate() -> None:
    """As ONNX Runtime computes them, beside double precision."""
    wide = np.linspace(-6, 6, 10_001, dtype=np.float32)
    inside = wide / 6.001
    cases: dict[str, tuple[Callable[..., Any], np.ndarray, Any]] = {
        "erfc": (jax.scipy.special.erfc, wide, special.erfc),
        "erf_inv": (jax.lax.erf_inv, inside, special.erfinv),
        "log1p": (jnp.log1p, inside, np.log1p),
        "expm1": (jnp.expm1, wide, np.expm1),
        "logistic": (jax.nn.sigmoid, 10 * wide, special.expit),
    }
    functions = {name: function for name, (function, _, _) in cases.items()}
    (batch,) = export.symbolic_shape("batch")
    like = {name: jax.ShapeDtypeStruct((batch,), jnp.float32) for name in cases}
    model = onnx_model(
        lambda *arrays: {
            name: function(array)
            for (name, function), array in zip(functions.items(), arrays, strict=True)
        },
        batch,
        {f"{name}_of": each for name, each in like.items()},
        {},
    )
    run = FORMATS["onnx"].load(model.SerializeToString())
    got = run({f"{name}_of": places for name, (_, places, _) in cases.items()})
    for name, (_, places, exact) in cases.items():
        expected = exact(places.astype(np.float64))
        np.testing.assert_allclose(got[name], expected, rtol=6e-6, err_msg=name)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.take(x, jnp.array([2, -1]), axis=1),
        lambda x: jnp.take_along_axis(x, jnp.argmax(x, 1)[:, None], 1),
        lambda x: x[jnp.arange(3)[:, None] % 2, jnp.array([[0, 9, 1]])],
        lambda x: (
            jnp.zeros((3, 5)).at[jnp.arange(3)[:, None], (x > 0).astype(jnp.int32) + 2].add(x)
        ),
        lambda x: jax.lax.fori_loop(0, 700, lambda i, y: y / 2 + i, x),
        lambda x: jax.lax.scan(lambda c, r: (c + r, c * r), x[0], x, reverse=True)[1],
        lambda x: jnp.cumsum(x, 1)[:, ::-1].clip(-0.5, 0.5),
        lambda x: jnp.where(jnp.isfinite(x) & (x != 0), jnp.round(x * 4) % 3, x**-2),
        lambda x: jnp.pad(x, ((0, 0), (1, 2)), constant_values=7).reshape(-1),
        lambda x: jnp.einsum("ij,kj->ik", x, x) @ jnp.ones((3, 2)),
    ],
)
def test_programs_of_jax_keep_their_values(function: Callable[..., Any]) -> None:
    some = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
    (batch,) = export.symbolic_shape("batch")

    def each(array: jax.Array) -> dict[str, jax.Array]:
        return {"y": function(array)}

    like = {"x": jax.ShapeDtypeStruct((batch, 3, 4), jnp.float32)}
    content = onnx_model(jax.vmap(each), batch, like, {}).SerializeToString()
    got = FORMATS["onnx"].load(content)({"x": some})["y"]
    np.testing.assert_allclose(got, jax.vmap(function)(some), rtol=1e-5, atol=1e-6)


def test_an_operation_that_onnx_lacks_is_named() -> None:
    (batch,) = export.symbolic_shape("batch")
    like = {"x": jax.ShapeDtypeStruct((batch, 4), jnp.float32)}
    with pytest.raises(InputError, match="that ONNX export knows; got sort; give --stablehlo"):
        onnx_model(lambda x: {"y": jnp.sort(x)}, batch, like, {})


def test_a_baseline_is_refused() -> None:
    content = dataset("points")
    about = Description.of(content.info, "copula", 0)
    with pytest.raises(InputError, match="a surrogate with a network to export; got copula"):
        Model.of(Surrogate(about, None))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ((), 2, "expected --onnx or --stablehlo to export the surrogate"),
        (("--onnx", "--stablehlo"), 2, "got both"),
        (("--onnx", "--split", "test"), 2, "without --split"),
    ],
)
def test_flags_that_do_not_fit(
    saved: Path, call: Callable[..., Any], words: tuple[str, ...], code: int, message: str
) -> None:
    got, out, err = call("export", saved, *words)
    assert (got, out) == (code, "")
    assert message in err
    assert err.count("\n") == 1


def test_existing_files_and_a_missing_library_leave_things_as_they_are(
    saved: Path, tmp_path: Path, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.onnx.npz").write_text("mine")
    code, _, err = call("export", saved, "--onnx", "--out", tmp_path / "m.onnx")
    assert code == 1
    assert "expected a new file" in err
    monkeypatch.setitem(sys.modules, "onnx", None)
    code, _, err = call("export", saved, "--onnx", "--out", tmp_path / "n.onnx")
    assert code == 1
    assert "pip install 'physgan[export]'" in err
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("m.onnx.npz", "mine")]


@pytest.mark.documentation
def test_the_page_about_deployment_is_right(
    tmp_path: Path, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its commands and its program, in turn, with a surrogate that rejects draws."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "deployment.md").read_text()
    shell, program = (
        text.partition(f"```{language}\n")[2].partition("```")[0] for language in ("bash", "python")
    )
    for line in shell.splitlines():
        code, out, err = call(*line.partition("#")[0].split()[1:], "--json")
        assert (code, err) == (0, "")
        result = json.loads(out)
        assert result["within"] >= 0.99 * result["compared"]
        with np.load(result["golden"]) as pair:
            assert pair["deposits"].shape == (5, 10, 6, 5)
            assert np.all((pair["acceptance"] > 0) & (pair["acceptance"] <= 1))
    names: dict[str, Any] = {}
    exec(program, names)
    assert 20 < len(names["showers"]) < 100
    response = np.sum(names["showers"], (1, 2, 3)) / 500
    assert 0.05 < response.mean() < 0.2


HEADERS = Path(os.environ.get("ONNXRUNTIME_INCLUDE", "/usr/include/onnxruntime"))


@pytest.mark.skipif(
    not (HEADERS / "onnxruntime_cxx_api.h").exists() or not shutil.which("c++"),
    reason="no C++ compiler, or no headers of ONNX Runtime in ONNXRUNTIME_INCLUDE",
)
def test_the_program_in_cpp_draws_the_same_distribution(tmp_path: Path) -> None:
    """Spins at two temperatures; the mean of |m| agrees within five standard errors."""
    surrogate = untrained("spin-hierarchy", "spins")
    surrogate.save(tmp_path / "spins")
    count, environment = 2000, {**os.environ, "PYTHON": sys.executable}
    words = ["bash", str(ROOT / "examples" / "cpp" / "run.sh"), str(tmp_path / "spins")]
    words += [str(tmp_path / "cpp"), str(count), "1", "temperature=2"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "cpp" / "events.npy")
    drawn = surrogate.sample({"temperature": 2.0}, count, seed=2)["spins"]
    assert (made.shape, made.dtype) == (drawn.shape, drawn.dtype)
    size = [np.abs(spins.mean((1, 2), dtype=np.float64)) for spins in (made, drawn)]
    error = np.hypot(*(each.std() / count**0.5 for each in size))
    assert abs(size[0].mean() - size[1].mean()) < 5 * error
