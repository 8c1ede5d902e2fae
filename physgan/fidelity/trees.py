"""Gradient-boosted trees that try to tell two sets of vectors apart."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from physgan.fidelity.two_sample import Scores, Split

__all__ = ["BoostedTrees", "tree_scores"]


@dataclass(frozen=True)
class BoostedTrees:
    """Settings of histogram-based boosting (scikit-learn); a `TwoSampleClassifier` of vectors.

    Args:
        rounds: most trees; a tenth of the training rows stops earlier.
        leaves: of a tree, at most.
        rate: learning rate.
        repeats: see `TwoSampleClassifier`.
    """

    rounds: int = 100
    leaves: int = 31
    rate: float = 0.1
    repeats: int = 2

    name: ClassVar[str] = "trees"
    label: ClassVar[str] = "boosted trees"
    selects: ClassVar[bool] = False

    @property
    def effort(self) -> str:
        """See `TwoSampleClassifier`."""
        return f"at most {self.rounds} rounds"

    def scores(self, rows: np.ndarray, labels: np.ndarray, split: Split, seed: int) -> Scores:
        """See `TwoSampleClassifier`."""
        train = split.train
        return Scores(None, tree_scores(rows[train], labels[train], rows[split.test], seed, self))


def tree_scores(
    train: np.ndarray,
    labels: np.ndarray,
    test: np.ndarray,
    seed: int = 0,
    settings: BoostedTrees | None = None,
) -> np.ndarray:
    """Train on (train, labels), return scores of `test`: high for label 1.

    Args:
        train: shape (n, features).
        labels: shape (n,), 0 or 1.
        test: shape (m, features).
        seed: of the early-stopping split.
        settings: of the trees.

    Returns:
        Log-odds, shape (m,).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    trees = settings or BoostedTrees()
    model = HistGradientBoostingClassifier(
        max_iter=trees.rounds,
        max_leaf_nodes=trees.leaves,
        learning_rate=trees.rate,
        early_stopping=True,
        validation_fraction=0.1,
        random_state=seed,
    )
    with threadpool_limits(1, "openmp"):  # on a busy machine its threads wait for each other
        return np.asarray(model.fit(train, labels).decision_function(test))
