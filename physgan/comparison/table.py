"""The referee's report as lines of text."""

from physgan.fidelity import Judgement, RefereeReport

__all__ = ["table"]

_HEAD = ("figure", "of", "value", "truth/truth", "ideal", "pull")
_UNLIKELY = 1e-3


def table(report: RefereeReport) -> str:
    """Every figure with its error, truth against truth, and how many errors they are apart."""
    rows = [_HEAD, *(_row(j) for j in report.judgements)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    counts = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    lines.append(f"samples: {counts}; truth/truth: {report.floor}; seed {report.seed}")
    for name, (distance, chance) in report.conditions.items():
        if chance < _UNLIKELY:
            lines.append(
                f"warning: {name} is not distributed alike in both sets (Kolmogorov-Smirnov "
                f"distance {distance:.3f}); figures that depend on it show that, too"
            )
    return "\n".join(lines)


def _row(judgement: Judgement) -> tuple[str, ...]:
    return (
        judgement.metric,
        judgement.of,
        _with_error(judgement.value),
        _with_error(judgement.floor),
        "" if judgement.ideal is None else f"{judgement.ideal:.3g}",
        f"{judgement.pull:+.1f}",
    )


def _with_error(value: tuple[float, float]) -> str:
    return f"{value[0]:.3g} ± {value[1]:.1g}"
