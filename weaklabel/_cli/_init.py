"""``weaklabel init``: a small project that runs as it stands."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from weaklabel._cli._command import Console
from weaklabel._files import atomic_write

# Files of a project, and the templates they come from; ".txt" keeps a template from being taken
# for code, or for a .gitignore, of this package.
_FILES = {
    "weaklabel.toml": "weaklabel.toml",
    "lfs.py": "lfs.py.txt",
    "data/comments.csv": "data/comments.csv",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
}


def init(
    console: Console,
    folder: Annotated[Path, typer.Argument(help="Where; it is made where it is missing.")] = Path(),
) -> None:
    """Make a small project that runs as it stands.

    A file that is there already is never overwritten.
    """
    there = [name for name in _FILES if os.path.lexists(folder / name)]
    if there:
        raise FileExistsError(
            f"{folder / there[0]} exists and is not overwritten; choose another folder: weaklabel "
            "init FOLDER"
        )
    templates = files("weaklabel._cli") / "_scaffold"
    for name, template in _FILES.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(target) as file:
            file.write((templates / template).read_bytes())
    lines = [f"wrote {folder / name}" for name in _FILES]
    cd = "" if folder == Path() else f"cd {folder} && "
    console.result(
        "\n".join([*lines, f"next: {cd}weaklabel test && weaklabel run"]),
        {"folder": folder, "files": list(_FILES)},
    )
