"""Data of a drift chamber: responses of 8 pads x 16 time bins to a track, as ADC counts.

A track crosses one row of pads and frees electrons in clusters along its way. The electrons drift
to the anode and diffuse, each is amplified with exponential fluctuations, and its charge is shared
by neighbouring pads. A shaper spreads it over time; noise is added; the ADC rounds, suppresses
what is below its threshold and saturates.

    python examples/drift_chamber.py --events 5000 --out chamber.csv

Writes a table with a row for each track. Its conditions are
    alpha_deg   angle of the track to the normal of the pad row, in the plane of the pads
    beta_deg    angle in the plane of drift
    drift_cm    drift distance in the middle of the row
    pad_mm      coordinate along the row, from its middle
    charge      mean number of free electrons
and `adc_0_0` to `adc_7_15` are the counts of pad 0 at time 0 to pad 7 at time 15. With an --out
that ends in .npz the counts are one array `adc` (n, 8, 16).
"""

import argparse

import numpy as np

PADS, TIMES = 8, 16
PAD_MM, ROW_MM = 4.0, 15.0
TIME_MM = 4.0  # drift in one time bin
RANGES = {
    "alpha_deg": (-30.0, 30.0),
    "beta_deg": (-40.0, 40.0),
    "drift_cm": (1.0, 100.0),
    "pad_mm": (-8.0, 8.0),
    "charge": (60.0, 300.0),
}
TRANSVERSE_MM, LONGITUDINAL_MM = 0.22, 0.25  # diffusion over 1 cm
LARGEST_CLUSTER = 60
RESPONSE_PADS = 0.45  # width of the charge on the pads
PEAK_TIME, ORDER = 1.6, 4  # shaper, in time bins
FIRST_TIME = 4.0  # time bin in which charge from the middle of the row arrives
GAIN, NOISE, THRESHOLD, LARGEST = 2.5, 1.2, 4, 1023  # ADC counts


def track_response(rng: np.random.Generator, conditions: dict[str, float]) -> np.ndarray:
    """Counts of one track, shape (8, 16)."""
    along = electrons_along(rng, conditions["charge"])
    across = conditions["pad_mm"] + along * np.tan(np.radians(conditions["alpha_deg"]))
    depth = 10 * conditions["drift_cm"] + along * np.tan(np.radians(conditions["beta_deg"]))
    root = np.sqrt(np.maximum(depth, 0.0) / 10)
    across = across + TRANSVERSE_MM * root * rng.standard_normal(len(along))
    arrival = depth - 10 * conditions["drift_cm"]
    arrival = arrival + LONGITUDINAL_MM * root * rng.standard_normal(len(along))
    charge = rng.exponential(GAIN, len(along))
    counts = (charge[:, None] * on_pads(across)).T @ in_time(FIRST_TIME + arrival / TIME_MM)
    counts = np.rint(counts + rng.normal(0, NOISE, counts.shape))
    return np.where(counts < THRESHOLD, 0, np.minimum(counts, LARGEST)).astype(np.int16)


def electrons_along(rng: np.random.Generator, mean: float) -> np.ndarray:
    """Positions of the electrons along the row's height, mm; clusters of n fall as 1 / n^2."""
    sizes = np.arange(1, LARGEST_CLUSTER + 1)
    weights = 1.0 / sizes**2
    weights /= weights.sum()
    clusters = rng.poisson(mean / (sizes @ weights))
    positions = rng.uniform(-ROW_MM / 2, ROW_MM / 2, clusters)
    return np.repeat(positions, rng.choice(sizes, clusters, p=weights))


def on_pads(across: np.ndarray) -> np.ndarray:
    """Share of each electron's charge on each pad, shape (electrons, 8)."""
    pad = across[:, None] / PAD_MM - (np.arange(PADS) - (PADS - 1) / 2)
    return np.exp(-0.5 * (pad / RESPONSE_PADS) ** 2)


def in_time(arrival: np.ndarray) -> np.ndarray:
    """Response of the shaper at each time bin, 1 at its peak, shape (electrons, 16)."""
    ratio = np.maximum(np.arange(TIMES) - arrival[:, None], 0.0) / PEAK_TIME
    return ratio**ORDER * np.exp(ORDER * (1 - ratio))


def simulate(events: int, seed: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Conditions, each (n,), and counts (n, 8, 16)."""
    rng = np.random.default_rng(seed)
    conditions = {name: rng.uniform(*ends, events) for name, ends in RANGES.items()}
    rows = [{name: values[row] for name, values in conditions.items()} for row in range(events)]
    return conditions, np.array([track_response(rng, row) for row in rows])


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="chamber.csv")
    given = parser.parse_args()
    conditions, counts = simulate(given.events, given.seed)
    if given.out.endswith(".npz"):
        np.savez(given.out, adc=counts, **conditions)
        return
    names = [f"adc_{pad}_{time}" for pad in range(PADS) for time in range(TIMES)]
    table = np.column_stack([*conditions.values(), counts.reshape(len(counts), -1)])
    header = ",".join([*conditions, *names])
    formats = ["%.6g"] * len(conditions) + ["%d"] * len(names)
    np.savetxt(given.out, table, formats, ",", header=header, comments="")


if __name__ == "__main__":
    main()
