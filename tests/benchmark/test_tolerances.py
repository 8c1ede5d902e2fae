"""Tolerances over a domain's targets: which target a name means, and what is refused."""

import re

import pytest

from physgan.benchmark.targets import REPEATS
from physgan.benchmark.tolerances import targets_of
from physgan.domains import Domain, domain_of
from physgan.errors import InputError
from simulators import Ising


@pytest.fixture(scope="module")
def spins() -> Domain:
    return domain_of(Ising(size=4))


def limits(domain: Domain, **tolerances: float) -> dict[str, float]:
    names = {name.replace("__", ":"): limit for name, limit in tolerances.items()}
    targets = targets_of(domain, "quickstart", names, copies=True)
    return {f"{t.observable or t.measure}:{t.measure}": t.limit for t in targets}


def test_a_tolerance_takes_the_place_of_the_targets_limit(spins) -> None:
    before, after = limits(spins), limits(spins, magnetisation=0.97, auc=0.55, repeats=0.01)
    changed = {"magnetisation:overlap": 0.97, "auc:auc": 0.55, "repeats:repeats": 0.01}
    assert after == {**before, **changed}
    assert before[f"repeats:{REPEATS.measure}"] == REPEATS.limit


def test_a_tolerance_of_another_observable_is_a_further_target(spins) -> None:
    more = limits(spins, specific_heat=0.1, binder__absolute=0.02)
    new = {"specific_heat:relative": 0.1, "binder:absolute": 0.02}
    assert more == {**limits(spins), **new}


def test_the_measure_says_which_of_several_targets_is_meant(spins) -> None:
    changed = limits(spins, energy__relative=0.002)
    assert changed == {**limits(spins), "energy:relative": 0.002}


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        ("enrgy", 0.1, "got 'enrgy'; did you mean energy?"),
        ("energy", 0.1, "expected energy:relative or energy:absolute or energy:overlap"),
        ("energy:auc", 0.1, "expected energy:relative or energy:absolute or energy:overlap"),
        ("auc", 0.4, "expected a tolerance of auc as an AUC in (0.5, 1); got 0.4"),
        ("specific_heat", -1, "as a relative deviation above 0, such as 0.01; got -1"),
        ("repeats", "few", "as a share in (0, 1); got 'few'"),
        ("copies", 0.1, "got 'copies'"),
    ],
)
def test_other_tolerances_are_refused_in_one_line(spins, name, limit, words) -> None:
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        targets_of(spins, "quickstart", {name: limit}, copies=False)
    assert "\n" not in str(caught.value)
