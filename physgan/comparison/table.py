"""The report of a comparison as lines of text."""

from physgan.comparison.results import ComparisonReport, MetricResult
from physgan.fidelity import ClassReport, LargestAuc, TwoSampleResult

__all__ = ["table"]

_HEAD = ("figure", "of", "value", "truth/truth", "ideal", "pull")
_UNLIKELY = 1e-3


def table(report: ComparisonReport) -> str:
    """The largest AUC; every metric with its error, truth against truth, and their pull.

    Above: a warning where samples are copies or conditions are not distributed alike. Below: how
    each classifier was trained and tested, and how many samples were compared.
    """
    rows = [_HEAD, *(_row(metric) for metric in report.metrics)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_HEAD))]
    lines = [*_warnings(report), *_headline(report.largest_auc)]
    lines += [
        "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    lines += [f"{name}: {procedure}" for name, procedure in report.procedures.items()]
    counts = ", ".join(f"{number} {name}" for name, number in report.counts.items())
    lines.append(f"samples: {counts}; truth/truth: {report.floor}; seed {report.seed}")
    if report.classes is not None:
        lines += _class_lines(report.classes)
    return "\n".join(lines)


def _warnings(report: ComparisonReport) -> list[str]:
    """A line for copies, and one for each condition that is not distributed alike in both sets."""
    share, usual = report.copies
    copied = [
        f"warning: {100 * share:.3g} % of the samples under test are copies of samples of the real "
        f"dataset, bit for bit ({100 * usual:.3g} % of its own are there twice); the figures "
        "say nothing of new samples"
    ]
    return [*(copied if report.copied else []), *_unlike_conditions(report)]


def _unlike_conditions(report: ComparisonReport) -> list[str]:
    return [
        f"warning: {name} is not distributed alike in both sets (Kolmogorov-Smirnov "
        f"distance {distance:.3f}); figures that depend on it show that, too; physgan sample "
        "--like draws at the conditions of a file"
        for name, (distance, chance) in report.conditions.items()
        if chance < _UNLIKELY
    ]


def _headline(largest: LargestAuc) -> list[str]:
    """The largest AUC beside truth's own, and how it grows with the samples trained on."""
    points = "; ".join(
        f"{point.count:,}: {_with_error(point.value)} ({_with_error(point.floor)})"
        for point in largest.curve
    )
    return [
        f"largest AUC {_strongest(largest.value)}; truth/truth {_strongest(largest.floor)}",
        f"that classifier by samples a side trained on (truth/truth): {points}",
    ]


def _strongest(result: TwoSampleResult) -> str:
    procedure = result.procedure
    label = f"{procedure.settings.label}, {procedure.samples}"
    return f"{_with_error(result.auc)} ({result.view}, {label})"


def _class_lines(classes: ClassReport) -> list[str]:
    fake, unseen = sum(classes.counts), sum(classes.counts_truth)
    shares = ", ".join(
        f"{name} {100 * count / fake:.1f} % ({100 * real / unseen:.1f} %)"
        for name, count, real in zip(
            classes.classes, classes.counts, classes.counts_truth, strict=True
        )
    )
    missing = ", ".join(classes.missing) or "none"
    return [
        f"a classifier of {len(classes.classes)} classes, right in "
        f"{100 * classes.accuracy[0]:.1f} % of unseen real samples, finds:",
        f"Fréchet distance of its features {_with_error(classes.frechet)}, "
        f"truth/truth {_with_error(classes.frechet_truth)}",
        f"class score {_with_error(classes.score)}, truth {_with_error(classes.score_truth)}",
        f"shares (truth): {shares}; chi-squared {classes.chi_squared:.1f}, "
        f"chance {classes.chance:.2g}",
        f"missing classes in {fake} samples: {missing}",
    ]


def _row(metric: MetricResult) -> tuple[str, ...]:
    return (
        metric.metric,
        metric.of,
        _with_error(metric.value),
        _with_error(metric.floor),
        "" if metric.ideal is None else f"{metric.ideal:.3g}",
        f"{metric.pull:+.1f}",
    )


def _with_error(value: tuple[float, float]) -> str:
    return f"{value[0]:.3g} ± {value[1]:.1g}"
