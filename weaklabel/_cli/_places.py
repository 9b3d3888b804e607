"""Where commands find what others wrote, and where they write themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from weaklabel._cli._command import BadUsage

if TYPE_CHECKING:
    from weaklabel.relabel import Config

_PART = re.compile(r"part-\d+\.\w+")


def part_files(path: Path, kind: str) -> list[Path]:
    """Return the part files of a folder, of that folder of a run, or the file itself.

    Parameters
    ----------
    path : Path
        A folder of parts, the directory of a run, or one file.
    kind : str
        The folder of a run they stand in, e.g. ``"votes"``.

    Raises
    ------
    BadUsage
        When there are none.
    """
    if path.is_file():
        return [path]
    folder = path / kind if (path / kind).is_dir() else path
    found = sorted(p for p in folder.iterdir() if _PART.fullmatch(p.name))
    if not found:
        raise BadUsage(
            f"{path} holds no {kind}: expected files part-00000..., or the directory of a run"
        )
    return found


def fresh_folder(folder: Path, *, overwrite: bool) -> Path:
    """Return a folder without part files; it is made where it is missing.

    Raises
    ------
    FileExistsError
        When it has some and is not to be overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    old = [p for p in folder.iterdir() if _PART.fullmatch(p.name)]
    if old and not overwrite:
        raise FileExistsError(
            f"{folder} holds {len(old):,} part files already; choose another --out, or give "
            "--overwrite"
        )
    for path in old:
        path.unlink()
    return folder


def fresh_file(path: Path, *, overwrite: bool) -> Path:
    """Return a path where no file is, in a folder that is made where it is missing.

    Raises
    ------
    FileExistsError
        When there is a file and it is not to be overwritten.
    """
    if path.exists() and not overwrite:
        raise FileExistsError(f"{path} exists; choose another --out, or give --overwrite")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def run_folder(name: str | None, config: Config, *, back: int = 0, labeled: bool = False) -> Path:
    """Return the directory of a run.

    Parameters
    ----------
    name : str or None
        A path, the name of a run, or None for the one that was started last.
    config : Config
    back : int, optional
        For None: so many runs before the last.
    labeled : bool, optional
        For None: of the runs that have written all labels alone.

    Raises
    ------
    BadUsage
        When there is no such run.
    """
    from weaklabel._checks import nearest

    runs = config.folder / config.output.directory
    there = sorted(p.parent for p in runs.glob("*/manifest.json"))
    if name is None:
        with_labels = " with all labels written" if labeled and there else ""
        if labeled:
            there = [path for path in there if _labeled(path)]
        if len(there) <= back:
            raise BadUsage(
                f"there {'is no run' if not there else 'is but one run'}{with_labels} in {runs}; "
                "make one with `weaklabel run`"
            )
        return sorted(there, key=_started)[-1 - back]
    for path in (runs / name, Path(name)):
        if (path / "manifest.json").is_file():
            return path
    raise BadUsage(f"there is no run {name!r} in {runs}{nearest(name, [p.name for p in there])}")


def _labeled(run: Path) -> bool:
    from weaklabel.relabel import load_run

    return "label" in load_run(run).manifest["stages"]


def _started(run: Path) -> str:
    from weaklabel.relabel import load_run

    return str(load_run(run).manifest.get("started", ""))
