"""What an accelerator is worth, and what its lower precisions cost, on the device that JAX has.

"ising": attempted flips a nanosecond of the multi-spin kernel at T = 2.269, by size and number of
lattices, the best of several rounds; and whether the spins are those of this machine's processor
to the last bit. "sampling": wall seconds a sample of the surrogates of the package by batch, from
`sample` to NumPy arrays of physical units, beside the processor at all but the largest, both after
a first call, which compiles, best of several rounds. "precision": the same draws with factors of
matrix products rounded to fewer bits (`physgan.precision`): the largest difference of a sample from
the float32 draw over its largest entry (median and 99 % quantile over samples), and the AUC of
boosted trees on the domain's own views between as many draws of each, by other seeds. Its float32
row is draws against draws. "training": likelihood trainings of showers in each precision from the
same start, with the validation likelihood at the end, which is always computed in float32.

Writes benchmarks/results/accelerator.json and .md after every row. Parts that are not asked for,
and other surrogates, stay as they are in these files.

    python benchmarks/accelerator.py WORKDIR
    python benchmarks/accelerator.py WORKDIR --only sampling --surrogates cosmology-64
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np
from lib.experiment import parser_of
from lib.measure import metrics_of
from lib.systems import SEED
from lib.table import NONE, RESULTS, Row, markdown, write_results

import physgan
from physgan.domains import domain_of
from physgan.explain.fixed_noise import points_of
from physgan.fidelity import BoostedTrees, largest_auc, two_sample_test, vector_view
from physgan.precision import PRECISIONS, products_in
from physgan.surrogates import Surrogate, pretrained_names
from simulators.ising.metropolis import rates, sweeps
from simulators.ising.random_bits import new_key

TEMPERATURE = 2.269
LATTICES = ((32, 65_536), (64, 65_536), (512, 1024), (2048, 64), (4096, 32))
"""L and number of lattices."""
BATCHES = (1, 100, 10_000)
ROUNDS = 3
KEYS = ("L", "lattices", "where", "surrogate", "batch", "precision", "samples")
"""What a row is of."""
WHERE = ("device", "processor")
PARTS = ("ising", "sampling", "precision", "training")
TRAINED = "calo-small"


def on(device: Any, call: Callable[[], Any]) -> Any:
    """A call with a default device."""
    with jax.default_device(device):
        return call()


def best(call: Callable[[], Any], rounds: int = ROUNDS) -> float:
    """Wall seconds of a call that ends with its result on the host or device, after one before."""
    call()
    return min(_seconds(call) for _ in range(rounds))


def _seconds(call: Callable[[], Any]) -> float:
    start = time.perf_counter()
    jax.block_until_ready(call())
    return time.perf_counter() - start


def devices(names: Sequence[str]) -> list[tuple[str, Any]]:
    """The device that JAX takes by default, and this machine's processor, as far as asked for."""
    found = {"device": jax.devices()[0], "processor": jax.devices("cpu")[0]}
    return [(name, found[name]) for name in names]


def ising(names: Sequence[str]) -> Iterator[Row]:
    """Flips a nanosecond, and whether the bits are those of the processor."""
    one, other = (on(device, partial(swept, 32, 256, 200)) for _, device in devices(WHERE))
    equal = all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    for size, lattices in LATTICES:
        for name, device in devices(names):
            yield {
                "L": size,
                "lattices": lattices,
                "where": name,
                "equal_bits": equal,
                "flips_per_ns": on(device, partial(flips_per_nanosecond, size, lattices)),
            }


def flips_per_nanosecond(size: int, lattices: int) -> float:
    """Of a call that takes some tenths of a second."""
    call = partial(swept, size, lattices)
    seconds = best(lambda: call(1), 1)
    count = max(1, int(0.3 / seconds))
    return count * size**2 * lattices / best(lambda: call(count)) / 1e9


def swept(size: int, lattices: int, count: int) -> tuple[jax.Array, jax.Array]:
    """Lattices after sweeps from all spins up, packed."""
    lattice = jax.numpy.full((size, size // 2, lattices // 32), 0xFFFFFFFF, jax.numpy.uint32)
    chances = rates(np.full(lattices, TEMPERATURE))
    return sweeps((lattice, lattice), chances, new_key(SEED), 0, count)


def sampling(where_at: Sequence[str], names: Sequence[str]) -> Iterator[Row]:
    """Seconds a sample of surrogates of the package, and of the first call, which compiles."""
    for where, device in devices(where_at):
        for name in names:
            surrogate = physgan.load(name)
            for batch in BATCHES if where == "device" else BATCHES[:-1]:
                call = partial(draws, surrogate, batch, SEED)
                first = on(device, partial(_seconds, call))
                seconds = on(device, partial(best, call)) / batch
                yield {
                    "surrogate": name,
                    "where": where,
                    "batch": batch,
                    "flags": os.environ.get("XLA_FLAGS", ""),
                    "seconds": seconds,
                    "first": first,
                }


def spread(surrogate: Surrogate, count: int) -> dict[str, np.ndarray]:
    """Conditions that are spread over their trained ranges."""
    rng = np.random.default_rng(SEED)
    return {c.name: rng.permutation(points_of(c, count)) for c in surrogate.conditions}


def draws(surrogate: Surrogate, count: int, seed: int) -> dict[str, np.ndarray]:
    """Samples all over the trained range."""
    return surrogate.sample(spread(surrogate, count), count, seed)


def rounded(surrogate: Surrogate, precision: str, count: int, seed: int) -> dict[str, np.ndarray]:
    """The same with factors of matrix products of another precision."""
    undecorated: Any = Surrogate.sample.__wrapped__  # it asks for float32
    with products_in(precision):
        return undecorated(surrogate, spread(surrogate, count), count, seed)


def precision(count: int, names: Sequence[str]) -> Iterator[Row]:
    """How far draws are from those of float32."""
    for name in names:
        surrogate = physgan.load(name)
        domain = domain_of(surrogate.description)
        exact = rounded(surrogate, "float32", count, 1)
        for each in PRECISIONS:
            same = rounded(surrogate, each, count, 1)[domain.field]
            largest = np.abs(exact[domain.field]).reshape(count, -1).max(1)
            off = np.abs(same - exact[domain.field]).reshape(count, -1).max(1)
            share = off / np.maximum(largest, 1e-30)
            other = rounded(surrogate, each, count, 2)
            found = largest_auc(told_apart(surrogate, exact, other))
            yield {
                "surrogate": name,
                "precision": each,
                "median": float(np.median(share)),
                "quantile": float(np.quantile(share, 0.99)),
                "auc": list(found.auc),
                "view": found.view,
                "count": count,
            }


def told_apart(surrogate: Surrogate, one: Any, other: Any) -> list[Any]:
    """Boosted trees on every view of tables that the domain has."""
    domain = domain_of(surrogate.description)
    conditions = spread(surrogate, len(one[domain.field]))
    sides = [domain.views(side, conditions) for side in (one, other)]
    tables = [k for k, v in sides[0].items() if np.ndim(v) == 2 and v.shape[1] < 3000]
    views = [vector_view(k, sides[0][k], sides[1][k]) for k in tables]
    return [two_sample_test(view, BoostedTrees()) for view in views]


def training(workdir: Path, samples: int) -> Iterator[Row]:
    """Likelihood training of showers in each precision."""
    path = workdir / f"{TRAINED}.h5"
    physgan.simulate(physgan.load_recipe(TRAINED), path, seed=SEED)
    for each in PRECISIONS:
        run = workdir / f"{TRAINED}-{each}"
        settings = {"likelihood_samples": samples, "precision": each}
        start = time.perf_counter()
        summary = physgan.train(path, run, settings, method="likelihood", seed=SEED)
        scores = [r["validation_nll"] for r in metrics_of(run) if "validation_nll" in r]
        yield {
            "precision": each,
            "samples": samples,
            "nll": scores[-1],
            "seconds": time.perf_counter() - start,
            "seconds_per_sample": summary.get("seconds_per_sample"),
        }


def table(content: Row) -> str:
    """All parts that are there."""
    text = "# What an accelerator is worth\n\n"
    text += f"Device: {', '.join(content['environment']['devices'])}. Seed {SEED}.\n"
    if found := content.get("ising"):
        equal = all(r["equal_bits"] for r in found)
        text += (
            f"\n## Ising lattices\nT = {TEMPERATURE} J/k_B. Spins after 200 sweeps of 256 lattices "
            f"of 32 x 32 are {'' if equal else 'not '}those of the processor to the last bit.\n\n"
        )
        rows = [
            [str(r["L"]), f"{r['lattices']:,}", r["where"], f"{r['flips_per_ns']:,.3g}"]
            for r in found
        ]
        text += markdown(["L", "lattices", "where", "attempted flips/ns"], rows)
    if found := content.get("sampling"):
        by_batch: dict[tuple[str, str, str], dict[int, float]] = {}
        for r in found:
            names = r["surrogate"], r["where"], r["flags"] or NONE
            by_batch.setdefault(names, {})[r["batch"]] = r["seconds"]
        rows = [
            [*names, *(f"{1e3 * s[b]:.3g}" if b in s else NONE for b in BATCHES)]
            for names, s in by_batch.items()
        ]
        head = [f"ms a sample, batch {batch:,}" for batch in BATCHES]
        text += "\n## Sampling\n" + markdown(["surrogate", "where", "XLA_FLAGS", *head], rows)
    if found := content.get("precision"):
        rows = [
            [
                r["surrogate"], r["precision"], f"{r['median']:.1g}", f"{r['quantile']:.1g}",
                f"{r['auc'][0]:.3f} ± {r['auc'][1]:.3f} ({r['view']})",
            ]
            for r in found
        ]  # fmt: skip
        head = ["surrogate", "precision", "difference, median", "99 %", "largest AUC"]
        text += f"\n## Precision of draws\n{found[0]['count']:,} draws a side.\n\n"
        text += markdown(head, rows)
    if found := content.get("training"):
        rows = [
            [
                r["precision"], f"{r['samples']:,}", f"{r['nll']:.5f}",
                f"{1e3 * r['seconds_per_sample']:.3g}" if r["seconds_per_sample"] else NONE,
                f"{r['seconds']:.0f}",
            ]
            for r in found
        ]  # fmt: skip
        head = ["precision", "samples", "validation likelihood, nats", "ms a sample", "seconds"]
        text += f"\n## Likelihood training of {TRAINED}\n" + markdown(head, rows)
    return text


def main() -> None:
    """Measure and write."""
    parser = parser_of(
        __doc__,
        "workdir",
        only=list(PARTS),
        where=WHERE,
        surrogates=pretrained_names(),
        count=4000,
        samples=102_400,
        out=RESULTS,
    )
    options = parser.parse_args()
    options.workdir.mkdir(parents=True, exist_ok=True)
    parts: dict[str, Callable[[], Any]] = {
        "ising": partial(ising, options.where),
        "sampling": partial(sampling, options.where, options.surrogates),
        "precision": partial(precision, options.count, options.surrogates),
        "training": partial(training, options.workdir, options.samples),
    }
    path = options.out / "accelerator.json"
    content: Row = json.loads(path.read_text()) if path.exists() else {}
    for name in options.only:
        for row in parts[name]():
            print(row, flush=True)
            same = {key: row[key] for key in KEYS if key in row}
            rows = [r for r in content.get(name, []) if not same.items() <= r.items()]
            content[name] = [*rows, row]
            write_results(path, content, table)


if __name__ == "__main__":
    main()
