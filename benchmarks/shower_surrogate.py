"""Electron showers of reference files: a surrogate and the copula beside truth against truth.

The surrogate is calo-pbwo4-lar of the package, which learnt from the project's own simulator, or
another one (`--surrogate`), with and without its rejection. The copula learns from 12,000 showers
of electrons_train.h5 (14,000 of 1-20 GeV in 25 x 12 x 8 cells, from HepEmShow). All are judged on
the others and electrons_test.h5 (4,000), together 6,000, which no training or choice of a
checkpoint ever saw.
Truth against truth is 6,000 of the 12,000 showers against the same test showers. The first figure
is the largest AUC of trees and network over all views, relative and in MeV. Runs in WORKDIR are
used as they are. Writes benchmarks/results/shower_surrogate.json and .md, and pictures to WORKDIR.

The showers do not come with the project. `--reference` is a folder with electrons_train.h5,
electrons_test.h5 and electrons_binning.xml, in the format of the CaloChallenge.

    python benchmarks/shower_surrogate.py WORKDIR --reference FOLDER
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from lib.experiment import Configuration, Experiment, Options
from lib.measure import flat, shortened
from lib.systems import Sides, reference_files
from lib.table import Row, markdown, value

import physgan
from physgan.benchmark import Variant
from physgan.comparison import ComparisonReport, ComparisonSettings, compare_samples
from physgan.data import build_simulator
from physgan.domains import domain_of
from physgan.fidelity import (
    BoostedTrees,
    DenseNetwork,
    density_ratios,
    effective_sample_size,
    thinned,
)

BAND = (4000.0, 6000.0)
ENERGIES = (2000.0, 5000.0, 10000.0, 20000.0)
SPLITS = {"train": 0.9, "validation": 0.1}
THRESHOLD = 0.015
SHOWERS = ("incident_energies", "showers")
LARGEST = "largest AUC, all views"
ALONE = "generator alone"
"""The surrogate's draws before a discriminator rejects some of them."""
BEYOND = {"extrapolate": True}
"""An unseen energy may lie a hair beyond the known ones."""
LIKELIHOOD = {"likelihood_samples": 256_000, "adversarial_samples": 0}
_CANDIDATES = 3


class Judge:
    """The datasets, the runs that learn from them, and what is measured.

    Args:
        options: of the script.
    """

    def __init__(self, options: Options) -> None:
        self.options, self.seed, self.folder = options, options.seed, options.workdir
        self.settings = ComparisonSettings(
            BoostedTrees(repeats=options.repeats), DenseNetwork(repeats=options.repeats)
        )
        names = ("electrons_train.h5", "electrons_test.h5", "electrons_binning.xml")
        self.files = reference_files(options.reference, *names)
        known, test = self.divided()
        self.known = self.dataset("train", known, SPLITS)
        self.test = self.dataset("test", test, {"test": 1.0})

    def divided(self) -> tuple[Path, Path]:
        """Files of known and of test showers, which half as many of the known ones join."""
        paths = self.folder / "known.hdf5", self.folder / "unseen.hdf5"
        with h5py.File(self.files[0]) as train, h5py.File(self.files[1]) as test:
            first = len(train["showers"]) - len(test["showers"]) // 2
            with h5py.File(paths[0], "w") as known, h5py.File(paths[1], "w") as unseen:
                for name in SHOWERS:
                    known[name] = train[name][:first]
                    unseen[name] = np.concatenate([train[name][first:], test[name][:]])
        return paths

    def dataset(self, name: str, showers: Path, splits: dict[str, float]) -> physgan.Dataset:
        """Import a file of showers."""
        path = self.folder / f"electrons-{name}.h5"
        physgan.import_calochallenge(showers, self.files[2], path, splits=splits)
        return physgan.open_dataset(path)

    def trained(self, method: str) -> physgan.Surrogate:
        """The surrogate, with or without rejection, or the copula of the known showers."""
        if method == "surrogate":
            return physgan.load(self.options.surrogate)
        if method == ALONE:
            return physgan.load(self.options.surrogate).without_rejection()
        physgan.train(self.known.path, self.folder / method, method=method)
        return physgan.load(self.folder / method)

    def figures(self, real: Sides, fake: Sides, floor: Sides | None = None) -> Row:
        """All figures of fake showers."""
        domain = domain_of(self.test.info)
        return figures_of(
            compare_samples(domain, real, fake, floor, seed=self.seed, settings=self.settings)
        )

    def compared(self, method: str) -> Row:
        """A surrogate's showers at the test showers' own energies, and pictures of both."""
        folder, count = self.folder / f"pictures-{method}", len(self.test)
        made = folder / "samples.h5"
        folder.mkdir(exist_ok=True)
        self.trained(method).write(made, self.test.read()[1], count, self.seed, **BEYOND)
        return figures_of(
            physgan.compare(
                self.test.path,
                made,
                floor=self.known.path,
                out=folder,
                count=count,
                seed=self.seed,
                settings=self.settings,
            )
        )

    def reweighted(self) -> Row:
        """Showers thinned to the density ratio of a classifier that saw no test shower."""
        surrogate, real, truth = self.trained("surrogate"), self.known.read(), self.test.read()
        count, domain = len(self.test), domain_of(self.test.info)
        fake = surrogate.sample(real[1], len(self.known), self.seed + 1), real[1]
        energies = {"energy_mev": np.resize(truth[1]["energy_mev"], _CANDIDATES * count)}
        drawn = surrogate.sample(energies, _CANDIDATES * count, self.seed + 2, **BEYOND), energies
        weights = density_ratios(domain, real, fake, drawn, self.seed)
        kept = thinned(weights, self.seed)[:count]
        made, given = ({name: values[kept] for name, values in side.items()} for side in drawn)
        return {
            "effective_share": effective_sample_size(weights) / len(weights),
            "kept": len(kept),
            "figures": self.figures(truth, (made, given), self.known.read(stop=count)),
        }

    def responses(self) -> list[Row]:
        """E_tot / E_inc at fixed energies against the project's simulator of the same detector.

        20 GeV is 0.05 % above the highest energy in training. Each energy has seeds of its own, as
        an event number's random numbers are the same at all energies; the surrogate draws four
        times as many showers, which leaves the simulator's error.
        """
        recipe, count = physgan.load_recipe("calo-pbwo4-lar"), self.options.responses
        simulator = build_simulator(recipe.simulator, recipe.parameters)
        surrogate = Variant(self.trained("surrogate"), "surrogate", BEYOND)
        rows = []
        for place, energy in enumerate(ENERGIES, 1):
            seed = self.seed + 100 * place
            truth = response(simulator, energy, count, seed)
            own = response(surrogate, energy, 4 * count, seed)
            rows.append({"energy_mev": energy, "count": count, **against(truth, own, self.seed)})
        return rows

    def interpolation(self) -> Row:
        """A run that never saw a band of energies, inside it, and outside it as many showers."""
        run, settings = self.folder / "gan-no-band", shortened(LIKELIHOOD, self.options.shorter)
        physgan.train(self.without_band().path, run, settings)
        surrogate, (samples, conditions) = physgan.load(run), self.test.read()
        energy = conditions["energy_mev"]
        band = (energy >= BAND[0]) & (energy < BAND[1])
        inside, rest = np.flatnonzero(band), np.flatnonzero(~band)
        outside = np.sort(np.random.default_rng(self.seed).choice(rest, len(inside), replace=False))
        found = {}
        for name, rows in (("inside", inside), ("outside", outside)):
            given = {"energy_mev": energy[rows]}
            made = surrogate.sample(given, len(rows), self.seed, **BEYOND)
            real = {field: values[rows] for field, values in samples.items()}
            ratio = [s["deposits"].sum((1, 2, 3)) / energy[rows] for s in (made, real)]
            found[name] = {
                "count": len(rows),
                "response_mean": ratio[0].mean() / ratio[1].mean() - 1,
                "response_width": ratio[0].std() / ratio[1].std() - 1,
                **self.figures((real, given), (made, given)),
            }
        return found

    def without_band(self) -> physgan.Dataset:
        """The training showers outside the band, imported."""
        reduced = self.folder / "no-band.hdf5"
        with h5py.File(self.folder / "known.hdf5") as file, h5py.File(reduced, "w") as out:
            energy = file["incident_energies"][:, 0]
            outside = (energy < BAND[0]) | (energy >= BAND[1])
            for name in SHOWERS:
                out[name] = file[name][:][outside]
        return self.dataset("no-band", reduced, SPLITS)


def figures_of(report: ComparisonReport) -> Row:
    """All figures, see `flat`, and the largest AUC with what it was made from."""
    largest = report.largest_auc
    procedure = largest.value.procedure
    return {
        "showers": report.counts["real"],
        "strongest": f"{procedure.settings.label} on {largest.value.view}, {procedure.samples}",
        LARGEST: [*largest.value.auc, *largest.floor.auc],
        **flat(report),
    }


def response(source: Any, energy: float, count: int, seed: int) -> np.ndarray:
    """E_tot / E_inc of `count` showers, of the cells above the reference's threshold."""
    deposits = source.sample({"energy_mev": energy}, count, seed)["deposits"]
    cells = np.where(deposits < THRESHOLD * (1 - 1e-3), 0, deposits)
    return cells.reshape(count, -1).sum(1, dtype=np.float64) / energy


def against(truth: np.ndarray, own: np.ndarray, seed: int) -> Row:
    """Mean and widths of four times as many responses, relative to the truth's, with errors."""
    core = [np.diff(np.quantile(values, [0.16, 0.84]))[0] for values in (truth, own)]
    count, errors = len(truth), [error_of_spread(values, seed) for values in (truth, own)]
    return {
        "mean_relative": own.mean() / truth.mean() - 1,
        "mean_error": np.hypot(own.std() / 2, truth.std()) / truth.mean() / count**0.5,
        "width_relative": own.std() / truth.std() - 1,
        "width_error": np.hypot(errors[0], errors[1]),
        "core_width_relative": core[1] / core[0] - 1,
        "core_width_error": 1.15 / count**0.5 * 1.25**0.5,
    }


def error_of_spread(values: np.ndarray, seed: int, rounds: int = 200) -> float:
    """Relative bootstrap error of the standard deviation: leaking showers make long tails."""
    rng = np.random.default_rng(seed)
    drawn = [values[rng.integers(len(values), size=len(values))].std() for _ in range(rounds)]
    return float(np.std(drawn) / values.std())


PARTS: dict[str, Callable[[Judge], Any]] = {
    "surrogate": partial(Judge.compared, method="surrogate"),
    ALONE: partial(Judge.compared, method=ALONE),
    "copula": partial(Judge.compared, method="copula"),
    "surrogate, reweighted": Judge.reweighted,
    "responses": Judge.responses,
    "interpolation": Judge.interpolation,
}


def configurations(options: Options) -> Iterable[Configuration]:
    """All parts."""
    judge = cache(lambda: Judge(options))
    for name in options.only:
        yield (name,), partial(lambda part: PARTS[part](judge()), name)


def table(content: Row) -> str:
    """The figures of the surrogates beside truth against truth."""
    names = [name for name in ("surrogate", ALONE, "copula") if name in content]
    lines = []
    for figure, found in content[names[0]].items() if names else ():
        if isinstance(found, list):
            pairs = [found[2:], *(content[name][figure][:2] for name in names)]
            lines.append([figure, *(value(pair, "{:.4g} ± {:.2g}") for pair in pairs)])
        else:
            lines.append([figure, "", *(str(content[name][figure]) for name in names)])
    return markdown(["figure", "truth", *names], lines)


EXPERIMENT = Experiment(
    "shower_surrogate",
    __doc__,
    configurations,
    table,
    only=PARTS,
    head=lambda options: {"seed": options.seed},
    options={
        "reference": Path("reference"),
        "surrogate": "calo-pbwo4-lar",
        "responses": 3000,
        "repeats": 2,
        "seed": 7,
    },
)

if __name__ == "__main__":
    EXPERIMENT.main()
