"""The command to begin with."""

from pathlib import Path
from typing import Annotated

import typer

from physgan.cli.app import Json, Seed, app
from physgan.printing import show
from physgan.progress import reporting

__all__ = ["quickstart"]


@app.command()
def quickstart(
    out: Annotated[Path, typer.Option(help="Folder for everything that is made.")] = Path(
        "quickstart"
    ),
    seed: Seed = 0,
    as_json: Json = False,
) -> None:
    """Simulate, train and benchmark the Ising model; end with a page to look at."""
    from physgan.quickstart import quickstart as run

    show(run(out, seed=seed, reporting=reporting), as_json)
