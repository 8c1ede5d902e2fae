"""Experiments: configurations that run once each, and a store of rows that survives a kill."""

import argparse
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lib.table import RESULTS, Row, publish, write_json
from physgan.errors import InputError, PhysganError

Options = argparse.Namespace
Configuration = tuple[tuple[str, ...], Callable[[], Any]]
"""Keys of a row in the store, the outermost first, and what makes the row: JSON values."""


def parser_of(about: str | None, *names: str, **defaults: Any) -> argparse.ArgumentParser:
    """A script's parser: its docstring is the help.

    Args:
        about: the docstring.
        names: of paths that must be given.
        defaults: option -> its default value; a list of several, or a tuple of all allowed ones.
    """
    parser = argparse.ArgumentParser(
        description=about, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in names:
        parser.add_argument(name, type=Path)
    for name, default in defaults.items():
        several = isinstance(default, list | tuple)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=type(default[0] if several else default),
            nargs="+" if several else None,
            choices=default if isinstance(default, tuple) else None,
            default=default,
        )
    return parser


class Store:
    """Rows in a JSON file, with the versions and the hardware of the latest one.

    Args:
        path: of the file; the rows in it are kept.
        head: what all rows share, such as a seed; refused if those in the file share another.
    """

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self.path = path
        self.content: Row = json.loads(path.read_text()) if path.exists() else {}
        for name, value in head.items():
            if self.content.setdefault(name, value) != value:
                raise InputError(
                    f"expected {name} {self.content[name]}, as in {path}; got {value}; pass --out"
                )

    def __contains__(self, keys: Sequence[str]) -> bool:
        table: Any = self.content
        return all((table := table.get(key)) is not None for key in keys)

    def add(self, keys: Sequence[str], row: Any) -> None:
        """Put a row in its place, and write the file."""
        table = self.content
        for key in keys[:-1]:
            table = table.setdefault(key, {})
        table[keys[-1]] = row
        self.content = write_json(self.path, self.content)


@dataclass(frozen=True)
class Experiment:
    """A named list of configurations, and the table of their rows.

    Its script takes WORKDIR, the folder of data and runs, and runs the configurations whose rows
    the store lacks. The store is NAME.json in benchmarks/results, or in `--out`; the table is made
    from it alone, after every row. Without WORKDIR the script only makes the table again.
    `--shorter` divides every length, for a trial of the script whose store lies in WORKDIR.

    Args:
        name: of the files.
        about: the script's docstring, which is its help.
        configurations: options -> all configurations, in order.
        table: content of the store -> Markdown.
        only: names that `--only` chooses from.
        seeds: seeds 1, 2, ... by default; 0 if there is no such option.
        options: more of them, name -> default.
        head: options -> what all rows share, kept in the store.
        picture: content of the store -> a picture, NAME.png.
        published: whether the table of benchmarks/results is in docs/stability.md, too.
    """

    name: str
    about: str | None
    configurations: Callable[[Options], Iterable[Configuration]]
    table: Callable[[Row], str]
    only: Collection[str]
    seeds: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)
    head: Callable[[Options], Row] = lambda options: {}
    picture: Callable[[Row], Figure] | None = None
    published: bool = False

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Run what is missing, and make the table; an error is one line."""
        seeds = {"seeds": self.seeds} if self.seeds else {}
        options = {"only": tuple(self.only), **seeds, **self.options, "shorter": 1}
        parser = parser_of(self.about, **options)
        parser.add_argument("workdir", type=Path, nargs="?", help="folder of data and runs")
        parser.add_argument("--out", type=Path, help="folder of the results")
        try:
            self.run(parser.parse_args(arguments))
        except PhysganError as error:
            raise SystemExit(f"{self.name}: {error}") from None

    def run(self, options: Options) -> None:
        """Run what is missing, and make the table."""
        trial = options.workdir if options.shorter > 1 else None
        options.out = options.out or trial or RESULTS
        path = options.out / f"{self.name}.json"
        if options.workdir is None and not path.exists():
            raise InputError(f"expected WORKDIR or {path}; got neither; pass WORKDIR")
        for folder in filter(None, (options.workdir, options.out)):
            folder.mkdir(parents=True, exist_ok=True)
        store = Store(path, self.head(options))
        for keys, make in self.configurations(options) if options.workdir else ():
            if keys not in store:
                store.add(keys, make())
                self.render(store.content, options.out)
            print(self.name, *keys, flush=True)
        print(self.render(store.content, options.out))

    def render(self, content: Row, out: Path) -> str:
        """Write the table, and the picture if there is one."""
        table = self.table(content)
        (out / f"{self.name}.md").write_text(table)
        if self.picture is not None:
            self.picture(content).savefig(out / f"{self.name}.png", dpi=150)
        if self.published and out == RESULTS:
            publish(self.name, table)
        return table
