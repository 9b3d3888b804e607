"""Slicing functions: whether a row lies in a slice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final, overload

from weaklabel._checks import shorten
from weaklabel.lf import LabelingFunction, Preprocessor

# A slicing function is run as a labeling function that votes "inside" or abstains.
_CLASSES = ("outside", "inside")
INSIDE = 1


@final
class SlicingFunction:
    """A function of a data point that says whether it lies in a slice.

    Made by `slicing_function`. It sees what labeling functions see.

    Attributes
    ----------
    name : str
        Its name in tables and messages.
    lf : LabelingFunction
        The labeling function that it is run as: True votes 1, False and None abstain.
    """

    __slots__ = ("lf", "name")

    def __init__(self, lf: LabelingFunction) -> None:
        self.lf = lf
        self.name = lf.name

    def __call__(self, x: Any) -> bool:
        """Return whether one data point lies in the slice."""
        return self.lf(x) == INSIDE

    def __repr__(self) -> str:
        return f"SlicingFunction({self.name!r})"


def as_slicing_function(slicing: Any) -> SlicingFunction:
    """Return it as it is, or say what it is not.

    Raises
    ------
    TypeError
        When it is no slicing function.
    """
    if isinstance(slicing, SlicingFunction):
        return slicing
    if isinstance(slicing, LabelingFunction):
        raise TypeError(
            f"{slicing!r} is a labeling function; decorate a function that returns True or False "
            "with @wl.slicing_function"
        )
    raise TypeError(
        f"expected slicing functions, got {shorten(slicing)}; decorate functions with "
        "@wl.slicing_function"
    )


@overload
def slicing_function(f: Callable[..., Any], /) -> SlicingFunction: ...


@overload
def slicing_function(
    *,
    name: str | None = None,
    resources: Mapping[str, Any] | None = None,
    pre: Preprocessor | Sequence[Preprocessor] = (),
    batch: bool = False,
    columns: Sequence[str] | str = (),
    version: str | float | None = None,
) -> Callable[[Callable[..., Any]], SlicingFunction]: ...


def slicing_function(
    f: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    resources: Mapping[str, Any] | None = None,
    pre: Preprocessor | Sequence[Preprocessor] = (),
    batch: bool = False,
    columns: Sequence[str] | str = (),
    version: str | float | None = None,
) -> SlicingFunction | Callable[[Callable[..., Any]], SlicingFunction]:
    """Turn a function of a data point into a slicing function.

    Parameters
    ----------
    f : callable
        From a row ``x`` to True (in the slice), False or None.
    name : str, optional
        Default: the function's name.
    resources, pre, batch, columns, version
        As in `labeling_function`.

    Returns
    -------
    SlicingFunction
        Callable on one data point; `apply_slices` runs many on many.

    Raises
    ------
    TypeError, ValueError
        When an argument is not what it should be.

    Examples
    --------
    >>> from weaklabel.analysis import slicing_function
    >>> @slicing_function
    ... def short(x):
    ...     return len(x.text) < 12
    >>> short({"text": "hello"}), short("this is a longer text")
    (True, False)
    """

    def decorate(function: Callable[..., Any]) -> SlicingFunction:
        if isinstance(function, LabelingFunction | SlicingFunction):
            raise TypeError(f"slicing_function takes a plain function, got {function!r}")
        return SlicingFunction(
            LabelingFunction(
                function,
                name=name,
                votes=_CLASSES[INSIDE],
                classes=_CLASSES,
                resources=resources,
                pre=pre,
                batch=batch,
                columns=columns,
                version=version,
            )
        )

    return decorate if f is None else decorate(f)
