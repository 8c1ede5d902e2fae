"""The application, the options that several commands share, and extended help."""

from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

__all__ = [
    "EXTRA",
    "MOST_EVENTS",
    "ConditionOption",
    "Json",
    "SchedulerOption",
    "Seed",
    "ShardOption",
    "Split",
    "app",
    "own_options",
    "with_more_help",
]

app = typer.Typer(
    name="physgan",
    help="Emulate slow physics simulators with GANs, and say how well and how fast.",
    rich_markup_mode=None,
)
EXTRA = {"allow_extra_args": True, "ignore_unknown_options": True}

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Seed = Annotated[int, typer.Option(help="Seed of all random numbers.", min=0, max=2**32 - 1)]
MOST_EVENTS = 2**32
ConditionOption = Annotated[
    list[str] | None,
    typer.Option("--condition", help="name=value, name=low:high or name=a,b,c; repeatable."),
]
SchedulerOption = Annotated[
    str, typer.Option("--scheduler", help="tcp://host:port of a Dask cluster that does the work.")
]
ShardOption = Annotated[
    str,
    typer.Option(
        "--shard",
        help="i/N: the i-th of N parts, for jobs of an array; afterwards the same without it.",
    ),
]
Split = Annotated[
    str, typer.Option(help="train=0.93,validation=0.07: shares, if not 0.8, 0.1 and 0.1 test.")
]


def _print_version(wanted: bool) -> None:
    if wanted:
        from physgan import __version__

        print(f"physgan {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    pass


def own_options(context: typer.Context) -> list[str]:
    """Names of the options declared by a command, with underscores and without dashes."""
    options = [option for parameter in context.command.params for option in parameter.opts]
    return [o[2:].replace("-", "_") for o in options if o.startswith("--")]


def with_more_help(more: Callable[[list[str]], str]) -> type[TyperCommand]:
    """A command whose --help ends with a text that is made on demand.

    Args:
        more: all arguments after the command's name -> the text.
    """

    class Command(TyperCommand):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            ctx.meta["words"] = list(args)
            return super().parse_args(ctx, args)

        def get_help(self, ctx: Any) -> str:
            return "\n\n".join(filter(None, [super().get_help(ctx), more(ctx.meta["words"])]))

    return Command
