"""Modules beside the tests, and runs that are trained once."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import tiny


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Method -> the folder of a finished run, which is not to be changed."""

    @cache
    def run(method: str) -> Path:
        folder = tmp_path_factory.mktemp("finished") / method
        tiny.train(method, folder)
        return folder

    return run
