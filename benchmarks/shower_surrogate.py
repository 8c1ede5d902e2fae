"""Electron showers of the reference files: the GAN and the copula before the referee.

Trains on electrons_train.h5 (14,000 showers of 1-20 GeV in 25 x 12 x 8 cells, from HepEmShow), and
judges on electrons_test.h5 (4,000), which no training or choice of a checkpoint ever saw. The
truth-against-truth floor is the first 4,000 training showers against the same test showers.
Trained runs and figures found in WORKDIR are used as they are, so it can be stopped and resumed.
Writes benchmarks/results/shower_surrogate.json and .md.

    python benchmarks/shower_surrogate.py WORKDIR
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from physgan import import_arrays, import_calochallenge, load, open_dataset, train
from physgan.benchmark import Variant
from physgan.benchmark.environment import environment
from physgan.comparison.plots import draw_all
from physgan.comparison.reading import read_side
from physgan.data import build_simulator, load_recipe
from physgan.domains import domain_of
from physgan.fidelity import (
    RefereeReport,
    RefereeSettings,
    density_ratios,
    effective_sample_size,
    judge,
    thinned,
)

RESULTS = Path(__file__).parent / "results"
REFERENCE = Path(__file__).parents[2] / "shared" / "reference"
BAND = (4000.0, 6000.0)
ENERGIES = (2000.0, 5000.0, 10000.0, 20000.0)
SPLITS = {"train": 0.9, "validation": 0.1}
THRESHOLD = 0.015
SHORTER = {"likelihood_samples": 256_000, "adversarial_samples": 0}
_CANDIDATES = 3


def datasets(reference: Path, workdir: Path) -> dict[str, Path]:
    """Import the reference's files, and its training file without the band of energies."""
    folder = reference / "hepemshow"
    made = {name: workdir / f"electrons-{name}.h5" for name in ("train", "test", "no-band")}
    binning = folder / "electrons_binning.xml"
    import_calochallenge(folder / "electrons_train.h5", binning, made["train"], splits=SPLITS)
    import_calochallenge(folder / "electrons_test.h5", binning, made["test"], splits={"test": 1.0})
    with h5py.File(folder / "electrons_train.h5") as file:
        energy, showers = file["incident_energies"][:, 0], file["showers"][:]
        edges = file.attrs["r_edges_mm"].tolist()
    outside = (energy < BAND[0]) | (energy >= BAND[1])
    arrays = workdir / "no-band.npz"
    np.savez(arrays, energy=energy[outside], showers=showers[outside].reshape(-1, 25, 12, 8))
    import_arrays(
        arrays,
        made["no-band"],
        domain="showers",
        samples="showers",
        unit="MeV",
        conditions={"energy_mev": "energy:MeV:log"},
        axes=("layer", "alpha", "r"),
        edges={"r": edges},
        splits=SPLITS,
    )
    return made


def refereed(
    run: Path, data: dict[str, Path], seed: int, settings: RefereeSettings, out: Path | None = None
) -> RefereeReport:
    """The referee's verdict on a run, at the test showers' own energies."""
    test, known = open_dataset(data["test"]), open_dataset(data["train"])
    samples, conditions = test.read()
    floor = known.read(stop=len(test))
    made = load(run).sample(conditions, len(test), seed)
    domain = domain_of(test.info)
    report = judge(
        domain, (samples, conditions), (made, conditions), floor, seed=seed, settings=settings
    )
    if out is not None:
        written = out / "samples.h5"
        load(run).write(written, conditions, len(test), seed)
        sides = [
            read_side(domain, dataset, name, len(test), seed)
            for dataset, name in ((test, "reference"), (open_dataset(written), "physgan"))
        ]
        draw_all(domain, *sides, out)
    return report


def reweighted(
    run: Path, data: dict[str, Path], seed: int, settings: RefereeSettings
) -> dict[str, Any]:
    """The verdict on samples thinned to a classifier's density ratio, which saw no test shower."""
    test, known = open_dataset(data["test"]), open_dataset(data["train"])
    domain, surrogate = domain_of(test.info), load(run)
    real, real_conditions = known.read()
    samples, conditions = test.read()
    fake = surrogate.sample(real_conditions, len(known), seed + 1)
    energy = np.resize(conditions["energy_mev"], _CANDIDATES * len(test))
    candidates = {"energy_mev": energy}
    drawn = surrogate.sample(candidates, len(energy), seed + 2)
    weights = density_ratios(
        domain, (real, real_conditions), (fake, real_conditions), (drawn, candidates), seed
    )
    kept = thinned(weights, seed)[: len(test)]
    made = {name: values[kept] for name, values in drawn.items()}
    given = {name: values[kept] for name, values in candidates.items()}
    floor = known.read(stop=len(test))
    report = judge(
        domain, (samples, conditions), (made, given), floor, seed=seed, settings=settings
    )
    share = effective_sample_size(weights) / len(weights)
    return {"effective_share": share, "kept": len(kept), "figures": flat(report)}


def responses(run: Path, count: int, seed: int) -> list[dict[str, float]]:
    """E_tot / E_inc at fixed energies against the project's simulator of the same detector.

    20 GeV is 0.05 % above the highest energy in training. Each energy has seeds of its own, as an
    event number's random numbers are the same at all energies; the surrogate draws four times as
    many showers, which leaves the simulator's error.
    """
    simulator = build_simulator_of("calo-pbwo4-lar")
    surrogate = Variant(load(run), "gan", {"extrapolate": True})
    rows = []
    for place, energy in enumerate(ENERGIES):
        sums = []
        for source, number in ((simulator, count), (surrogate, 4 * count)):
            found = source.sample({"energy_mev": energy}, number, seed + 100 * (place + 1))
            deposits = found["deposits"]
            cells = np.where(deposits < THRESHOLD * (1 - 1e-3), 0, deposits)
            sums.append(cells.reshape(number, -1).sum(1, dtype=np.float64) / energy)
        truth, own = sums
        core = [np.diff(np.quantile(v, [0.16, 0.84]))[0] for v in sums]
        widths = [bootstrap_of_spread(v, seed) for v in sums]
        rows.append(
            {
                "energy_mev": energy,
                "count": count,
                "mean_relative": own.mean() / truth.mean() - 1,
                "mean_error": np.hypot(own.std() / 2, truth.std()) / truth.mean() / count**0.5,
                "width_relative": own.std() / truth.std() - 1,
                "width_error": float(np.hypot(*widths)),
                "core_width_relative": core[1] / core[0] - 1,
                "core_width_error": 1.15 / count**0.5 * 1.25**0.5,
            }
        )
    return rows


def bootstrap_of_spread(values: np.ndarray, seed: int, rounds: int = 200) -> float:
    """Relative standard error of the standard deviation: leaking showers make long tails."""
    rng = np.random.default_rng(seed)
    drawn = [values[rng.integers(len(values), size=len(values))].std() for _ in range(rounds)]
    return float(np.std(drawn) / values.std())


def build_simulator_of(recipe: str) -> Any:
    """The simulator of a recipe."""
    found = load_recipe(recipe)
    return build_simulator(found.simulator, found.parameters)


def interpolation(run: Path, data: dict[str, Path], seed: int) -> dict[str, Any]:
    """Judge a run that never saw the band inside it, and outside it at the same sample size."""
    test = open_dataset(data["test"])
    samples, conditions = test.read()
    energy = conditions["energy_mev"]
    inside = np.flatnonzero((energy >= BAND[0]) & (energy < BAND[1]))
    outside = np.setdiff1d(np.arange(len(energy)), inside)
    chosen = np.random.default_rng(seed).choice(outside, len(inside), replace=False)
    surrogate, domain = load(run), domain_of(test.info)
    found = {}
    for name, rows in (("inside", inside), ("outside", np.sort(chosen))):
        given = {"energy_mev": energy[rows]}
        made = surrogate.sample(given, len(rows), seed)
        real = {field: values[rows] for field, values in samples.items()}
        report = judge(domain, (real, given), (made, given), seed=seed)
        ratio = [s["deposits"].sum((1, 2, 3)) / energy[rows] for s in (made, real)]
        found[name] = {
            "count": len(rows),
            "response_mean": ratio[0].mean() / ratio[1].mean() - 1,
            "response_width": ratio[0].std() / ratio[1].std() - 1,
            **flat(report),
        }
    return found


def flat(report: RefereeReport) -> dict[str, Any]:
    """Each figure as "metric, of" -> value, error, and the floor's."""
    return {f"{j.metric}, {j.of}": [*j.value, *j.floor] for j in report.judgements}


def main() -> None:
    """Import, train what is not trained, judge, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdir", type=Path)
    parser.add_argument("--reference", type=Path, default=REFERENCE)
    parser.add_argument("--responses", type=int, default=3000, help="showers at each energy")
    parser.add_argument("--repeats", type=int, default=2, help="trainings of each classifier")
    parser.add_argument("--no-band", action="store_true", help="leave the interpolation out")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    data = datasets(options.reference, options.workdir)
    runs = {name: options.workdir / name for name in ("gan", "copula", "gan-no-band")}
    train(data["train"], runs["copula"], method="copula")
    train(data["train"], runs["gan"])
    settings, seed = RefereeSettings(repeats=options.repeats), options.seed
    pictures = options.workdir / "pictures"
    pictures.mkdir(exist_ok=True)

    def interpolated() -> dict[str, Any]:
        train(data["no-band"], runs["gan-no-band"], SHORTER)
        return interpolation(runs["gan-no-band"], data, seed)

    parts: dict[str, Callable[[], Any]] = {
        "gan": lambda: flat(refereed(runs["gan"], data, seed, settings, pictures)),
        "copula": lambda: flat(refereed(runs["copula"], data, seed, settings)),
        "gan, reweighted": lambda: reweighted(runs["gan"], data, seed, settings),
        "responses": lambda: responses(runs["gan"], options.responses, seed),
        "interpolation": interpolated,
    }
    if options.no_band:
        del parts["interpolation"]
    figures = options.workdir / f"figures-{seed}.json"
    result = json.loads(figures.read_text()) if figures.exists() else {"seed": seed}
    for name, measure in parts.items():
        if name not in result:
            result[name] = measure()
            figures.write_text(json.dumps(result, indent=1, default=float) + "\n")
        write(result)


def write(result: dict[str, Any]) -> None:
    """The results so far, as JSON and as a table."""
    text = json.dumps({**result, "environment": environment()}, indent=1, default=float)
    (RESULTS / "shower_surrogate.json").write_text(text + "\n")
    names = [name for name in ("gan", "copula") if name in result]
    lines = [f"| figure | truth | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for figure, (_, _, floor, error) in result[names[0]].items():
        cells = [f"{floor:.4g} ± {error:.2g}"]
        cells += ["{:.4g} ± {:.2g}".format(*result[name][figure][:2]) for name in names]
        lines.append(f"| {figure} | {' | '.join(cells)} |")
    (RESULTS / "shower_surrogate.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
