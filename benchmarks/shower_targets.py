"""What a surrogate of the reference showers was asked to reach, and what it reached.

Reads the figures of shower_surrogate.py and shower_speed.py, and writes
benchmarks/results/shower_targets.md.

    python benchmarks/shower_targets.py
"""

import json
from collections.abc import Iterable

from lib.table import RESULTS, Row, markdown

OBSERVABLES = ("response", "layer_energy", "width_eta", "width_phi", "width_r", "sparsity")
VIEWS = {"low-level": 0.75, "high-level": 0.70}
LARGEST, SPECTRUM = "largest AUC, all views", "separation power, cell_energy"
WIDTHS = {"width": "standard deviation", "core_width": "width of 68 %"}

Lines = Iterable[tuple[str, str, bool]]
"""What was asked; what was reached, with its error; whether that is enough."""


def absolute_energy(result: Row) -> Lines:
    """The largest AUC over all views, and the spectrum of cell energies, beside the truth's."""
    figures = result["surrogate"]
    if LARGEST not in figures:
        return
    count, (auc, error, floor, _) = figures["showers"], figures[LARGEST]
    reached = f"{auc:.3f} ± {error:.3f} ({figures['strongest']}; truth {floor:.3f})"
    for word, limit in (("", 0.58), ("aim: ", 0.53)):
        asked = f"{word}largest AUC over all views at most {limit:.2f}, {count:,} showers a side"
        yield asked, reached, auc <= limit
    value, error, floor, _ = figures[SPECTRUM]
    asked = f"separation power of cell energies within 3 times truth's own ({1e5 * floor:.2f}e-5)"
    reached = f"{1e5 * value:.2f} ± {1e5 * error:.2f} e-5: {value / floor:.1f} times"
    yield asked, reached, value <= 3 * floor


def classifiers(result: Row) -> Lines:
    """The better of two classifiers on each view, beside the copula's."""
    for view, limit in VIEWS.items():
        (auc, error), (copula, _) = (
            max(result[source][f"{kind} AUC, {view}"][:2] for kind in ("trees", "network"))
            for source in ("surrogate", "copula")
        )
        asked = f"{view} AUC at most {limit:.2f}, and below the copula's {copula:.3f}"
        reached = f"{auc:.3f} ± {error:.3f}"
        yield asked, reached, auc <= limit and auc < copula
        yield f"aim: {view} AUC at most 0.58", reached, auc <= 0.58


def responses(result: Row) -> Lines:
    """E_tot / E_inc at fixed energies."""
    for row in result["responses"]:
        place = f"at {row['energy_mev'] / 1000:g} GeV, {row['count']} showers"
        mean, error = (100 * row[f"mean_{name}"] for name in ("relative", "error"))
        reached = f"{mean:+.2f} ± {error:.2f} %"
        yield f"mean response within 0.3 % {place}", reached, abs(mean) <= 0.3
        for name, words in WIDTHS.items():
            width, error = (100 * row[f"{name}_{part}"] for part in ("relative", "error"))
            reached = f"{width:+.1f} ± {error:.1f} %"
            yield f"{words} within 5 % {place}", reached, abs(width) <= 5


def observables(result: Row) -> Lines:
    """Separation powers, correlations and neighbours, beside truth against truth."""
    figures = result["surrogate"]
    for name in OBSERVABLES:
        value, error, floor = (1000 * x for x in figures[f"separation power, {name}"][:3])
        asked = f"separation power of {name} within 5 times truth's own ({floor:.2f}e-3)"
        reached = f"{value:.2f} ± {error:.2f} e-3: {value / floor:.1f} times"
        yield asked, reached, value <= 5 * floor
    value, error, floor, _ = figures["largest correlation difference, layer_energy"]
    asked = f"largest difference of layers' correlations at most 0.05 (truth's own {floor:.3f})"
    yield asked, f"{value:.3f} ± {error:.3f}", value <= 0.05
    for name in ("precision", "recall"):
        value, error, floor, _ = figures[f"{name}, points"]
        asked = f"{name} at least 0.7 of truth's own ({floor:.3f})"
        yield asked, f"{value:.3f} ± {error:.3f}: {value / floor:.2f}", value >= 0.7 * floor


def interpolation(result: Row) -> Lines:
    """The worst ratio of figures inside the band that was left out to those outside it.

    One error is taken off the figure inside and added to the one outside: less is noise.
    """
    if "interpolation" not in result:
        return
    inside, outside = (result["interpolation"][name] for name in ("inside", "outside"))
    ratios = {
        name: (abs(figure[0]) - figure[1]) / (abs(outside[name][0]) + abs(outside[name][1]))
        for name, figure in inside.items()
        if isinstance(figure, list)
        and not name.startswith(("precision", "recall", "density", "coverage"))
    }
    worst = max(ratios, key=lambda name: ratios[name])
    asked = "4-6 GeV left out of training: no figure there worse than twice the others'"
    yield asked, f"worst {worst}: {ratios[worst]:.2f}, errors allowed for", ratios[worst] <= 2


def speed(found: Row) -> Lines:
    """Milliseconds a shower on one core, of the surrogate and of its generator alone."""
    times, ratios = found["milliseconds_a_shower"], found["simulator_over_surrogate"]
    for source, words in (("surrogate", ""), ("generator alone", ", without rejection")):
        for batch, limit in ((1, 5.0), (100, 0.5), (1000, 0.5)):
            if (name := f"{source}, batch {batch}") in times:
                asked = f"at most {limit} ms a shower on one core at batch {batch}{words}"
                reached = f"{times[name]:.3f} ms; the simulator takes {ratios[name]:.0f} times"
                yield asked, f"{reached} as long", times[name] <= limit


def table(result: Row, timed: Row) -> str:
    """One line a target."""
    parts = (absolute_energy, classifiers, responses, observables, interpolation)
    lines = [*(line for part in parts for line in part(result)), *speed(timed)]
    rows = [[asked, reached, "reached" if passed else "missed"] for asked, reached, passed in lines]
    return markdown(["asked", "reached", ""], rows)


def main() -> None:
    """Read, judge, write."""
    names = ("shower_surrogate", "shower_speed")
    text = table(*(json.loads((RESULTS / f"{name}.json").read_text()) for name in names))
    (RESULTS / "shower_targets.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
