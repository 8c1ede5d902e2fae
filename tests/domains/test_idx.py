"""The importer of IDX files, on real handwritten digits and on files built to be wrong."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from idx_files import idx_bytes, real_digits, write_idx

from physgan.data import open_dataset
from physgan.domains import domain_of
from physgan.domains.images.idx import import_idx, read_idx
from physgan.errors import InputError


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("shape", [(5,), (3, 4, 2), (2, 4, 4, 3)])
def test_reads_what_was_written(
    tmp_path: Path, rng: np.random.Generator, shape: tuple[int, ...], suffix: str
) -> None:
    array = rng.integers(256, size=shape, dtype=np.uint8)
    found = read_idx(write_idx(tmp_path / f"x{suffix}", array))
    np.testing.assert_array_equal(found, array)


def test_real_digits_become_a_dataset(tmp_path: Path) -> None:
    """Every grey level, label and split survives; levels decode to themselves."""
    images, labels = real_digits(16)
    result = import_idx(
        write_idx(tmp_path / "images.gz", images),
        tmp_path / "digits.h5",
        labels=write_idx(tmp_path / "labels", labels),
    )
    assert result["events"] == 1797
    assert (result["shape"], result["labels"]) == ([16, 16, 1], 10)
    dataset = open_dataset(tmp_path / "digits.h5")
    samples, conditions = dataset.read()
    np.testing.assert_array_equal(np.round(255 * samples["intensities"][..., 0]), images)
    np.testing.assert_array_equal(conditions["label"], labels)
    assert [len(dataset.splits[name]) for name in ("train", "validation", "test")] == [
        1438, 179, 180,
    ]  # fmt: skip
    (label,) = dataset.info.conditions
    assert (label.name, label.minimum, label.maximum) == ("label", 0, 9)
    domain = domain_of(dataset.info)
    assert domain.shape == (16, 16, 1)
    back = domain.decode(domain.encode(samples))["intensities"]
    np.testing.assert_allclose(back, samples["intensities"], atol=1e-7)


def test_without_labels_there_are_no_conditions(tmp_path: Path) -> None:
    images = np.zeros((20, 4, 4, 3), np.uint8)
    import_idx(write_idx(tmp_path / "x", images), tmp_path / "x.h5", splits={"train": 0.5})
    dataset = open_dataset(tmp_path / "x.h5")
    assert dataset.info.conditions == ()
    assert dataset.read("train")[0]["intensities"].shape == (10, 4, 4, 3)


GOOD = idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
WRONG = {
    "magic": (b"\x89PNG" + GOOD[4:], r"begins with 0 0, a type .*; .* begins with 137 80 78 71"),
    "empty": (b"", r"expected an IDX file, .* begins with nothing"),
    "no dimensions": (b"\0\0\x08\0", r"expected an IDX file, .* begins with 0 0 8 0"),
    "type": (b"\0\0\x0d" + GOOD[3:], r"expected unsigned bytes \(IDX type 8\) in .*; got type 13"),
    "header": (GOOD[:9], r"expected 3 dimensions in .*; it is truncated in its header"),
    "truncated": (GOOD[:-5], r"expected 24 bytes in .*, as it declares; it is truncated after 19"),
    "longer": (GOOD + b"\0", r"expected 24 bytes in .*, as it declares; it holds more"),
    "budget": (
        b"\0\0\x08\x03" + struct.pack(">3I", 2**32 - 1, 2**16, 2**16),
        r"expected at most 1073741824 bytes in .*; it declares 4294967295 x 65536 x 65536 = \d{20}",
    ),
    "gzip cut off": (gzip.compress(GOOD)[:-9], r"expected a whole gzip file; .* is damaged: "),
    "gzip damaged": (gzip.compress(GOOD)[:10] + b"\xff" * 20, r"expected a whole gzip file; "),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_files_are_refused_in_one_line(tmp_path: Path, name: str) -> None:
    content, message = WRONG[name]
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_idx(tmp_path / "x")
    assert "\n" not in str(caught.value)


def test_other_shapes_and_unequal_numbers_are_refused(tmp_path: Path) -> None:
    flat = write_idx(tmp_path / "flat", np.zeros((6, 4), np.uint8))
    with pytest.raises(InputError, match=r"images of 3 dimensions, or 4 .*; got shape \(6, 4\)"):
        import_idx(flat, tmp_path / "x.h5")
    images = write_idx(tmp_path / "images", np.zeros((6, 4, 4), np.uint8))
    labels = write_idx(tmp_path / "labels", np.zeros(5, np.uint8))
    with pytest.raises(InputError, match=r"expected 6 labels in .*, one per image; got shape \(5,"):
        import_idx(images, tmp_path / "x.h5", labels=labels)
    with pytest.raises(InputError, match=r"expected an IDX file; .* does not exist"):
        import_idx(tmp_path / "none", tmp_path / "x.h5")
    assert not (tmp_path / "x.h5").exists()
