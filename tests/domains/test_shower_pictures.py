"""Event displays: for cylinders and boxes, and for showers with nothing in them."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from physgan.data import Axis, Condition, DatasetInfo, Field
from physgan.domains import domain_of
from physgan.domains.figures import share_colours
from physgan.domains.showers.pictures import shower_figure

ANGLES = np.linspace(-np.pi, np.pi, 7)
RINGS = np.array([0.0, 5.0, 20.0])


def test_pictures_of_cylinders_and_boxes(rng: np.random.Generator) -> None:
    deposits = rng.exponential(size=(9, 6, 2))
    figure = shower_figure(deposits, {"alpha": ANGLES, "r": RINGS}, "a shower")
    assert len(figure.get_axes()) == 2 + 6
    boxes = shower_figure(deposits, {"x": np.arange(7.0), "y": np.arange(3.0)}, layers=[2, 4])
    assert len(boxes.get_axes()) == 2 + 2
    shower_figure(np.zeros((9, 6, 2)), {"alpha": ANGLES, "r": RINGS})
    with pytest.raises(ValueError, match="expected deposits of shape"):
        shower_figure(deposits, {"alpha": ANGLES, "r": np.arange(9.0)})


def test_the_domain_draws_cells_with_edges(rng: np.random.Generator) -> None:
    """A figure of depth against radius and of layers face on, in place of the plain picture."""
    info = DatasetInfo(
        domain="showers",
        fields=(Field("deposits", "MeV", ("layer", "alpha", "r"), "energy", "float32"),),
        conditions=(Condition("energy_mev", "MeV", 1.0, 1e4, "log"),),
        grid=(
            Axis("layer", "1", (0.0, 1.0, 2.0, 3.0)),
            Axis("alpha", "rad", tuple(ANGLES.tolist())),
            Axis("r", "mm", tuple(RINGS.tolist())),
        ),
    )
    deposits = rng.exponential(size=(4, 4, 6, 2)).astype(np.float32)
    domain = domain_of(info)
    figure = domain.figure({"deposits": deposits}, {"energy_mev": np.full(4, 9.0)}, 2)
    assert len(figure.get_axes()) == 2 + 4
    axes = Figure().subplots()
    domain.picture(axes, {"deposits": deposits}, 2)
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0", "5", "20"]
    assert axes.get_ylabel() == "r (mm)"
    np.testing.assert_allclose(axes.images[0].get_array(), deposits[2].sum(1).T)


@pytest.mark.parametrize(
    ("layers", "names", "edges", "labels"),
    [
        (1, ("x", "y"), (np.arange(-3.0, 4.0), np.arange(0.0, 3.0)), ["-3", "3"]),
        (3, ("alpha", "r"), (ANGLES, RINGS), ["layer 0", "layer 1", "layer 2"]),
    ],
)
def test_few_layers_are_seen_face_on(
    layers: int, names: tuple, edges: tuple, labels: list, rng: np.random.Generator
) -> None:
    """Every cell at its place, in one colour scale; profiles across the beam, not along it."""
    info = DatasetInfo(
        domain="showers",
        fields=(Field("deposits", "MeV", ("layer", *names), "energy", "float32"),),
        conditions=(Condition("energy_mev", "MeV", 1.0, 1e4, "log"),),
        grid=(
            Axis("layer", "1", tuple(map(float, range(layers)))),
            *(Axis(n, "mm", tuple(map(float, e))) for n, e in zip(names, edges, strict=True)),
        ),
    )
    domain = domain_of(info)
    deposits = rng.exponential(size=(2, layers, 6, 2)).astype(np.float32)
    axes = Figure().subplots()
    domain.picture(axes, {"deposits": deposits}, 1)
    assert [label.get_text() for label in axes.get_xticklabels()] == labels
    assert axes.get_ylabel() == "y (mm)"
    shown = np.concatenate([np.unique(mesh.get_array()) for mesh in axes.collections])
    np.testing.assert_array_equal(np.unique(shown), np.unique(deposits[1]))
    assert share_colours([axes]) in axes.collections
    figure = domain.figure({"deposits": deposits}, {"energy_mev": np.full(2, 9.0)}, 1)
    assert len(figure.get_axes()) == 2 + layers
    profile = next(o for o in domain.ensemble if o.axis is not None)
    values = {
        o.name: o.compute({"deposits": deposits}, {"energy_mev": 9.0}) for o in domain.observables
    }
    mean = profile.compute(values, {})
    assert mean.sum() == pytest.approx(deposits.sum() / 2, rel=1e-5)
    assert len(mean) == len(profile.along)
    assert profile.along == tuple(sorted(profile.along))
