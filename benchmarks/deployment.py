"""Time a surrogate in ONNX Runtime beside JAX: the same weights, noise and batches, in turns.

Both run in this process, tied to one core, with one thread each. The noise is drawn before. JAX
runs the function that is exported, compiled. The time is that of the process on the core, so that
other work of the machine counts little. Writes benchmarks/results/deployment.json and .md.

    python benchmarks/deployment.py
"""

import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
import onnxruntime
from lib.experiment import parser_of
from lib.measure import in_turns, on_one_core
from lib.table import RESULTS, write_json

from physgan import load
from physgan.deployment import FORMATS, Model
from physgan.deployment.export import golden_inputs

BATCHES = {1: 5, 100: 2, 10_000: 1}
"""Batch size -> calls in a round."""
LARGEST = 1000
"""Rows of a call; larger batches are made of several, in either program."""


def milliseconds(run: Callable[..., Any], inputs: dict[str, np.ndarray], calls: int) -> float:
    """Time of a sample on the core, ms."""
    count = len(inputs["noise"])
    start = time.process_time()
    for _ in range(calls):
        for first in range(0, count, LARGEST):
            run({name: array[first : first + LARGEST] for name, array in inputs.items()})
    return 1e3 * (time.process_time() - start) / calls / count


def runners(model: Model) -> dict[str, Callable[..., Any]]:
    """Name -> a function of inputs by name that returns when the samples are there."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = FORMATS["onnx"].write(model, {})
    session = onnxruntime.InferenceSession(content, options)
    function = jax.jit(model.function)
    return {
        "jax": lambda inputs: jax.block_until_ready(function(*inputs.values())),
        "onnxruntime": lambda inputs: session.run(None, inputs),
    }


def main() -> None:
    """Measure and write."""
    out = RESULTS / "deployment.json"
    parser = parser_of(__doc__, surrogates="calo-small", rounds=3, out=out)
    options = parser.parse_args()
    rows = []
    for name in options.surrogates.split(","):
        surrogate = load(name)
        model = Model.of(surrogate)
        programs = runners(model)
        for batch in {min(batch, LARGEST) for batch in BATCHES}:
            for run in programs.values():  # compiles
                run(golden_inputs(model, surrogate.conditions, batch))
        measured = {
            (program, batch): partial(
                milliseconds, run, golden_inputs(model, surrogate.conditions, batch), calls
            )
            for program, run in programs.items()
            for batch, calls in BATCHES.items()
        }
        found = in_turns(measured, options.rounds)
        for batch in BATCHES:
            jax_ms, onnx_ms = (np.median(found[p, batch]) for p in ("jax", "onnxruntime"))
            rows.append(
                {"surrogate": name, "batch": batch, "jax_ms": jax_ms, "onnxruntime_ms": onnx_ms}
            )
    result = {
        "milliseconds_a_sample": rows,
        "threads": 1,
        "rounds": options.rounds,
        "onnxruntime": onnxruntime.__version__,
    }
    write_json(options.out, result)
    table = io.StringIO()
    print("| surrogate | batch | JAX, ms | ONNX Runtime, ms | ratio |", file=table)
    print("|---|---|---|---|---|", file=table)
    for row in rows:
        one, other = row["jax_ms"], row["onnxruntime_ms"]
        print(
            f"| {row['surrogate']} | {row['batch']:,} | {one:.3g} | {other:.3g} "
            f"| {other / one:.2g} |",
            file=table,
        )
    options.out.with_suffix(".md").write_text(
        "Time of a sample on one core with one thread, median of interleaved rounds.\n\n"
        + table.getvalue()
    )
    print(table.getvalue())


if __name__ == "__main__":
    on_one_core()
    main()
