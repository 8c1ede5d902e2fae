"""The largest AUC over views and classifiers, and how it grows with the samples trained on."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from physgan.fidelity.two_sample import TwoSampleResult, View, largest_auc, two_sample_test

__all__ = ["CurvePoint", "LargestAuc"]

_CURVE = (1_000, 3_000)


@dataclass(frozen=True)
class CurvePoint:
    """AUCs of the strongest view and classifier, trained on some of the samples.

    Args:
        count: samples a side that trained it; it was tested on the same ones whatever their number.
        value: fake against real, with its standard error.
        floor: truth against truth, by the same view and classifier.
    """

    count: int
    value: tuple[float, float]
    floor: tuple[float, float]


@dataclass(frozen=True)
class LargestAuc:
    """The headline: the largest AUC over all views and classifiers.

    The largest of many is biased upwards, so the floor is the largest of truth against truth over
    the same views and classifiers, which may be another pair.

    Args:
        value: fake against real, of the strongest pair.
        floor: truth against truth, of its own strongest pair.
        curve: of fake's strongest pair, by the samples trained on, rising to all of them.
    """

    value: TwoSampleResult
    floor: TwoSampleResult
    curve: tuple[CurvePoint, ...]

    @classmethod
    def of(
        cls,
        views: Sequence[Sequence[View[Any]]],
        tests: Sequence[Sequence[TwoSampleResult]],
        seed: int = 0,
    ) -> Self:
        """The largest AUCs, and those of fake's pair of view and classifier on fewer samples.

        Args:
            views: of fake against real, and of truth against truth.
            tests: their two-sample tests, the same ones in the same order.
            seed: that the tests were made with.
        """
        fake, floor = (largest_auc(side) for side in tests)
        number, settings = list(tests[0]).index(fake), fake.procedure.settings
        everything = min(fake.procedure.train_counts)
        pair = [next(v for v in side if v.name == fake.view) for side in views]
        curve = []
        for count in (n for n in _CURVE if n < everything):
            found = [two_sample_test(view, settings, seed, count).auc for view in pair]
            curve.append(CurvePoint(count, *found))
        last = CurvePoint(everything, *(side[number].auc for side in tests))
        return cls(fake, floor, (*curve, last))

    def to_json(self) -> dict[str, Any]:
        """JSON values only."""
        curve = [asdict(point) for point in self.curve]
        return {"value": self.value.to_json(), "floor": self.floor.to_json(), "curve": curve}
