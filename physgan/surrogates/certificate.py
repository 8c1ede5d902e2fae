"""What a surrogate was found to be worth, and where: a file beside its weights.

`physgan benchmark` writes it, since nothing else knows the verdict and the weights both.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from physgan.data import Condition
from physgan.data.files import write_atomically
from physgan.data.json_files import read_table

__all__ = ["CERTIFICATE", "Certificate", "Place", "concerns", "read_certificate"]

CERTIFICATE = "certificate.json"
FORMAT, FORMAT_VERSION = "physgan-certificate", 1


@dataclass(frozen=True)
class Place:
    """Where a surrogate was judged, and what it missed there.

    Args:
        values: of the conditions, or their means in the bin.
        training: "seen", "held out", "edge" or "unknown".
        bin: (name of a condition, low, high) where events were judged in bins of it; else None.
        missed: labels of targets.
        cannot_tell: labels of targets.
    """

    values: dict[str, float]
    training: str = "unknown"
    bin: tuple[str, float, float] | None = None
    missed: tuple[str, ...] = ()
    cannot_tell: tuple[str, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """The verdict on the weights of one hash.

    Args:
        weights_sha256: of the weights that were judged.
        data_sha256: of the dataset that they learnt from; "" if it is not known.
        truth: what they were compared with, in words.
        conditions: name -> lowest and highest value that training saw.
        verdict: "reached", "missed" or "cannot tell".
        sentence: the verdict in words.
        missed: labels of targets at all conditions together.
        places: where it was judged.
        limits: label of a target and its measure -> limit.
        count: samples of each source.
        seed: of the samples.
        created: UTC, ISO 8601.
        versions: of packages and Python.
    """

    weights_sha256: str
    data_sha256: str
    truth: str
    conditions: dict[str, tuple[float, float]]
    verdict: str
    sentence: str
    missed: tuple[str, ...]
    places: tuple[Place, ...]
    limits: dict[str, float]
    count: int
    seed: int
    created: str
    versions: dict[str, str | None] = field(default_factory=dict)

    def save(self, folder: Path) -> Path:
        """Write it beside the weights, whole or not at all; its path."""
        content = {"format": FORMAT, "format_version": FORMAT_VERSION, **asdict(self)}
        path = folder / CERTIFICATE
        write_atomically(path, (json.dumps(content, indent=1, allow_nan=False) + "\n").encode())
        return path

    @classmethod
    def from_table(cls, content: dict[str, Any]) -> "Certificate":
        """Inverse of what `save` writes.

        Raises:
            ValueError, KeyError, TypeError: if `content` is not that of a certificate.
        """
        content = dict(content)
        if (content.pop("format"), content.pop("format_version")) != (FORMAT, FORMAT_VERSION):
            raise ValueError("another format or version")
        places = tuple(
            Place(
                place["values"],
                place["training"],
                place["bin"] and tuple(place["bin"]),
                tuple(place["missed"]),
                tuple(place["cannot_tell"]),
            )
            for place in content.pop("places")
        )
        ranges = {name: (low, high) for name, (low, high) in content.pop("conditions").items()}
        missed = tuple(content.pop("missed"))
        return cls(places=places, conditions=ranges, missed=missed, **content)


def read_certificate(folder: Path) -> Certificate | None:
    """The certificate in a surrogate's folder; None if there is none that can be read."""
    try:
        return Certificate.from_table(read_table(folder / CERTIFICATE, "a certificate"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def concerns(
    certificate: Certificate,
    weights_sha256: str,
    schema: Sequence[Condition],
    conditions: Mapping[str, np.ndarray],
) -> list[str]:
    """What speaks against samples at these conditions, a line each.

    Args:
        certificate: of the surrogate.
        weights_sha256: of the weights that are sampled.
        schema: descriptions of the conditions.
        conditions: of the samples, name -> shape (n,).
    """
    if certificate.weights_sha256 != weights_sha256:
        return ["its certificate is of other weights; physgan benchmark judges these"]
    found = [f"it missed {label} when it was judged" for label in certificate.missed]
    for condition in schema:
        low, high = certificate.conditions.get(condition.name, (-np.inf, np.inf))
        values = conditions[condition.name]
        room = 1e-5 * max(abs(low), abs(high))
        outside = values[(values < low - room) | (values > high + room)]
        if len(outside):
            found.append(
                f"it was judged at {condition.name} from {low:g} to {high:g} {condition.unit}, "
                f"not at {outside[0]:g}"
            )
    missed = [place for place in certificate.places if place.missed]
    if missed:
        near = _nearest(certificate.places, schema, conditions)
        found += [
            f"it missed {', '.join(place.missed)} at {_text(place, schema)}"
            for place in missed
            if certificate.places.index(place) in near
        ]
    return found


def _nearest(
    places: Sequence[Place], schema: Sequence[Condition], conditions: Mapping[str, np.ndarray]
) -> set[int]:
    """Numbers of the places that vouch for some of the samples.

    A bin vouches for samples in it, another place for those that no other one is nearer to, on each
    condition's own scale.
    """
    binned = {n: place.bin for n, place in enumerate(places) if place.bin is not None}
    if binned or not schema:
        return {
            number
            for number, bin in binned.items()
            if not bin[0] or _any_in(conditions[bin[0]], bin[1], bin[2])
        } or (set() if binned else set(range(len(places))))
    distance = np.zeros((len(next(iter(conditions.values()))), len(places)))
    for condition in schema:
        scale = np.log if condition.scale == "log" else np.asarray
        known = np.array([place.values[condition.name] for place in places])
        own, judged = (scale(np.asarray(v, float)) for v in (conditions[condition.name], known))
        distance += ((own[:, None] - judged) / (np.ptp(judged) or 1.0)) ** 2
    return set(distance.argmin(1).tolist())


def _any_in(values: np.ndarray, low: float, high: float) -> bool:
    return bool(((values >= low) & (values < high)).any())


def _text(place: Place, schema: Sequence[Condition]) -> str:
    """A place in words: "energy_mev 300", "label 7 to 8", or "all events"."""
    if place.bin is not None:
        name, low, high = place.bin
        return f"{name} from {low:.4g} to {high:.4g}" if name else "all events"
    values = ", ".join(f"{c.name} {place.values[c.name]:.4g}" for c in schema)
    return values or "all events"
