"""``weaklabel packs``: what is installed."""

from __future__ import annotations

import typer

from weaklabel._render import text_table
from weaklabel.errors import PackError
from weaklabel.packs import list_packs, load_pack


def show_packs(name: str | None) -> None:
    """Print the installed packs, or the labeling functions of one."""
    try:
        if name is None:
            packs = {pack: load_pack(pack) for pack in list_packs()}
            rows = [[n, str(len(p.lfs)), ", ".join(p.class_names)] for n, p in packs.items()]
            typer.echo(text_table(["pack", "LFs", "classes"], rows))
        else:
            for lf in load_pack(name).lfs:
                typer.echo(lf.name)
    except PackError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
