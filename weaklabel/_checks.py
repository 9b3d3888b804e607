"""Checks on what callers pass, with messages that say the next step."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

import numpy as np

from weaklabel.types import FloatArray, IntArray


def nearest(name: object, known: Iterable[object]) -> str:
    """Return ``"; did you mean 'x'?"`` for the closest known name, or an empty string."""
    close = difflib.get_close_matches(str(name), [str(k) for k in known], n=1, cutoff=0.6)
    return f"; did you mean {close[0]!r}?" if close else ""


def shorten(value: object, limit: int = 80) -> str:
    """Return ``repr(value)``, cut in the middle when it is long."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit // 2]} … {text[-limit // 4 :]}"


def listed(names: Sequence[object], limit: int = 6) -> str:
    """Return names for a message, the first few and how many more there are."""
    shown = ", ".join(repr(name) for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def repeated(names: Sequence[object]) -> list[object]:
    """Return the names that occur more than once, each once, in order of first repeat."""
    seen: set[object] = set()
    again: dict[object, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        seen.add(name)
    return list(again)


def checked_balance(values: object, class_names: Sequence[str]) -> FloatArray:
    """Return a class balance as a checked float array of shape (k,)."""
    try:
        balance = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"class_balance must be numbers, one for each of {tuple(class_names)}, got "
            f"{shorten(values)}"
        ) from None
    k = len(class_names)
    if balance.shape != (k,):
        raise ValueError(
            f"class_balance has shape {balance.shape}, expected ({k},): one share for each of "
            f"{tuple(class_names)}"
        )
    if not np.all(np.isfinite(balance)) or np.any(balance <= 0):
        raise ValueError(f"class_balance must be positive numbers, got {balance.tolist()}")
    if abs(balance.sum() - 1.0) > 1e-6:
        raise ValueError(f"class_balance must sum to 1, got a sum of {balance.sum():.6g}")
    return np.asarray(balance / balance.sum())


def read_only(array: IntArray) -> IntArray:
    """Return the array (or a view) that can no longer be written to."""
    view = array.view()
    view.flags.writeable = False
    return view
