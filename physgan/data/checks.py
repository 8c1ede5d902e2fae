"""Safety checks of HDF5 files, before any data are read."""

import h5py
import numpy as np

from physgan.data.schema import FORMAT, FORMAT_VERSION
from physgan.errors import InputError

__all__ = ["check_array", "check_links", "check_version"]

MAX_OBJECTS = 1000
KNOWN_FILTERS = {1: "gzip", 2: "shuffle", 3: "fletcher32"}
LARGEST_RATIO = 1100
"""Largest ratio of declared to stored bytes; gzip compresses by a factor of 1032 at most."""


def check_links(group: h5py.Group, depth: int = 0) -> int:
    """Refuse external and soft links; return the number of objects.

    No link is followed before its kind is known.
    """
    count = 0
    for name in group:
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
    name = file.attrs.get("format")
    if not isinstance(name, str) or name != FORMAT:
        raise InputError(
            f"expected a file with attribute format = {FORMAT!r}; got {name!r} in {file.filename};"
            " see docs/format.md"
        )
    version = file.attrs.get("format_version")
    if not isinstance(version, int | np.integer) or version != FORMAT_VERSION:
        raise InputError(
            f"expected format version {FORMAT_VERSION}; got {version!r} in {file.filename}; "
            "upgrade physgan to read a newer one"
        )


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
    filters = {plist.get_filter(i)[0] for i in range(plist.get_nfilters())}
    if unknown := filters - set(KNOWN_FILTERS):
        raise InputError(
            f"expected only the filters {', '.join(KNOWN_FILTERS.values())}; "
            f"got filter {min(unknown)} at {where}"
        )
    declared, stored = declared_bytes(dataset), dataset.id.get_storage_size()
    if declared > LARGEST_RATIO * max(stored, 64):
        raise InputError(
            f"expected the size declared to match the data; got {declared:.3g} bytes declared "
            f"and {stored} stored at {where}"
        )


def declared_bytes(dataset: h5py.Dataset) -> int:
    """Size of a dataset in memory, as an exact integer: shapes can overflow 64 bits."""
    total = int(dataset.dtype.itemsize)
    for length in dataset.shape:
        total *= int(length)
    return total
