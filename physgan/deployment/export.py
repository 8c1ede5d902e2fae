"""Export of a surrogate, with a golden pair of inputs and outputs, checked against JAX."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from physgan.data.extras import library
from physgan.data.files import write_atomically
from physgan.deployment.formats import FORMATS, Run
from physgan.deployment.model import NOISE, Model
from physgan.errors import InputError, VerificationError
from physgan.precision import products_in
from physgan.surrogates import load
from simulators.protocol import Condition

__all__ = ["FORMATS", "TOLERANCE", "differing", "export_model", "golden_inputs"]

TOLERANCE = 1e-5
"""Largest difference from JAX, in units of the largest entry of a sample."""

_LEAST_SHARE = 0.99
"""Of samples within the tolerance. Rounding turns a discrete choice once in many thousands."""

_BATCHES = (1, 5, 256)
_PAIR = 5
_SEED = 0


@products_in("float32")
def export_model(run: str | Path, kind: str, out: str | Path | None = None) -> dict[str, Any]:
    """Write a surrogate as a model that runs without physgan, and a golden pair beside it.

    The model is compared with JAX at batches of 1, 5 and 256 before anything is written.

    Args:
        run: folder of a trained run, or the name of a surrogate of the package.
        kind: key of `FORMATS`.
        out: the file; by default named after the run, in the current folder. The golden pair
            has that name with .npz behind it: all inputs and outputs by name.

    Returns:
        {"path", "golden", "inputs" and "outputs": name -> shape, "conditions": name -> range and
        unit, "compared": number of samples, "within": of them, within `TOLERANCE`,
        "largest_difference"}.

    Raises:
        InputError: for a surrogate without a network, an operation that the format lacks, a
            library that is missing, or a file that exists.
        VerificationError: if the model does not do what JAX does.
    """
    if kind not in FORMATS:
        raise InputError(f"expected a format, {' or '.join(FORMATS)}; got {kind!r}")
    chosen = FORMATS[kind]
    for module in chosen.needs:
        library(module, f"to export as {kind}")
    path = Path(out) if out else Path(Path(run).resolve().name + chosen.suffix)
    golden = path.with_name(f"{path.name}.npz")
    for file in (path, golden):
        if file.exists():
            raise InputError(f"expected a new file; {file} exists; remove it or give another --out")
    if not path.parent.is_dir():
        raise InputError(f"expected a folder for the model; {path.parent} is none; make it first")
    surrogate = load(run)
    model = Model.of(surrogate)
    content = chosen.write(model, {"physgan-surrogate": surrogate.description.to_json()})
    inputs, outputs, found = _compared(model, surrogate.conditions, chosen.load(content))
    arrays = io.BytesIO()
    np.savez_compressed(arrays, allow_pickle=False, **inputs, **outputs)
    write_atomically(path, content)
    write_atomically(golden, arrays.getvalue())
    return {
        "path": str(path),
        "golden": str(golden),
        "inputs": {name: ["batch", *each.shape[1:]] for name, each in inputs.items()},
        "outputs": {name: ["batch", *each.shape[1:]] for name, each in outputs.items()},
        "conditions": {
            c.name: f"{c.minimum:g} to {c.maximum:g} {c.unit}" for c in surrogate.conditions
        },
        **found,
    }


def golden_inputs(model: Model, schema: tuple[Condition, ...], count: int) -> dict[str, np.ndarray]:
    """Inputs of a batch: noise in multiples of 2^-23, conditions over their trained ranges."""
    rng = np.random.default_rng(_SEED)
    noise = rng.integers(0, 2**23, (count, model.noise_size)).astype(np.float32) / 2**23
    values = {c.name: rng.uniform(c.minimum, c.maximum, count).astype(np.float32) for c in schema}
    return {NOISE: noise.astype(np.float32), **values}


def differing(expected: Mapping[str, np.ndarray], got: Mapping[str, np.ndarray]) -> np.ndarray:
    """Largest difference of each sample over its largest entry, shape (n,).

    Infinite where whole numbers differ, or shapes or types.
    """
    return np.max([_difference(expected[name], got[name]) for name in expected], 0)


def _difference(expected: np.ndarray, got: np.ndarray) -> np.ndarray:
    if expected.shape != got.shape or expected.dtype != got.dtype:
        return np.full(len(expected), np.inf)
    one, other = (a.reshape(len(a), -1).astype(np.float64) for a in (expected, got))
    if np.issubdtype(expected.dtype, np.integer):
        return np.where((one == other).all(1), 0, np.inf)
    return np.abs(one - other).max(1) / np.maximum(np.abs(one).max(1), 1e-30)


def _compared(
    model: Model, schema: tuple[Condition, ...], run: Run
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, Any]]:
    """The golden pair, a batch of five, and how far the model is from JAX.

    Raises:
        VerificationError: if too many samples differ.
    """
    every = golden_inputs(model, schema, max(_BATCHES))
    outputs = jax.jit(model.function)(*every.values())
    expected = {name: np.asarray(array) for name, array in outputs.items()}
    differences = []
    for count in _BATCHES:
        inputs, wanted = _first(every, count), _first(expected, count)
        differences.append(differing(wanted, run(inputs)))
    found = np.concatenate(differences)
    within = int((found <= TOLERANCE).sum())
    if within < _LEAST_SHARE * len(found):
        raise VerificationError(
            f"expected a model within {TOLERANCE:g} of JAX; {len(found) - within} of {len(found)} "
            "samples differ by more; give the other format"
        )
    figures = {"compared": len(found), "within": within, "largest_difference": float(found.max())}
    return _first(every, _PAIR), _first(expected, _PAIR), figures


def _first(arrays: Mapping[str, np.ndarray], count: int) -> dict[str, np.ndarray]:
    return {name: array[:count] for name, array in arrays.items()}
