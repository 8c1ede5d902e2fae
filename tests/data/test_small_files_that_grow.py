"""Small files that would become gigabytes are refused within seconds, in little memory."""

import gzip
import io
import json
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

LARGE = 280 * 2**20
"""What each file becomes, at 1 to 4 bytes a number; before, 8 to 32 bytes a number were held."""

MOST_BYTES = 400 * 2**20
"""Of a process that has tried all files; 150 MB of it are the imported modules."""

MOST_SECONDS = 60.0
"""For all of them on a busy machine; each of them takes about 0.1 s on an idle one."""

GROWS = "store it without compression"

READ_ALL = """
import json, sys, time
from pathlib import Path
from physgan.data import open_dataset
from physgan.data.arrays import opened_arrays
from physgan.domains.images.idx import read_idx
from physgan.errors import InputError

def every_row(path):
    with opened_arrays([path]) as arrays:
        for key in arrays.keys:
            rows = arrays.rows(key)
            rows.read(0, len(rows))

messages, start = {}, time.perf_counter()
for path in map(Path, sys.argv[1:]):
    read = {".h5": lambda p: open_dataset(p).read(), ".idx": read_idx}.get(path.suffix, every_row)
    try:
        read(path)
    except InputError as error:
        messages[path.name] = str(error)
status = Path("/proc/self/status").read_text()
peak = 1024 * int(status.partition("VmHWM:")[2].split()[0])
print(json.dumps([messages, peak, time.perf_counter() - start]))
"""


def zeros(file: h5py.File, name: str, count: int) -> None:
    """Replace an array by `count` zeros of one byte, at a thousandth of their size."""
    attributes = dict(file[name].attrs)
    del file[name]
    chunk = zlib.compress(bytes(2**20), 9)
    array = file.create_dataset(name, (count,), "i1", chunks=(2**20,), compression="gzip")
    for start in range(0, count, 2**20):
        array.id.write_direct_chunk((start,), chunk)
    array.attrs.update(attributes)


def large_chunk(file: h5py.File) -> None:
    attributes = dict(file["samples/spins"].attrs)
    del file["samples/spins"]
    array = file.create_dataset(
        "samples/spins", (40, 2, 4), "i1", maxshape=(None, None, None), chunks=(40, 1024, 1024),
        compression="gzip",
    )  # fmt: skip
    array.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(40 * 2**20), 9))
    array.attrs.update(attributes)


def hdf5(change: Callable[[h5py.File], None]) -> Callable[[Path, bytes], None]:
    def write(path: Path, tiny: bytes) -> None:
        path.write_bytes(tiny)
        with h5py.File(path, "r+") as file:
            change(file)

    return write


def npz(path: Path, tiny: bytes) -> None:
    head = io.BytesIO()
    header = {"descr": "|i1", "fortran_order": False, "shape": (LARGE,)}
    np.lib.format.write_array_header_1_0(head, header)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.npy", head.getvalue() + bytes(LARGE))


def one_image(path: Path, tiny: bytes) -> None:
    path.write_bytes(
        gzip.compress(b"\0\0\x08\x03" + struct.pack(">3I", 1, 4096, 4096) + bytes(2**24))
    )


def many_images(path: Path, tiny: bytes) -> None:
    shape = (LARGE // 1024, 32, 32)
    compressor = zlib.compressobj(wbits=31)
    parts = [compressor.compress(b"\0\0\x08\x03" + struct.pack(">3I", *shape))]
    parts += [compressor.compress(bytes(2**20)) for _ in range(LARGE // 2**20)]
    path.write_bytes(b"".join([*parts, compressor.flush()]))


def parquet(path: Path, tiny: bytes) -> None:
    arrow = pytest.importorskip("pyarrow")
    table = arrow.table({"a": arrow.array(np.zeros(40_000_000, np.int32))})
    pytest.importorskip("pyarrow.parquet").write_table(table, path)


FILES: dict[str, tuple[Callable[[Path, bytes], None], str]] = {
    "axis.h5": (hdf5(lambda f: zeros(f, "grid/column", LARGE)), GROWS),
    "split.h5": (hdf5(lambda f: zeros(f, "splits/test", LARGE)), GROWS),
    "chunk.h5": (hdf5(large_chunk), "chunks no larger than the array"),
    "a.npz": (npz, GROWS),
    "one.idx": (one_image, "at most 4194304 pixels"),
    "many.idx": (many_images, GROWS),
    "a.parquet": (parquet, GROWS),
}
"""Name -> (what writes it, given a conformant file's bytes; part of the message)."""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_small_files_do_not_become_gigabytes(tmp_path: Path, tiny: Path) -> None:
    content = tiny.read_bytes()
    for name, (write, _) in FILES.items():
        write(tmp_path / name, content)
        assert (tmp_path / name).stat().st_size < 2**20
    command = [sys.executable, "-c", READ_ALL, *(str(tmp_path / name) for name in FILES)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    messages, peak, seconds = json.loads(done.stdout)
    for name, (_, message) in FILES.items():
        assert message in messages[name]
    assert peak < MOST_BYTES
    assert seconds < MOST_SECONDS
