"""What a benchmark returns: the content of `report.json`, with its figures and a table."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from physgan.benchmark.report import chart_figures, curve_figures, joint_figures, sample_figures
from physgan.benchmark.results import Results
from physgan.domains.base import EnsembleObservable
from physgan.errors import InputError, nearest
from simulators.html import html_table

__all__ = ["Report"]


class Report(dict[str, Any]):
    """What is in `report.json`, as a dictionary whose figures can be drawn one by one.

    Args:
        content: JSON values.
        results: what they were made from.
    """

    def __init__(self, content: Mapping[str, Any], results: Results) -> None:
        super().__init__(content)
        self._figures = _figures(results)

    @property
    def figures(self) -> tuple[str, ...]:
        """Names for `plot`."""
        return tuple(self._figures)

    def plot(self, name: str) -> Any:
        """Draw one figure of the report.

        Args:
            name: one of `figures`: "samples", "observables" (means against conditions),
                "correlations", "classifiers", "relaxation" or "training" where there are these,
                or an observable.

        Returns:
            A matplotlib figure.

        Raises:
            InputError: if there is no such figure.

        Example:
            >>> report.plot("response")  # doctest: +SKIP
        """
        if name not in self._figures:
            raise InputError(
                f"expected a figure of the report ({', '.join(self.figures)}); "
                f"got {name!r}{nearest(name, self.figures)}"
            )
        return self._figures[name]()

    def _repr_html_(self) -> str:
        truth, verdict = self["simulator"], self["verdict"]
        rows = {
            "verdict": verdict["sentence"],
            "missed": verdict["missed"],
            "cannot tell": verdict["cannot_tell"],
            "compared with": truth["recorded"] or f"{truth['name']} {truth['version']}",
            "samples": f"{self['count']:,} of each source, {len(self['conditions'])} comparisons",
            "largest AUC": verdict["largest_auc"],
            "speed": verdict["speed"],
            "plot": ", ".join(self.figures),
        }
        return html_table(f"Report on {self['surrogate']}", rows)


def _figures(results: Results) -> dict[str, Callable[[], Any]]:
    """Name -> how that figure is drawn; a name of a histogram and a mean is the histogram's."""
    domain = results.plan.domain
    known = {observable.name: observable for observable in domain.observables}
    rows = chart_figures.training_rows(results.training.get("metrics", ""))
    found: dict[str, Callable[[], Any]] = {
        "samples": partial(sample_figures.picture_figure, results),
        "observables": partial(curve_figures.curve_figure, results),
        "correlations": partial(joint_figures.correlation_figure, results),
        "classifiers": partial(chart_figures.classifier_figure, results),
        "relaxation": partial(chart_figures.relaxation_figure, results),
        "training": partial(chart_figures.training_figure, rows),
        **{o.name: partial(_mean_figure, results, o) for o in domain.ensemble},
        **{s.name: partial(sample_figures.spectrum_figure, results, s) for s in domain.spectra},
        **{
            name: partial(sample_figures.histogram_figure, results, known[name])
            for name in domain.histograms
        },
    }
    missing = {
        "observables": not (domain.ensemble and results.plan.conditions[0]),
        "correlations": len(domain.histograms) < 2,
        "relaxation": not results.relaxed,
        "training": not rows,
    }
    return {name: draw for name, draw in found.items() if not missing.get(name)}


def _mean_figure(results: Results, observable: EnsembleObservable) -> Any:
    """A vector at every condition, or a number against the conditions."""
    if observable.axis is not None:
        return curve_figures.vector_figure(results, observable)
    return curve_figures.curve_figure(results, [observable])
