"""The command line: parse, call, print."""

from __future__ import annotations

from typing import Annotated

import typer

import weaklabel as wl
from weaklabel._cli._cache import cache
from weaklabel._cli._check import check
from weaklabel._cli._command import register
from weaklabel._cli._end_model import predict, train
from weaklabel._cli._init import init
from weaklabel._cli._model import fit, label
from weaklabel._cli._packs import packs
from weaklabel._cli._quickstart import quickstart
from weaklabel._cli._runs import diff, run, show
from weaklabel._cli._votes import apply, summary

app = typer.Typer(
    name="weaklabel",
    help="Weak supervision: labeling functions, a label model, end models.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
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


_GO_ON = "what was finished stays; `weaklabel run --resume`{same} goes on from there"

register(app, init)
register(app, packs)
register(app, check, name="test")
register(app, apply)
register(app, summary)
register(app, fit)
register(app, label)
register(app, train)
register(app, predict)
register(app, run, when_stopped=_GO_ON)
register(app, diff)
register(app, show)
register(app, cache)
register(app, quickstart, result=False)
