"""Data of a calorimeter of one layer: electrons and photons in 12 x 12 crystals.

A block of lead tungstate, 12 x 12 crystals of 22 x 22 mm and 230 mm depth, is hit by electrons and
photons of 0.1 to 10 GeV, uniform in the logarithm of the energy. The beam spot is as wide as one
crystal, around the middle of the block. Deposits have no threshold and no noise: they span seven
decades, from single soft electrons to the whole shower.

    python examples/one_layer_calorimeter.py --events 10000 --out calorimeter.npz

Writes `deposits` (n, 12, 12) in MeV, `energy_gev` (n,), and `pdg` (n,): 11 for electrons, 22 for
photons. Ten thousand events take some minutes on one core.
"""

import argparse

import numpy as np

from simulators import Calorimeter

CELLS, CELL_MM, DEPTH_MM = 12, 22.0, 230.0
LOWEST_GEV, HIGHEST_GEV = 0.1, 10.0
PARTICLES = (11, 22)


def simulate(events: int, seed: int) -> dict[str, np.ndarray]:
    """Arrays of the file, with `events` rows."""
    half = CELLS * CELL_MM / 2
    edges = np.linspace(-half, half, CELLS + 1).tolist()
    block = Calorimeter(
        slabs=[{"layers": 1, "medium": "PbWO4", "depth_mm": DEPTH_MM}],
        cells={"x_mm": edges, "y_mm": edges},
        width_mm=2 * half,
        vary=("particle", "x_mm", "y_mm"),
    )
    rng = np.random.default_rng(seed)
    energy = np.exp(rng.uniform(np.log(LOWEST_GEV), np.log(HIGHEST_GEV), events))
    pdg = rng.choice(PARTICLES, events)
    x, y = rng.uniform(-CELL_MM / 2, CELL_MM / 2, (2, events))
    conditions = {"energy_mev": 1000 * energy, "particle": pdg, "x_mm": x, "y_mm": y}
    deposits = block.sample(conditions, events, seed)["deposits"]
    return {"deposits": deposits[:, 0], "energy_gev": energy, "pdg": pdg}


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default="calorimeter.npz")
    given = parser.parse_args()
    np.savez(given.out, **simulate(given.events, given.seed))


if __name__ == "__main__":
    main()
