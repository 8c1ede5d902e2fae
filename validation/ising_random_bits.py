"""The random bits of the Ising simulator through a statistical battery, at length.

The words are those that the kernel draws: for (key, step, position, depth). They are read
with each of these running fastest, as words and as bit lanes, because a flaw shows only
in some orders.
"""

import argparse
import json
import sys
import time
from functools import partial
from itertools import islice
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from random_battery import battery, lanes_as_words, verdict

from simulators.ising.random_bits import new_key, step_keys, words

DEPTH = 16
CUBE = (256, 512)
FALSE_ALARMS = 1e-3
RESULT = Path(__file__).parent / "results" / "ising_random_bits.json"
ORDERS = {
    "depth, position, step": (2, 1, 0),
    "position, depth, step": (1, 2, 0),
    "step, depth, position": (0, 2, 1),
    "step, position, depth": (0, 1, 2),
}


def main() -> int:
    """Print and store every p-value; status 1 if they are not those of random bits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=4, help="2^21 words for each")
    parser.add_argument("--out", type=Path, default=RESULT)
    options = parser.parse_args()
    start, rows = time.perf_counter(), []
    for seed in range(options.seeds):
        cube = np.asarray(draw(new_key(seed)))
        for order, axes in ORDERS.items():
            stream = np.ascontiguousarray(cube.transpose(axes[::-1])).reshape(-1)
            for form, given in (("words", stream), ("lanes", lanes_as_words(stream))):
                tests = dict(battery(given))
                rows += [
                    {"seed": seed, "fastest": order, "form": form, "test": name, "p": p}
                    for name, p in tests.items()
                ]
                chance = verdict(np.array(list(tests.values())))
                print(
                    f"seed {seed}  {order:22s} {form}  {len(tests)} tests  {chance:.3g}", flush=True
                )
    chance = verdict(np.array([row["p"] for row in rows]))
    print(f"{len(rows)} tests; chance of so extreme a p-value: {chance:.3g}")
    for row in sorted(rows, key=lambda row: min(row["p"], 1 - row["p"]))[:5]:
        print(f"  p = {row['p']:.3g}: {row['test']}, {row['form']}, {row['fastest']}")
    result = {
        "words_per_seed": DEPTH * CUBE[0] * CUBE[1],
        "good": chance > FALSE_ALARMS,
        "chance": chance,
        "seconds": round(time.perf_counter() - start),
        "rows": rows,
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result) + "\n")
    return 0 if chance > FALSE_ALARMS else 1


@partial(jax.jit, static_argnames="shape")
def draw(key: jax.Array, shape: tuple[int, int] = CUBE) -> jax.Array:
    """Words of shape (steps, positions, depth)."""
    steps, positions = shape
    position = jnp.arange(positions, dtype=jnp.uint32)

    def at(step: jax.Array) -> jax.Array:
        return jnp.stack(list(islice(words(step_keys(key, step), position), DEPTH)), axis=1)

    return jax.lax.map(at, jnp.arange(steps, dtype=jnp.uint32))


if __name__ == "__main__":
    sys.exit(main())
