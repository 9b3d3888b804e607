"""Errors that a caller may want to catch, all below one root.

::

    WeakLabelError
    ├── LFError              a labeling function failed or voted illegally (.lf, .key, .fault)
    │   └── FaultRateError   too many rows of one labeling function failed (.faults)
    ├── NotFittedError       a model was used before ``fit``
    ├── FileFormatError      a saved file is damaged, of another kind, or newer than this (.path)
    ├── MissingExtraError    an optional dependency is not installed (.extra)
    ├── PackError            a pack of labeling functions cannot be found or loaded
    ├── InputError           data files are missing, broken or do not fit together (.path)
    ├── ConfigError          a config file says what it may not (.path)
    └── RunError             a batch run cannot go on
        ├── RunLockedError   another process works in the run's directory (.owner)
        └── GateError        a run is done, but below what it was asked for (.failed)

    WeakLabelWarning         something is likely not what was meant, the work goes on

A bad argument is a plain ``ValueError`` or ``TypeError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from weaklabel.types import Fault

__all__ = [
    "ConfigError",
    "FaultRateError",
    "FileFormatError",
    "GateError",
    "InputError",
    "LFError",
    "MissingExtraError",
    "NotFittedError",
    "PackError",
    "RunError",
    "RunLockedError",
    "WeakLabelError",
    "WeakLabelWarning",
]


class WeakLabelError(Exception):
    """Root of all errors that weaklabel raises by intent."""

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments would keep an error from travelling back from a worker process.
        return _restored, (type(self), self.args, self.__dict__)


def _restored(
    kind: type[WeakLabelError], args: tuple[object, ...], fields: dict[str, object]
) -> WeakLabelError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class LFError(WeakLabelError):
    """A labeling function raised, or voted something that is no vote.

    Parameters
    ----------
    message : str
        What happened, where, and what was expected.
    lf : str
        Name of the labeling function.
    key : object, optional
        Key of the row, None where the error belongs to no single row.
    fault : Fault, optional
        The fault with its traceback.
    """

    def __init__(
        self, message: str, *, lf: str, key: object = None, fault: Fault | None = None
    ) -> None:
        super().__init__(message)
        self.lf = lf
        self.key = key
        self.fault = fault


class FaultRateError(LFError):
    """More rows of one labeling function failed than ``max_fault_rate`` allows."""

    def __init__(self, message: str, *, lf: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message, lf=lf, fault=faults[0] if faults else None)
        self.faults = tuple(faults)


class NotFittedError(WeakLabelError, ValueError, AttributeError):
    """A model was asked for labels before it was fitted."""


class FileFormatError(WeakLabelError, ValueError):
    """A file cannot be read: damaged, of another kind, or written by a newer version."""

    def __init__(self, message: str, *, path: Path) -> None:
        super().__init__(message)
        self.path = path


class MissingExtraError(WeakLabelError, ImportError):
    """An optional dependency is needed that is not installed."""

    def __init__(self, message: str, *, extra: str) -> None:
        super().__init__(message)
        self.extra = extra


class PackError(WeakLabelError, ValueError):
    """A pack of labeling functions cannot be found or loaded."""


class InputError(WeakLabelError, ValueError):
    """Data files are missing or broken, or do not fit together."""

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class ConfigError(WeakLabelError, ValueError):
    """A config file says what it may not."""

    def __init__(self, message: str, *, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path


class RunError(WeakLabelError):
    """A batch run cannot begin or go on."""


class RunLockedError(RunError):
    """Another process works in the directory of a run."""

    def __init__(self, message: str, *, owner: Mapping[str, object]) -> None:
        super().__init__(message)
        self.owner = dict(owner)


class GateError(RunError):
    """A run is done, but below what it was asked for."""

    def __init__(self, message: str, *, failed: Sequence[str]) -> None:
        super().__init__(message)
        self.failed = tuple(failed)


class WeakLabelWarning(UserWarning):
    """Something is likely not what was meant; the work goes on."""
