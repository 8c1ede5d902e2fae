"""IDX files, written out independently of the reader."""

import gzip
import struct
from pathlib import Path

import numpy as np


def idx_bytes(array: np.ndarray) -> bytes:
    return (
        bytes([0, 0, 8, array.ndim])
        + struct.pack(f">{array.ndim}I", *array.shape)
        + array.tobytes()
    )


def write_idx(path: Path, array: np.ndarray) -> Path:
    content = idx_bytes(array)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def real_digits(side: int, count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """scikit-learn's bundled handwritten digits, 8 x 8, every pixel repeated or zeros around."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    images = np.round(images[:count].reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    times = side // 8
    grown = images.repeat(times, 1).repeat(times, 2)
    edge = (side - 8 * times) // 2
    return np.pad(grown, ((0, 0), (edge, edge), (edge, edge))), labels[:count].astype(np.uint8)
