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
            rows = [
                [pack, str(len(load_pack(pack).lfs)), ", ".join(load_pack(pack).class_names)]
                for pack in list_packs()
            ]
            typer.echo(text_table(["pack", "LFs", "classes"], rows))
        else:
            for lf in load_pack(name).lfs:
                typer.echo(lf.name)
    except PackError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None
