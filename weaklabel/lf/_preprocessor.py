"""Preprocessors: a value computed once a row and shared by all labeling functions that read it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, final, overload

from weaklabel._checks import repeated
from weaklabel.lf._resource import checked_version, loaded
from weaklabel.lf._row import Batch, as_row, extended, only

Keep: TypeAlias = tuple[Callable[[list[Any]], bytes | None], Callable[[bytes], Sequence[Any]]]


@final
class Preprocessor:
    """A function of a row whose value labeling functions read as ``x.<name>``.

    Made by `preprocessor`. Within a run of `apply_lfs` it is called once a row, however many
    labeling functions declare it (it is memoized by row).

    Attributes
    ----------
    name : str
        The field that its value becomes.
    pre : tuple of Preprocessor
        Preprocessors whose values it reads itself.
    batch : bool
        True when it takes a `Batch` and returns one value a row.
    keep : pair of callables or None
        How its values are written to, and read from, the vote store.
    version : str, int, float or None
        Its declared version.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        pre: Preprocessor | Sequence[Preprocessor] = (),
        resources: Mapping[str, Any] | None = None,
        batch: bool = False,
        keep: Keep | None = None,
        version: str | float | None = None,
    ) -> None:
        if not callable(f):
            raise TypeError(f"a preprocessor wraps a function, got {f!r}")
        self.name = name if name is not None else str(getattr(f, "__name__", type(f).__name__))
        if not self.name.isidentifier():
            raise ValueError(
                f"preprocessor name {self.name!r} is no identifier, x.{self.name} cannot be "
                "written; pass name="
            )
        self.pre = as_preprocessors(pre)
        self.resources = dict(resources or {})
        self.batch = batch
        self.keep = _checked_keep(keep)
        self.version = checked_version(version)
        self._f = f
        functools.update_wrapper(self, f, updated=())
        self.__dict__.pop("__wrapped__", None)

    def __call__(self, x: Any) -> Any:
        """Return the value for one data point."""
        row = with_preprocessors(as_row(x), self.pre)
        if not self.batch:
            return self.on_row(row)
        return only(self.on_batch, row, f"preprocessor {self.name!r}")

    def on_row(self, row: Any) -> Any:
        """Return the value for a row that already has what `pre` computes."""
        return self._f(row, **loaded(self.resources))

    def on_batch(self, batch: Batch) -> Sequence[Any]:
        """Return the values for a batch whose rows already have what `pre` computes."""
        values: Sequence[Any] = self._f(batch, **loaded(self.resources))
        return values

    def __repr__(self) -> str:
        return f"Preprocessor({self.name!r})"


def _checked_keep(keep: Any) -> Keep | None:
    pair = isinstance(keep, tuple | list) and len(keep) == 2 and all(map(callable, keep))
    if keep is not None and not pair:
        raise TypeError(f"keep= takes two functions (to_bytes, from_bytes), got {keep!r}")
    return None if keep is None else (keep[0], keep[1])


def as_preprocessors(pre: Preprocessor | Sequence[Preprocessor]) -> tuple[Preprocessor, ...]:
    """Return one or many preprocessors as a tuple, or say what is none."""
    many = (pre,) if callable(pre) else tuple(pre)
    for p in many:
        if not isinstance(p, Preprocessor):
            raise TypeError(
                f"pre= takes preprocessors, got {p!r}; decorate the function with @wl.preprocessor"
            )
    if again := repeated([p.name for p in dict.fromkeys(many)]):
        raise ValueError(f"pre= names two preprocessors {again[0]!r}; pass name= to one of them")
    return many


def with_preprocessors(row: Any, pre: Sequence[Preprocessor]) -> Any:
    """Return the row with the values of its preprocessors."""
    return extended(row, {p.name: p(row) for p in pre}) if pre else row


@overload
def preprocessor(f: Callable[..., Any], /) -> Preprocessor: ...


@overload
def preprocessor(
    *,
    name: str | None = None,
    pre: Preprocessor | Sequence[Preprocessor] = (),
    resources: Mapping[str, Any] | None = None,
    batch: bool = False,
    keep: Keep | None = None,
    version: str | float | None = None,
) -> Callable[[Callable[..., Any]], Preprocessor]: ...


def preprocessor(
    f: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    pre: Preprocessor | Sequence[Preprocessor] = (),
    resources: Mapping[str, Any] | None = None,
    batch: bool = False,
    keep: Keep | None = None,
    version: str | float | None = None,
) -> Preprocessor | Callable[[Callable[..., Any]], Preprocessor]:
    """Turn a function of a row into a preprocessor.

    Parameters
    ----------
    f : callable
        From a row ``x`` to any value.
    name : str, optional
        The field its value becomes; default the function's name.
    pre : Preprocessor or sequence of Preprocessor, optional
        Preprocessors whose values it reads.
    resources : mapping, optional
        Passed to the function as keyword arguments; a `Resource` is loaded first.
    batch : bool, optional
        True when the function takes a `Batch` (its columns are pandas Series) and returns a
        sequence with one value a row.
    keep : pair of callables, optional
        ``(to_bytes, from_bytes)``, from a list of values to bytes (or None: not these) and back:
        with ``apply_lfs(cache=...)`` the values are kept in the vote store, and computed once for
        all labeling functions to come. Worth it where reading them is faster than computing them.
    version : str, int or float, optional
        Of what a fingerprint cannot see, e.g. a service it asks: votes in a store are computed
        anew when it changes.

    Returns
    -------
    Preprocessor
        To be named in ``labeling_function(pre=...)``.

    Examples
    --------
    >>> import weaklabel as wl
    >>> @wl.preprocessor
    ... def words(x):
    ...     return set(x.text.lower().split())
    >>> @wl.labeling_function(pre=words, votes=1)
    ... def says_free(x):
    ...     return "free" in x.words
    >>> says_free({"text": "Free money"})
    1
    """

    def decorate(function: Callable[..., Any]) -> Preprocessor:
        return Preprocessor(
            function,
            name=name,
            pre=pre,
            resources=resources,
            batch=batch,
            keep=keep,
            version=version,
        )

    return decorate if f is None else decorate(f)
