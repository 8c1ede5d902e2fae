"""Freed memory is kept for the next arrays, where the C library is glibc."""

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys
import jax, jax.numpy as jnp
from physgan.allocator import keep_freed_memory
if sys.argv[1] == "keep":
    keep_freed_memory()
program = jax.jit(lambda x: jnp.fft.irfft(jnp.fft.rfft(x) * 2))
array = jnp.ones(2**21)
for _ in range(20):  # every thread has its memory after some runs
    program(array).block_until_ready()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    program(array).block_until_ready()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(what: str) -> int:
    """Pages of memory that the system hands out for 20 runs of a program, in a new process."""
    words = [sys.executable, "-c", PROGRAM, what]
    result = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(result.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="glibc's allocator")
def test_a_program_that_runs_again_takes_no_new_memory() -> None:
    assert page_faults("keep") < page_faults("give") / 10
