"""Checks of what label models are made with, at the beginning of ``fit``."""

from __future__ import annotations

import numpy as np

from weaklabel._checks import checked_balance
from weaklabel.matrix import LabelMatrix
from weaklabel.types import FloatArray


def given_balance(values: object, L: LabelMatrix) -> FloatArray | None:
    """Return the class balance that was given, checked; None where it is to be learned."""
    return None if values is None else checked_balance(values, L.class_names)


def check_positive(**numbers: object) -> None:
    """Refuse what is not a positive finite number, naming the argument."""
    for name, value in numbers.items():
        if not (_is_number(value) and 0 < value < np.inf):  # type: ignore[operator]
            raise ValueError(f"{name} must be a positive number, got {value!r}")


def check_ending(tol: object, max_iter: object) -> None:
    """Refuse a tolerance or a number of passes with which EM would not end well."""
    if not (_is_number(tol) and tol >= 0):  # type: ignore[operator]
        raise ValueError(f"tol must be a number that is not negative, got {tol!r}")
    if not (isinstance(max_iter, int | np.integer) and max_iter >= 1):
        raise ValueError(f"max_iter must be an int of at least 1, got {max_iter!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
