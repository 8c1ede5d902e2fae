"""Surrogates of the package, by name.

They are in `surrogates/` of a checkout and in `physgan/_surrogates` of an installed wheel.
"""

from importlib.resources import files
from pathlib import Path

__all__ = ["pretrained_folder", "pretrained_names"]


def pretrained_names() -> list[str]:
    """Names of surrogates for `physgan.load`."""
    home = _home()
    return sorted(item.name for item in home.iterdir() if item.is_dir()) if home.is_dir() else []


def pretrained_folder(name: str) -> Path:
    """Folder of the surrogate of that name."""
    return _home() / name


def _home() -> Path:
    packaged = Path(str(files("physgan"))) / "_surrogates"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "surrogates"
