"""The command line: parse, call, print."""

from __future__ import annotations

from typing import Annotated

import typer

import weaklabel as wl
from weaklabel._cli._packs import show_packs
from weaklabel._cli._quickstart import run_quickstart

app = typer.Typer(
    name="weaklabel",
    help="Weak supervision: labeling functions, a label model, end models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"weaklabel {wl.__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Weak supervision: labeling functions, a label model, end models."""


@app.command()
def quickstart(
    seed: Annotated[int, typer.Option(help="Seed of the end models.")] = 0,
) -> None:
    """Show the whole idea on real text: the docstrings of the installed SciPy."""
    run_quickstart(seed=seed)


@app.command()
def packs(
    name: Annotated[
        str | None, typer.Argument(help="Show the labeling functions of one pack.")
    ] = None,
) -> None:
    """List the installed packs of labeling functions."""
    show_packs(name)
