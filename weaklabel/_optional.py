"""Optional dependencies: import one, or say which pip line installs it."""

from __future__ import annotations

import importlib
from types import ModuleType

from weaklabel.errors import MissingExtraError


def require(module: str, *, extra: str, what: str) -> ModuleType:
    """Import a module of an extra.

    Parameters
    ----------
    module : str
        The module to import, e.g. ``"torch"``.
    extra : str
        The extra of weaklabel that brings it.
    what : str
        What needs it, as the beginning of the error message.

    Returns
    -------
    module
        The imported module.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        top = module.partition(".")[0]
        if error.name is None or error.name.partition(".")[0] != top:
            raise
        raise MissingExtraError(
            f"{what} needs {top}, which is not installed: pip install 'weaklabel[{extra}]'",
            extra=extra,
        ) from error
