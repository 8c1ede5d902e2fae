"""What both comparisons of the calorimeter with Geant4-grade showers share."""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np

from simulators import Calorimeter

ROOT = Path(__file__).parent.parent
RESULTS = Path(__file__).parent / "results"
R_EDGES = (0, 2, 5, 10, 16, 25, 40, 70, 283)


def arguments(description: str | None) -> argparse.Namespace:
    """Options of both scripts; ends the program, saying so, if the reference is absent."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--reference", type=Path, default=ROOT.parent / "shared" / "reference")
    parser.add_argument(
        "--absorber",
        default="PbWO4",
        help="the reference calls it Pb, but its leakage and its profile are those of PbWO4",
    )
    parser.add_argument("--share", type=float, default=1.0, help="of the reference's events")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--keep", type=Path, help="folder to keep simulated showers in")
    options = parser.parse_args()
    options.reference = options.reference / "hepemshow"
    if not options.reference.is_dir():
        parser.exit(0, f"skipped: no reference showers in {options.reference}; pass --reference\n")
    RESULTS.mkdir(exist_ok=True)
    return options


def calorimeter(absorber: str, particle: str = "e-", group: int = 1, alpha: int = 1) -> Calorimeter:
    """50 x (2.3 mm absorber + 5.7 mm liquid argon), 400 mm wide."""
    stack = {"layers": 50, "absorber": absorber, "absorber_mm": 2.3, "gap": "LAr", "gap_mm": 5.7}
    return Calorimeter(
        ({**stack, "group": group},), {"r_mm": R_EDGES, "alpha": alpha}, particle=particle
    )


def kept(folder: Path | None, name: str, make: Callable[[], dict[str, np.ndarray]]) -> dict:
    """Arrays from `folder`/`name`.npz, or made and put there."""
    if folder is not None and (folder / f"{name}.npz").exists():
        with np.load(folder / f"{name}.npz") as file:
            return dict(file)
    arrays = make()
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(folder / f"{name}.npz", **arrays)
    return arrays


class Table:
    """Ratios of ours to the reference's with errors, and whether they are within targets."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.failures = 0

    def say(self, line: str) -> None:
        """Print and keep a line."""
        print(line, flush=True)
        self.lines.append(line)

    def check(self, name: str, value: float, error: float, target: float) -> None:
        """One deviation; it fails if it is beyond the target by more than two errors."""
        verdict = "ok" if abs(value) <= target else "ok within errors"
        if abs(value) > target + 2 * error:
            verdict = "OFF"
            self.failures += 1
        self.say(f"  {name:<46} {value:+8.4f} +- {error:.4f}   target {target:g}   {verdict}")

    def worst(self, name: str, values: np.ndarray, errors: np.ndarray, target: float) -> None:
        """Check the largest of many deviations, allowing for the noise of so many."""
        if not len(values):
            return
        values, errors = np.abs(values), np.asarray(errors)
        excess = np.maximum(values - target, 0) / np.maximum(errors, 1e-12)
        index = int(np.argmax(excess)) if excess.max() > 0 else int(np.argmax(values))
        bound = 2 + np.sqrt(2 * np.log(max(len(values), 2)))  # largest of n normal deviates
        verdict = "ok" if values.max() <= target else "ok within errors"
        if excess.max() > bound:
            verdict = "OFF"
            self.failures += 1
        rms = float(np.sqrt(np.mean(values**2)))
        self.say(
            f"  {name:<46} worst {values[index]:.4f} +- {errors[index]:.4f}, rms {rms:.4f} of "
            f"{len(values)}   target {target:g}   {verdict}"
        )

    def write(self, name: str) -> int:
        """Write the table; returns the exit status."""
        (RESULTS / f"{name}.txt").write_text("\n".join(self.lines) + "\n")
        return 1 if self.failures else 0


def bootstrap(
    statistic: Callable[[np.ndarray], np.ndarray], values: np.ndarray, rounds: int = 200
) -> np.ndarray:
    """Standard error of a statistic of rows."""
    rng = np.random.default_rng(0)
    draws = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(rounds)]
    return np.std(draws, axis=0)
