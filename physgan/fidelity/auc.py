"""Area under the ROC curve, with its error."""

import numpy as np
from scipy.stats import rankdata

__all__ = ["auc"]


def auc(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    """Chance that a real sample scores above a fake one, and its standard error.

    Ties count one half. The error is that of DeLong, DeLong and Clarke-Pearson (Biometrics
    44, 837, 1988), from the variance of each sample's share of wins.

    Args:
        real: scores of real samples, shape (n,).
        fake: scores of fake samples, shape (m,).
    """
    n, m = len(real), len(fake)
    ranks = rankdata(np.concatenate([real, fake]))
    wins_of_real = (ranks[:n] - rankdata(real)) / m
    wins_of_fake = 1 - (ranks[n:] - rankdata(fake)) / n
    variance = wins_of_real.var(ddof=1) / n + wins_of_fake.var(ddof=1) / m
    return float(wins_of_real.mean()), float(np.sqrt(variance))
