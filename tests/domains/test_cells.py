"""The domain of cells: observables in closed form, whole numbers, empty samples, pictures.

Seeds are fixed; bounds on random figures are 5 standard errors.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pytest
from flax import nnx

from physgan.data import Axis, Condition, DatasetInfo, Field
from physgan.domains import Cells
from physgan.domains.cells.copula import CellCopula
from physgan.domains.cells.generator import CellCascade
from physgan.domains.cells.importer import IMPORTER
from physgan.domains.cells.rounding import dequantised, rounded
from physgan.errors import InputError
from physgan.networks import ConditionRange

PADS = Axis("pad", "1", (0.0, 1.0, 2.0))
TIMES = Axis("time", "us", (0.5, 1.0, 2.0, 4.0))
PLANES = Axis("plane", "1", (0.0, 1.0))


def described(
    axes: Sequence[Axis], dtype: str = "float32", unit: str = "fC", **parameters: float
) -> DatasetInfo:
    return DatasetInfo(
        "cells",
        (Field("values", unit, tuple(a.name for a in axes), "charge", dtype),),
        (Condition("drift", "1", 0.0, 1.0),),
        tuple(axes),
        parameters=parameters or {"threshold": 0.5, "largest": 50.0},
    )


CHAMBER = Cells(described([PADS, TIMES]))
COUNTS = Cells(described([PADS, TIMES], "int32", "1", threshold=1, largest=200))


def measured(domain: Cells, values: np.ndarray) -> dict[str, np.ndarray]:
    samples = {"values": np.asarray(values, np.float32)}
    return {o.name: o.compute(samples, {"drift": 0.5}) for o in domain.observables}


def test_two_cells() -> None:
    values = np.zeros((1, 3, 4))
    values[0, 0, 1], values[0, 2, 3] = 3.0, 1.0
    found = measured(CHAMBER, values)
    assert found["total"] == pytest.approx([4])
    assert found["lit_cells"] == pytest.approx([2])
    assert found["largest"] == pytest.approx([3])
    assert found["centre_pad"] == pytest.approx([2 / 4])
    assert found["centre_time"] == pytest.approx([(3 * 1 + 1 * 4) / 4])
    assert found["width_pad"] == pytest.approx([2 * np.sqrt(3) / 4])
    assert found["width_time"] == pytest.approx([3 * np.sqrt(3) / 4])
    assert found["profile_pad"].tolist() == [[3, 0, 1]]
    assert found["profile_time"].tolist() == [[0, 3, 0, 1]]
    along = {o.name: (o.axis, o.along) for o in CHAMBER.observables if o.axis}
    assert along["profile_time"] == (("time", "us"), TIMES.values)


def test_an_empty_sample_is_in_the_middle() -> None:
    found = measured(CHAMBER, np.zeros((1, 3, 4)))
    assert found["total"] == found["lit_cells"] == found["width_time"] == 0
    assert found["centre_time"] == pytest.approx([(0.5 + 4) / 2])


def test_no_word_is_of_a_calorimeter() -> None:
    names = [o.name for o in (*CHAMBER.observables, *CHAMBER.ensemble, *CHAMBER.spectra)]
    words = [o.long_name for o in (*CHAMBER.observables, *CHAMBER.ensemble, *CHAMBER.spectra)]
    units = {o.unit for o in (*CHAMBER.observables, *CHAMBER.ensemble, *CHAMBER.spectra)}
    text = " ".join([*names, *words, CHAMBER.picture_note, *CHAMBER.views(NOTHING, AT)])
    assert not [
        w for w in ("energy", "deposit", "eta", "phi", "shower", "MeV") if w in text.split()
    ]
    assert units == {"fC", "1", "us"}


NOTHING, AT = {"values": np.zeros((2, 3, 4), np.float32)}, {"drift": np.array([0.1, 0.9])}


def test_bins_of_whole_numbers_split_none() -> None:
    """Each count from 1 to 200 lies inside a bin, the smallest ones in bins of their own."""
    values = np.zeros((200, 3, 4), np.int32)
    values[:, 1, 2] = np.arange(1, 201)
    view = COUNTS.views({"values": values}, {"drift": 0.5})
    spectrum = COUNTS.spectra[0]
    entries = spectrum.values(view["log cells"][:, 1:])
    np.testing.assert_array_equal(entries.max(1), np.arange(1, 201))
    assert spectrum.edges is not None
    edges = spectrum.edges(entries.ravel())[1:-1]
    np.testing.assert_array_equal(edges % 1, 0.5)
    np.testing.assert_array_equal(edges[:8], np.arange(8) + 0.5)
    assert edges[-1] > 200
    places = view["cell spectrum"][:, 1:-1].argmax(1)
    assert (view["cell spectrum"][:, 1:-1].sum(1) == 1).all()
    assert len(set(places[:6])) == 6
    assert (np.diff(places) >= 0).all()


def test_spectra_cover_the_values_of_the_data() -> None:
    """Ten decades, too: no value of the data is in an open bin but the largest."""
    wide = Cells(described([PADS, TIMES], threshold=1e-7, largest=1e3))
    values = np.zeros((50, 3, 4), np.float32)
    values[:, 0, 0] = np.geomspace(1.01e-7, 0.99e3, 50)
    spectrum = wide.views({"values": values}, {"drift": 0.5})["cell spectrum"][:, 1:]
    assert spectrum.shape[1] <= 93 + 2 + 1
    assert not spectrum[:, [0, -2]].any()


def test_axes_of_one_cell_are_left_out() -> None:
    domain = Cells(described([Axis("side", "1", (0.0,)), PADS, TIMES]))
    values = np.arange(24, dtype=np.float32).reshape(2, 1, 3, 4)
    array = domain.encode({"values": values})
    assert array.shape == (2, 3, 1, 4)
    np.testing.assert_array_equal(domain.decode(array)["values"], values)
    assert "centre_side" not in measured(domain, values)


BAD = {
    "one cell": ([Axis("a", "1", (0.0,))], "expected two cells or more"),
    "falling": ([Axis("a", "1", (1.0, 0.0))], "expected rising coordinates of a"),
    "four axes": ([Axis(n, "1", (0.0, 1.0)) for n in "abcd"], "with one to three axes"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(case: str) -> None:
    axes, message = BAD[case]
    with pytest.raises(InputError, match=message):
        Cells(described(axes))


def test_other_shapes_are_refused() -> None:
    with pytest.raises(InputError, match=r"values of shape \(3, 4\), .*; got \(4, 3\)"):
        CHAMBER.encode({"values": np.ones((1, 4, 3))})


def test_what_import_tells_of_all_arrays() -> None:
    """Whole numbers, from all pieces; smallest and largest; zeros alone are refused."""
    assert IMPORTER.describe is not None
    pieces = [np.array([0, 4.0]), np.array([7.0, 0])]
    assert IMPORTER.describe(pieces) == ("int32", {"threshold": 4, "largest": 7})
    half = [*pieces, np.array([0, 4.5])]
    assert IMPORTER.describe(half) == ("float32", {"threshold": 4, "largest": 7})
    with pytest.raises(InputError, match="expected values above zero; got zeros only"):
        IMPORTER.describe([np.zeros(3)])
    axis = IMPORTER.axis("time_mm", 2, [0, 1, 4])
    assert (axis.unit, axis.values) == ("mm", (0.5, 2.5))


COUNT = 4000
RANGES = (ConditionRange(0.0, 1.0),)
DRIFT = jnp.linspace(0.0, 1.0, COUNT)[:, None]


NOISE = jax.random.uniform(jax.random.key(1), (COUNT, 2 * (1 + 6)))


def cascade(threshold: float, **settings: object) -> CellCascade:
    return CellCascade(
        RANGES, threshold, shape=(2, 1, 3), ratio=(2.0, 0.5), width=8, components=2, spectra=2,
        functions=1, embedding=4, rngs=nnx.Rngs(3), **settings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def drawn() -> tuple[CellCascade, np.ndarray]:
    network = cascade(0.5, empty=True, whole=True)
    return network, np.asarray(jax.jit(network.__call__)(NOISE, DRIFT))


def test_some_samples_are_exactly_empty(drawn: tuple[CellCascade, np.ndarray]) -> None:
    """Where the cascade's total is zero: a total below half a count is one count."""
    network, values = drawn
    total = np.asarray(network.cascade.total_energy(NOISE[:, :2], DRIFT))
    assert 0 < total[total > 0].min() < 0.5
    np.testing.assert_array_equal(values.max((1, 2, 3)) == 0, total == 0)


def test_whole_numbers_are_drawn(drawn: tuple[CellCascade, np.ndarray]) -> None:
    values = drawn[1]
    np.testing.assert_array_equal(values, np.rint(values))
    assert values[values > 0].min() == 1


def test_dequantisation_is_uniform_and_undone_by_rounding() -> None:
    """Mean 0 and variance 1/12 of what is added; zeros stay; each sample has its own noise."""
    values = np.tile(np.array([0, 1, 2, 7, 1000], np.float32), (COUNT, 1))
    noise = jax.random.uniform(jax.random.key(4), (COUNT,))
    smooth = np.asarray(dequantised(values, noise))
    np.testing.assert_array_equal(rounded(smooth), values)
    added = (smooth - values)[:, 1:4]
    assert not (smooth - values)[:, 0].any()
    assert added.mean() == pytest.approx(0, abs=5 * np.sqrt(1 / 12 / added.size))
    assert added.var() == pytest.approx(1 / 12, rel=5 * np.sqrt(0.8 / added.size))
    assert len(np.unique(added[:, 0])) > 0.99 * COUNT


def test_the_copula_draws_whole_numbers_with_their_totals(rng: np.random.Generator) -> None:
    """Poisson counts whose mean grows with the condition: mean and spread of the total and the
    share of zeros, in halves of the condition. Cells that the total has no count for are emptied.
    """
    drift = rng.uniform(0, 1, COUNT)
    counts = rng.poisson(0.5 + 1.5 * drift[:, None, None], (COUNT, 3, 4)).astype(np.int32)
    info = described([PADS, TIMES], "int32", "1", threshold=1, largest=12)
    copula = CellCopula.fit(info, {"values": counts}, {"drift": drift})
    made = copula.sample({"drift": drift}, COUNT, seed=2)["values"]
    assert made.dtype == np.int32
    for half in (drift < 0.5, drift >= 0.5):
        totals = [side[half].sum((1, 2)) for side in (counts, made)]
        error = np.sqrt(2 / half.sum())
        assert totals[1].mean() == pytest.approx(
            totals[0].mean(), abs=5 * error * totals[0].std() + 0.1
        )
        assert totals[1].std() == pytest.approx(totals[0].std(), rel=5 * error)
        zeros = [(side[half] == 0).mean() for side in (counts, made)]
        assert zeros[1] == pytest.approx(zeros[0], abs=0.06)


@pytest.mark.parametrize(
    ("axes", "labels"),
    [
        ([PADS, TIMES], ("time (us)", "pad")),
        ([PLANES, PADS, TIMES], ("time (us)", "pad")),
        ([TIMES], ("time (us)", "fC")),
    ],
)
def test_pictures_name_axes_and_units(axes: list[Axis], labels: tuple[str, str]) -> None:
    domain = Cells(described(axes))
    values = np.ones((1, *(len(a.values) for a in axes)), np.float32)
    figure, panel = plt.subplots()
    domain.picture(panel, {"values": values}, 0)
    assert (panel.get_xlabel(), panel.get_ylabel()) == labels
    plt.close(figure)
    whole = domain.figure({"values": values}, {}, 0)
    assert whole is not None
    whole.canvas.draw()
    assert len(whole.axes) == (2 if len(axes) > 1 else 1)
    if len(axes) > 1:
        assert whole.axes[1].get_ylabel() == "fC"
