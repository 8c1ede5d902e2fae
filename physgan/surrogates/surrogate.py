"""Surrogates: loading, sampling, writing datasets."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from physgan.allocator import keep_freed_memory
from physgan.data import DatasetInfo, write_events
from physgan.data.files import sha256_of, write_atomically
from physgan.data.json_files import read_table
from physgan.errors import (
    CertificateWarning,
    InputError,
    PhysganError,
    VerificationError,
    nearest,
)
from physgan.networks import Generator
from physgan.precision import products_in
from physgan.surrogates.certificate import Certificate, concerns, read_certificate
from physgan.surrogates.conditions import check_conditions, check_run
from physgan.surrogates.description import Description
from physgan.surrogates.fitted import FittedSampler
from physgan.surrogates.network import NetworkSampler
from physgan.surrogates.pretrained import pretrained_folder, pretrained_names
from simulators.html import condition_lines, field_lines, html_table, parameter_lines
from simulators.protocol import Conditions, Progress, Samples

__all__ = ["Sampler", "Surrogate", "folder_of", "load"]

_DESCRIPTION = "surrogate.json"
_WEIGHTS = "weights.npz"
_SHARD_EVENTS, _SHARD_BYTES = 65_536, 64 * 2**20


class Sampler(Protocol):
    """The source of a surrogate's samples: a network or a fitted baseline.

    Attributes:
        scalable: whether samples larger than the trained ones can be drawn.
        proposes: whether an independence sampler can be used, see `Surrogate.sample`.
        parameter_count: number of learnt or fitted parameters.
    """

    @property
    def scalable(self) -> bool:
        """See the class."""
        ...

    @property
    def proposes(self) -> bool:
        """See the class."""
        ...

    @property
    def parameter_count(self) -> int:
        """See the class."""
        ...

    def flops_per_sample(self, batch: int = 64) -> float | None:
        """Floating-point operations per sample, None without a network."""
        ...

    def draw(
        self,
        conditions: Mapping[str, np.ndarray],
        count: int,
        seed: int,
        *,
        first_event: int,
        size: int,
        proposals: int,
        progress: Progress | None,
    ) -> Samples:
        """Draw events at checked conditions, float64 (count,) each; see `Surrogate.sample`."""
        ...

    def save(self, path: Path) -> None:
        """Write the weights."""
        ...


class Surrogate:
    """A trained source of samples with the signature of a simulator.

    Args:
        description: of the surrogate.
        sampler: source of the samples.
        certificate: what it was found to be worth; None if it was not judged.

    Example:
        >>> surrogate = physgan.load("runs/ising-32")  # doctest: +SKIP
        >>> samples = surrogate.sample({"temperature": 2.3}, count=1000, seed=1)  # doctest: +SKIP
    """

    def __init__(
        self,
        description: Description,
        sampler: Sampler,
        certificate: Certificate | None = None,
    ) -> None:
        self.description, self.sampler, self.certificate = description, sampler, certificate
        self.conditions = description.conditions
        self.fields = description.fields
        self.grid = description.grid

    @property
    def name(self) -> str:
        """The method of the kept weights; see `Description.name`."""
        return self.description.name

    @property
    def proposes(self) -> bool:
        """Whether `sample` allows more than one proposal."""
        return self.sampler.proposes

    @property
    def rejects(self) -> bool:
        """Whether a discriminator rejects some of the generator's draws."""
        return self.description.network.get("network") == "rejection"

    def without_certificate(self) -> "Surrogate":
        """The same, which warns of nothing."""
        return Surrogate(self.description, self.sampler)

    def without_rejection(self) -> "Surrogate":
        """The generator alone, every draw of which is kept.

        Raises:
            InputError: if no discriminator rejects its draws.
        """
        if not self.rejects or not isinstance(self.sampler, NetworkSampler):
            raise InputError(f"expected a surrogate that rejects draws; got {self.name}")
        about = self.description
        stages = tuple(stage for stage in about.stages if stage.name != "rejection")
        description = replace(
            about,
            network=about.network["base"],
            stages=stages,
            kept_stage=stages[-1].name if stages else "",
            kept_samples=sum(stage.samples for stage in stages),
            weights_sha256="",
        )
        sampler = NetworkSampler(description, self.sampler.parameters["base"])
        return Surrogate(description, sampler)

    @property
    def parameter_count(self) -> int:
        """Number of learnt or fitted parameters."""
        return self.sampler.parameter_count

    def generator(self) -> Generator:
        """The trained network: noise and conditions to samples in network space.

        Raises:
            InputError: for a method without a network.
        """
        if not isinstance(self.sampler, NetworkSampler):
            raise InputError(f"expected a method with a network, such as gan; got {self.name}")
        return self.sampler.generator()

    def flops_per_sample(self, batch: int = 64) -> float | None:
        """Floating-point operations of the generator's forward pass per sample.

        Random numbers and symmetries are not counted. None for a fitted baseline.

        Args:
            batch: samples of the pass that is counted.
        """
        return self.sampler.flops_per_sample(batch)

    @products_in("float32")
    def sample(
        self,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        first_event: int = 0,
        extrapolate: bool = False,
        size: int | None = None,
        proposals: int = 1,
        progress: Progress | None = None,
    ) -> Samples:
        """Draw events `first_event` to `first_event + count - 1` of the run `seed`.

        An event is a function of (seed, event number, its conditions), up to float rounding, which
        does not depend on the number of devices. A `CertificateWarning` says where the surrogate
        was judged and failed, or was not judged.

        Args:
            conditions: one number for all events, or arrays of shape (count,), physical units.
            count: number of events.
            seed: the run.
            first_event: number of the first event.
            extrapolate: whether conditions outside the trained range are allowed.
            size: length of the samples' axes, by default as in training; else 2, 4, 8 ... times
                that.
            proposals: draws per event, of which an independence sampler keeps one; 1 is the
                generator itself. More than 1 needs `proposes`.
            progress: called with (done, count).

        Returns:
            One array of shape (count, *axes) for each field.

        Raises:
            InputError: for conditions that are missing, of wrong length or outside the trained
                range, a size or proposals that the method does not allow, or a seed or event
                numbers of 2^32 and more.
        """
        check_run(first_event + count, seed)
        checked = check_conditions(self.conditions, conditions, count, extrapolate)
        self._check_proposals(proposals)
        self._warn(checked)
        return self.sampler.draw(
            checked,
            count,
            seed,
            first_event=first_event,
            size=self._checked_size(size),
            proposals=proposals,
            progress=progress,
        )

    def write(
        self,
        path: str | Path,
        conditions: Conditions,
        count: int,
        seed: int,
        *,
        extrapolate: bool = False,
        size: int | None = None,
        proposals: int = 1,
        shard: tuple[int, int] | None = None,
        scheduler: str = "",
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Sample into a dataset file or folder; resumable, in bounded memory.

        Args: see `sample`; for `shard` and `scheduler`, see `physgan.simulate`.

        Returns:
            {"path", "events", "seconds_per_sample"}.
        """
        check_run(count, seed)
        checked = check_conditions(self.conditions, conditions, count, extrapolate)
        self._check_proposals(proposals)
        self._warn(checked)
        trained_or_larger = self._checked_size(size)
        columns = {n: v[:1] if _alike(v) else v for n, v in checked.items()}
        definition = {
            "source": "surrogate",
            "weights": self.description.weights_sha256,
            "conditions": {name: _identified(values) for name, values in checked.items()},
            "count": count,
            "seed": seed,
            "size": trained_or_larger,
            **({"proposals": proposals} if proposals != 1 else {}),
        }
        manifest = write_events(
            path,
            self._info(checked, seed),
            count,
            partial(_events, self.sampler, columns, seed, trained_or_larger, proposals),
            definition=definition,
            shard_size=self._shard_size(trained_or_larger),
            shard=shard,
            scheduler=scheduler,
            progress=progress,
        )
        return {
            "path": str(path),
            "events": sum(entry.count for entry in manifest.entries),
            "seconds_per_sample": manifest.seconds_per_sample,
        }

    def save(self, folder: str | Path) -> None:
        """Write surrogate.json and weights.npz; see `load`."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        weights = folder / _WEIGHTS
        self.sampler.save(weights)
        self.description = replace(self.description, weights_sha256=sha256_of(weights))
        write_atomically(folder / _DESCRIPTION, self.description.to_json().encode())

    def _warn(self, conditions: Mapping[str, np.ndarray]) -> None:
        """Say what the certificate says against samples at these conditions."""
        if self.certificate is None:
            return
        weights = self.description.weights_sha256
        found = concerns(self.certificate, weights, self.conditions, conditions)
        if found:
            text = f"{self.name}: {'; '.join(found)}"
            warnings.warn(text, CertificateWarning, stacklevel=3)

    def _check_proposals(self, proposals: int) -> None:
        if proposals < 1:
            raise InputError(f"expected proposals of 1 or more; got {proposals}")
        if proposals > 1 and not self.proposes:
            raise InputError(
                f"expected proposals of 1: the weight of {self.description.domain} by "
                f"{self.name} is not known; got {proposals}"
            )

    def _shard_size(self, size: int) -> int:
        """Events of a shard of 64 MiB at most."""
        about = self.description
        lengths = {axis.name: len(axis.values) for axis in about.grid}
        event = sum(
            np.dtype(field.dtype).itemsize
            * math.prod(size or lengths.get(axis, 1) for axis in field.axes)
            for field in about.fields
        )
        return max(1, min(_SHARD_EVENTS, _SHARD_BYTES // event))

    def _info(self, conditions: Mapping[str, np.ndarray], seed: int) -> DatasetInfo:
        about = self.description
        return DatasetInfo(
            domain=about.domain,
            fields=about.fields,
            conditions=tuple(
                replace(
                    c,
                    minimum=float(conditions[c.name].min()),
                    maximum=float(conditions[c.name].max()),
                )
                for c in self.conditions
            ),
            simulator=about.simulator,
            simulator_version=about.simulator_version,
            grid=about.grid,
            parameters=about.parameters,
            seed=seed,
            source="surrogate",
        )

    def _checked_size(self, size: int | None) -> int:
        trained = self.description.size
        if size is None or size == trained:
            return trained
        several = self.sampler.scalable and not self.rejects
        power = size // trained if several and size > trained and size % trained == 0 else 0
        if power.bit_count() != 1:
            allowed = f"{trained}, {2 * trained}, ..." if several else str(trained or "none")
            hint = ", at which a discriminator rejects draws" if self.rejects else ""
            raise InputError(f"expected size {allowed}{hint}; got {size}")
        return size

    def show(self, count: int = 3, /, *, seed: int = 0, **conditions: float | np.ndarray) -> Any:
        """Draw samples and show them side by side, or one of them in more detail.

        Args:
            count: how many samples, 1 to 64.
            seed: of the samples.
            conditions: as in `sample`.

        Returns:
            A matplotlib figure.

        Raises:
            InputError: as `sample`.

        Example:
            >>> figure = physgan.load("calo-small").show(energy_mev=500)  # doctest: +SKIP
        """
        from physgan.domains.drawing import draw_samples

        checked = check_conditions(self.conditions, conditions, count, False)
        return draw_samples(self.description, self.sample(checked, count, seed), checked, count)

    def _repr_html_(self) -> str:
        about = self.description
        shapes = {f.name: (about.size,) * len(f.axes) for f in about.fields if about.size}
        rows = {
            "emulates": f"{about.simulator} {about.simulator_version}".strip() or "imported data",
            "conditions": condition_lines(self.conditions),
            "fields": field_lines(self.fields, shapes),
            "parameters": parameter_lines(about.parameters),
            "trained on": about.recipe,
            "training": about.provenance,
            "size": f"{self.parameter_count:,} numbers, domain {about.domain}",
        }
        return html_table(f"Surrogate {self.name}", rows)


def _events(
    sampler: Sampler,
    columns: Mapping[str, np.ndarray],
    seed: int,
    size: int,
    proposals: int,
    first: int,
    number: int,
    progress: Progress,
) -> tuple[Samples, Samples]:
    """Samples and conditions of `number` events of a run, from event `first` on.

    Args:
        sampler: source of the samples.
        columns: condition -> a value for each event of the run, or one for all, float64.
        seed: of the run.
        size: length of the samples' axes.
        proposals: draws per event.
        first: number of the first event.
        number: of events.
        progress: called with (done, number).
    """
    rows = {
        name: np.broadcast_to(values, number) if len(values) == 1 else values[first:][:number]
        for name, values in columns.items()
    }
    samples = sampler.draw(
        rows,
        number,
        seed,
        first_event=first,
        size=size,
        proposals=proposals,
        progress=progress,
    )
    return samples, rows


def _alike(values: np.ndarray) -> bool:
    return bool((values == values[:1]).all())


def _identified(values: np.ndarray) -> Any:
    """What tells conditions from others in a manifest: the one value of all, or a digest."""
    return values[:1].tolist() if _alike(values) else sha256(values.tobytes()).hexdigest()


def folder_of(path: str | Path) -> Path:
    """The folder of a surrogate's files, which may not exist; see `load`."""
    folder = Path(path)
    if not folder.exists() and str(path) in pretrained_names():
        folder = pretrained_folder(str(path))
    inner = folder / "surrogate"
    return inner if (inner / _DESCRIPTION).exists() else folder


def load(path: str | Path) -> Surrogate:
    """Load a surrogate, and its certificate if it has one.

    The process keeps freed memory from now on.

    Args:
        path: the folder of a training run, its surrogate/ itself, or the name of a surrogate
            that comes with the package, such as "calo-pb-lar".

    Raises:
        InputError: if there is no surrogate.
        VerificationError: if its weights are not those that were saved, or not finite.
    """
    keep_freed_memory()
    folder = folder_of(path)
    try:
        description = Description.from_table(read_table(folder / _DESCRIPTION, "a surrogate"))
    except FileNotFoundError:
        raise InputError(
            f"expected a trained surrogate; {path} holds no {_DESCRIPTION}; train one there, or "
            f"use one of the package's ({', '.join(pretrained_names())})"
            f"{nearest(str(path), pretrained_names())}"
        ) from None
    weights = folder / _WEIGHTS
    if not weights.exists() or sha256_of(weights) != description.weights_sha256:
        raise VerificationError(
            f"expected {weights} as it was saved; it is missing or altered; train again"
        )
    sampler = NetworkSampler if description.network else FittedSampler
    try:
        return Surrogate(description, sampler.load(weights, description), read_certificate(folder))
    except PhysganError:
        raise
    except (
        ArithmeticError,
        AttributeError,
        LookupError,
        MemoryError,
        TypeError,
        ValueError,
    ) as error:
        raise InputError(
            f"expected a surrogate; {folder / _DESCRIPTION} describes none that can be built: "
            f"{' '.join(str(error).split()) or type(error).__name__}"
        ) from error
