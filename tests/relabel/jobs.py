"""Small jobs for the tests of runs: rows, labeling functions and a config in a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weaklabel.relabel import Config

LFS = """
import weaklabel as wl


@wl.labeling_function(votes="SPAM", columns="text")
def says_free(x):
    return "free" in x.text


@wl.labeling_function(votes="SPAM", columns="text")
def says_win(x):
    return "win" in x.text


@wl.labeling_function(votes="HAM", columns="text")
def says_lunch(x):
    return "lunch" in x.text


@wl.labeling_function(votes="HAM", columns="text")
def says_song(x):
    return "song" in x.text
"""

FAILS = """

@wl.labeling_function(votes="HAM")
def fails(x):
    if x.id % {every} == 1:
        raise RuntimeError(f"no idea of {x.id}")
    return False
"""

TEXTS = ("free win", "lunch song", "win now free", "song at lunch", "hello", "free lunch", "song")


def rows(ids: Iterable[int], **more: Any) -> list[dict[str, Any]]:
    return [{"id": i, "text": TEXTS[i % len(TEXTS)], **more} for i in ids]


def write_rows(path: Path, some: Iterable[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(dict(row)) + "\n" for row in some))
    return path


def job(
    folder: Path, *, n: int = 70, lfs: str = LFS, tables: Mapping[str, Mapping[str, Any]] = {}
) -> Config:
    """Write two files of rows and a file of LFs; return a config over them."""
    data = folder / "data"
    if not data.exists():
        write_rows(data / "a.jsonl", rows(range(n // 2)))
        write_rows(data / "b.jsonl", rows(range(n // 2, n)))
    (folder / "lfs.py").write_text(lfs)
    base: dict[str, dict[str, Any]] = {
        "data": {"input": "data/*.jsonl", "key": "id", "part_rows": 10},
        "lfs": {"use": "lfs.py", "classes": ["HAM", "SPAM"]},
        "apply": {"cache": False},
    }
    for name, table in tables.items():
        base[name] = {**base.get(name, {}), **table}
    return Config.from_dict(base, folder=folder)


def contents(directory: Path, *kinds: str) -> dict[str, bytes]:
    """Return the parts of a run by name."""
    wanted = kinds or ("votes", "labels", "faults")
    return {
        f"{kind}/{path.name}": path.read_bytes()
        for kind in wanted
        if (directory / kind).is_dir()
        for path in sorted((directory / kind).iterdir())
    }
