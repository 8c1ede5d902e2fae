"""Event displays: for cylinders and boxes, and for showers with nothing in them."""

from pathlib import Path

import numpy as np
import pytest

from physgan.data import Axis, Condition, DatasetInfo, Field, write_dataset
from physgan.domains.showers import draw_event, shower_figure
from physgan.errors import InputError

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


def test_picture_of_an_event(tmp_path: Path, rng: np.random.Generator) -> None:
    info = DatasetInfo(
        domain="showers",
        fields=(Field("deposits", "MeV", ("layer", "alpha", "r"), "energy", "float32"),),
        conditions=(Condition("energy_mev", "MeV", 1.0, 1e4, "log"),),
        grid=(
            Axis("layer", "1", (0.0, 1.0, 2.0)),
            Axis("alpha", "rad", tuple(ANGLES.tolist())),
            Axis("r", "mm", tuple(RINGS.tolist())),
        ),
    )
    deposits = rng.exponential(size=(4, 3, 6, 2)).astype(np.float32)
    write_dataset(tmp_path / "d.h5", {"deposits": deposits}, {"energy_mev": np.full(4, 9.0)}, info)
    result = draw_event(tmp_path / "d.h5", 2, tmp_path / "e.png")
    assert result["deposits_mev"] == pytest.approx(deposits[2].sum(), rel=1e-5)
    assert (tmp_path / "e.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="expected an event below 4; got 4"):
        draw_event(tmp_path / "d.h5", 4, tmp_path / "e.png")
