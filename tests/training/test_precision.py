"""Factors of matrix products: rounded in training steps if asked for, and nowhere else."""

from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from physgan.cli import run_command
from physgan.methods import train
from physgan.precision import PRECISIONS, products_in
from physgan.surrogates import load
from physgan.training import Model

SHORT = {
    "batch_size": 64,
    "generator_width": 4,
    "embedding": 8,
    "likelihood_samples": 128,
    "checkpoint_samples": 64,
    "validation_samples": 64,
}


def test_derivatives_have_the_precision_of_what_they_derive() -> None:
    @products_in("bfloat16")
    def product(x: jax.Array) -> jax.Array:
        return (x @ x.T).sum()

    program = jax.make_jaxpr(jax.grad(product))(jnp.ones((3, 3)))
    kinds = {str(e.params["precision"]) for e in program.eqns if e.primitive.name == "dot_general"}
    assert len(kinds) == 1
    assert "BF16_BF16_F32" in kinds.pop()


@pytest.mark.parametrize("precision", PRECISIONS)
def test_steps_alone_are_rounded(
    precision: str, exact_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    losses, generate = Model.event_losses, Model.generate

    def recorded(function):
        def record(*arguments):
            seen.append(jax.config.jax_default_matmul_precision)
            return function(*arguments)

        return record

    monkeypatch.setattr(Model, "event_losses", recorded(losses))
    monkeypatch.setattr(Model, "generate", recorded(generate))
    settings = {**SHORT, "precision": precision}
    train(exact_dataset, tmp_path / "run", settings, method="likelihood")
    assert set(seen) == {PRECISIONS[precision], "float32"}
    seen.clear()
    surrogate = load(tmp_path / "run")
    kind = type(surrogate.generator())
    monkeypatch.setattr(kind, "__call__", recorded(kind.__call__))
    with products_in("bfloat16"):
        surrogate.sample({"temperature": 2.0}, 2, seed=0)
    assert set(seen) == {"float32"}


def test_unknown_precision_is_one_line(
    exact_dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", exact_dataset, "--out", tmp_path / "run", "--set", "precision=float16"]
    assert run_command([str(each) for each in command]) != 0
    error = capsys.readouterr().err
    assert error.startswith("error: expected precision among float32, tensorfloat32, bfloat16")
    assert error.count("\n") == 1
