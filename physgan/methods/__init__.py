"""Methods of training: what is optimised, in which stages, with which settings."""

from physgan.methods.base import Method, NetworkMethod
from physgan.methods.gan import GanSettings
from physgan.methods.likelihood import generator_of
from physgan.methods.presets import TEXTBOOK_PRESETS
from physgan.methods.registry import DEFAULT, METHODS
from physgan.methods.settings import GeneratorSettings, NetworkSettings, Settings
from physgan.methods.train import method_of, open_run, train

__all__ = [
    "DEFAULT",
    "METHODS",
    "TEXTBOOK_PRESETS",
    "GanSettings",
    "GeneratorSettings",
    "Method",
    "NetworkMethod",
    "NetworkSettings",
    "Settings",
    "generator_of",
    "method_of",
    "open_run",
    "train",
]
