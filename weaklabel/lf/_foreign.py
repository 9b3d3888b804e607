"""Labeling functions of other libraries, taken as they are.

Snorkel's are recognised by their shape (callable, with a name), so that Snorkel need not be
installed to run here. Its preprocessors pickle the data point, set attributes on the copy, and
memoize by the values of its fields, which is why these functions get points of their own kind
instead of a read-only `Row`.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any

from weaklabel.lf._labeling_function import LabelingFunction
from weaklabel.lf._preprocessor import Preprocessor
from weaklabel.lf._row import Row, TextRow


class _Point(SimpleNamespace):
    """A data point with fields as attributes and as items, both of which may be set."""

    def __getitem__(self, name: Any) -> Any:
        return self.__dict__[name]

    def __setitem__(self, name: Any, value: Any) -> None:
        self.__dict__[name] = value

    def __contains__(self, name: object) -> bool:
        return name in self.__dict__


class _TextPoint(str):
    """A data point that is a text, with room for the fields that preprocessors set."""

    def __getitem__(self, name: Any) -> Any:
        return self.__dict__[name] if isinstance(name, str) else str.__getitem__(self, name)

    def __eq__(self, other: object) -> bool:
        same = str.__eq__(self, other)
        if same is True and isinstance(other, _TextPoint):
            # A memo must tell points with other fields apart; fields may be arrays.
            return pickle.dumps(vars(self)) == pickle.dumps(vars(other))
        return same

    __hash__ = str.__hash__


class _ForeignCall:
    """Hands a foreign labeling function the kind of data point it expects."""

    def __init__(self, f: Callable[[Any], Any]) -> None:
        self.f = f

    def __call__(self, x: Any) -> Any:
        if isinstance(x, TextRow):
            point: Any = _TextPoint(x)
            point.text = x.text
            return self.f(point)
        if isinstance(x, Row):
            point = _Point()
            vars(point).update(vars(x))
            return self.f(point)
        return self.f(x)


def as_labeling_function(lf: Any) -> LabelingFunction:
    """Return ours as it is, and another library's wrapped.

    Raises
    ------
    TypeError
        When it is a plain function, a preprocessor or no labeling function at all.
    """
    if isinstance(lf, LabelingFunction):
        return lf
    if isinstance(lf, Preprocessor):
        raise TypeError(f"{lf!r} is no labeling function; name it in labeling_function(pre=...)")
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
