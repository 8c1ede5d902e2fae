"""The copula of showers: marginals, sums, resolution; reproducible, bounded, saved and loaded.

Seeds are fixed. Bounds are 1e-4 points or 5 standard errors, so that another seed would fail
less than once in 1,000.
"""

from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from tiny_showers import ENERGY, cylinder, described, ragged

from physgan.data import Condition, DatasetInfo, write_dataset
from physgan.domains.copula.fit import fit_state
from physgan.domains.copula.layer_sums import match_layers
from physgan.domains.copula.tables import LEVELS, level_of, quantile
from physgan.domains.showers.copula import ShowerCopula
from physgan.domains.showers.geometry import geometry_of
from physgan.errors import InputError
from physgan.methods import train
from physgan.surrogates import load

COUNT = 6000
THRESHOLD = 0.05
SOURCES = {"cylinder": cylinder(3, 4, (0.0, 2.0, 6.0)), "ragged": ragged()}
Showers = tuple[np.ndarray, np.ndarray]


def toy_showers(source: DatasetInfo, count: int, seed: int, energy: float | None = None) -> Showers:
    """Layers whose shares move with the energy, cells that share them; response 0.3 +- 5 %."""
    rng, cells = np.random.default_rng(seed), geometry_of(source)
    layers = cells.grid[0]
    given = np.exp(rng.uniform(3, 5, count)) if energy is None else np.full(count, energy)
    depth = np.log(given)[:, None] - 3 + rng.normal(size=(count, 1)) / 3
    shape = np.exp(-((np.arange(layers) - depth) ** 2) / 2) * rng.gamma(20, size=(count, layers))
    visible = 0.3 * given * (1 + 0.05 * rng.normal(size=count))
    shape *= (visible / shape.sum(1))[:, None]
    weights = rng.gamma(0.7, size=(count, len(cells.place)))
    member = cells.layer[:, None] == np.arange(layers)
    deposits = weights * (shape / (weights @ member))[:, cells.layer]
    deposits[deposits < THRESHOLD] = 0
    return deposits.reshape(-1, *cells.axes).astype(np.float32), given


@pytest.fixture(scope="module", params=SOURCES)
def source(request: pytest.FixtureRequest) -> DatasetInfo:
    return SOURCES[request.param]


@pytest.fixture(scope="module")
def training(source: DatasetInfo) -> Showers:
    return toy_showers(source, COUNT, 1)


@pytest.fixture(scope="module")
def copula(source: DatasetInfo, training: Showers) -> ShowerCopula:
    deposits, energy = training
    return ShowerCopula.fit(source, {"deposits": deposits}, {"energy_mev": energy})


def distance(first: np.ndarray, second: np.ndarray) -> float:
    """Largest distance of two distribution functions, ties and all."""
    places = np.union1d(first, second)
    functions = [np.searchsorted(np.sort(v), places, "right") / len(v) for v in (first, second)]
    return float(np.abs(functions[0] - functions[1]).max())


def test_distributions_of_cells_layers_and_the_total(
    source: DatasetInfo, training: Showers, copula: ShowerCopula
) -> None:
    """Kolmogorov and Smirnov's D of relative energies: of the total and of the layers, which are
    sampled as they are (but for the total's scaling), below the 1e-4 point; of cells, which are
    scaled to their layers, below 0.03 more."""
    deposits, energy = training
    made = copula.sample({"energy_mev": energy}, COUNT, seed=2)["deposits"]
    cells = geometry_of(source)
    flat = [(d.reshape(COUNT, -1) / energy[:, None]) for d in (deposits, made)]
    critical = np.sqrt(-np.log(1e-4 / 2) / 2) * np.sqrt(2 / COUNT)
    assert distance(*(f.sum(1) for f in flat)) < critical
    for layer in range(cells.grid[0]):
        sums = [f[:, cells.layer == layer].sum(1) for f in flat]
        assert distance(*sums) < critical + 0.02
    worst = max(distance(flat[0][:, i], flat[1][:, i]) for i in range(len(cells.place)))
    assert worst < critical + 0.03
    empty = [(f == 0).mean(0) for f in flat]
    np.testing.assert_allclose(*empty, atol=5 * np.sqrt(0.5 / COUNT) + 0.01)


@pytest.mark.parametrize("energy", [30.0, 60.0, 120.0])
def test_resolution_of_the_total(source: DatasetInfo, copula: ShowerCopula, energy: float) -> None:
    """Mean and spread of the response, within 5 standard errors of the windows of 857 showers."""
    made = copula.sample({"energy_mev": energy}, 4000, seed=3)["deposits"].reshape(4000, -1).sum(1)
    true = toy_showers(source, 4000, 4, energy)[0].reshape(4000, -1).sum(1)
    error = true.std() * np.sqrt(1 / 857 + 2 / 4000)
    assert made.mean() == pytest.approx(true.mean(), abs=5 * error)
    assert made.std() == pytest.approx(true.std(), abs=5 * error / np.sqrt(2))


def test_no_shower_is_larger_than_those_it_was_fitted_to(
    training: Showers, copula: ShowerCopula
) -> None:
    deposits, energy = training
    largest = (deposits.reshape(COUNT, -1).sum(1) / energy).max()
    made = copula.sample({"energy_mev": np.resize(energy, 20_000)}, 20_000, seed=5)["deposits"]
    ratio = made.reshape(20_000, -1).sum(1) / np.resize(energy, 20_000)
    assert ratio.max() <= largest * (1 + 1e-5)
    assert not np.any((made > 0) & (made < THRESHOLD * (1 - 1e-5)))
    assert np.all(made >= 0)


def test_neighbours_are_correlated(training: Showers, copula: ShowerCopula) -> None:
    """Shares of the layers, which only a joint law has right; 5 standard errors and 0.05."""
    deposits, energy = training
    cells = copula.cells
    made = copula.sample({"energy_mev": energy}, COUNT, seed=6)["deposits"]
    sums = [cells.to_grid(d).sum((2, 3)) / energy[:, None] for d in (deposits, made)]
    found = [np.corrcoef(s, rowvar=False) for s in sums]
    np.testing.assert_allclose(*found, atol=5 / np.sqrt(COUNT) + 0.05)


def test_an_event_depends_on_its_number_alone(copula: ShowerCopula) -> None:
    energy = np.linspace(25, 140, 300)
    whole = copula.sample({"energy_mev": energy}, 300, seed=8)["deposits"]
    part = copula.sample({"energy_mev": energy[200:]}, 100, seed=8, first_event=200)["deposits"]
    np.testing.assert_allclose(part, whole[200:], rtol=1e-6)
    one = copula.sample({"energy_mev": energy[77]}, 1, seed=8, first_event=77)["deposits"]
    np.testing.assert_allclose(one[0], whole[77], rtol=1e-6)
    other = copula.sample({"energy_mev": energy}, 300, seed=9)["deposits"]
    assert np.mean(whole == other) < 0.6


def test_pieces_do_not_matter(copula: ShowerCopula, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = copula.sample({"energy_mev": 70.0}, 100, seed=8)["deposits"]
    monkeypatch.setattr("physgan.domains.copula.entries._CHUNK_NUMBERS", 300)
    np.testing.assert_allclose(
        copula.sample({"energy_mev": 70.0}, 100, seed=8)["deposits"], whole, rtol=1e-6
    )
    assert copula.sample({"energy_mev": 70.0}, 0, seed=8)["deposits"].shape == (0, *whole.shape[1:])


def test_a_saved_copula_draws_the_same(copula: ShowerCopula, source, tmp_path: Path) -> None:
    copula.save(tmp_path / "copula.npz")
    loaded = ShowerCopula.load(tmp_path / "copula.npz", source)
    drawn = [c.sample({"energy_mev": 50.0}, 20, seed=1)["deposits"] for c in (copula, loaded)]
    np.testing.assert_array_equal(*drawn)
    with pytest.raises(InputError, match=r"expected a file of ShowerCopula\.save"):
        ShowerCopula.load(tmp_path / "copula.npz", described({"a": range(3), "b": range(5)}))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04N."])
def test_other_files_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "other.npz").write_bytes(content)
    with pytest.raises(InputError, match=r"expected a file of ShowerCopula\.save"):
        ShowerCopula.load(tmp_path / "other.npz", SOURCES["cylinder"])


@pytest.mark.parametrize(
    ("name", "value"), [("threshold", -1.0), ("threshold", np.nan), ("quantiles", -1.0)]
)
def test_states_that_are_none_are_refused(
    copula: ShowerCopula, source, tmp_path: Path, name: str, value: float
) -> None:
    arrays = copula.state._asdict()
    arrays[name] = np.full_like(arrays[name], value)
    np.savez(tmp_path / "copula.npz", **arrays)
    with pytest.raises(InputError, match=r"expected a file of ShowerCopula\.save"):
        ShowerCopula.load(tmp_path / "copula.npz", source)


def test_trained_loaded_and_written(training: Showers, source, tmp_path: Path) -> None:
    deposits, energy = training
    splits = {"train": np.arange(5000), "validation": np.arange(5000, COUNT)}
    write_dataset(tmp_path / "x.h5", {"deposits": deposits}, {"energy_mev": energy}, source, splits)
    result = train(tmp_path / "x.h5", tmp_path / "run", method="copula")
    assert (result["method"], result["samples"]) == ("copula", 5000)
    surrogate = load(tmp_path / "run")
    assert surrogate.name == "copula"
    assert surrogate.parameter_count == result["parameters"] > 10_000
    made = surrogate.sample({"energy_mev": 50.0}, 30, seed=1)["deposits"]
    assert made.shape == (30, *deposits.shape[1:])
    assert surrogate.write(tmp_path / "y.h5", {"energy_mev": 50.0}, 30, 1)["events"] == 30


def test_few_energies_have_a_node_each() -> None:
    source = SOURCES["cylinder"]
    deposits, energy = toy_showers(source, 900, 1)
    chosen = np.repeat([30.0, 60.0, 120.0], 300)
    copula = ShowerCopula.fit(
        source, {"deposits": deposits * (chosen / energy)[:, None, None, None]},
        {"energy_mev": chosen},
    )  # fmt: skip
    np.testing.assert_allclose(np.exp(copula.state.nodes), [30, 60, 120], rtol=1e-6)
    response = copula.sample({"energy_mev": 85.0}, 500, seed=1)["deposits"].sum((1, 2, 3)) / 85
    assert response.mean() == pytest.approx(0.3, rel=0.02)


def test_normal_variables_come_back(rng: np.random.Generator) -> None:
    """Two correlated log-normals and one that is mostly zero: scores and quantiles."""
    normal = rng.multivariate_normal([0, 0, 0], [[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]], 4000)
    values = np.exp(normal)
    values[:, 2] *= values[:, 2] > np.exp(ndtri(0.9))
    state = fit_state(values.astype(np.float32), np.zeros(4000), 0.0, rng)
    assert state.empty[0] == pytest.approx([0, 0, 0.9], abs=5 * np.sqrt(0.09 / 4000))
    assert state.triangle[1] == pytest.approx(0.8, abs=5 * 0.36 / np.sqrt(4000))
    level = int(level_of(np.array(0.5)))
    assert level == LEVELS // 2
    assert state.quantiles[0, level, 0] == pytest.approx(1, abs=5 * 1.25 / np.sqrt(4000))
    assert np.all(np.diff(state.quantiles, axis=1) >= 0)


def test_layers_are_matched_without_lighting_cells(rng: np.random.Generator) -> None:
    cells = rng.exponential(size=(500, 4, 6)) + 1
    cells *= rng.random(cells.shape) < 0.5
    layers = rng.exponential(4, size=(500, 4)) * (rng.random((500, 4)) < 0.8)
    lit = cells > 0
    before = cells.sum(2)
    matched = match_layers(cells, layers, 1.0)
    some = matched.any((1, 2))
    np.testing.assert_allclose(matched.sum((1, 2))[some], layers.sum(1)[some])
    assert np.all(matched[~lit] == 0)
    assert not np.any((matched > 0) & (matched < 1 - 1e-9))
    kept = (np.count_nonzero(matched, axis=2) == lit.sum(2)) & (layers > 0) & (before > 0)
    assert kept.mean() > 0.2
    one = match_layers(np.array([[[1.5, 3.0, 0.0]]]), np.array([[7.0]]), 1.0)
    assert one[0, 0] == pytest.approx([2, 5, 0])  # 1 + 0.5 f, 1 + 2 f with f = 2
    two = match_layers(np.array([[[1.5, 3.0, 2.0]]]), np.array([[2.5]]), 1.0)
    assert two[0, 0] == pytest.approx([0, 1 + 2 / 6, 1 + 1 / 6])


BAD = {
    "range": ({"energy_mev": 5.0}, r"in \[20, 149\] MeV .*got 5; pass extrapolate=True"),
    "nan": ({"energy_mev": float("nan")}, "got nan"),
    "shape": ({"energy_mev": np.ones(3)}, r"one number or 10; got shape \(3,\)"),
    "none": ({}, r"expected the conditions \['energy_mev'\]; got \[\]"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_conditions_are_refused(case: str) -> None:
    limited = described(
        {"a": range(2), "b": range(2)}, Condition("energy_mev", "MeV", 20.0, 149.0, "log")
    )
    deposits, energy = toy_showers(limited, 200, 1)
    copula = ShowerCopula.fit(limited, {"deposits": deposits}, {"energy_mev": energy})
    conditions, message = BAD[case]
    with pytest.raises(InputError, match=message):
        copula.sample(conditions, 10, seed=1)
    assert copula.sample({"energy_mev": 10.0}, 10, 1, extrapolate=True)["deposits"].shape[0] == 10


ANGLE = Condition("theta", "rad", 0.0, 0.5)
KIND = Condition("particle", "1", -11, 22)
TILTED = described(
    {"layer": range(4), "x": np.linspace(-30, 80, 12), "y": (-40, 0, 40)}, ENERGY, ANGLE, KIND
)
DEPTH = 25.0 + 40 * np.arange(4)


def tilted_showers(count: int, seed: int, **fixed: float) -> tuple[np.ndarray, dict]:
    """Gaussian showers whose centre in x is tan(theta) z, of a width of 12 mm; photons (22) go
    deeper than electrons (11). Cells share their layer by sampling 40 bits of energy."""
    rng = np.random.default_rng(seed)
    known = {
        "energy_mev": np.exp(rng.uniform(3, 5, count)),
        "theta": rng.uniform(0, 0.5, count),
        "particle": rng.choice([11.0, 22.0], count),
    }
    known |= {name: np.full(count, value) for name, value in fixed.items()}
    depth = np.log(known["energy_mev"]) - 3 + (known["particle"] == 22) + rng.normal(size=count) / 3
    shape = np.exp(-((np.arange(4) - depth[:, None]) ** 2) / 2)
    visible = 0.3 * known["energy_mev"] * (1 + 0.05 * rng.normal(size=count))
    layers = shape * (visible / shape.sum(1))[:, None]
    centre = np.tan(known["theta"])[:, None] * DEPTH + 3 * rng.normal(size=(count, 1))
    edges = np.linspace(-30, 80, 12)
    cumulative = ndtr((edges - centre[..., None]) / 12)
    chance = np.diff(cumulative, axis=-1) / np.ptp(cumulative, axis=-1)[..., None]
    chance = np.repeat(chance / 2, 2, axis=-1).reshape(count, 4, 22)
    deposits = rng.multinomial(40, chance) * (layers / 40)[..., None]
    deposits[deposits < THRESHOLD] = 0
    return deposits.reshape(count, 4, 11, 2).astype(np.float32), known


@pytest.fixture(scope="module")
def tilted() -> ShowerCopula:
    deposits, known = tilted_showers(COUNT, 1)
    return ShowerCopula.fit(TILTED, {"deposits": deposits}, known)


@pytest.mark.parametrize("theta", [0.02, 0.17, 0.33, 0.48])
@pytest.mark.parametrize("particle", [11.0, 22.0])
def test_showers_follow_every_condition(
    tilted: ShowerCopula, theta: float, particle: float
) -> None:
    """Layer energies within 3 % of all, cells' within 1.5 %, centres within 3 mm of up to 76 mm and
    widths within 20 %: 400 neighbours among 3,000 showers of a kind span a third of the angles."""
    at = {"energy_mev": 70.0, "theta": theta, "particle": particle}
    true = tilted_showers(4000, 3, **at)[0].astype(np.float64)
    made = tilted.sample(at, 4000, seed=2)["deposits"].astype(np.float64)
    layers, cells, centres, widths = ([] for _ in range(4))
    middle = np.linspace(-25, 75, 11)
    for side in (true, made):
        mean = side.mean(0) / side.sum((1, 2, 3)).mean()
        layers.append(mean.sum((1, 2)))
        cells.append(mean)
        profile = mean.sum(2) / mean.sum((1, 2))[:, None]
        centres.append(profile @ middle)
        widths.append(np.sqrt(profile @ middle**2 - centres[-1] ** 2))
    assert made.sum((1, 2, 3)).mean() == pytest.approx(true.sum((1, 2, 3)).mean(), rel=0.02)
    np.testing.assert_allclose(*layers, atol=0.03)
    np.testing.assert_allclose(*cells, atol=0.015)
    np.testing.assert_allclose(*centres, atol=3)
    np.testing.assert_allclose(*widths, rtol=0.2)


def test_a_saved_copula_of_several_conditions_draws_the_same(
    tilted: ShowerCopula, tmp_path: Path
) -> None:
    tilted.save(tmp_path / "copula.npz")
    loaded = ShowerCopula.load(tmp_path / "copula.npz", TILTED)
    at = {"energy_mev": 70.0, "theta": np.linspace(0, 0.5, 20), "particle": 22.0}
    np.testing.assert_array_equal(*(c.sample(at, 20, 1)["deposits"] for c in (tilted, loaded)))
    fewer = described(dict(zip("abc", (range(4), range(11), range(2)), strict=True)), ENERGY, ANGLE)
    with pytest.raises(InputError, match=r"expected a file of ShowerCopula\.save"):
        ShowerCopula.load(tmp_path / "copula.npz", fewer)


def test_numbers_of_one_condition_are_those_of_old(rng: np.random.Generator) -> None:
    """Tables by hand: windows of neighbouring energies, linear between their means."""
    source = SOURCES["cylinder"]
    deposits, energy = toy_showers(source, 3000, 1)
    state = ShowerCopula.fit(source, {"deposits": deposits}, {"energy_mev": energy}).state
    windows = np.array_split(np.argsort(energy, kind="stable"), 3)
    nodes = np.array([np.log(energy[w]).mean() for w in windows], np.float32)
    np.testing.assert_array_equal(state.nodes, nodes)
    empty = [(deposits[w].reshape(len(w), -1) == 0).mean(0) for w in windows]
    np.testing.assert_array_equal(state.empty[:, : len(empty[0])], np.asarray(empty, np.float32))
    scores, places = rng.standard_normal((50, state.empty.shape[1])), rng.uniform(3, 5, 50)
    lower = np.clip(np.searchsorted(nodes, places) - 1, 0, 1)
    share = np.clip((places - nodes[lower]) / (nodes[lower + 1] - nodes[lower]), 0, 1)[:, None]
    gone = (1 - share) * state.empty[lower] + share * state.empty[lower + 1]
    level = level_of(np.clip((ndtr(scores) - gone) / (1 - gone), 0, 1))
    known = np.zeros(scores.shape)
    for row, column in np.ndindex(*scores.shape):
        ends = [
            np.interp(level[row, column], np.arange(LEVELS), state.quantiles[n, :, column])
            for n in (lower[row], lower[row] + 1)
        ]
        known[row, column] = np.interp(share[row, 0], [0, 1], ends)
    known[ndtr(scores) <= gone] = 0
    np.testing.assert_allclose(quantile(state, scores, places), known, rtol=1e-6, atol=1e-12)


def test_few_showers_and_constant_conditions_will_do() -> None:
    """What varies may be any condition, with or without the energy."""
    angle = Condition("angle", "rad", -1.0, 1.0)
    source = described({"a": range(2), "b": range(2)}, ENERGY, angle)
    deposits, energy = toy_showers(source, 100, 1)
    samples, angles = {"deposits": deposits}, np.linspace(-1, 1, 100)
    for known in (
        {"energy_mev": energy, "angle": angles},
        {"energy_mev": np.full(100, 50.0), "angle": angles},
        {"energy_mev": energy, "angle": np.zeros(100)},
    ):
        fitted = ShowerCopula.fit(source, samples, known)
        made = fitted.sample({"energy_mev": 50.0, "angle": -0.3}, 5, seed=1)["deposits"]
        assert made.shape == (5, 2, 2)
        assert made.any()
    far = {"energy_mev": 50.0, "angle": -1.2}
    assert fitted.sample(far, 5, seed=1, extrapolate=True)["deposits"].any()
    with pytest.raises(InputError, match=r"in \[-1, 1\] rad .* got -1.2; pass extrapolate=True"):
        fitted.sample(far, 5, seed=1)


def test_bad_training_sets_are_refused() -> None:
    source = SOURCES["cylinder"]
    deposits, energy = toy_showers(source, 100, 1)
    with pytest.raises(InputError, match="expected showers with energy; got zeros only"):
        ShowerCopula.fit(source, {"deposits": 0 * deposits}, {"energy_mev": energy})
    with pytest.raises(InputError, match="expected two samples or more; got 1; make more"):
        ShowerCopula.fit(source, {"deposits": deposits[:1]}, {"energy_mev": energy[:1]})
