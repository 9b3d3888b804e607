"""``weaklabel test``: whether labeling functions keep their contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weaklabel._cli import _options as opt
from weaklabel._cli._command import FAILED, Console
from weaklabel._render import terminal_width, text_table
from weaklabel.errors import LFError, WeakLabelError

if TYPE_CHECKING:
    from weaklabel.lf import LabelingFunction
    from weaklabel.matrix import LabelMatrix
    from weaklabel.relabel import Config, LoadedLFs

# A batch is cut into slices of so many rows: alone, and so few that each cut is another one.
_SLICES = (1, 7)
# Rows that are given alone to each LF of a batch.
_ALONE = 64


@dataclass(slots=True)
class _Found:
    """What was found of one labeling function."""

    lf: LabelingFunction
    votes: int | None = None
    failures: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        return [
            self.lf.name,
            f"{len(self.lf.examples):,}" if self.lf.examples else "none",
            "" if self.votes is None else f"{self.votes:,}",
            f"{len(self.failures)} failed" if self.failures else "ok",
        ]


def check(
    console: Console,
    *,
    config: opt.ConfigFile = None,
    lfs: opt.LFs = None,
    input: opt.Inputs = None,  # noqa: A002 - the name of the option
    input_format: opt.InputFormat = None,
    classes: opt.ClassNames = None,
    bad_rows: opt.BadRows = None,
    timeout: opt.Timeout = None,
    rows: Annotated[
        int, typer.Option("--rows", min=1, metavar="N", help="Rows of the data to try.")
    ] = 200,
) -> None:
    """Check labeling functions: examples, votes, repeatability.

    Each runs twice on some rows of the data and once in reversed order; those of a batch also run
    on slices of it. The same row must get the same vote every time. Without data only the examples
    run. Exit code 1 when anything fails; all of it is listed.
    """
    from weaklabel.relabel import load_lfs

    settings = opt.read_config(
        config,
        {
            "lfs.use": lfs,
            "lfs.classes": opt.class_names(classes),
            "data.input": input,
            "data.format": input_format,
            "data.bad_rows": bad_rows,
            "apply.timeout": timeout,
        },
        need=["lfs.use"],
    )
    loaded = load_lfs(settings.lfs.use, classes=settings.lfs.classes, folder=settings.folder)
    found = [_Found(lf) for lf in loaded.lfs]
    for one in found:
        _run_examples(one, loaded)
    sample = _sample(settings, rows) if settings.data.input else None
    if sample is None:
        console.say("no data: only the examples ran; --input gives some")
    else:
        _run_on_data(found, sample, loaded, settings.apply.timeout or None)
    _tell(console, found, None if sample is None else sample.num_rows)
    if any(one.failures for one in found):
        raise typer.Exit(FAILED)


def _run_examples(one: _Found, loaded: LoadedLFs) -> None:
    try:
        one.lf.check(loaded.classes)
    except LFError as error:
        one.failures += [line.strip() for line in str(error).splitlines()[1:]] or [str(error)]


def _sample(settings: Config, rows: int) -> Any:
    """Return some rows of the first part of the data, evenly spaced, as an Arrow table."""
    import numpy as np

    for part in settings.open_inputs().parts():
        if part.table.num_rows:
            n = part.table.num_rows
            return part.table.take(np.unique(np.linspace(0, n - 1, min(rows, n)).astype(int)))
    raise ValueError(f"the data ({', '.join(settings.data.input)}) has no rows to try")


def _run_on_data(
    found: Sequence[_Found], sample: Any, loaded: LoadedLFs, timeout: float | None
) -> None:
    for one in found:
        try:
            _run_one(one, sample, loaded, timeout)
        except (WeakLabelError, ValueError, TypeError) as error:
            one.failures.append(str(error))


def _run_one(one: _Found, sample: Any, loaded: LoadedLFs, timeout: float | None) -> None:
    from weaklabel.apply import apply_lfs

    def on(table: Any) -> LabelMatrix:
        return apply_lfs(
            [one.lf],
            table,
            classes=loaded.classes,
            on_error="abstain",
            max_fault_rate=1.0,
            progress=False,
            timeout=timeout,
        )

    n = sample.num_rows
    first = on(sample)
    one.votes = first.n_votes
    if first.faults:
        worst = first.faults[0]
        one.failures.append(
            f"{len(first.faults):,} of {n:,} rows failed, the first at row {worst.row}: "
            f"{worst.error}"
        )
    votes = _votes(first)
    _compare(one, votes, _votes(on(sample)), "when it ran again")
    backwards = _votes(on(sample.take(list(range(n - 1, -1, -1)))))
    _compare(one, votes, backwards[::-1], "with the rows in reversed order")
    if one.lf.batch:
        head = min(n, _ALONE)
        for size in _SLICES:
            cut = [v for i in range(0, head, size) for v in _votes(on(sample.slice(i, size)))]
            _compare(one, votes[:head], cut[:head], f"in a batch of {size}")


def _votes(L: LabelMatrix) -> list[str]:
    """Return the vote on each row by name; codes of class sets depend on what else was voted."""
    import numpy as np

    names = [*L.code_names, "abstain"]
    return [names[code] for code in np.asarray(L)[:, 0]]


def _compare(one: _Found, votes: Sequence[str], again: Sequence[str], when: str) -> None:
    differ = [i for i, (a, b) in enumerate(zip(votes, again, strict=True)) if a != b]
    if differ:
        i = differ[0]
        one.failures.append(
            f"{len(differ):,} of {len(votes):,} votes differ {when}: row {i} first got "
            f"{votes[i]}, then {again[i]}; a vote may depend on nothing but its row"
        )


def _tell(console: Console, found: Sequence[_Found], rows: int | None) -> None:
    failed = [one for one in found if one.failures]
    header = ["LF", "examples", "votes", "result"]
    lines = [text_table(header, [one.cells() for one in found], width=terminal_width())]
    for one in failed:
        lines += [f"\n{one.lf.name}:", *(f"  {failure}" for failure in one.failures)]
    on = "" if rows is None else f" on {rows:,} rows"
    verdict = f"{len(failed):,} failed" if failed else "all ok"
    lines.append(f"\n{len(found):,} labeling functions{on}: {verdict}")
    console.result(
        "\n".join(lines),
        {
            "ok": not failed,
            "rows": rows,
            "lfs": [
                {
                    "lf": one.lf.name,
                    "examples": len(one.lf.examples),
                    "votes": one.votes,
                    "failures": one.failures,
                }
                for one in found
            ],
        },
    )
