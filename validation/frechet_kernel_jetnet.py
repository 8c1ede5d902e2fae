"""Fréchet and kernel distances: are they those of the package jetnet?

jetnet (0.2.5) draws its subsets with replacement and leaves its random numbers to itself, so what
is compared exactly is the distance of given subsets; the extrapolated figures are compared
within errors, with subsets drawn with replacement on both sides.
"""

import argparse
import json
import sys
import warnings
from pathlib import Path

import numpy as np

from physgan.fidelity import frechet_distance, frechet_physics_distance, squared_discrepancy

CASES = {"equal": (0.0, 1.0), "moved": (0.2, 1.0), "wider": (0.0, 1.2)}
FEATURES, COUNT, SUBSET = 10, 5000, 1000


def main() -> int:
    """Print, store and judge; 1 if jetnet and physgan differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    out = parser.parse_args().out / "frechet_kernel_jetnet.json"
    try:
        from jetnet.evaluation import gen_metrics
    except ImportError:
        print("expected the package jetnet; it is not installed: pip install jetnet")
        return 1
    rows = [_compared(gen_metrics, name, *change) for name, change in CASES.items()]
    for row in rows:
        print(row)
    good = all(row["agree"] for row in rows)
    out.write_text(json.dumps({"jetnet": "0.2.5", "cases": rows, "agree": good}, indent=1) + "\n")
    return 0 if good else 1


def _compared(gen_metrics, name: str, shift: float, scale: float) -> dict:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(7)
    mixing = rng.normal(size=(FEATURES, FEATURES))
    real = rng.normal(size=(COUNT, FEATURES)) @ mixing
    fake = (scale * rng.normal(size=(COUNT, FEATURES)) + shift) @ mixing
    one, other = gen_metrics._normalise_features(real[:SUBSET], fake[:SUBSET])
    moments = [(side.mean(0), np.cov(side, rowvar=False)) for side in (one, other)]
    pairs = {
        "frechet": (
            frechet_distance(*moments),
            float(gen_metrics._calculate_frechet_distance(*moments[0], *moments[1])),
        ),
        "discrepancy": (
            squared_discrepancy(one, other),
            float(gen_metrics._mmd_poly_quadratic_unbiased(one, other)),
        ),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = gen_metrics.fpd(real, fake, min_samples=COUNT // 5, max_samples=COUNT)
    ours = frechet_physics_distance(real, fake, replace=True)
    close = all(np.isclose(a, b, rtol=1e-6, atol=1e-9) for a, b in pairs.values())
    apart = abs(ours[0] - theirs[0]) / np.hypot(ours[1], theirs[1])
    return {
        "case": name,
        "subset": {key: {"physgan": a, "jetnet": b} for key, (a, b) in pairs.items()},
        "extrapolated": {"physgan": ours, "jetnet": [float(v) for v in theirs]},
        "extrapolated_unbiased": frechet_physics_distance(real, fake),
        "agree": bool(close and apart < 4),
    }


if __name__ == "__main__":
    sys.exit(main())
