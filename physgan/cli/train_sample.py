"""Commands that train surrogates and sample from them."""

import warnings
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from physgan.cli.app import (
    EXTRA,
    MOST_EVENTS,
    ConditionOption,
    Json,
    SchedulerOption,
    Seed,
    ShardOption,
    app,
    own_options,
    with_more_help,
)
from physgan.cli.conditions import conditions_like, drawn_conditions
from physgan.cli.listing import train_help
from physgan.cli.next_command import after_part, after_samples, after_training
from physgan.cli.options import (
    assignments,
    extra_options,
    read_toml,
    settings,
    shard_of,
    training_options,
)
from physgan.cli.printing import print_result
from physgan.errors import CertificateWarning
from physgan.progress import reporting

__all__ = ["sample", "train"]

_COUNT = 1000


@app.command(context_settings=EXTRA, cls=with_more_help(train_help))
def train(
    context: typer.Context,
    data: Annotated[Path, typer.Argument(help="Dataset: a file or a folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    method: Annotated[
        str,
        typer.Option(help="What is trained, see below; by default what the recipe says, or gan."),
    ] = "",
    config: Annotated[Path | None, typer.Option(help="TOML file of settings.")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="key=value over the settings; repeatable.")
    ] = None,
    seed: Seed = 0,
    distributed: Annotated[
        bool,
        typer.Option(help="Train by all processes of a Slurm step, of mpirun, or started by hand."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Train a surrogate; the same command continues an interrupted run.

    Settings may be given as options:  physgan train data/ --out run/ --network dcgan28
    --loss hinge --spectral-norm true
    """
    from physgan.methods import train as run
    from physgan.training import is_first, several

    free = training_options(context.args, method, own_options(context))
    table = {**(read_toml(config) if config else {}), **settings(change or []), **free}
    with several() if distributed else nullcontext():
        with reporting("train", "samples") if is_first() else nullcontext() as report:
            result = run(data, out, table, seed=seed, method=method, progress=report)
        if is_first():
            print_result({**result, "next": after_training(out, data)}, as_json)


@app.command(context_settings=EXTRA)
def sample(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            help="Folder of a trained run, or a surrogate of the package: see physgan list."
        ),
    ],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    count: Annotated[
        int | None,
        typer.Option(help="Number of samples; 1,000 if left out.", min=1, max=MOST_EVENTS),
    ] = None,
    seed: Seed = 0,
    condition: ConditionOption = None,
    like: Annotated[
        str,
        typer.Option(
            help="Dataset, or FILE:split: a sample at the conditions of each event, in its order."
        ),
    ] = "",
    size: Annotated[
        int | None, typer.Option(help="Length of a sample's axes, if not the trained one.")
    ] = None,
    extrapolate: Annotated[
        bool, typer.Option(help="Allow conditions outside the trained range.")
    ] = False,
    proposals: Annotated[
        int,
        typer.Option(
            help="Draws per sample; one is kept by the physics' exact weight, if known.", min=1
        ),
    ] = 1,
    rejection: Annotated[
        bool,
        typer.Option(help="Let the discriminator, if there is one, reject some of the draws."),
    ] = True,
    shard: ShardOption = "",
    scheduler: SchedulerOption = "",
    as_json: Json = False,
) -> None:
    """Draw samples from a surrogate into a dataset.

    physgan sample run/ --temperature 2.3 --count 1000 --out x.h5
    physgan sample run/ --like data.h5:test --out x.h5
    """
    from physgan.surrogates import load

    part = shard_of(shard)
    surrogate = load(run)
    if not rejection:
        surrogate = surrogate.without_rejection()
    if surrogate.certificate is None:
        text = f"{surrogate.name} has no certificate; physgan benchmark judges it and writes one"
        warnings.warn(text, CertificateWarning, stacklevel=1)
    texts = {**extra_options(context.args), **assignments(condition or [])}
    if like:
        conditions, count = conditions_like(like, surrogate.conditions, texts, count)
    else:
        count = count or _COUNT
        others = own_options(context)
        conditions = drawn_conditions(texts, surrogate.conditions, count, seed, others)
    with reporting("sample", "samples") as report:
        result = surrogate.write(
            out,
            conditions,
            count,
            seed,
            extrapolate=extrapolate,
            size=size,
            proposals=proposals,
            shard=part,
            scheduler=scheduler,
            progress=report,
        )
    print_result({**result, "next": after_part(part) or after_samples(out, like)}, as_json)
