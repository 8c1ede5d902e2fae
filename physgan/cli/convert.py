"""Commands for other formats: import and export."""

from pathlib import Path
from typing import Annotated, Any

import typer

from physgan.cli.app import Json, Split, app
from physgan.cli.import_line import import_line, line_back
from physgan.cli.next_command import after_dataset
from physgan.cli.options import UsageError, assignments, edges_of, import_settings, shape_of, shares
from physgan.cli.printing import print_result
from physgan.progress import reporting

__all__ = [
    "export_arrays",
    "export_calochallenge",
    "import_arrays",
    "import_calochallenge",
    "import_idx",
]


@app.command("export")
def export_arrays(
    source: Annotated[
        str,
        typer.Argument(
            help="Dataset: a file or a folder. Or a trained run, or a surrogate of the package."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="x.npz, x.h5, x.csv, x.parquet or x.root; a model has a name without it."
        ),
    ] = None,
    split: Annotated[str, typer.Option(help="Only this split: train, validation or test.")] = "",
    onnx: Annotated[bool, typer.Option("--onnx", help="Write the model for ONNX Runtime.")] = False,
    stablehlo: Annotated[
        bool, typer.Option("--stablehlo", help="Write the model for JAX without physgan.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write data for other programs, or a surrogate as a model that runs without physgan.

    physgan export samples.h5 --out samples.root

    physgan export run/ --onnx
    """
    if onnx or stablehlo:
        print_result(_exported_model(source, out, split, onnx, stablehlo), as_json)
        return
    _refuse_model(source)
    if out is None:
        raise UsageError("expected --out x.npz, x.h5, x.csv, x.parquet or x.root; got none")
    from physgan.data.exporting import export_arrays as run

    with reporting("export", "samples") as report:
        result = run(source, out, split=split or None, progress=report)
    line = line_back(Path(source), result)
    print_result({**result, **({"import": line} if line else {})}, as_json)


def _exported_model(
    source: str, out: Path | None, split: str, onnx: bool, stablehlo: bool
) -> dict[str, Any]:
    from physgan.deployment import export_model

    if onnx and stablehlo:
        raise UsageError("expected --onnx or --stablehlo; got both; give the command twice")
    if split:
        raise UsageError("expected a model without --split, which is of datasets; got both")
    return export_model(source, "onnx" if onnx else "stablehlo", out)


def _refuse_model(source: str) -> None:
    from physgan.surrogates import pretrained_names

    files = (Path(source) / "surrogate.json", Path(source) / "surrogate" / "surrogate.json")
    named = not Path(source).exists() and source in pretrained_names()
    if named or any(file.exists() for file in files):
        raise UsageError(f"expected --onnx or --stablehlo to export the surrogate {source}")


@app.command()
def export_calochallenge(
    data: Annotated[Path, typer.Argument(help="Dataset of showers: a file or a folder.")],
    out: Annotated[Path, typer.Option(help="HDF5 file; the XML file goes beside it.")],
    as_json: Json = False,
) -> None:
    """Write showers as the CaloChallenge's pair of HDF5 and XML files."""
    from physgan.domains.showers.calochallenge import export_calochallenge as run

    with reporting("export", "showers") as report:
        result = run(data, out, progress=report)
    print_result(result, as_json)


@app.command("import")
def import_arrays(
    data: Annotated[
        list[Path] | None,
        typer.Argument(
            help=".npz, .npy, HDF5, CSV, Parquet or ROOT files; the recipe may name them."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="x.h5 for one file, else a folder of shards.")
    ] = None,
    samples: Annotated[
        str,
        typer.Option(help="Key of the samples, or columns: 'cell_*', cell_0:cell_143."),
    ] = "",
    condition: Annotated[
        list[str] | None,
        typer.Option(help="name=key:unit[:log]; key may be x.npy or key[column]; repeatable."),
    ] = None,
    domain: Annotated[str, typer.Option(help="Kind of sample; see physgan list domains.")] = "",
    unit: Annotated[str, typer.Option(help="Of the samples: eV to TeV for energies.")] = "",
    shape: Annotated[str, typer.Option(help="12,12: of one sample, if stored otherwise.")] = "",
    axes: Annotated[
        str, typer.Option(help="Of a sample: layer,alpha,r or layer,x,y; else cells as they are.")
    ] = "",
    edges: Annotated[
        list[str] | None,
        typer.Option(help="r=0,5,10: bin edges; x=start:step:n: of n bins; repeatable."),
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="Values below are set to 0; in the unit given.")
    ] = None,
    split: Split = "",
    recipe: Annotated[Path | None, typer.Option(help="TOML file of these settings.")] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Read all, write nothing; summarise and propose what is not given."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Turn arrays of your own into a dataset.

    physgan import deposits.npz --dry-run

    physgan import deposits.npz --out x.h5 --domain showers --samples deposits --unit MeV
    --condition energy_mev=energy:GeV:log --axes layer,alpha,r --edges r=0,5,10

    physgan import run1.csv run2.csv --out x.h5 --domain showers --samples 'cell_*'
    --shape 1,12,12 --unit MeV --condition energy_mev=energy:GeV:log
    """
    from physgan.importing import import_arrays as run
    from physgan.importing import inspect_arrays

    options = {
        "data": data,
        "domain": domain,
        "samples": samples,
        "unit": unit,
        "conditions": assignments(condition or []),
        "shape": shape_of(shape),
        "axes": axes.split(",") if axes else [],
        "edges": {name: edges_of(text) for name, text in assignments(edges or []).items()},
        "threshold": threshold,
        "splits": shares(split),
    }
    table = import_settings(options, recipe, needed=("data",) if dry_run else ("data", "domain"))
    if dry_run:
        with reporting("read", "samples") as report:
            found = inspect_arrays(table.pop("data"), **table, progress=report)
        found["command"] = import_line(found["settings"], str(out or "x.h5"))
        if not as_json:
            del found["settings"]  # the command line has them
        print_result(found, as_json)
        return
    if out is None:
        raise UsageError("expected --out x.h5 or --out folder; got none; --dry-run writes nothing")
    with reporting("import", "samples") as report:
        result = run(table.pop("data"), out, **table, progress=report)
    print_result({**result, "next": after_dataset(out)}, as_json)


@app.command()
def import_calochallenge(
    showers: Annotated[Path, typer.Argument(help="HDF5 file of the CaloChallenge.")],
    binning: Annotated[Path, typer.Argument(help="Its XML file.")],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    pid: Annotated[int | None, typer.Option(help="Particle, if the XML file has several.")] = None,
    split: Split = "",
    as_json: Json = False,
) -> None:
    """Turn the CaloChallenge's pair of files into a dataset."""
    from physgan.domains.showers.calochallenge import import_calochallenge as run

    with reporting("import", "showers") as report:
        result = run(showers, binning, out, pid=pid, splits=shares(split) or None, progress=report)
    print_result({**result, "next": after_dataset(out)}, as_json)


@app.command()
def import_idx(
    images: Annotated[Path, typer.Argument(help="IDX file of images, gzipped or not.")],
    out: Annotated[Path, typer.Option(help="x.h5 for one file, else a folder of shards.")],
    labels: Annotated[
        Path | None, typer.Option(help="IDX file of their labels, which become the condition.")
    ] = None,
    split: Split = "",
    as_json: Json = False,
) -> None:
    """Turn images in the format of MNIST into a dataset.

    physgan import-idx train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz
    --out digits.h5
    """
    from physgan.domains.images.idx import import_idx as run

    with reporting("import", "images") as report:
        result = run(images, out, labels=labels, splits=shares(split) or None, progress=report)
    print_result({**result, "next": after_dataset(out)}, as_json)
