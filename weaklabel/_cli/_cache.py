"""``weaklabel cache``: what the vote store holds, and less of it."""

from __future__ import annotations

import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from weaklabel._cli import _options as opt
from weaklabel._cli._command import BadUsage, Console
from weaklabel._render import terminal_width, text_table

if TYPE_CHECKING:
    from weaklabel.apply import StoreEntry, VoteStore
    from weaklabel.relabel import Config

_UNITS = ("B", "kB", "MB", "GB", "TB")
_DAY = 86400


def cache(
    console: Console,
    *,
    config: opt.ConfigFile = None,
    cache: opt.Cache = None,
    lfs: Annotated[
        list[str] | None,
        typer.Option(
            "--lfs",
            metavar="SPEC",
            help="With --prune: only the votes of these LFs as they are now; with --keep: all but "
            "these; repeatable.",
        ),
    ] = None,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Delete stored votes: all, or what the options say."),
    ] = False,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="With --prune: keep the votes of the LFs "
            "(of --lfs, else the config) as they are now.",
        ),
    ] = False,
    older_than: Annotated[
        float | None,
        typer.Option(
            "--older-than",
            metavar="DAYS",
            help="With --prune: only what no run has used for so many days.",
        ),
    ] = None,
) -> None:
    """Show the votes kept between runs, or delete some.

    --prune alone deletes all. An edited LF is another one: its old votes are not those of --lfs.
    """
    if (lfs or keep or older_than is not None) and not prune:
        raise BadUsage("--lfs, --keep and --older-than go with --prune; give it too")
    settings = opt.read_config(
        config,
        {"apply.cache": cache, "lfs.use": lfs},
        need=["lfs.use"] if keep else [],
    )
    path = settings.cache_path()
    if path is None:
        raise BadUsage("[apply] cache is false in the config; name a vote store with --cache")
    if not (path / "votes.sqlite").is_file():
        raise BadUsage(f"there is no vote store in {path}; a run makes one")
    from weaklabel.apply import VoteStore

    store = VoteStore(path)
    try:
        if prune:
            _prune(console, store, _kept(store, settings, lfs, keep=keep), older_than)
        else:
            _show(console, store, path)
    finally:
        store.close()


def _kept(
    store: VoteStore, settings: Config, lfs: list[str] | None, *, keep: bool
) -> list[str] | None:
    """Return what stays whatever its age, None where nothing does."""
    if not (keep or lfs):
        return None
    votes, docs = _digests(settings)
    if keep:
        return [*votes, *docs]
    # What preprocessors made stays: other labeling functions may share it.
    return [entry.digest for entry in store.sizes() if entry.digest not in votes]


def _digests(settings: Config) -> tuple[set[str], set[str]]:
    """Return under what the votes of the labeling functions stand as they are now, and the docs."""
    from weaklabel._classes import ClassTable
    from weaklabel.apply._stored import StoredRun
    from weaklabel.relabel import load_lfs

    loaded = load_lfs(settings.lfs.use, classes=settings.lfs.classes, folder=settings.folder)
    # Beside the store: a look is no use, which --older-than goes by.
    with tempfile.TemporaryDirectory() as beside:
        run = StoredRun.of(beside, loaded.lfs, ClassTable.of(loaded.classes))
    votes = {key for key in run.keys if key is not None}
    return votes, {digest for _, digest in run.docs}


def _prune(
    console: Console, store: VoteStore, keep: list[str] | None, older_than: float | None
) -> None:
    from weaklabel.relabel._counted import counted

    before = store.sizes()
    freed = store.prune(keep=keep, older_than_days=older_than)
    after = {entry.digest for entry in store.sizes()}
    gone = [entry.name for entry in before if entry.digest not in after]
    console.result(
        f"deleted {len(gone):,} of {counted(len(before), 'entry', 'entries')}, {_bytes(freed)}"
        + "".join(f"\n  {name}" for name in gone),
        {"deleted": gone, "bytes": freed, "left": len(after)},
    )


def _show(console: Console, store: VoteStore, path: Path) -> None:
    from weaklabel.relabel._counted import counted

    entries = store.sizes()
    now = time.time()
    rows = [
        [e.name, e.digest[:8], f"{e.parts:,}", f"{e.rows:,}", _bytes(e.bytes), _ago(now, e)]
        for e in entries
    ]
    total = sum(entry.bytes for entry in entries)
    table = text_table(
        ["LF", "digest", "groups", "rows", "size", "last used"], rows, width=terminal_width()
    )
    console.result(
        f"{table}\n{path}: {counted(len(entries), 'entry', 'entries')}, {_bytes(total)}",
        {"path": path, "bytes": total, "entries": [asdict(entry) for entry in entries]},
    )


def _ago(now: float, entry: StoreEntry) -> str:
    days = (now - entry.last_used) / _DAY
    return "today" if days < 1 else "never" if not entry.last_used else f"{days:,.0f} days ago"


def _bytes(size: float) -> str:
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} B" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
