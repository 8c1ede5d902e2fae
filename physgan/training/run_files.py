"""Files of a training run: its definition and its metrics."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tensorboardX import SummaryWriter

from physgan.data.files import write_atomically
from physgan.data.json_files import parsed_json, read_table
from physgan.data.schema import fingerprint
from physgan.errors import InputError

__all__ = ["CHECKPOINT_FOLDER", "MetricsLog", "NoLog", "check_run", "claim_run"]

CHECKPOINT_FOLDER = "checkpoints"
"""Folder of a run."""

FORMAT = 6
"""Format version of run.json and of the run's checkpoints."""

_DEFINITION = "run.json"


def claim_run(run_dir: Path, definition: dict[str, Any], data: Path) -> None:
    """Create `run_dir` for the run of `definition`, or check that it already belongs to that run.

    Args:
        run_dir: created if it does not exist.
        definition: all that determines the trained parameters, JSON values.
        data: the dataset, whose place relative to the run is recorded and may change.

    Raises:
        InputError: if the folder holds another run.
    """
    if check_run(run_dir, definition):
        return
    run_dir.mkdir(parents=True, exist_ok=True)
    content = {"format": FORMAT, **definition, "data": os.path.relpath(data, run_dir)}
    write_atomically(run_dir / _DEFINITION, json.dumps(content, indent=2).encode())


def check_run(run_dir: Path, definition: dict[str, Any]) -> bool:
    """Whether `run_dir` already belongs to the run of `definition`; False if it holds no run.

    Raises:
        InputError: if the folder holds another run, or checkpoints of no known one.
    """
    path = run_dir / _DEFINITION
    if not path.exists():
        if any((run_dir / CHECKPOINT_FOLDER).glob("*")):
            raise InputError(
                f"expected {_DEFINITION} beside the checkpoints of {run_dir}, to say whose they "
                "are; got none; choose another folder"
            )
        return False
    definition = {"format": FORMAT, **definition}
    existing = read_table(path, "the definition of a training run")
    existing.pop("data", None)
    if existing.get("format") != FORMAT:
        raise InputError(
            f"expected a run of format {FORMAT} in {run_dir}; got one begun by another version "
            "of physgan; choose another folder"
        )
    if fingerprint(existing) != fingerprint(definition):
        names = {*existing, *definition}
        changed = sorted(k for k in names if existing.get(k) != definition.get(k))
        raise InputError(
            f"expected the run in {run_dir} to be continued with its own settings; got "
            f"another {', '.join(changed)}; choose another folder"
        )
    return True


class MetricsLog:
    """Append-only metrics: `metrics.jsonl` and TensorBoard, from `samples` on.

    Args:
        run_dir: the run.
        samples: samples seen by the checkpoint that the run resumes from. Later lines, which an
            interrupted run may have left, are dropped.
    """

    def __init__(self, run_dir: Path, samples: int) -> None:
        self._path = run_dir / "metrics.jsonl"
        lines = zip(self._lines(), self.rows(), strict=True)
        kept = [(line, row) for line, row in lines if row["samples"] <= samples]
        write_atomically(self._path, "".join(line + "\n" for line, _ in kept).encode())
        self._before = kept[-1][1]["seconds"] if kept else 0.0
        self._began = time.monotonic()
        self._board = SummaryWriter(str(run_dir / "tensorboard"), purge_step=samples)

    def _lines(self) -> list[str]:
        """Complete lines of the file; an incomplete last line is dropped."""
        if not self._path.exists():
            return []
        text = self._path.read_text()
        return text[: text.rfind("\n") + 1].splitlines()

    def rows(self) -> list[dict[str, Any]]:
        """All lines so far.

        Raises:
            InputError: for a line that is none of this log.
        """
        return [self._row(line) for line in self._lines()]

    def _row(self, line: str) -> dict[str, Any]:
        try:
            row = parsed_json(line)
            return {**row, "samples": int(row["samples"]), "seconds": float(row["seconds"])}
        except (ValueError, KeyError, TypeError):
            raise InputError(
                f"expected a row of metrics in every line of {self._path}; got {line[:40]!r}; "
                "remove that line"
            ) from None

    def write(self, samples: int, metrics: Mapping[str, Any]) -> None:
        """Add one line of JSON values; TensorBoard gets the numbers among them."""
        seconds = round(self._before + time.monotonic() - self._began, 2)
        with self._path.open("a") as stream:
            stream.write(json.dumps({"samples": samples, "seconds": seconds, **metrics}) + "\n")
        for name, value in metrics.items():
            if isinstance(value, int | float):
                self._board.add_scalar(name, value, samples)

    def __enter__(self) -> "MetricsLog":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._board.close()


class NoLog(MetricsLog):
    """Writes nothing; of a process that is not the first."""

    def __init__(self) -> None:
        pass

    def rows(self) -> list[dict[str, Any]]:
        """None."""
        return []

    def write(self, samples: int, metrics: Mapping[str, Any]) -> None:
        """Do nothing."""

    def __exit__(self, *error: object) -> None:
        pass
