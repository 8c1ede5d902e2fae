"""How long chains run: autocorrelation time, burn-in, thinning, and who shares a chain.

The autocorrelation time is a fit to measurements of |m|, the slowest observable once
random global flips have dealt with its sign; `validation/ising_autocorrelation.py`
measures it again and compares.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.ising.exact import critical_temperature, yang_magnetisation

__all__ = [
    "CHAINS",
    "Plan",
    "autocorrelation_sweeps",
    "burn_in_sweeps",
    "cluster_fraction",
    "favours_clusters",
    "plan_chains",
    "thinning_sweeps",
]

Array = NDArray[np.float64]

DYNAMIC_EXPONENT = 2.17
MAX_SNAPSHOTS = 8
CHAINS = 1024
CLUSTER_SIZE = 128
CLUSTER_SWEEPS = 250


def autocorrelation_sweeps(size: int, temperature: Array) -> Array:
    """Integrated autocorrelation time of |m| under checkerboard Metropolis, in sweeps.

    tau = 1 + 0.0237 min(L, r xi)^2.17 with xi = 1 / |4 (K - K_c)|, r = 2.8 above T_c and
    2.0 below: critical slowing down, cut off by the lattice.

    Args:
        size: L.
        temperature: J/k_B, any shape.

    Good values: L = 8 to 64, T = 1.2 to 8: 0.9 to 1.9 times what is measured, 1.0 at T_c, the
        most where tau is near 1 sweep.
    """
    distance = 4 * np.abs(1 / temperature - 1 / critical_temperature)
    reach = np.where(temperature > critical_temperature, 2.8, 2.0)
    length = reach / np.maximum(distance, reach / size)
    return np.asarray(1 + 0.0237 * length**DYNAMIC_EXPONENT)


def burn_in_sweeps(tau: Array) -> NDArray[np.int64]:
    """Sweeps from the ordered state until a chain has forgotten it: 10 + 12 tau."""
    return np.ceil(10 + 12 * tau).astype(np.int64)


def thinning_sweeps(tau: Array) -> NDArray[np.int64]:
    """Sweeps between two snapshots of a chain: 4 tau, a correlation of exp(-4) = 0.02."""
    return np.ceil(4 * tau).astype(np.int64)


@dataclass(frozen=True)
class Plan:
    """Which chain makes which event.

    Attributes:
        temperature: of each chain, ascending, shape (chains,).
        event: index of the event that a snapshot becomes, -1 for none,
            shape (snapshots, chains).
    """

    temperature: Array
    event: NDArray[np.int64]


def cluster_fraction(size: int, temperature: Array) -> Array:
    """Mean share of the lattice in a Wolff cluster, <m^2>, from its known limits.

    Yang's m^2 below T_c, 1.09 L^(-1/4) at T_c, 0.963 t^(-7/4) / L^2 above, with
    t = T/T_c - 1.
    """
    excess = np.maximum(temperature / critical_temperature - 1, 1e-9)
    above = np.maximum(1, 0.963 * excess**-1.75) / size**2
    critical = 1.09 * size**-0.25
    return np.maximum(yang_magnetisation(temperature) ** 2, np.minimum(critical, above))


def favours_clusters(size: int, temperature: Array) -> NDArray[np.bool_]:
    """Whether Wolff clusters are cheaper than Metropolis sweeps: large lattices near T_c."""
    slow = autocorrelation_sweeps(size, temperature) > CLUSTER_SWEEPS
    return np.asarray(slow & (size >= CLUSTER_SIZE))


def plan_chains(temperature: Array, events: NDArray[np.int64], chains: int) -> Plan:
    """Give events of equal temperature common chains.

    Takes as few snapshots of a chain as will do with `chains` chains, 8 at most; events of
    unlike temperatures never share one.

    Args:
        temperature: of all events of a block, shape (n,).
        events: indices of those to plan, shape (m,).
        chains: number of chains wanted, exceeded if need be.
    """
    values, group, counts = np.unique(temperature[events], return_inverse=True, return_counts=True)
    for snapshots in range(1, MAX_SNAPSHOTS + 1):
        shares = -(-counts // snapshots)
        if shares.sum() <= chains:
            break
    first = np.cumsum(shares) - shares
    order = np.argsort(group, kind="stable")
    rank = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = np.repeat(shares, counts)
    event = np.full((snapshots, shares.sum()), -1, np.int64)
    event[rank // share, np.repeat(first, counts) + rank % share] = events[order]
    return Plan(np.repeat(values, shares), event)
