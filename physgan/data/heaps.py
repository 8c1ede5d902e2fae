"""Heaps of texts in HDF5 files, which the HDF5 library trusts.

It reads a heap that does not add up without end, and takes as much memory for a text as its length
says before it looks at the heap.

A global heap begins with GCOL, a version and its size; then come objects, each with a number, its
size and its bytes, padded to 8; number 0 is free space, whose size includes its own header
(HDF5 File Format Specification 3.0, section III.E). A text is stored as its length, the place of
its heap and its number there, of 4, 8 and 4 bytes.
"""

import mmap
from collections.abc import Iterator, Sequence

import h5py

from physgan.data.growth import SMALL_BYTES
from physgan.errors import VerificationError

__all__ = ["check_heaps"]

_SIGNATURE = b"GCOL"
_HEADER = 16
_SMALLEST = 4096


def check_heaps(file: h5py.File) -> None:
    """Refuse a file with a heap whose objects do not fill it one after the other.

    So is one with a text in a heap whose length is `SMALL_BYTES` or more: fewer bytes may be
    numbers that happen to stand before a number that is the heap's place.

    Bytes of arrays are not looked at, so that the cost does not grow with them.

    Args:
        file: whose links have been checked.

    Raises:
        VerificationError: for such a heap.
    """
    with (
        open(file.filename, "rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        extents = list(_between_arrays(file, len(content)))
        for place in _places(content, _SIGNATURE, extents):
            references = _places(content, place.to_bytes(8, "little"), extents)
            if not _adds_up(content, place) or any(
                int.from_bytes(content[at - 4 : at], "little") >= SMALL_BYTES for at in references
            ):
                raise VerificationError(
                    f"expected a readable HDF5 file; {file.filename} is damaged: its texts at "
                    f"byte {place} do not add up"
                )


def _places(content: mmap.mmap, word: bytes, extents: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Where a word stands in some extents of a file."""
    for start, stop in extents:
        place = content.find(word, start, stop)
        while place >= 0:
            yield place
            place = content.find(word, place + 1, stop)


def _between_arrays(file: h5py.File, end: int) -> Iterator[tuple[int, int]]:
    """Places [start, stop) of a file that hold no array."""
    extents: list[tuple[int, int]] = []

    def look(name: str, item: h5py.Group | h5py.Dataset) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        if item.chunks is not None:
            item.id.chunk_iter(lambda chunk: extents.append((chunk.byte_offset, chunk.size)))
        elif (offset := item.id.get_offset()) is not None:
            extents.append((offset, item.id.get_storage_size()))

    file.visititems(look)
    start = 0
    for offset, size in sorted(extents):
        if offset > start:
            yield start, min(offset + len(_SIGNATURE) - 1, end)
        start = max(start, offset + size)
    if start < end:
        yield start, end


def _adds_up(content: mmap.mmap, place: int) -> bool:
    """Whether the heap at `place` is a whole one; true for other bytes that begin like one."""
    size = int.from_bytes(content[place + 8 : place + 16], "little")
    if not _SMALLEST <= size <= len(content) - place:
        return True  # the library refuses it
    here, end = place + _HEADER, place + size
    while here + _HEADER <= end:
        length = int.from_bytes(content[here + 8 : here + 16], "little")
        if content[here : here + 2] != b"\0\0":
            length = _HEADER + -(-length // 8) * 8
        if not 0 < length <= end - here:
            return False
        here += length
    return True
