"""What was written is read back, and nothing unsafe or unsound is."""

import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

import h5py
import numpy as np
import pytest

from physgan.data import open_dataset, write_dataset
from physgan.data.checks import LARGEST_RATIO
from physgan.errors import InputError, PhysganError, VerificationError


def test_round_trip(tiny: Path, samples, conditions, info, splits) -> None:
    dataset = open_dataset(tiny)
    read, at = dataset.read()
    assert len(dataset) == 40
    assert dataset.info == info
    assert dataset.shapes == {"spins": (2, 4)}
    assert read["spins"].dtype == np.int8
    np.testing.assert_array_equal(read["spins"], samples["spins"])
    np.testing.assert_array_equal(at["temperature"], conditions["temperature"])
    for name, rows in splits.items():
        np.testing.assert_array_equal(dataset.splits[name], rows)
        np.testing.assert_array_equal(dataset.read(name)[0]["spins"], samples["spins"][rows])


def test_part_of_a_split(tiny: Path, samples) -> None:
    part, at = open_dataset(tiny).read("test", start=1, stop=3)
    np.testing.assert_array_equal(part["spins"], samples["spins"][36:38])
    assert at["temperature"].shape == (2,)
    nothing, at = open_dataset(tiny).read(start=5, stop=5)
    assert nothing["spins"].shape == (0, 2, 4)
    assert at["temperature"].shape == (0,)


def test_bytes_depend_on_the_arguments_alone(tmp_path, tiny, samples, conditions, info, splits):
    write_dataset(tmp_path / "again.h5", samples, conditions, info, splits)
    assert (tmp_path / "again.h5").read_bytes() == tiny.read_bytes()


def test_bytes_do_not_depend_on_who_looks_on(
    tmp_path, tiny, samples, conditions, info, splits
) -> None:
    """A profiler keeps frames, and with them what their variables name."""
    frames: list[FrameType] = []
    sys.setprofile(lambda frame, *_: frames.append(frame))
    try:
        write_dataset(tmp_path / "again.h5", samples, conditions, info, splits)
    finally:
        sys.setprofile(None)
    assert (tmp_path / "again.h5").read_bytes() == tiny.read_bytes()


def test_plain_hdf5_tools_can_read_it(tiny: Path) -> None:
    with h5py.File(tiny) as file:
        assert file.attrs["format"] == "physgan"
        assert file.attrs["format_version"] == 1
        spins = file["samples/spins"]
        assert (spins.compression, spins.shuffle, spins.fletcher32) == ("gzip", True, True)
        assert file["grid/column"].attrs["unit"] == "sites"
        assert file["conditions/temperature"].attrs["maximum"] == 4.0


def edit(change: Callable[[h5py.File], None]) -> Callable[[Path], None]:
    def apply(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return apply


def replaced(name: str, **arguments) -> Callable[[Path], None]:
    """Replace an array, keeping its attributes."""

    def change(file: h5py.File) -> None:
        attributes = dict(file[name].attrs)
        del file[name]
        file.create_dataset(name, **arguments).attrs.update(attributes)

    return edit(change)


def attribute(item: str, name: str, value: object) -> Callable[[Path], None]:
    return edit(lambda file: file[item].attrs.__setitem__(name, value))


def without(item: str, name: str) -> Callable[[Path], None]:
    return edit(lambda file: file[item].attrs.__delitem__(name))


def linked(link: object, at: str = "samples/more") -> Callable[[Path], None]:
    return edit(lambda file: file.__setitem__(at, link))


def nan_in(name: str, row: int) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        values = file[name][...].astype(float)
        values.reshape(len(values), -1)[row, -1] = np.nan
        replaced_in(file, name, values)

    return edit(change)


def replaced_in(file: h5py.File, name: str, values: np.ndarray) -> None:
    attributes = dict(file[name].attrs)
    del file[name]
    file.create_dataset(name, data=values).attrs.update(attributes)


def virtual(file: h5py.File) -> None:
    attributes = dict(file["samples/spins"].attrs)
    layout = h5py.VirtualLayout((40, 2, 4), "i1")
    layout[:] = h5py.VirtualSource("other.h5", "x", (40, 2, 4))
    del file["samples/spins"]
    file.create_virtual_dataset("samples/spins", layout).attrs.update(attributes)


def deep(file: h5py.File) -> None:
    file.create_group("a/b/c/d/e")


def circular(file: h5py.File) -> None:
    file["samples/again"] = file["/"]


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flipped(path: Path) -> None:
    with h5py.File(path) as file:
        place = file["samples/spins"].id.get_chunk_info(0).byte_offset + 20
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def gzipped_twice(file: h5py.File) -> None:
    attributes = dict(file["samples/spins"].attrs)
    del file["samples/spins"]
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((1, 2, 4))
    for _ in range(2):
        plist.set_filter(h5py.h5z.FILTER_DEFLATE, 0, (9,))
    space = h5py.h5s.create_simple((40, 2, 4))
    array = h5py.h5d.create(file["samples"].id, b"spins", h5py.h5t.STD_I8LE, space, plist)
    h5py.Dataset(array).attrs.update(attributes)


def overfull(file: h5py.File) -> None:
    """A chunk that inflates to a thousand times its size."""
    attributes = dict(file["samples/spins"].attrs)
    del file["samples/spins"]
    array = file.create_dataset("samples/spins", (40, 2, 4), "i1", chunks=True, compression="gzip")
    array.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(2_000_000)))
    array.attrs.update(attributes)


NESTED = "[" * 60_000 + "]" * 60_000


def endless(path: Path) -> None:
    """The free space at the end of a heap of texts has no size: HDF5 looks for its end for ever."""
    content = bytearray(path.read_bytes())
    here = content.index(b"GCOL") + 16
    while content[here : here + 2] != b"\0\0":
        here += 16 + -(-int.from_bytes(content[here + 8 : here + 16], "little") // 8) * 8
    content[here + 8 : here + 16] = bytes(8)
    path.write_bytes(content)


def of_4_gib(path: Path) -> None:
    """A text says that it has 4 GiB, which HDF5 allocates before it looks at the heap."""
    content = bytearray(path.read_bytes())
    reference = content.index(content.index(b"GCOL").to_bytes(8, "little"))
    content[reference - 4 : reference] = b"\xff\xff\xff\xff"
    path.write_bytes(content)


OUTSIDE = {"shape": (40, 2, 4), "dtype": "i1", "external": [("/etc/hostname", 0, 320)]}
LIE = {"shape": (40, 2**20, 2**20), "dtype": "i1", "chunks": (1, 64, 64)}
MANY = {"shape": (2**40, 2, 4), "dtype": "i1", "chunks": (64, 2, 4)}

BAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "external link": (
        linked(h5py.ExternalLink("/etc/other.h5", "/x")),
        r"no external links; got one at /samples/more in .*tiny\.h5; store the data in the file",
    ),
    "external link elsewhere": (
        linked(h5py.ExternalLink("/etc/other.h5", "/x"), at="extra"),
        r"no external links; got one at /extra",
    ),
    "soft link": (linked(h5py.SoftLink("/samples/spins")), r"no soft links; got one at /samples"),
    "circular group": (edit(circular), r"expected at most 3 levels of groups; got "),
    "deep groups": (edit(deep), r"expected at most 3 levels of groups; got "),
    "external storage": (
        replaced("samples/spins", **OUTSIDE),
        r"expected no external storage; got it at /samples/spins",
    ),
    "virtual dataset": (edit(virtual), r"expected no virtual datasets; got /samples/spins in"),
    "objects": (
        replaced("samples/spins", data=["a"] * 40, dtype=h5py.string_dtype()),
        r"expected numbers; got dtype object at /samples/spins",
    ),
    "compound": (
        replaced("samples/spins", data=np.zeros(40, [("a", "f4"), ("b", "i4")])),
        r"expected numbers; got dtype .* at /samples/spins",
    ),
    "size that is not there": (
        replaced("samples/spins", **LIE),
        r"got 4\.4e\+13 bytes declared and 0 stored at /samples/spins",
    ),
    "rows that are not there": (replaced("samples/spins", **MANY), r"bytes declared and 0 stored"),
    "foreign filter": (
        replaced("samples/spins", data=np.ones((40, 2, 4), "i1"), compression="lzf"),
        r"expected only the filters gzip, shuffle, fletcher32; got filter 32000 at /samples/spins",
    ),
    "filter twice": (edit(gzipped_twice), r"expected each filter once; got gzip, gzip at /samples"),
    "chunk larger than the array": (
        replaced(
            "samples/spins",
            data=np.ones((40, 2, 4), "i1"),
            compression="gzip",
            chunks=(40, 1024, 1024),
            maxshape=(None, None, None),
        ),
        r"expected chunks no larger than the array, 320 bytes; got 41943040 at /samples/spins",
    ),
    "chunk that inflates": (edit(overfull), r"expected chunks of \d+ bytes; got \d+ stored in one"),
    "values along an axis": (
        replaced("grid/column", data=np.zeros(6)),
        r"expected at most 5 values along the axis column in .*; got 6",
    ),
    "values along an axis of no field": (
        edit(lambda f: f.create_dataset("grid/depth", data=np.zeros(5000))),
        r"expected at most 4096 values along the axis depth in .*; got 5000",
    ),
    "more indices than samples": (
        replaced("splits/test", data=np.zeros(41, "i1")),
        r"expected at most 40 indices, one per sample; got 41 at /splits/test",
    ),
    "nested parameters": (
        attribute("/", "parameters", NESTED),
        r"expected JSON in .*; got '\[\[\[",
    ),
    "nested axes": (attribute("samples/spins", "axes", NESTED), r"expected JSON in attribute axes"),
    "long unit": (
        attribute("samples/spins", "unit", "x" * 50_000),
        r"at most 255 printable characters in attribute unit of .*; got 50000: 'x{40}'$",
    ),
    "long format": (attribute("/", "format", "x" * 50_000), r"^expected a file with .{0,990}$"),
    "array of texts": (
        attribute("/", "domain", np.array(["spins"] * 1000, object)),
        r"expected one value in attribute domain of / in .*; got an array of shape \(1000,\)",
    ),
    "seed": (attribute("/", "seed", "x"), r"expected a whole number as seed in .*; got 'x'"),
    "name that moves the cursor": (
        linked(h5py.SoftLink("/x"), at="samples/\x1b[2Jred\x07"),
        r"printable characters; got '\\x1b\[2Jred\\x07' in",
    ),
    "unit that moves the cursor": (
        attribute("samples/spins", "unit", "\x1b[2J"),
        r"printable characters in attribute unit of /samples/spins in .*; got 4: '\\x1b\[2J'",
    ),
    "NaN": (nan_in("samples/spins", 17), r"got NaN or infinity in row 17; remove that sample"),
    "NaN condition": (
        nan_in("conditions/temperature", 23),
        r"finite values in conditions/temperature of .*; got NaN or infinity in row 23",
    ),
    "version": (
        attribute("/", "format_version", 2),
        r"expected format version 1; got .*2.*upgrade",
    ),
    "format": (attribute("/", "format", "well"), r"attribute format = 'physgan'; got 'well'"),
    "no format": (without("/", "format"), r"attribute format = 'physgan'; got None"),
    "no domain": (without("/", "domain"), r"expected text in attribute domain of /"),
    "parameters": (attribute("/", "parameters", "{"), r"expected JSON in attribute parameters"),
    "no unit": (without("samples/spins", "unit"), r"text in attribute unit of /samples/spins"),
    "axes": (
        attribute("samples/spins", "axes", '["row"]'),
        r"expected 2 axes named at /samples/spins in .*; got \['row'\]",
    ),
    "no minimum": (
        without("conditions/temperature", "minimum"),
        r"expected a number in attribute minimum of /conditions/temperature",
    ),
    "scale": (
        attribute("conditions/temperature", "scale", "square"),
        r"expected scale linear or log at /conditions/temperature in .*; got 'square'",
    ),
    "lengths": (
        replaced("conditions/temperature", data=np.ones(39)),
        r"expected arrays of one length in .*'conditions/temperature': 39",
    ),
    "shape of conditions": (
        replaced("conditions/temperature", data=np.ones((40, 1))),
        r"expected an array of 1 axes; got \(40, 1\) at /conditions/temperature",
    ),
    "scalar": (replaced("samples/spins", data=1.0), r"expected an array of some axes; got \(\)"),
    "no samples": (edit(lambda f: f["samples"].__delitem__("spins")), r"at least one array"),
    "no group": (edit(lambda f: f.__delitem__("splits")), r"expected a group /splits in"),
    "group for array": (
        edit(lambda f: f.create_group("samples/more")),
        r"expected an array at /samples/more in .*; got a group",
    ),
    "type for array": (
        edit(lambda f: f["splits"].__setitem__("test_type", np.dtype("f8"))),
        r"expected an array at /splits/test_type in .*; got a datatype",
    ),
    "split out of range": (
        replaced("splits/test", data=np.array([40])),
        r"expected indices in \[0, 40\); got others at /splits/test",
    ),
    "split of floats": (
        replaced("splits/test", data=np.array([1.0])),
        r"expected numbers; got dtype float64 at /splits/test",
    ),
    "overlapping splits": (
        replaced("splits/test", data=np.array([1])),
        r"expected every sample in one split at most; got repeats",
    ),
    "unknown split": (
        edit(lambda f: f.move("splits/test", "splits/exam")),
        r"expected splits train, validation, test; got /splits/exam",
    ),
    "not HDF5": (lambda p: p.write_text("hello" * 500), r"expected an HDF5 file; .* is not one"),
    "empty": (lambda p: p.write_bytes(b""), r"expected .*HDF5 file; .*tiny\.h5 is"),
}

DAMAGED = {
    "truncated": (truncated, r"expected a whole HDF5 file; .*tiny\.h5 is truncated; make it again"),
    "texts without end": (endless, r"tiny\.h5 is damaged: its texts at byte \d+ do not add up"),
    "text of 4 GiB": (of_4_gib, r"tiny\.h5 is damaged: its texts at byte \d+ do not add up"),
    "flipped bit": (flipped, r"expected a readable HDF5 file; .*tiny\.h5 is damaged"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_are_refused_in_one_line(tiny: Path, name: str) -> None:
    spoil, message = BAD[name]
    spoil(tiny)
    with pytest.raises(InputError, match=message) as caught:
        open_dataset(tiny).read()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) <= 1100


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_files_are_refused_in_one_line(tiny: Path, name: str) -> None:
    spoil, message = DAMAGED[name]
    spoil(tiny)
    with pytest.raises(VerificationError, match=message) as caught:
        open_dataset(tiny).read()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.2, 0.5, 0.9, 0.999])
def test_truncated_anywhere(tiny: Path, share: float) -> None:
    content = tiny.read_bytes()
    tiny.write_bytes(content[: int(share * len(content))])
    with pytest.raises(PhysganError) as caught:
        open_dataset(tiny).read()
    assert "\n" not in str(caught.value)


def test_sizes_over_the_budget(tiny: Path) -> None:
    with pytest.raises(InputError, match=r"expected at most 100 bytes; .* declares"):
        open_dataset(tiny, budget_bytes=100)
    dataset = open_dataset(tiny, budget_bytes=1000)
    dataset.budget_bytes = 79
    assert len(dataset.read(stop=9)[0]["spins"]) == 9
    with pytest.raises(InputError, match=r"at most 79 bytes at once; got 80; pass start and stop"):
        dataset.read(stop=10)


def test_well_packed_data_are_not_taken_for_a_lie(tmp_path: Path, info) -> None:
    zeros = {"spins": np.zeros((20_000, 32, 32), np.int8)}
    at = {"temperature": np.ones(20_000)}
    write_dataset(tmp_path / "z.h5", zeros, at, replace(info, grid=()))
    with h5py.File(tmp_path / "z.h5") as file:
        assert 20_000 * 1024 / file["samples/spins"].id.get_storage_size() < LARGEST_RATIO
    assert len(open_dataset(tmp_path / "z.h5")) == 20_000


def test_unknown_splits_and_paths(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a split of .* \(train, validation, test\); got 'exam'"):
        open_dataset(tiny).read("exam")
    with pytest.raises(InputError, match=r"expected a dataset; .*no\.h5 does not exist"):
        open_dataset(tmp_path / "no.h5")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"expected a dataset; .*empty holds no manifest\.json"):
        open_dataset(tmp_path / "empty")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": {}}, r"expected samples \['spins'\]; got \[\]"),
        ({"conditions": {"t": np.ones(40)}}, r"expected conditions \['temperature'\]; got \['t'\]"),
        (
            {"conditions": {"temperature": np.ones(3)}},
            r"conditions/temperature with 1 axes and 40 samples; got shape \(3,\)",
        ),
        (
            {"samples": {"spins": np.full((40, 2, 4), np.nan)}},
            r"expected finite values in samples/spins; got NaN or infinity in row 0",
        ),
        ({"samples": {"spins": np.ones((40, 2, 4))}}, r"samples/spins of type int8; got float64"),
        ({"samples": {"spins": np.ones((0, 2, 4))}}, r"expected at least one sample; got 0"),
        ({"samples": {"spins": np.full((40, 2, 4), "a")}}, r"expected numbers in samples/spins"),
        ({"splits": {"exam": [0]}}, r"split called train, validation, test; got 'exam'"),
        ({"splits": {"test": [40]}}, r"expected indices in \[0, 40\) in split test"),
    ],
)
def test_bad_arrays_are_not_written(
    tmp_path, samples, conditions, info, splits, change, message
) -> None:
    arguments = {"samples": samples, "conditions": conditions, "info": info, "splits": splits}
    with pytest.raises(InputError, match=message):
        write_dataset(tmp_path / "x.h5", **{**arguments, **change})
    assert not list(tmp_path.glob("x*"))


@pytest.mark.parametrize("text", ["x" * 256, "\x1b[2J"])
def test_texts_that_no_reader_takes_are_not_written(
    tmp_path, samples, conditions, info, text
) -> None:
    with pytest.raises(InputError, match="at most 255 printable characters; got"):
        write_dataset(tmp_path / "x.h5", samples, conditions, replace(info, simulator=text))
