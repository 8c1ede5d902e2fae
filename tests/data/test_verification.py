"""`verify` finds one changed bit anywhere, and says what is wrong in one line."""

import json
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from tiny_simulator import RECIPE, Tiny

from physgan.data import info, open_dataset, simulate, verify, write_dataset
from physgan.errors import InputError, VerificationError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    simulate(RECIPE, tmp_path / "out", simulator=Tiny())
    return tmp_path / "out"


def test_a_good_dataset(folder: Path, tiny: Path) -> None:
    reports = []
    result = verify(folder, progress=lambda done, total: reports.append((done, total)))
    assert (result["files"], result["samples"], result["sha256_checked"]) == (5, 150, True)
    assert reports[-1] == (150, 150)
    assert verify(tiny)["sha256_checked"] is False


def test_any_flipped_bit(folder: Path, rng: np.random.Generator) -> None:
    shard = folder / "shard-00002.h5"
    content = shard.read_bytes()
    for place in rng.integers(len(content), size=20):
        spoiled = bytearray(content)
        spoiled[place] ^= 1 << rng.integers(8)
        shard.write_bytes(spoiled)
        with pytest.raises(VerificationError, match=r"SHA-256 .* of .*00002\.h5; the file has ch"):
            verify(folder)


def test_any_flipped_bit_of_a_single_file(tmp_path: Path, rng: np.random.Generator) -> None:
    path = tmp_path / "x.h5"
    simulate(RECIPE, path, simulator=Tiny())
    spoiled = bytearray(path.read_bytes())
    spoiled[rng.integers(len(spoiled))] ^= 4
    path.write_bytes(spoiled)
    with pytest.raises(VerificationError, match=r"the file has changed; give the command"):
        verify(path)


@pytest.mark.parametrize("name", ["out", "x.h5"])
def test_files_that_changed_are_not_described(tmp_path: Path, name: str) -> None:
    """Not even where all that `info` reads is as it was."""
    simulate(RECIPE, tmp_path / name, simulator=Tiny())
    assert info(tmp_path / name)["samples"] == 150
    shard = tmp_path / name if name.endswith("h5") else tmp_path / name / "shard-00002.h5"
    with h5py.File(shard, "r+") as file:
        file["samples/spins"][3] *= -1
    with pytest.raises(VerificationError, match=r"SHA-256 .* the file has changed"):
        info(tmp_path / name)


def test_truncated_and_missing_shards(folder: Path) -> None:
    shard = folder / "shard-00001.h5"
    shard.write_bytes(shard.read_bytes()[:1000])
    with pytest.raises(VerificationError, match=r"SHA-256 .*shard-00001\.h5"):
        verify(folder)
    with pytest.raises(VerificationError, match=r"shard-00001\.h5 is truncated"):
        open_dataset(folder)
    shard.unlink()
    for look in (verify, open_dataset):
        with pytest.raises(VerificationError, match=r"the file shard-00001\.h5 in .*; it is miss"):
            look(folder)


def test_unfinished_dataset(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"].pop()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"holds 128 of 150 samples; give the command that began"):
        open_dataset(folder)
    with pytest.raises(VerificationError, match=r"holds 128 of 150 samples"):
        verify(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format_version": 9}, r"a manifest of format version 1; got 'physgan' 9 in"),
        ({"files": 3}, r"expected a dataset manifest; .* is not one"),
        ({"count": 10}, r"expected at most 10 events in .*; got 150"),
        (
            {
                "files": [
                    {
                        "file": "shard-00000.h5",
                        "first_event": 75 * i,
                        "count": 75,
                        "sha256": "",
                        "seconds": 1,
                    }
                    for i in (0, 1)
                ]
            },
            r"expected each file once in .*manifest",
        ),
    ],
)
def test_bad_manifests(folder: Path, change, message) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(InputError, match=message):
        open_dataset(folder)


@pytest.mark.parametrize("name", ["../x.h5", "/etc/passwd", "", ".."])
def test_manifests_cannot_lead_out_of_their_folder(folder: Path, name: str) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][0]["file"] = name
    path.write_text(json.dumps(manifest))
    with pytest.raises(InputError, match=r"expected plain file names in "):
        open_dataset(folder)


@pytest.mark.parametrize("text", ["{", "[]", "[" * 200_000, "\xff"])
def test_not_json(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"expected a dataset manifest"):
        open_dataset(folder)


def test_shards_of_two_datasets(folder: Path, tmp_path: Path) -> None:
    simulate(replace(RECIPE, seed=6), tmp_path / "other", simulator=Tiny())
    shard = "shard-00003.h5"
    (folder / shard).write_bytes((tmp_path / "other" / shard).read_bytes())
    with pytest.raises(InputError, match=r"expected files of one dataset; .*00003\.h5 differs"):
        open_dataset(folder)


def test_conditions_outside_their_range(tmp_path, samples, conditions, info) -> None:
    conditions["temperature"][7] = 4.5
    write_dataset(tmp_path / "x.h5", samples, conditions, info)
    with pytest.raises(VerificationError, match=r"in \[1, 4\] J/k_B .* got 4\.5 in row 7"):
        verify(tmp_path / "x.h5")


def test_info_is_json_and_says_what_there_is(folder: Path) -> None:
    about = json.loads(json.dumps(info(folder)))
    assert about["samples"] == 150
    assert about["simulator"] == "tiny"
    assert about["fields"]["spins"]["shape"] == [4, 4]
    assert about["conditions"]["temperature"] == {
        "minimum": 1.0,
        "maximum": 4.0,
        "unit": "J/k_B",
        "scale": "linear",
    }
    assert about["splits"] == {"train": 135, "validation": 7, "test": 8}
    assert about["recipe"] == "tiny"
