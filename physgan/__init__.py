"""Learn to emulate slow physics simulators with GANs, and say how well and how fast.

Names are loaded when first used, so that `import physgan` costs nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_HOMES = {
    "CertificateWarning": "physgan.errors",
    "Dataset": "physgan.data",
    "InputError": "physgan.errors",
    "PhysganError": "physgan.errors",
    "Recipe": "physgan.data",
    "Surrogate": "physgan.surrogates",
    "VerificationError": "physgan.errors",
    "batches": "physgan.data",
    "benchmark_run": "physgan.benchmark",
    "compare": "physgan.comparison",
    "export_arrays": "physgan.data.exporting",
    "export_model": "physgan.deployment",
    "import_arrays": "physgan.importing",
    "import_calochallenge": "physgan.domains.showers.calochallenge",
    "import_idx": "physgan.domains.images.idx",
    "info": "physgan.data",
    "inspect_arrays": "physgan.importing",
    "load": "physgan.surrogates",
    "load_recipe": "physgan.data",
    "open_dataset": "physgan.data",
    "simulate": "physgan.data",
    "train": "physgan.methods",
    "verify": "physgan.domains",
    "write_dataset": "physgan.data",
}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'physgan' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
