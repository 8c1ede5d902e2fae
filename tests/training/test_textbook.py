"""The textbook systems in the one harness, in short runs on real digits and on a ring."""

import sys
from pathlib import Path

import numpy as np
import pytest
from flax import nnx

sys.path.insert(0, str(Path(__file__).parents[1] / "domains"))

from idx_files import real_digits, write_idx

from physgan.cli import run_command
from physgan.data import open_dataset, simulate
from physgan.domains.images.idx import import_idx
from physgan.errors import InputError
from physgan.methods import train
from physgan.networks import build_generator
from physgan.surrogates import load

SHORT = {
    "batch_size": 16,
    "adversarial_samples": 64,
    "checkpoint_samples": 32,
    "validation_samples": 32,
}


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """200 real digits, 28 x 28, with their labels."""
    folder = tmp_path_factory.mktemp("digits")
    images, labels = real_digits(28, 200)
    import_idx(
        write_idx(folder / "images.gz", images),
        folder / "digits.h5",
        labels=write_idx(folder / "labels", labels),
    )
    return folder / "digits.h5"


@pytest.fixture(scope="session")
def ring(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ring") / "ring.h5"
    simulate("ring-25", path, count=4096)
    return path


def weights(run: Path) -> bytes:
    return (run / "surrogate" / "weights.npz").read_bytes()


def test_dcgan_of_digits_with_batch_norm_and_dropout(digits: Path, tmp_path: Path) -> None:
    """Documented settings; running statistics leave their start; resuming is exact."""
    settings = {**SHORT, "conditional": False, "ema_samples": 0.0, "discriminator_steps": 2}

    def stop(done: int, total: int) -> None:
        if done >= 48:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(digits, tmp_path / "a", settings, seed=1, progress=stop)
    for name in ("a", "b"):
        train(digits, tmp_path / name, settings, seed=1)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")
    surrogate = load(tmp_path / "a")
    about = surrogate.description.training
    assert surrogate.description.network["network"] == "dcgan28"
    assert (about["generator_rate"], about["beta1"], about["loss"], about["penalty"]) == (
        2e-4, 0.5, "non-saturating", "none",
    )  # fmt: skip
    mean = surrogate.sampler.parameters["stem"]["norm"]["mean"]
    assert np.abs(mean).max() > 0
    made = surrogate.sample({}, 20, seed=3)["intensities"]
    assert made.shape == (20, 28, 28, 1)
    np.testing.assert_array_equal(np.round(made * 255), made * np.float32(255))
    parts = surrogate.sample({}, 5, seed=3, first_event=15)["intensities"]
    np.testing.assert_allclose(parts, made[15:], atol=1.01 / 255)


LOSSES = {
    "wasserstein": {"penalty": "gradient-penalty", "gamma": 10, "gamma_fall": 1.0},
    "hinge": {"penalty": "none", "spectral_norm": True},
}


@pytest.mark.parametrize("loss", LOSSES)
def test_other_losses_train(ring: Path, tmp_path: Path, loss: str) -> None:
    """Networks without likelihood start with adversarial training, and their first layer moves."""
    settings = {**SHORT, "loss": loss, "generator_width": 2, "ema_samples": 0.0, **LOSSES[loss]}
    assert train(ring, tmp_path, settings, seed=1)["samples"] == 64
    surrogate = load(tmp_path)
    fresh = build_generator(surrogate.description.network, seed=1)
    before = nnx.to_pure_dict(nnx.state(fresh))["layers"][0]["kernel"]
    assert np.abs(surrogate.sampler.parameters["layers"][0]["kernel"] - before).max() > 1e-4
    assert surrogate.sample({}, 10, seed=0)["points"].shape == (10, 2)


def test_settings_are_options_of_the_command(ring: Path, tmp_path: Path, capsys) -> None:
    line = ["train", ring, "--out", tmp_path / "run", "--loss", "saturating", "--penalty=none"]
    line += ["--discriminator", "dense-batch-norm", "--spectral-norm", "true", "--batch-size", 16]
    line += ["--adversarial-samples", 16, "--generator-width", 2, "--validation-samples", 32]
    assert run_command([str(word) for word in line]) == 0
    used = load(tmp_path / "run").description.training
    assert (used["loss"], used["spectral_norm"], used["batch_size"]) == ("saturating", True, 16)
    assert run_command(["train", str(ring), "--out", "x", "--los", "hinge"]) == 2
    assert "got --los; did you mean --loss?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": "hing"}, "expected loss among relativistic, saturating, .*; got 'hing'"),
        ({"penalty": "r1"}, "expected penalty among r1-r2, gradient-penalty, none; got 'r1'"),
        ({"spectral_norm": 1}, "expected spectral_norm of type bool; got 1"),
        ({"discriminator_steps": 0}, "expected discriminator_steps to be 1 or more; got 0"),
        ({"beta1": 1.0}, r"expected beta1 below 1; got 1\.0"),
        ({"network": "dcgan28"}, r"expected samples of shape \(28, 28, 1\) .*; got \(2,\)"),
        ({"network": "spin-hierarchy"}, r"expected a network for points \(dcgan16, .*hierarchy'"),
        ({"discriminator": "dcgan"}, r"for the discriminator dcgan; got shape \(2,\)"),
        (
            {"discriminator": "dense-batch-norm"},
            "penalty none with dense-batch-norm, whose batch norm mixes samples; got r1-r2",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    ring: Path, tmp_path: Path, settings: dict, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        train(ring, tmp_path / "run", {**SHORT, **settings})
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


def test_spins_cannot_do_without_their_temperature(exact_dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected conditional = true for spins, which mean not"):
        train(exact_dataset, tmp_path / "run", {"conditional": False})


def test_moments_alone_teach_mean_and_spread(ring: Path, tmp_path: Path) -> None:
    """Against a discriminator that does not learn and points elsewhere.

    Without them, the mean is off by 4 standard deviations, with any of three seeds.
    """
    frozen = {"discriminator_rate": 1e-12, "moment_weight": 100.0, "head_start": 0}
    sizes = {"batch_size": 64, "adversarial_samples": 12_800, "checkpoint_samples": 12_800}
    rates = {"generator_rate": 3e-3, "ema_samples": 0.0, "generator_width": 16}
    train(ring, tmp_path, {**SHORT, **frozen, **sizes, **rates}, seed=0)
    made = load(tmp_path).sample({}, 4_000, seed=1)["points"]
    truth = open_dataset(ring).read()[0]["points"]
    assert np.abs(made.mean(0) - truth.mean(0)).max() < 0.25 * truth.std()
    assert np.abs(np.cov(made.T) - np.cov(truth.T)).max() < 0.8 * truth.var()
