"""``weaklabel packs``: what is installed."""

from __future__ import annotations

from typing import Annotated

import typer

from weaklabel._cli._command import Console
from weaklabel._render import text_table
from weaklabel.packs import list_packs, load_pack


def packs(
    console: Console,
    name: Annotated[
        str | None, typer.Argument(help="Show the labeling functions of one pack.")
    ] = None,
) -> None:
    """List the installed packs of labeling functions."""
    if name is not None:
        pack = load_pack(name)
        names = [lf.name for lf in pack.lfs]
        console.result("\n".join(names), {"pack": name, "classes": pack.class_names, "lfs": names})
        return
    found = {one: load_pack(one) for one in list_packs()}
    rows = [[n, str(len(p.lfs)), ", ".join(p.class_names)] for n, p in found.items()]
    listed = [{"pack": n, "lfs": len(p.lfs), "classes": p.class_names} for n, p in found.items()]
    console.result(text_table(["pack", "LFs", "classes"], rows), {"packs": listed})
