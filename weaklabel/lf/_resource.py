"""Resources: what a function needs beside the row, loaded where and when it is first used."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from typing import Any, final
from weakref import WeakValueDictionary

_LOADED: WeakValueDictionary[str, _Loaded] = WeakValueDictionary()
_LOOKING = threading.Lock()


@final
class Resource:
    """A model, a gazetteer or a connection that is loaded once a process, at first use.

    Named in ``resources={...}`` of a labeling function or preprocessor, which is called with what
    the factory returned. The value never travels: a worker process gets the factory and loads its
    own, once for all labeling functions that share the resource.

    Parameters
    ----------
    factory : callable
        Returns the value.
    *args : object
        What it is called with.
    version : str, int or float, optional
        Of what is loaded, e.g. of the file's content: votes in a store are computed anew when it
        changes. The fingerprint covers the factory and its arguments, not the value.

    Raises
    ------
    TypeError
        When the factory cannot be called, or the version is neither text nor number.

    Examples
    --------
    >>> import weaklabel as wl
    >>> from weaklabel.lf import Resource
    >>> def load_names():
    ...     print("loading")
    ...     return {"anna", "bob"}
    >>> names = Resource(load_names, version="2026-01")
    >>> @wl.labeling_function(votes=1, resources={"names": names})
    ... def names_someone(x, names):
    ...     return bool(names & set(x.text.split()))
    >>> names_someone("hello anna"), names_someone("hello")
    loading
    (1, -1)
    """

    def __init__(
        self,
        factory: Callable[..., Any],
        /,
        *args: Any,
        version: str | float | None = None,
    ) -> None:
        if not callable(factory):
            raise TypeError(
                f"a resource takes the function that loads it, got {factory!r}; "
                "write e.g. Resource(load, 'names.txt')"
            )
        self.factory = factory
        self.args = args
        self.version = checked_version(version)
        self._share(os.urandom(16).hex())

    def _share(self, token: str) -> None:
        self._token = token
        with _LOOKING:
            loaded = _LOADED.get(token)
            if loaded is None:
                loaded = _LOADED[token] = _Loaded()
        self._loaded = loaded

    @property
    def value(self) -> Any:
        """What the factory returns, called once in this process.

        Whatever the factory raises passes through, and the next use tries again.
        """
        return self._loaded.value(self.factory, self.args)

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (self.factory, self.args, self.version, self._token)

    def __repr__(self) -> str:
        name = getattr(self.factory, "__qualname__", type(self.factory).__name__)
        return f"Resource({', '.join([name, *map(repr, self.args)])})"


class _Loaded:
    """The value of a resource in this process, shared by all copies of the resource."""

    def __init__(self) -> None:
        self._in_process = 0
        self._value: Any = None
        self._lock = threading.RLock()

    def value(self, factory: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        process = os.getpid()
        if self._in_process != process:
            with self._lock:
                # A forked process must not use its parent's connections: it loads its own.
                if self._in_process != process:
                    self._value = factory(*args)
                    self._in_process = process
        return self._value

    def renew_lock(self) -> None:
        self._lock = threading.RLock()


def _renew_locks() -> None:
    """Forget who held a lock when the process was forked: that thread is not here."""
    global _LOOKING
    _LOOKING = threading.Lock()
    for loaded in list(_LOADED.values()):
        loaded.renew_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_locks)


def _received(
    factory: Callable[..., Any], args: tuple[Any, ...], version: str | float | None, token: str
) -> Resource:
    resource = Resource.__new__(Resource)
    resource.factory, resource.args, resource.version = factory, args, version
    resource._share(token)
    return resource


def loaded(resources: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return keyword arguments with each `Resource` replaced by its value."""
    if not resources:
        return resources
    return {
        name: value.value if type(value) is Resource else value for name, value in resources.items()
    }


def holds_resource(resources: Mapping[str, Any]) -> bool:
    """Tell whether there is a `Resource` among keyword arguments."""
    return any(type(value) is Resource for value in resources.values())


def called_with(f: Callable[..., Any], resources: Mapping[str, Any], x: Any) -> Any:
    """Call a function with what its resources have loaded."""
    return f(x, **loaded(resources))


def checked_version(version: Any) -> str | float | None:
    """Return a declared version.

    Raises
    ------
    TypeError
        When it is neither text nor number.
    """
    known = isinstance(version, str | int | float) and not isinstance(version, bool)
    if version is None or known:
        return version  # type: ignore[no-any-return]
    raise TypeError(f"version= takes a text or a number, got {version!r}")
