"""The CaloChallenge's XML file: rings and number of sectors of every layer."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np

from physgan.errors import InputError

__all__ = ["Binning"]

_MOST_CELLS = 2**24


@dataclass(frozen=True)
class Binning:
    """Cells of one kind of particle.

    Args:
        pid: PDG code.
        name: "electron", "photon", "pion".
        rings: edges in r of every layer, mm.
        sectors: number of bins in alpha of every layer.
    """

    pid: int
    name: str
    rings: tuple[tuple[float, ...], ...]
    sectors: tuple[int, ...]

    @property
    def cells(self) -> int:
        """Number of cells of a shower; a layer with one edge has none."""
        return sum((len(r) - 1) * s for r, s in zip(self.rings, self.sectors, strict=True))

    @property
    def regular(self) -> bool:
        """Whether all layers have the same binning."""
        return len(set(self.rings)) == 1 and len(set(self.sectors)) == 1

    def to_xml(self) -> bytes:
        """The XML file."""
        lines = ["<Bins>", f'  <Bin pid="{self.pid}" name="{self.name}">']
        for i, (rings, sectors) in enumerate(zip(self.rings, self.sectors, strict=True)):
            edges = ",".join(f"{edge:.10g}" for edge in rings)
            lines.append(f'    <Layer id="{i}" r_edges="{edges}" n_bin_alpha="{sectors}"/>')
        return "\n".join([*lines, "  </Bin>", "</Bins>", ""]).encode()

    @classmethod
    def from_xml(cls, text: str, pid: int | None = None) -> "Binning":
        """Read one particle's binning, the only one by default.

        Raises:
            InputError: if the text is no such XML or holds no such particle.
        """
        if "<!" in text.replace("<!--", ""):
            raise InputError("expected a binning in plain XML without declarations; got some")
        try:
            bins = list(ElementTree.fromstring(text).iter("Bin"))
            matching = [b for b in bins if pid is None or int(b.attrib["pid"]) == pid]
            if len(matching) != 1:
                codes = ", ".join(b.attrib["pid"] for b in bins) or "none"
                raise InputError(f"expected one particle in the binning; got {codes}; pass --pid")
            layers = sorted(matching[0].iter("Layer"), key=lambda layer: int(layer.attrib["id"]))
            edges = [layer.attrib["r_edges"].split(",") for layer in layers]
            binning = cls(
                int(matching[0].attrib["pid"]),
                matching[0].attrib["name"],
                tuple(tuple(float(word) for word in words if word.strip()) for words in edges),
                tuple(int(layer.attrib["n_bin_alpha"]) for layer in layers),
            )
        except (ElementTree.ParseError, KeyError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"expected a CaloChallenge binning; got {error!r}") from None
        binning._check()
        return binning

    def _check(self) -> None:
        """Refuse binnings without cells or with very many, and edges that do not rise."""
        for number, (rings, sectors) in enumerate(zip(self.rings, self.sectors, strict=True)):
            if not rings or sectors < 1 or not np.all(np.diff([*rings, np.inf]) > 0):
                raise InputError(
                    f"expected rising r_edges and a sector or more in every layer; got {rings} "
                    f"and {sectors} in layer {number}"
                )
        if not self.cells:
            raise InputError("expected a layer with two r_edges or more; got none")
        grid = len(self.rings) * max(self.sectors) * max(map(len, self.rings))
        if grid > _MOST_CELLS:
            raise InputError(
                f"expected at most {_MOST_CELLS} cells on a common grid of all layers; got {grid}"
            )
