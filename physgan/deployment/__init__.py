"""Surrogates as models that run without physgan: StableHLO and ONNX."""

from physgan.deployment.export import FORMATS, export_model
from physgan.deployment.model import Model

__all__ = ["FORMATS", "Model", "export_model"]
