"""The options that commands share, and how they make a config with the file's keys below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weaklabel._cli._command import BadUsage

if TYPE_CHECKING:
    from weaklabel.relabel import Config

_FILE = "weaklabel.toml"

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help=f"The config; default {_FILE} of the current folder, if there is one.",
    ),
]
LFs = Annotated[
    list[str] | None,
    typer.Option(
        "--lfs",
        metavar="SPEC",
        help="Labeling functions: pack:NAME, module:attr or file.py[:attr]; repeatable.",
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="PATH",
        help="Data: a file, folder or glob of CSV, JSONL or Parquet; repeatable.",
    ),
]
InputFormat = Annotated[
    str | None,
    typer.Option(
        "--input-format",
        metavar="csv|jsonl|parquet",
        help="Format of the data; default by the names of the files.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="COLUMN", help="Column of the row keys; default the position."),
]
Text = Annotated[
    str | None,
    typer.Option("--text", metavar="COLUMN", help="Column that the end model reads."),
]
Gold = Annotated[
    str | None,
    typer.Option(
        "--gold",
        metavar="COLUMN",
        help="Column of known labels, to compare with; nothing learns from them.",
    ),
]
ClassNames = Annotated[
    str | None,
    typer.Option(
        "--classes",
        metavar="A,B,...",
        help="Class names in order of their codes, where the LFs do not declare them.",
    ),
]
BadRows = Annotated[
    str | None,
    typer.Option(
        "--bad-rows",
        metavar="raise|skip",
        help="A row that cannot be read stops the command, or is counted and left out.",
    ),
]
PartRows = Annotated[
    int | None, typer.Option("--part-rows", metavar="N", help="Rows of a part; default 65536.")
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", metavar="N", help="Worker processes; -1 for one a core."),
]
Timeout = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        help="Most time for an LF and a row group; 0 for no limit.",
    ),
]
Cache = Annotated[
    str | None,
    typer.Option("--cache", metavar="FOLDER", help="The vote store; default .weaklabel/votes."),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Neither read nor fill a vote store.")]
OnError = Annotated[
    str | None,
    typer.Option(
        "--on-error",
        metavar="abstain|raise",
        help="A call that fails abstains and is kept as a fault, or stops the command.",
    ),
]
MaxFaultRate = Annotated[
    float | None,
    typer.Option(
        "--max-fault-rate",
        metavar="SHARE",
        help="Gate: stop when an LF fails on more than this share of the rows.",
    ),
]
MinCoverage = Annotated[
    float | None,
    typer.Option(
        "--min-coverage",
        metavar="SHARE",
        help="Gate: exit code 3 when fewer rows have a vote.",
    ),
]
MaxBadRows = Annotated[
    int | None,
    typer.Option(
        "--max-bad-rows",
        metavar="N",
        help="Gate: exit code 3 when more rows cannot be read.",
    ),
]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="parquet|jsonl|csv", help="Format of the label files."),
]
SafeCsv = Annotated[
    bool,
    typer.Option(
        "--safe-csv", help="In CSV, defuse texts that a spreadsheet would run as a formula."
    ),
]
Uncovered = Annotated[
    str | None,
    typer.Option(
        "--uncovered",
        metavar="abstain|prior",
        help="What rows without a vote get: no label, or the likeliest class.",
    ),
]
Kind = Annotated[
    str | None,
    typer.Option("--kind", metavar="NAME", help="The label model; default LabelModel."),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace what an earlier command wrote there.")
]

# Which options can give a key that a command cannot do without.
_NEEDED = {"data.input": "--input", "lfs.use": "--lfs"}


def read_config(
    file: Path | None, changes: Mapping[str, Any], *, need: Sequence[str] = ()
) -> Config:
    """Return the config of a file with options above it.

    Parameters
    ----------
    file : Path or None
        None for `weaklabel.toml`, where there is one.
    changes : mapping of str to object
        By ``"table.key"``; None leaves the key as it is.
    need : sequence of str, optional
        Keys without which the command makes no sense.

    Raises
    ------
    BadUsage
        When one of those has no value.
    ConfigError
        When the file or an option says what it may not.
    """
    from weaklabel.relabel import Config, load_config

    if file is None and Path(_FILE).is_file():
        file = Path(_FILE)
    below = Config.from_dict({}, require=()) if file is None else load_config(file, require=())
    tables: dict[str, dict[str, Any]] = {}
    for name, value in changes.items():
        table, _, key = name.partition(".")
        tables.setdefault(table, {})[key] = value
    config = below.with_overrides(tables, require=())
    for name in need:
        if not _value(config, name):
            table, _, key = name.partition(".")
            raise BadUsage(
                f"{_NEEDED[name]} is missing; give it, or [{table}] {key} in a config "
                f"({file or f'there is no {_FILE} here'})"
            )
    return config


def _value(config: Config, name: str) -> Any:
    table, _, key = name.partition(".")
    return getattr(getattr(config, table), key)


def cache_change(cache: str | None, no_cache: bool) -> str | bool | None:
    """Return what ``--cache`` and ``--no-cache`` make of ``apply.cache``.

    Raises
    ------
    BadUsage
        When both are given.
    """
    if no_cache and cache is not None:
        raise BadUsage("--cache and --no-cache exclude one another; give one of them")
    return False if no_cache else cache


def class_names(text: str | None) -> list[str] | None:
    """Return the names in ``A,B,C``."""
    return None if text is None else [name.strip() for name in text.split(",")]
