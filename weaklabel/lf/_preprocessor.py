"""Preprocessors: a value computed once a row and shared by all labeling functions that read it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final, overload

from weaklabel.lf._row import Batch, as_row, extended


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
    """

    def __init__(
        self,
        f: Callable[..., Any],
        *,
        name: str | None = None,
        pre: Preprocessor | Sequence[Preprocessor] = (),
        resources: Mapping[str, Any] | None = None,
        batch: bool = False,
    ) -> None:
        self.name = name or f.__name__
        if not self.name.isidentifier():
            raise ValueError(
                f"preprocessor name {self.name!r} is no identifier, x.{self.name} cannot be "
                "written; pass name="
            )
        self.pre = as_preprocessors(pre)
        self.resources = dict(resources or {})
        self.batch = batch
        self._f = f
        functools.update_wrapper(self, f)

    def __call__(self, x: Any) -> Any:
        """Return the value for one data point."""
        row = with_preprocessors(as_row(x), self.pre)
        return self.on_batch(Batch([row]))[0] if self.batch else self.on_row(row)

    def on_row(self, row: Any) -> Any:
        """Return the value for a row that already has what `pre` computes."""
        return self._f(row, **self.resources)

    def on_batch(self, batch: Batch) -> Sequence[Any]:
        """Return the values for a batch whose rows already have what `pre` computes."""
        values: Sequence[Any] = self._f(batch, **self.resources)
        return values

    def __repr__(self) -> str:
        return f"Preprocessor({self.name!r})"


def as_preprocessors(pre: Preprocessor | Sequence[Preprocessor]) -> tuple[Preprocessor, ...]:
    """Return one or many preprocessors as a tuple, or say what is none."""
    many = (pre,) if isinstance(pre, Preprocessor) else tuple(pre)
    for p in many:
        if not isinstance(p, Preprocessor):
            raise TypeError(
                f"pre= takes preprocessors, got {p!r}; decorate the function with @wl.preprocessor"
            )
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
) -> Callable[[Callable[..., Any]], Preprocessor]: ...


def preprocessor(
    f: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    pre: Preprocessor | Sequence[Preprocessor] = (),
    resources: Mapping[str, Any] | None = None,
    batch: bool = False,
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
        Passed to the function as keyword arguments.
    batch : bool, optional
        True when the function takes a `Batch` (its columns are pandas Series) and returns a
        sequence with one value a row.

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
        return Preprocessor(function, name=name, pre=pre, resources=resources, batch=batch)

    return decorate if f is None else decorate(f)
