"""The reference of the command line, made from the commands themselves.

``python -m weaklabel._cli._reference docs/cli.md`` writes it into the page, between two marks; what
people wrote around them stays.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path
from typing import Any

import typer

from weaklabel._cli import app
from weaklabel._files import atomic_write

_BEGIN = "<!-- begin: made by python -m weaklabel._cli._reference docs/cli.md -->"
_END = "<!-- end -->"


def reference() -> str:
    """Return every command with its arguments and options, as Markdown.

    Raises
    ------
    ValueError
        When a command, an argument or an option has no help.
    """
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    rows = [
        f"| [`{name}`](#weaklabel-{name}) | {_first(c, name)} |" for name, c in commands.items()
    ]
    index = "\n".join(["| command | what it does |", "|---|---|", *rows])
    return "\n\n".join([index, *(_section(name, c) for name, c in commands.items())])


def page(text: str) -> str:
    """Return a page with the reference between its marks."""
    before, mark, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not mark or not end:
        raise ValueError(f"the page lacks the marks {_BEGIN} and {_END}")
    return f"{before}{_BEGIN}\n\n{reference()}\n\n{_END}{after}"


def _section(name: str, command: Any) -> str:
    needed = [_shape(param) for param in command.params if _stands_in_usage(param)]
    usage = " ".join(["weaklabel", name, *needed, "[OPTIONS]"])
    rows = [
        f"| `{_cell(_shape(param))}` | {_cell(_help(param, name))} |" for param in command.params
    ]
    return "\n\n".join(
        [
            f"### weaklabel {name}",
            inspect.cleandoc(command.help),
            f"```text\n{usage}\n```",
            "\n".join(["| | |", "|---|---|", *rows]),
        ]
    )


def _first(command: Any, name: str) -> str:
    if not command.help:
        raise ValueError(f"command {name} has no help")
    return _cell(inspect.cleandoc(command.help).partition("\n")[0])


def _stands_in_usage(param: Any) -> bool:
    return bool(param.param_type_name == "argument" or param.required)


def _shape(param: Any) -> str:
    if param.param_type_name == "argument":
        shown = param.metavar or param.name.upper()
        return shown if param.required or shown.startswith("[") else f"[{shown}]"
    names = ", ".join(sorted(param.opts, key=len, reverse=True))
    if getattr(param, "is_flag", False):
        return names
    return f"{names} {param.metavar or 'N'}"


def _help(param: Any, command: str) -> str:
    if not param.help:
        raise ValueError(f"{param.name} of command {command} has no help")
    text = str(param.help)
    shown = isinstance(param.default, int | float) and not isinstance(param.default, bool)
    return f"{text} Default {param.default}." if shown else text


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


if __name__ == "__main__":
    if len(sys.argv) == 1:
        print(reference())
    for name in sys.argv[1:]:
        path = Path(name)
        text = page(path.read_text(encoding="utf-8"))
        with atomic_write(path) as file:
            file.write(text.encode())
