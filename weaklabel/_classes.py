"""Classes: what an Enum or a list of names means, and which code each member has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from weaklabel._checks import nearest, repeated
from weaklabel.types import ABSTAIN, Classes, ClassSet, IntArray

# Codes without declared classes found them; a wild one must not found a million.
_MOST_UNDECLARED = 10_000


@dataclass(frozen=True, slots=True)
class ClassTable:
    """The classes in order of their codes; one may be written as Enum member, name or code.

    Attributes
    ----------
    names : tuple of str
        Class names; the position is the code. A member of any Enum counts by its name.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, classes: Classes) -> ClassTable:
        """Read an Enum type or a sequence of class names.

        Raises
        ------
        TypeError
            When it is neither.
        ValueError
            When there are fewer than two classes, a name is repeated, or the int values of an
            Enum are not 0..k-1.
        """
        if isinstance(classes, type) and issubclass(classes, Enum):
            return cls._of_enum(classes)
        if isinstance(classes, str) or not isinstance(classes, Sequence):
            raise TypeError(
                f"classes must be an Enum or a sequence of names, got {classes!r}; "
                'write e.g. classes=("HAM", "SPAM")'
            )
        given: list[object] = list(classes)
        if bad := [name for name in given if not isinstance(name, str)]:
            raise TypeError(f"class names must be str, got {bad[0]!r}")
        if again := repeated(classes):
            raise ValueError(f"class name {again[0]!r} is given twice")
        return cls(_at_least_two(tuple(str(name) for name in classes)))

    @classmethod
    def _of_enum(cls, enum: type[Enum]) -> ClassTable:
        members = [m for m in enum if not is_abstain(m)]
        if all(isinstance(m.value, int) for m in members):
            members.sort(key=lambda m: m.value)
            values = [m.value for m in members]
            if values != list(range(len(values))):
                raise ValueError(
                    f"the values of {enum.__name__} are {values}, expected 0..{len(values) - 1} "
                    "(ABSTAIN = -1 is allowed besides)"
                )
        return cls(_at_least_two(tuple(m.name for m in members)))

    @property
    def k(self) -> int:
        """Number of classes."""
        return len(self.names)

    def code(self, label: object) -> int:
        """Return the code of an Enum member, a name or an int code.

        Raises
        ------
        ValueError
            When it is no class (the message says what was expected).
        """
        if isinstance(label, Enum):
            label = label.name
        if isinstance(label, str) and label in self.names:
            return self.names.index(label)
        is_int = isinstance(label, int | np.integer) and not isinstance(label, bool)
        if is_int and 0 <= label < self.k:  # type: ignore[operator]
            return int(label)  # type: ignore[call-overload, no-any-return]
        hint = nearest(label, self.names) if isinstance(label, str) else ""
        raise ValueError(f"{label!r} is no class; expected {self.expected()}{hint}")

    def expected(self) -> str:
        """Return what a class may be, for messages."""
        return f"0..{self.k - 1} for classes {self.names}"

    def code_set(self, partial: ClassSet) -> frozenset[int]:
        """Return the codes that a partial vote leaves possible.

        Raises
        ------
        ValueError
            When a member is no class, or none or all of the classes remain.
        """
        codes = frozenset(self.code(member) for member in partial.members)
        if partial.negated:
            codes = frozenset(range(self.k)) - codes
        if not codes or len(codes) == self.k:
            left = "no class" if not codes else "every class"
            raise ValueError(f"{partial!r} leaves {left} of {self.names}; return ABSTAIN instead")
        return codes


def numbered_classes(largest: int) -> tuple[str, ...]:
    """Return class names for codes that nothing declares: two classes or more, by number.

    Raises
    ------
    ValueError
        When the largest code is so large that it can hardly be one.
    """
    if not may_be_code(largest):
        raise ValueError(
            f"code {largest} would make {largest + 1:,} classes; is it a class code? If so, "
            "declare classes="
        )
    return tuple(map(str, range(max(2, largest + 1))))


def may_be_code(code: int) -> bool:
    """Tell whether an int is believed to be a class code where no classes are declared."""
    return code < _MOST_UNDECLARED


def is_abstain(member: Enum) -> bool:
    """Tell whether an Enum member stands for abstain: by its name, or by its value -1."""
    return member.name == "ABSTAIN" or (
        member.value == ABSTAIN and not isinstance(member.value, float)
    )


def _at_least_two(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(names) < 2:
        raise ValueError(f"at least two classes are needed, got {names}")
    return names


def encode_labels(values: object, names: Sequence[str], *, what: str) -> IntArray:
    """Code labels that may be unknown.

    Parameters
    ----------
    values : array-like, shape (n,)
        Enum members, names or codes; ``None``, NaN or -1 where unknown. Codes may be whole floats
        in a column of floats, which is what pandas makes of ints beside a missing one.
    names : sequence of str
        The class names.
    what : str
        What the values are, for messages.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
        -1 where unknown.

    Raises
    ------
    ValueError
        When a value is no class (its position is named), or the values are not one-dimensional.
    """
    array = values if isinstance(values, np.ndarray) else np.asarray(_listed(values), dtype=object)
    if array.ndim != 1:
        raise ValueError(f"{what} must be one-dimensional, got shape {array.shape}")
    if getattr(getattr(values, "dtype", None), "kind", "") == "f":
        array = np.array(whole(array.tolist()), dtype=object)
    if array.dtype.kind in "iu":
        wrong = np.flatnonzero((array < ABSTAIN) | (array >= len(names)))
        if wrong.size:
            at = int(wrong[0])
            raise ValueError(
                f"{what} holds {array[at]} at position {at}; expected -1 or "
                f"0..{len(names) - 1} for classes {tuple(names)}"
            )
        return array.astype(np.int64)
    table = ClassTable(tuple(names))
    codes = np.full(len(array), ABSTAIN, np.int64)
    for i, value in enumerate(array.tolist()):
        if not is_missing(value) and not (isinstance(value, Enum) and is_abstain(value)):
            try:
                codes[i] = table.code(value)
            except ValueError as error:
                raise ValueError(f"{what} at position {i}: {error}") from None
    return codes


def whole(values: Iterable[object]) -> list[object]:
    """Return whole floats as ints: pandas turns a column of codes with a missing one to floats."""
    return [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]


def is_missing(value: object) -> bool:
    """Tell whether a label or a key is unknown: None, -1 as an int, NaN, or pandas' NA or NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, float | np.floating):
        return bool(value != value)
    return isinstance(value, int | np.integer) and value == ABSTAIN


def _listed(values: object) -> list[object]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise TypeError(f"expected a sequence of labels, got {values!r}")
    for method in ("tolist", "to_pylist"):
        if hasattr(values, method):
            items: list[object] = getattr(values, method)()
            return items
    return list(values)
