"""What every classical baseline promises, on the tiny datasets of each domain that it serves."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tiny import COUNT, DATASETS, SEED, dataset

from physgan.domains import DOMAINS, Baseline

SERVED = [(kind, name) for kind in DATASETS for name in DOMAINS[kind.partition(",")[0]].baselines]
every_baseline = pytest.mark.parametrize(("kind", "name"), SERVED)


@cache
def fitted(kind: str, name: str) -> Baseline:
    content = dataset(kind)
    baseline = content.domain.baselines[name]
    return baseline.fit(content.info, content.samples, content.conditions, seed=SEED)


@every_baseline
def test_it_draws_samples_of_the_domain(kind: str, name: str) -> None:
    """Of the field's type and shape; encoded and decoded they are the same."""
    content = dataset(kind)
    field = content.domain.field
    drawn = fitted(kind, name).sample(content.conditions, COUNT, seed=2)
    assert drawn.keys() == content.samples.keys()
    assert drawn[field].shape == content.samples[field].shape
    assert drawn[field].dtype == content.samples[field].dtype
    assert np.isfinite(drawn[field]).all()
    assert drawn[field].min() >= content.samples[field].min() - 1e-5
    again = content.domain.decode(content.domain.encode(drawn))[field]
    np.testing.assert_allclose(again, drawn[field], rtol=1e-6, atol=1e-6)
    assert len(np.unique(drawn[field].reshape(COUNT, -1), axis=0)) > COUNT / 2


@every_baseline
def test_an_event_depends_on_its_number_alone(kind: str, name: str) -> None:
    content, baseline = dataset(kind), fitted(kind, name)
    field = content.domain.field
    whole = baseline.sample(content.conditions, COUNT, seed=3)[field]
    rest = {n: values[100:] for n, values in content.conditions.items()}
    part = baseline.sample(rest, COUNT - 100, seed=3, first_event=100)[field]
    np.testing.assert_allclose(part, whole[100:], rtol=1e-5, atol=1e-6)
    none = {n: values[:0] for n, values in content.conditions.items()}
    assert baseline.sample(none, 0, seed=3)[field].shape == (0, *whole.shape[1:])


@every_baseline
def test_saved_and_loaded_it_draws_the_same(kind: str, name: str, tmp_path: Path) -> None:
    content, baseline = dataset(kind), fitted(kind, name)
    baseline.save(tmp_path / "state.npz")
    loaded = type(baseline).load(tmp_path / "state.npz", content.info)
    drawn = [b.sample(content.conditions, COUNT, seed=4) for b in (baseline, loaded)]
    np.testing.assert_array_equal(*(side[content.domain.field] for side in drawn))
