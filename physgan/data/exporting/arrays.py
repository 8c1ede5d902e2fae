"""Export as arrays: .npz and plain HDF5."""

import zipfile
from pathlib import Path

import numpy as np

from physgan.data.exporting.plan import Plan
from physgan.data.writer import image_of, new_file

__all__ = ["write_hdf5", "write_npz"]


def write_npz(path: Path, plan: Plan) -> None:
    """Arrays of an .npz file, one after the other; each takes a pass over the data."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, column in plan.columns.items():
            header = {
                "descr": np.lib.format.dtype_to_descr(column.dtype),
                "fortran_order": False,
                "shape": (plan.count, *column.shape),
            }
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array_header_1_0(member, header)
                for piece in plan.pieces():
                    member.write(np.ascontiguousarray(piece[key], column.dtype).tobytes())


def write_hdf5(path: Path, plan: Plan) -> None:
    """Arrays at the root of an HDF5 file, with their units as attributes; see `new_file`."""
    with new_file() as file:
        for key, column in plan.columns.items():
            shape = (plan.count, *column.shape)
            array = file.create_dataset(key, shape, column.dtype, compression="gzip", shuffle=True)
            array.attrs["unit"] = column.unit
        start = 0
        for piece in plan.pieces():
            stop = start + len(next(iter(piece.values())))
            for key in plan.columns:
                file[key][start:stop] = piece[key]
            start = stop
        image = image_of(file)
    path.write_bytes(image)
