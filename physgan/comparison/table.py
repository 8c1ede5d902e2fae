"""The referee's report as lines of text."""

from physgan.fidelity import ClassReport, Judgement, RefereeReport

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
    if report.classes is not None:
        lines += _class_lines(report.classes)
    return "\n".join(lines)


def _class_lines(found: ClassReport) -> list[str]:
    made, unseen = sum(found.counts), sum(found.counts_truth)
    shares = ", ".join(
        f"{name} {100 * count / made:.1f} % ({100 * real / unseen:.1f} %)"
        for name, count, real in zip(found.classes, found.counts, found.counts_truth, strict=True)
    )
    missing = ", ".join(found.missing) or "none"
    return [
        f"a classifier of {len(found.classes)} classes, right in "
        f"{100 * found.accuracy[0]:.1f} % of unseen real samples, finds:",
        f"Fréchet distance of its features {_with_error(found.frechet)}, "
        f"truth/truth {_with_error(found.frechet_truth)}",
        f"class score {_with_error(found.score)}, truth {_with_error(found.score_truth)}",
        f"shares (truth): {shares}; chi-squared {found.chi_squared:.1f}, chance {found.chance:.2g}",
        f"missing classes in {made} samples: {missing}",
    ]


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
