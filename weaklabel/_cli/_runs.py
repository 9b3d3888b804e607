"""``weaklabel run``, ``diff`` and ``show``: the whole chain, and what it came to."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weaklabel._cli import _options as opt
from weaklabel._cli._command import Console
from weaklabel._cli._places import run_folder
from weaklabel._cli._votes import reuse_told
from weaklabel._render import terminal_width, text_table
from weaklabel.errors import GateError

if TYPE_CHECKING:
    from weaklabel.relabel import RunResult

# Input files that are named.
_SHOWN = 5

RunName = Annotated[
    str | None,
    typer.Argument(metavar="[RUN]", help="Name or directory of a run; default the newest."),
]


def run(
    console: Console,
    *,
    config: opt.ConfigFile = None,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="NAME", help="Name of the run; default by the time."),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with a run: the one of --run, else the newest."),
    ] = False,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FOLDER", help="Folder of the runs; default runs."),
    ] = None,
    lfs: opt.LFs = None,
    input: opt.Inputs = None,  # noqa: A002 - the name of the option
    input_format: opt.InputFormat = None,
    key: opt.Key = None,
    text: opt.Text = None,
    gold: opt.Gold = None,
    classes: opt.ClassNames = None,
    bad_rows: opt.BadRows = None,
    part_rows: opt.PartRows = None,
    jobs: opt.Jobs = None,
    timeout: opt.Timeout = None,
    cache: opt.Cache = None,
    no_cache: opt.NoCache = False,
    on_error: opt.OnError = None,
    kind: opt.Kind = None,
    encoder: Annotated[
        str | None,
        typer.Option("--encoder", metavar="cnn|lstm", help="Also train an end model of this kind."),
    ] = None,
    format: opt.Format = None,  # noqa: A002 - the name of the option
    safe_csv: opt.SafeCsv = False,
    uncovered: opt.Uncovered = None,
    max_fault_rate: opt.MaxFaultRate = None,
    min_coverage: opt.MinCoverage = None,
    max_bad_rows: opt.MaxBadRows = None,
) -> None:
    """Run the whole chain, from data to labels.

    Votes, label model, labels, and the end model if there is [end_model] or --encoder. It may be
    stopped at any moment; --resume goes on from there. A run is a folder: manifest.json, votes,
    model.npz, labels, and faults where a call failed.
    """
    from weaklabel.relabel import load_run
    from weaklabel.relabel import run as run_all

    settings = opt.read_config(
        config,
        {
            "data.input": input,
            "data.format": input_format,
            "data.key": key,
            "data.text": text,
            "data.gold": gold,
            "data.bad_rows": bad_rows,
            "data.part_rows": part_rows,
            "lfs.use": lfs,
            "lfs.classes": opt.class_names(classes),
            "apply.n_jobs": jobs,
            "apply.timeout": timeout,
            "apply.cache": opt.cache_change(cache, no_cache),
            "apply.on_error": on_error,
            "apply.max_fault_rate": max_fault_rate,
            "label_model.kind": kind,
            "end_model.encoder": encoder,
            "output.directory": out,
            "output.format": format,
            "output.safe_csv": safe_csv or None,
            "output.uncovered": uncovered,
            "gates.min_coverage": min_coverage,
            "gates.max_bad_rows": max_bad_rows,
        },
        need=["data.input", "lfs.use"],
    )
    directory = None if run is None else settings.run_directory(run)
    try:
        result = run_all(settings, directory=directory, resume=resume, progress=console.progress)
    except GateError:
        # A gate is looked at when all is written: the run has a result, though not a good one.
        _tell(console, load_run(directory or run_folder(None, settings)))
        raise
    _tell(console, result)


def show(
    console: Console,
    run: RunName = None,
    *,
    config: opt.ConfigFile = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FOLDER", help="Folder of the runs; default runs."),
    ] = None,
) -> None:
    """Show what a run did.

    Its counts, faults, gates, inputs, versions, and time by LF.
    """
    from weaklabel.relabel import load_run

    settings = opt.read_config(config, {"output.directory": out})
    result = load_run(run_folder(run, settings))
    console.result(f"{result}\n\n{_details(result.manifest)}", _data(result))


def diff(
    console: Console,
    a: Annotated[
        str | None,
        typer.Argument(metavar="[A]", help="A run; default the last but one with labels."),
    ] = None,
    b: Annotated[
        str | None,
        typer.Argument(metavar="[B]", help="Another run; default the last with labels."),
    ] = None,
    *,
    config: opt.ConfigFile = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FOLDER", help="Folder of the runs; default runs."),
    ] = None,
) -> None:
    """Compare two runs.

    Which rows changed their label, and which labeling function did it.
    """
    from weaklabel.relabel import diff as compare

    settings = opt.read_config(config, {"output.directory": out})
    old = run_folder(a, settings, back=1, labeled=True)
    found = compare(old, run_folder(b, settings, labeled=True))
    console.result(str(found), found.to_dict())


def _tell(console: Console, result: RunResult) -> None:
    lines = [str(result), _reused(result.manifest)]
    console.result("\n".join(line for line in lines if line), _data(result))


def _data(result: RunResult) -> dict[str, Any]:
    return {"directory": result.directory, **result.manifest}


def _reused(manifest: Mapping[str, Any]) -> str:
    computed, reused = (
        {entry["lf"]: entry[what] for entry in manifest["profile"] if entry[what]}
        for what in ("computed", "reused")
    )
    told = reuse_told(computed, reused)
    return f"{'cache':10}{told}" if told else ""


def _details(manifest: Mapping[str, Any]) -> str:
    """Return what stands in a manifest beside the counts."""
    from weaklabel.relabel._counted import counted

    inputs, lfs = manifest["inputs"], manifest["lfs"]
    size = sum(file["bytes"] for file in inputs)
    packages = ", ".join(f"{name} {version}" for name, version in manifest["packages"].items())
    versions = f"weaklabel {manifest['weaklabel']}, Python {manifest['python']}, {packages}"
    lines = [
        f"started   {manifest['started']}",
        f"finished  {manifest['finished'] or 'not yet'}",
        *(f"resumed   {when}" for when in manifest.get("resumed", [])),
        *_done_before(manifest),
        f"inputs    {counted(len(inputs), 'file')}, {counted(size, 'byte')}",
        *(f"          {file['path']}" for file in inputs[:_SHOWN]),
        *([f"          and {len(inputs) - _SHOWN:,} more"] if len(inputs) > _SHOWN else []),
        f"LFs       {', '.join(dict.fromkeys(lf['source'] for lf in lfs))}",
        textwrap.fill(f"versions  {versions}", terminal_width(), subsequent_indent=" " * 10),
    ]
    if manifest["profile"]:
        faults = manifest["faults"]
        rows = [
            [
                entry["lf"],
                f"{entry['seconds']:.3f}",
                f"{entry['computed']:,}",
                f"{entry['reused']:,}",
                f"{faults.get(entry['lf'], 0):,}",
            ]
            for entry in manifest["profile"]
        ]
        header = ["LF", "seconds", "computed", "reused", "faults"]
        lines += ["", text_table(header, rows, width=terminal_width())]
    return "\n".join(lines)


def _done_before(manifest: Mapping[str, Any]) -> list[str]:
    """Return how many parts the last resume found done, which its time does not count."""
    found = {
        kind: manifest["stages"].get(stage, {}).get("already_there", 0)
        for stage, kind in (("apply", "votes"), ("label", "labels"), ("predict", "predictions"))
    }
    told = [f"{count:,} of {kind}" for kind, count in found.items() if count]
    if not told:
        return []
    text = f"parts done before: {', '.join(told)}; seconds, computed and reused are without them"
    return [
        textwrap.fill(text, terminal_width(), initial_indent=" " * 10, subsequent_indent=" " * 10)
    ]
