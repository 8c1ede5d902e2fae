"""Observables of Ising lattices that a source draws, beside exact results and simulation."""

from typing import Any

import numpy as np

from physgan.domains import domain_of
from physgan.fidelity import estimates, measure
from simulators import Ising

QUANTITIES = {
    "u": ("energy", 0.01),
    "c": ("specific_heat", 0.05),
    "chi": ("susceptibility", 0.05),
    "U4": ("binder", 0.01),
    "C(r)": ("correlation", 0.02),
}
"""Figure -> (observable, largest deviation), relative but for U4."""
_PART = 10_000
_KNOWN = 0.01
DOMAIN = domain_of(Ising(8))

Values = dict[str, np.ndarray]


def measured(source: Any, temperature: float, count: int, seed: int) -> Values:
    """Observables of `count` lattices, drawn in parts of bounded memory."""
    given, parts = {"temperature": temperature}, []
    for number, start in enumerate(range(0, count, _PART)):
        samples = source.sample(given, min(_PART, count - start), seed + number)
        parts.append(measure(DOMAIN, samples, given))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def deviations(own: Values, truth: Values, context: dict[str, float]) -> dict[str, list[float]]:
    """Figure -> [deviation, its standard error]; of C(r) that of its worst known entry."""
    mine, simulated = (estimates(DOMAIN, values, context) for values in (own, truth))
    exact = {o.name: o.exact(context) for o in DOMAIN.ensemble if o.exact is not None}
    found = {}
    for figure, (name, _) in QUANTITIES.items():
        reference: Any = exact.get(name)
        known: Any = 0.0
        if reference is None:
            reference, known = simulated[name].value, simulated[name].error
        scale = 1.0 if figure == "U4" else reference
        shift = np.atleast_1d((mine[name].value - reference) / scale)
        error = np.atleast_1d(np.hypot(mine[name].error, known) / np.abs(scale))
        if shift.size > 1:
            shift, error = (a[1:][error[1:] < _KNOWN] for a in (shift, error))
        worst = int(np.argmax(np.abs(shift)))
        found[figure] = [float(shift[worst]), float(error[worst])]
    return found
