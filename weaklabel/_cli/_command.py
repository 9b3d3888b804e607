"""What all commands share: how they print, how they fail, and the options that each one has."""

from __future__ import annotations

import errno
import inspect
import json
import os
import warnings
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from traceback import format_exception
from typing import TYPE_CHECKING, Annotated, Any, final

import typer

from weaklabel.errors import (
    ConfigError,
    FaultRateError,
    GateError,
    PackError,
    WeakLabelError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FAILED, BAD_USAGE, GATE_MISSED, INTERRUPTED = 1, 2, 3, 130

# Errors whose message says all there is to say: no name of a class before it.
_PLAIN = (WeakLabelError, ValueError, TypeError, OSError)

_OWN: dict[str, tuple[Any, bool]] = {
    "as_json": (
        Annotated[
            bool, typer.Option("--json", help="Print one JSON object to stdout, nothing else.")
        ],
        False,
    ),
    "quiet": (
        Annotated[
            bool, typer.Option("--quiet", "-q", help="No progress and no remarks on stderr.")
        ],
        False,
    ),
    "traceback": (
        Annotated[
            bool,
            typer.Option(
                "--traceback",
                envvar="WEAKLABEL_TRACEBACK",
                show_envvar=False,
                help="Show where an error arose; WEAKLABEL_TRACEBACK=1 does the same.",
            ),
        ],
        False,
    ),
}


class BadUsage(Exception):  # noqa: N818 - named for what it says, as typer's Exit and Abort
    """What was asked for makes no sense; the command ends with exit code 2."""


@final
@dataclass(frozen=True, slots=True)
class Console:
    """Where a command prints: results to stdout, all else to stderr.

    Attributes
    ----------
    as_json : bool
        Results are one JSON object.
    quiet : bool
        No remarks, no progress.
    """

    as_json: bool = False
    quiet: bool = False

    @property
    def progress(self) -> bool:
        """Whether bars are wanted; they still show in a terminal only."""
        return not self.quiet

    def say(self, text: str) -> None:
        """Print a remark."""
        if not self.quiet:
            typer.echo(text, err=True)

    def result(self, text: str, data: Mapping[str, Any]) -> None:
        """Print the result of the command, once: the text, or the data as JSON."""
        if self.as_json:
            typer.echo(json.dumps(plain(data), allow_nan=False, ensure_ascii=False))
        else:
            typer.echo(text)


def plain(value: Any) -> Any:
    """Return what JSON can hold: arrays as lists, paths as text, NaN as null."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if value - value == 0 else None
    if value is None or isinstance(value, str | int):
        return value
    return plain(value.tolist()) if hasattr(value, "tolist") else str(value)


def register(
    app: typer.Typer,
    f: Callable[..., None],
    *,
    name: str | None = None,
    result: bool = True,
    when_stopped: str = "",
) -> None:
    """Make a function a command of the app.

    Its first parameter is the `Console`, the others are arguments and options. The command gets
    the options that all have, and fails as all do: one line, and an exit code that says why.

    Parameters
    ----------
    app : Typer
    f : callable
    name : str, optional
        Default: the name of the function.
    result : bool, optional
        Whether it has a result that can be printed as JSON.
    when_stopped : str, optional
        What to say after Ctrl-C; ``{same}`` in it becomes what to say of options that were given.
    """
    signature = inspect.signature(f, eval_str=True)
    own = {key: value for key, value in _OWN.items() if result or key != "as_json"}
    shared = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=value, annotation=kind)
        for key, (kind, value) in own.items()
    ]
    parameters = [*list(signature.parameters.values())[1:], *shared]

    def run(**given: Any) -> None:
        asked = {key: given.pop(key) for key in own}
        console = Console(asked.get("as_json", False), asked["quiet"])
        told = when_stopped.format(same=" with the same options" if _options_given(given) else "")
        with _failing_well(asked["traceback"], told), _warnings_told(console):
            f(console, **given)

    run.__name__, run.__doc__ = f.__name__, f.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    app.command(name or f.__name__)(run)


def _options_given(given: Mapping[str, Any]) -> bool:
    """Tell whether options say what is done, beside those that name the run."""
    return any(value for name, value in given.items() if name not in ("run", "resume"))


@contextmanager
def _failing_well(traceback: bool, when_stopped: str) -> Iterator[None]:
    """Turn an exception into one line on stderr and an exit code."""
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except KeyboardInterrupt:
        typer.echo(f"\nstopped{when_stopped and '; ' + when_stopped}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EPIPE:
            raise  # the reader of a pipe has gone, which typer ends quietly
        if traceback:
            typer.echo("".join(format_exception(error)), err=True)
        typer.echo(f"error: {_message(error)}", err=True)
        raise typer.Exit(_exit_code(error)) from None


def _exit_code(error: Exception) -> int:
    if isinstance(error, BadUsage | ConfigError | PackError):
        return BAD_USAGE
    if isinstance(error, GateError | FaultRateError):
        return GATE_MISSED
    return FAILED


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        name = f"{os.fspath(error.filename)}: " if error.filename else ""
        return f"{name}{error.strerror}"
    text = str(error)
    if isinstance(error, (*_PLAIN, BadUsage)) and text:
        return text
    return f"{type(error).__name__}: {text} (--traceback shows where)"


@contextmanager
def _warnings_told(console: Console) -> Iterator[None]:
    """Print warnings as remarks, without the line of code that they came from."""

    def tell(message: Warning | str, *_: Any, **__: Any) -> None:
        console.say(f"warning: {message}")

    with warnings.catch_warnings():
        warnings.showwarning = tell
        yield
