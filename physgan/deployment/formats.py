"""A model as bytes, and the function of such bytes: StableHLO by JAX, ONNX by ONNX Runtime."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import numpy as np
from jax import export

from physgan.data.extras import library
from physgan.deployment.model import Model
from physgan.deployment.translation import onnx_model

__all__ = ["FORMATS", "Format"]

PLATFORMS = ("cpu", "cuda")

Run = Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]]
"""Inputs by name -> outputs by name."""


class Format(NamedTuple):
    """A format of exported models.

    Attributes:
        suffix: of files.
        needs: modules that it needs.
        write: (model, texts to store with it) -> bytes.
        load: bytes -> the function that they are.
    """

    suffix: str
    needs: tuple[str, ...]
    write: Callable[[Model, Mapping[str, str]], bytes]
    load: Callable[[bytes], Run]


def _write_stablehlo(model: Model, metadata: Mapping[str, str]) -> bytes:
    """The artefact of `jax.export`, for CPUs and NVIDIA GPUs; it has no place for texts."""
    exported = export.export(jax.jit(model.function), platforms=PLATFORMS)(*model.inputs.values())
    return bytes(exported.serialize())


def _load_stablehlo(content: bytes) -> Run:
    exported = export.deserialize(bytearray(content))

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        outputs = exported.call(*inputs.values())
        return {name: np.asarray(array) for name, array in outputs.items()}

    return run


def _write_onnx(model: Model, metadata: Mapping[str, str]) -> bytes:
    built = onnx_model(model.function, model.batch, model.inputs, dict(metadata))
    return bytes(built.SerializeToString())


def _load_onnx(content: bytes) -> Run:
    session = library("onnxruntime", "to run ONNX").InferenceSession(content)
    names = [output.name for output in session.get_outputs()]

    def run(inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        return dict(zip(names, session.run(names, dict(inputs)), strict=True))

    return run


FORMATS: Mapping[str, Format] = {
    "stablehlo": Format(".stablehlo", ("flatbuffers",), _write_stablehlo, _load_stablehlo),
    "onnx": Format(".onnx", ("onnx", "onnxruntime"), _write_onnx, _load_onnx),
}
"""Name -> format."""
