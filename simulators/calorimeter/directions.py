"""Unit vectors."""

import math

from numba import njit


@njit(cache=True, error_model="numpy")
def rotate(ux, uy, uz, cosine, cphi, sphi):
    """Turn (ux, uy, uz) by the polar angle of `cosine` and an azimuth; returns a unit vector."""
    sine = math.sqrt(max((1.0 - cosine) * (1.0 + cosine), 0.0))
    a = sine * cphi
    b = sine * sphi
    perp = math.sqrt(ux * ux + uy * uy)
    if perp > 1e-12:
        inverse = 1.0 / perp
        vx = (a * ux * uz - b * uy) * inverse + cosine * ux
        vy = (a * uy * uz + b * ux) * inverse + cosine * uy
        vz = cosine * uz - a * perp
    else:
        vx, vy, vz = a, b, cosine
        if uz < 0.0:
            vx, vz = -a, -cosine
    norm = 1.0 / math.sqrt(vx * vx + vy * vy + vz * vz)
    return vx * norm, vy * norm, vz * norm
