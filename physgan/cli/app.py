"""The application itself, and the options that several commands share."""

from typing import Annotated

import typer

__all__ = ["EXTRA", "ConditionOption", "Json", "Seed", "Split", "app"]

app = typer.Typer(
    name="physgan",
    help="Emulate slow physics simulators with GANs, and say how well and how fast.",
    add_completion=False,
    rich_markup_mode=None,
)
EXTRA = {"allow_extra_args": True, "ignore_unknown_options": True}

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers.", min=0)]
ConditionOption = Annotated[
    list[str] | None,
    typer.Option("--condition", help="name=value, name=low:high or name=a,b,c; repeatable."),
]
Split = Annotated[
    str, typer.Option(help="train=0.93,validation=0.07: shares, if not 0.8, 0.1 and 0.1 test.")
]
