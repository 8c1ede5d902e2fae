"""Maps of the truth and of surrogates side by side, with their spectra and distributions."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.colors import AsinhNorm, Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import NullLocator

from lib.table import Row

AGAIN = "truth B"
_COLOURS = {"gan": "#0b63c5", "flow-matching": "#c2570c", "vae": "#2a8a4a", "copula": "#8b4aa8"}
_OTHERS = ("#008b8b", "#b8860b", "#d1477a")
_TRUTH, _FLOOR = "black", "0.55"
_OUTSIDE = 0.5
"""Per cent of the true pixels on either side that have the colour of the end."""
_RAREST = 2e-5
"""Smallest density of true pixels that is drawn."""
_SYMBOLS = {
    "omega_m": r"$\Omega_m$", "sigma_8": r"$\sigma_8$", "redshift": "z", "beta": r"$\beta$",
}  # fmt: skip
_GOOD = 0.05
_SHOWN = 0.25


def picture(content: Row) -> Figure:
    """Maps, ratios of P, distributions of pixels and correlations of ln P at two conditions.

    They are the first condition that training saw and the first that was held out; the colour scale
    of a row is that of its true map. Bands are the targets, errors those of bootstrap.
    """
    rows = content["rows"]
    truth = rows[AGAIN]["truth"]
    places = pictured([each["held_out"] for each in truth])
    figure = Figure(figsize=(13, 15), layout="constrained")
    parts = figure.subfigures(3, 1, height_ratios=(1.0, 1.2, 0.5))
    _maps(parts[0], rows, places)
    _curves(parts[1], rows, places)
    _correlations(parts[2], rows, places[0])
    return figure


def pictured(held_out: Sequence[Sequence[str]]) -> list[int]:
    """Numbers of a condition that training saw and one that was held out, or of the first ones."""
    kinds = [bool(names) for names in held_out]
    found = [kinds.index(kind) for kind in (False, True) if kind in kinds]
    return list(dict.fromkeys([*found, *range(len(kinds))]))[:2]


def _sources(rows: Row) -> dict[str, tuple[Row, str]]:
    """What is drawn beside the truth, with a colour each."""
    names = [name for name in rows if name != AGAIN]
    others = iter(_OTHERS * len(names))
    return {name: (rows[name], _COLOURS.get(name) or next(others)) for name in names}


def _maps(part: SubFigure, rows: Row, places: list[int]) -> None:
    about, sources = rows[AGAIN]["about"], _sources(rows)
    panels = part.subplots(len(places), 1 + len(sources), squeeze=False)
    for line, number in zip(panels, places, strict=True):
        true = _decoded(rows[AGAIN]["truth"][number]["map"], about)
        fields = {"simulator": true}
        fields |= {
            name: _decoded(row["rows"][number]["map"], about) for name, (row, _) in sources.items()
        }
        norm = _norm(true, about)
        for axes, (name, field) in zip(line, fields.items(), strict=True):
            shown = axes.imshow(
                field, origin="lower", norm=norm, interpolation="nearest",
                cmap="RdBu_r" if about["zonal"] else "magma",
            )  # fmt: skip
            axes.set(xticks=[], yticks=[])
            if number == places[0]:
                axes.set_title(name)
        line[0].set_ylabel(_words(rows, number))
        bar = part.colorbar(shown, ax=list(line), label=about["label"], extend="both", shrink=0.9)
        if not about["zonal"]:
            ends = np.array([norm.vmin, norm.vmax])
            bar.set_ticks(_ticks(about, ends), labels=[f"{x:g}" for x in _ticks(about, ends)])
            bar.ax.minorticks_off()


def _ticks(about: Row, values: np.ndarray) -> np.ndarray:
    """0 and 1, 3, 10, 30, ... scales on either side, as far as there are values."""
    steps = np.array([1, 3, 10, 30, 100, 300]) * about["scale"]
    ticks = np.concatenate([-steps[::-1], [0], steps])
    return ticks[(ticks >= values.min() - 0.02 * about["scale"]) & (ticks <= values.max())]


def _norm(true: np.ndarray, about: Row) -> Normalize:
    low, high = np.percentile(true, [_OUTSIDE, 100 - _OUTSIDE])
    if about["zonal"]:
        return Normalize(-max(abs(low), abs(high)), max(abs(low), abs(high)))
    return AsinhNorm(about["scale"], low, high)


def _curves(part: SubFigure, rows: Row, places: list[int]) -> None:
    """Ratios of P on the left, distributions of pixels with ratios on the right, a line each."""
    about, truth = rows[AGAIN]["about"], rows[AGAIN]["truth"]
    drawn = {AGAIN: (rows[AGAIN], _FLOOR), **_sources(rows)}
    grid = part.add_gridspec(2 * len(places), 2, height_ratios=(2, 1) * len(places))
    for line, number in enumerate(places):
        ratio = part.add_subplot(grid[2 * line : 2 * line + 2, 0])
        density = part.add_subplot(grid[2 * line, 1])
        below = part.add_subplot(grid[2 * line + 1, 1], sharex=density)
        real, k = truth[number]["curves"], np.array(about["k"])
        at, true = np.array(real["pixels_at"]), np.array(real["pixels"])
        some = true > _RAREST
        density.plot(at[some], true[some], color=_TRUTH, lw=2.5, alpha=0.4, label="simulator")
        for place, (name, (row, colour)) in enumerate(drawn.items()):
            own = row["rows"][number]["curves"]
            shift = 1 + 0.012 * (place - len(drawn) / 2)
            ratio.errorbar(
                k * shift, own["ratio"], own["ratio_error"], fmt="o-", ms=2.5, lw=0.9,
                color=colour, label=name,
            )  # fmt: skip
            pixels = np.array(own["pixels"])
            density.plot(at[some], pixels[some], color=colour, lw=1, label=name)
            below.plot(at[some], pixels[some] / true[some], color=colour, lw=1)
        ratio.axhspan(1 - _GOOD, 1 + _GOOD, color="0.92", zorder=0)
        ratio.axvspan(k[(len(k) + 1) // 2 - 1] * 1.03, k[-1] * 1.1, color="0.96", zorder=-1)
        ratio.set(
            xscale="log", ylim=(1 - _SHOWN, 1 + _SHOWN), xlim=(k[0] / 1.1, k[-1] * 1.1),
            xlabel=_wavenumber(about), ylabel="P(k) / P(k) of the simulator",
            title=_words(rows, number, ", "),
        )  # fmt: skip
        ratio.set_xticks(_decades(k), minor=False)
        ratio.xaxis.set(minor_locator=NullLocator(), major_formatter="{x:g}")
        density.set(yscale="log", ylabel="density", ylim=(_RAREST / 2, None))
        density.set_xscale("asinh", linear_width=about["scale"])
        density.set_xlim(*at[some][[0, -1]])
        density.set_xticks(_ticks(about, at[some]), minor=False)
        density.xaxis.set(minor_locator=NullLocator(), major_formatter="{x:g}")
        below.axhline(1, color=_TRUTH, lw=0.6)
        below.set(ylim=(0.5, 1.5), ylabel="ratio", xlabel=about["label"])
        density.tick_params(labelbottom=False)
        if not line:
            density.legend(frameon=False, fontsize="small")
            ratio.legend(frameon=False, fontsize="small", ncols=2)


def _correlations(part: SubFigure, rows: Row, number: int) -> None:
    """Correlation of ln P between bins: the truth, its other set, and every source."""
    about = rows[AGAIN]["about"]
    tables = {
        "simulator": rows[AGAIN]["truth"][number]["curves"],
        **{name: row["rows"][number]["curves"] for name, row in rows.items()},
    }
    panels = np.atleast_1d(part.subplots(1, len(tables)))
    count = len(about["bins"])
    for axes, (name, table) in zip(panels, tables.items(), strict=True):
        shown = axes.imshow(
            np.reshape(table["correlation"], (count, count)), vmin=-1, vmax=1, cmap="RdBu_r"
        )
        axes.set_title(name)
        axes.set_xticks(range(count), about["bins"], rotation=90, fontsize="x-small")
        axes.set_yticks(
            range(count), about["bins"] if axes is panels[0] else [], fontsize="x-small"
        )
    panels[0].set_ylabel(_wavenumber(about))
    part.colorbar(shown, ax=list(panels), label="correlation of ln P", shrink=0.8)
    part.suptitle(_words(rows, number, ", "), fontsize="medium")


def _decades(k: np.ndarray) -> np.ndarray:
    """1, 2, 5, 10, ... within the wavenumbers."""
    decades = 10.0 ** np.arange(np.floor(np.log10(k[0])), np.ceil(np.log10(k[-1])) + 1)
    ticks = np.outer(decades, [1, 2, 5]).ravel()
    return ticks[(ticks >= k[0] / 1.1) & (ticks <= k[-1] * 1.1)]


def _wavenumber(about: Row) -> str:
    return "k" if about["wave_unit"] == "1" else f"k [{about['wave_unit']}]"


def _words(rows: Row, number: int, joined: str = "\n") -> str:
    """A condition in words."""
    place = rows[AGAIN]["about"]["conditions"][number]
    out = rows[AGAIN]["truth"][number]["held_out"]
    words = [f"{_SYMBOLS.get(name, name)} = {at:g}" for name, at in place.items()]
    return joined.join([*words, *(["held out"] if out else [])])


def _decoded(text: str, about: Row) -> Any:
    """A map from float16 in base64."""
    return np.frombuffer(base64.b64decode(text), "<f2").reshape(about["shape"]).astype(float)
