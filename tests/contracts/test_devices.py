"""Samples are the same on any number of devices; training agrees, and runs change from one to many.

A sum over a batch is rounded otherwise where the batch is split otherwise. After four steps of the
smallest networks parameters differ by some 1e-8 of their root mean square.
"""

from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import pytest
from eight_devices import METHOD, asked, digest, train_until
from jax.sharding import AxisType
from tiny import untrained
from tiny_runs import Finished, weights

from physgan.surrogates import devices, load
from physgan.training import loop

KINDS = {"spins": "spin-hierarchy", "showers": "shower-cascade", "fields": "field-transformer"}
"""Kind of samples -> the generator that is made for it."""

TOLERANCE = 1e-6
"""Root mean square difference of parameters over their root mean square."""


def difference(run: Path, reference: Path) -> float:
    """Of all parameters of two runs' surrogates; see `TOLERANCE`."""
    found, expected = weights(run), weights(reference)
    squares = sum(np.square(found[name] - expected[name]).sum() for name in expected)
    return float(np.sqrt(squares / sum(np.square(values).sum() for values in expected.values())))


def use_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sample and train on the first device alone."""
    mesh = jax.make_mesh((1,), ("batch",), axis_types=(AxisType.Auto,), devices=jax.devices()[:1])
    monkeypatch.setattr(devices, "_devices", lambda: jax.local_devices()[:1])
    monkeypatch.setattr(loop, "device_mesh", lambda: mesh)


@pytest.fixture
def one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    use_one(monkeypatch)


class OnEight(NamedTuple):
    """What a process with eight devices did.

    Attributes:
        folders: of surrogates: images, and points of which a discriminator rejects some.
        digests: of what each of them draws.
        begun: a run that was begun.
        finished: a run that was begun on one device, and finished on eight.
    """

    folders: list[Path]
    digests: list[str]
    begun: Path
    finished: Path


@pytest.fixture(scope="module")
def on_eight(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> OnEight:
    folder = tmp_path_factory.mktemp("devices")
    folders = [folder / "images", finished("gan")]
    finished(METHOD)  # on all devices: others compare with it to the last bit
    untrained("dense", "images").save(folders[0])
    begun, other = folder / "begun", folder / "finished"
    with pytest.MonkeyPatch.context() as patch:
        use_one(patch)
        train_until(96, str(other))
    tasks: list[Any] = [("digest", str(path)) for path in folders]
    tasks += [("train_until", 96, str(begun)), ("train_until", 128, str(other))]
    return OnEight(folders, asked(*tasks)[:2], begun, other)


@pytest.mark.parametrize("kind", KINDS)
def test_two_devices_draw_what_one_draws(kind: str, request: pytest.FixtureRequest) -> None:
    surrogate = untrained(KINDS[kind], kind)
    on_two = digest(surrogate)
    request.getfixturevalue("one_device")
    assert digest(surrogate) == on_two


@pytest.mark.usefixtures("one_device")
def test_eight_devices_draw_what_one_draws(on_eight: OnEight) -> None:
    surrogates = [load(folder) for folder in on_eight.folders]
    assert surrogates[1].rejects
    assert [digest(surrogate) for surrogate in surrogates] == on_eight.digests


def test_calls_take_turns_on_the_devices_and_keep_their_order() -> None:
    def call(item: int, device: jax.Device) -> tuple[int, jax.Device]:
        return item, device

    first, second = jax.devices()
    assert list(devices.on_devices(call, range(3))) == [(0, first), (1, second), (2, first)]
    with jax.default_device(second):
        assert list(devices.on_devices(call, range(2))) == [(0, second), (1, second)]


@pytest.mark.usefixtures("one_device")
def test_a_run_begun_on_eight_devices_goes_on_with_one(
    on_eight: OnEight, finished: Finished
) -> None:
    assert not (on_eight.begun / "surrogate").exists()
    train_until(128, str(on_eight.begun))
    assert difference(on_eight.begun, finished(METHOD)) < TOLERANCE


def test_a_run_begun_with_one_device_goes_on_with_eight(
    on_eight: OnEight, finished: Finished
) -> None:
    assert difference(on_eight.finished, finished(METHOD)) < TOLERANCE
