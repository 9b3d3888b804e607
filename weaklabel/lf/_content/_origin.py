"""Where code comes from: a project, whose code counts, or Python and packages with a version."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import PurePath
from typing import Any

PYTHON = f"python {sys.version_info.major}.{sys.version_info.minor}"
_LIBRARY = os.path.dirname(os.path.realpath(os.__file__))
_INSTALLED = frozenset({"site-packages", "dist-packages"})


def origin(module: str | None, file: str | None = None) -> str | None:
    """Return what stands for the code of a module, None when the code itself must be looked at.

    Parameters
    ----------
    module : str or None
        Name of the module.
    file : str, optional
        Its file, where the module is not among the loaded ones.

    Returns
    -------
    str or None
        ``"python 3.11"`` for the standard library, ``"numpy 2.3.1"`` for what is installed, None
        for a project.
    """
    if not module or module in ("__main__", "__mp_main__"):
        return None
    if file is None:
        loaded = sys.modules.get(module)
        found = None if loaded is None else vars(loaded).get("__file__")
        file = found if isinstance(found, str) else None
    return _origin(module.partition(".")[0], file)


@functools.lru_cache(maxsize=4096)
def _origin(package: str, file: str | None) -> str | None:
    if package == "weaklabel":
        return f"weaklabel {_version(package)}"
    if file is None:
        return PYTHON if package in sys.stdlib_module_names else None
    if not _INSTALLED.isdisjoint(PurePath(file).parts):
        version = _version(package)
        return None if version is None else f"{package} {version}"
    if os.path.realpath(file).startswith(_LIBRARY + os.sep) or file.startswith("<frozen "):
        return PYTHON
    return None


@functools.cache
def _version(package: str) -> str | None:
    """Return the version of an installed package, None where there is none."""
    from importlib import metadata

    module = sys.modules.get(package)
    told = None if module is None else vars(module).get("__version__")
    if isinstance(told, str):
        return told
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        # Slow, but few packages have neither a version nor the name of their distribution.
        names = sorted(metadata.packages_distributions().get(package, ()))
        return " ".join(f"{name} {metadata.version(name)}" for name in names) or None


def installed_name(value: Any) -> str | None:
    """Return ``"numpy 2.3.1: numpy.sum"`` for what has a name in an installed module.

    None where it has none by which another process would find it, or belongs to a project.
    """
    module = _plain(value, "__module__")
    path = _plain(value, "__qualname__") or _plain(value, "__name__")
    if not isinstance(module, str) or not isinstance(path, str):
        return None
    where = origin(module)
    if where is None:
        return None
    found: Any = sys.modules.get(module)
    for name in path.split("."):
        if found is None:
            return None
        found = getattr(found, "__dict__", {}).get(name)
    found = getattr(found, "__func__", found)
    return f"{where}: {module}.{path}" if found is value else None


def module_of(kind: type) -> str:
    """Return the name of the module that a type comes from."""
    module = _plain(kind, "__module__")
    return module if isinstance(module, str) else ""


def _plain(value: Any, name: str) -> Any:
    """Return an attribute without running a ``__getattr__`` that a user wrote."""
    read = type.__getattribute__ if isinstance(value, type) else object.__getattribute__
    try:
        return read(value, name)
    except AttributeError:
        return None
