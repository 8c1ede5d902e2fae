"""What a surrogate of the reference showers was asked to reach, and what it reached.

Reads the figures of shower_surrogate.py and shower_speed.py, and writes
benchmarks/results/shower_targets.md.

    python benchmarks/shower_targets.py
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results"
OBSERVABLES = ("response", "layer_energy", "width_eta", "width_phi", "width_r", "sparsity")
VIEWS = {"low-level": 0.75, "high-level": 0.70}


class Line(NamedTuple):
    """One target.

    Attributes:
        asked: the target in words.
        reached: the figure with its error.
        passed: whether it is enough.
    """

    asked: str
    reached: str
    passed: bool


def classifier_lines(result: dict[str, Any]) -> list[Line]:
    """The better of two classifiers on each view, beside the copula's."""
    lines = []
    for view, limit in VIEWS.items():
        (auc, error), (rival, _) = (
            max(result[source][f"{kind} AUC, {view}"][:2] for kind in ("trees", "network"))
            for source in ("gan", "copula")
        )
        asked = f"{view} AUC at most {limit:.2f}, and below the copula's {rival:.3f}"
        reached = f"{auc:.3f} ± {error:.3f}"
        lines.append(Line(asked, reached, auc <= limit and auc < rival))
        lines.append(Line(f"aim: {view} AUC at most 0.58", reached, auc <= 0.58))
    return lines


def response_lines(result: dict[str, Any]) -> list[Line]:
    """E_tot / E_inc at fixed energies."""
    lines = []
    for row in result["responses"]:
        place = f"at {row['energy_mev'] / 1000:g} GeV, {row['count']} showers"
        mean = row["mean_relative"]
        lines.append(
            Line(
                f"mean response within 0.3 % {place}",
                f"{100 * mean:+.2f} ± {100 * row['mean_error']:.2f} %",
                abs(mean) <= 0.003,
            )
        )
        for name, words in (("width", "standard deviation"), ("core_width", "width of 68 %")):
            width, error = row[f"{name}_relative"], row[f"{name}_error"]
            reached = f"{100 * width:+.1f} ± {100 * error:.1f} %"
            lines.append(Line(f"{words} within 5 % {place}", reached, abs(width) <= 0.05))
    return lines


def figure_lines(figures: dict[str, list[float]]) -> list[Line]:
    """Separation powers, correlations and neighbours, beside truth against truth."""
    lines = []
    for name in OBSERVABLES:
        value, error, floor, _ = figures[f"separation power, {name}"]
        lines.append(
            Line(
                f"separation power of {name} within 5 times truth's own ({1000 * floor:.2f}e-3)",
                f"{1000 * value:.2f} ± {1000 * error:.2f} e-3: {value / floor:.1f} times",
                value <= 5 * floor,
            )
        )
    value, error, floor, _ = figures["largest correlation difference, layer_energy"]
    lines.append(
        Line(
            f"largest difference of layers' correlations at most 0.05 (truth's own {floor:.3f})",
            f"{value:.3f} ± {error:.3f}",
            value <= 0.05,
        )
    )
    for name in ("precision", "recall"):
        value, error, floor, _ = figures[f"{name}, points"]
        lines.append(
            Line(
                f"{name} at least 0.7 of truth's own ({floor:.3f})",
                f"{value:.3f} ± {error:.3f}: {value / floor:.2f}",
                value >= 0.7 * floor,
            )
        )
    return lines


def interpolation_lines(found: dict[str, Any]) -> list[Line]:
    """The worst ratio of figures inside the band that was left out to those outside it.

    A figure is judged by what it exceeds truth's own by, less one error: below that is noise.
    """
    worst = ("", 0.0)
    inside, outside = found["inside"], found["outside"]
    for name in (n for n in inside if isinstance(inside[n], list)):
        if name.startswith(("precision", "recall", "density", "coverage")):
            continue
        value, error, *_ = inside[name]
        allowed = abs(outside[name][0]) + abs(outside[name][1])
        ratio = (abs(value) - error) / allowed
        worst = max(worst, (name, ratio), key=lambda pair: pair[1])
    asked = "4-6 GeV left out of training: no figure there worse than twice the others'"
    return [Line(asked, f"worst {worst[0]}: {worst[1]:.2f}, errors allowed for", worst[1] <= 2)]


def speed_lines(speed: dict[str, Any]) -> list[Line]:
    """Milliseconds a shower on one core."""
    times, ratios = speed["milliseconds_a_shower"], speed["simulator_over_surrogate"]
    lines = []
    for batch, limit in ((1, 5.0), (100, 0.5), (1000, 0.5)):
        name = f"surrogate, batch {batch}"
        asked = f"at most {limit} ms a shower on one core at batch {batch}"
        reached = f"{times[name]:.3f} ms; the simulator takes {ratios[name]:.0f} times as long"
        lines.append(Line(asked, reached, times[name] <= limit))
    return lines


def main() -> None:
    """Read, judge, write."""
    result = json.loads((RESULTS / "shower_surrogate.json").read_text())
    lines = classifier_lines(result) + response_lines(result) + figure_lines(result["gan"])
    if "interpolation" in result:
        lines += interpolation_lines(result["interpolation"])
    if (RESULTS / "shower_speed.json").exists():
        lines += speed_lines(json.loads((RESULTS / "shower_speed.json").read_text()))
    rows = [f"| {a} | {r} | {'reached' if ok else 'missed'} |" for a, r, ok in lines]
    text = "\n".join(["| asked | reached | |", "|---|---|---|", *rows]) + "\n"
    (RESULTS / "shower_targets.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
