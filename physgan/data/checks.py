"""Safety checks of HDF5 files, before any data are read."""

from math import prod

import h5py
import numpy as np

from physgan.data.growth import check_growth
from physgan.data.schema import FORMAT, FORMAT_VERSION
from physgan.errors import InputError

__all__ = ["attribute", "check_array", "check_links", "check_version"]

MAX_OBJECTS = 1000
MOST_CHARACTERS = 255
"""Of a name, or of a text attribute that is not JSON."""
KNOWN_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
LARGEST_RATIO = 1100
"""Largest ratio of declared to stored bytes; gzip compresses by a factor of 1032 at most."""

ROW_BYTES = 32
"""What a number of an axis, or that of an event in a split, becomes: a Python float or integers."""

SMALL_CHUNK_BYTES = 2**24


def check_links(group: h5py.Group, depth: int = 0) -> int:
    """Refuse external and soft links; return the number of objects.

    No link is followed before its kind is known.
    """
    count = 0
    for name in group:
        if len(name) > MOST_CHARACTERS or not name.isprintable():
            raise InputError(
                f"expected names of at most {MOST_CHARACTERS} printable characters; got "
                f"{name[:MOST_CHARACTERS]!r} in {group.file.filename}"
            )
        link = group.get(name, getlink=True)
        where = f"{group.name.rstrip('/')}/{name}"
        if not isinstance(link, h5py.HardLink):
            kind = "external" if isinstance(link, h5py.ExternalLink) else "soft"
            raise InputError(
                f"expected no {kind} links; got one at {where} in {group.file.filename}; "
                "store the data in the file itself"
            )
        count += 1
        if group.get(name, getclass=True) is h5py.Group:
            if depth >= 3:
                raise InputError(
                    f"expected at most 3 levels of groups; got {where} in {group.file.filename}"
                )
            count += check_links(group[name], depth + 1)
        if count > MAX_OBJECTS:
            raise InputError(
                f"expected at most {MAX_OBJECTS} objects; got more in {group.file.filename}"
            )
    return count


def check_version(file: h5py.File) -> None:
    """Refuse other formats and versions."""
    name = attribute(file, "format")
    if not isinstance(name, str) or name != FORMAT:
        raise InputError(
            f"expected a file with attribute format = {FORMAT!r}; got {name!r} in {file.filename};"
            " see docs/format.md"
        )
    version = attribute(file, "format_version")
    if not isinstance(version, int | np.integer) or version != FORMAT_VERSION:
        raise InputError(
            f"expected format version {FORMAT_VERSION}; got {version!r} in {file.filename}; "
            "upgrade physgan to read a newer one"
        )


def attribute(
    item: h5py.File | h5py.Group | h5py.Dataset, name: str, default: object = None
) -> object:
    """The value of an attribute, which is one text or number; `default` if it is missing.

    Raises:
        InputError: for an array, which may be of any size.
    """
    if name not in item.attrs:
        return default
    shape = item.attrs.get_id(name).shape
    if shape != ():
        raise InputError(
            f"expected one value in attribute {name} of {item.name} in {item.file.filename}; "
            f"got an array of shape {shape}"
        )
    return item.attrs[name]


def check_array(dataset: h5py.Dataset, ndim: int | None = None, kinds: str = "iufb") -> None:
    """Refuse arrays that are not numbers stored in this file."""
    where = f"{dataset.name} in {dataset.file.filename}"
    if dataset.id.get_create_plist().get_external_count():
        raise InputError(f"expected no external storage; got it at {where}; store the data inside")
    if dataset.is_virtual:
        raise InputError(f"expected no virtual datasets; got {where}; store the data inside")
    if dataset.dtype.kind not in kinds:
        raise InputError(f"expected numbers; got dtype {dataset.dtype} at {where}")
    if dataset.shape is None or not dataset.ndim or (ndim is not None and dataset.ndim != ndim):
        raise InputError(
            f"expected an array of {ndim or 'some'} axes; got {dataset.shape} at {where}"
        )
    _check_storage(dataset, where)


def _check_storage(dataset: h5py.Dataset, where: str) -> None:
    plist = dataset.id.get_create_plist()
    filters = [plist.get_filter(i)[0] for i in range(plist.get_nfilters())]
    if unknown := set(filters) - set(KNOWN_FILTERS):
        raise InputError(
            f"expected only the filters {', '.join(KNOWN_FILTERS.values())}; "
            f"got filter {min(unknown)} at {where}"
        )
    if len(filters) > len(set(filters)):
        twice = ", ".join(KNOWN_FILTERS[number] for number in filters)
        raise InputError(f"expected each filter once; got {twice} at {where}")
    declared, stored = declared_bytes(dataset), dataset.id.get_storage_size()
    if dataset.chunks is not None:
        _check_chunks(dataset, declared, where)
    if declared > LARGEST_RATIO * max(stored, 64):
        raise InputError(
            f"expected the size declared to match the data; got {declared:.3g} bytes declared "
            f"and {stored} stored at {where}"
        )
    becomes = max(declared, ROW_BYTES * len(dataset))
    check_growth(becomes, dataset.file.id.get_filesize(), where)


def _check_chunks(dataset: h5py.Dataset, declared: int, where: str) -> None:
    """Refuse chunks that are larger than the array, or that hold more than they declare.

    What gzip cannot make smaller, it makes larger by less than a thousandth.
    """
    size = prod(dataset.chunks) * dataset.dtype.itemsize
    if size > max(declared, SMALL_CHUNK_BYTES):
        raise InputError(
            f"expected chunks no larger than the array, {declared} bytes; got {size} at {where}"
        )
    largest = 0

    def look(chunk: h5py.h5d.StoreInfo) -> None:
        nonlocal largest
        largest = max(largest, chunk.size)

    if declared:
        dataset.id.chunk_iter(look)
    if largest > size + size // 1000 + 64:
        raise InputError(f"expected chunks of {size} bytes; got {largest} stored in one at {where}")


def declared_bytes(dataset: h5py.Dataset) -> int:
    """Size of a dataset in memory, as an exact integer: shapes can overflow 64 bits."""
    return prod(map(int, dataset.shape)) * int(dataset.dtype.itemsize)
