"""Labeling functions of other libraries, taken as they are.

Snorkel's are recognised by their shape (callable, with a name), so that Snorkel need not be
installed to run here. Its preprocessors set attributes on a copy of the data point, which is why
these functions get a plain namespace instead of a read-only `Row`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any

from weaklabel.lf._labeling_function import LabelingFunction
from weaklabel.lf._row import Row, TextRow


class _ForeignCall:
    """Hands a foreign labeling function the kind of data point it expects."""

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f = f

    def __call__(self, x: Any) -> Any:
        if isinstance(x, Row) and x._base is None:
            x = SimpleNamespace(**vars(x))
        elif isinstance(x, TextRow):
            x = SimpleNamespace(text=str(x))
        return self.f(x)


def as_labeling_function(lf: Any) -> LabelingFunction:
    """Return ours as it is, and another library's wrapped.

    Raises
    ------
    TypeError
        When it is a plain function or no labeling function at all.
    """
    if isinstance(lf, LabelingFunction):
        return lf
    if isinstance(lf, FunctionType):
        raise TypeError(
            f"{lf.__name__!r} is a plain function; decorate it with @wl.labeling_function"
        )
    if callable(lf) and isinstance(getattr(lf, "name", None), str):
        return LabelingFunction(_ForeignCall(lf), name=lf.name)
    raise TypeError(
        f"expected labeling functions, got {type(lf).__name__} {lf!r}; "
        "decorate functions with @wl.labeling_function and pass them as a list"
    )
