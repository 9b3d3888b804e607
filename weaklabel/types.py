"""The small values that everything else is made of: abstain, partial votes, faults."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ABSTAIN",
    "ClassSet",
    "Classes",
    "Fault",
    "FloatArray",
    "IntArray",
    "Tie",
    "Uncovered",
    "any_of",
    "none_of",
]

ABSTAIN: Final = -1
"""The vote of a labeling function that has nothing to say; ``None`` means the same."""

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[Any]
Classes: TypeAlias = "type[Enum] | Sequence[str]"
Tie: TypeAlias = Literal["abstain", "prior", "first"]
Uncovered: TypeAlias = Literal["abstain", "prior"]


@dataclass(frozen=True, slots=True, eq=False)
class ClassSet:
    """A partial vote: the true class is one of these, or none of these.

    Made by `any_of` and `none_of`; two of them are equal when they name the same classes in the
    same way (a member, a name and a code of one class are three ways).
    """

    members: frozenset[Hashable]
    negated: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClassSet) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def _identity(self) -> tuple[bool, frozenset[tuple[type, Hashable]]]:
        # An IntEnum member and an int hash alike but may mean different classes.
        return self.negated, frozenset((type(member), member) for member in self.members)

    def __repr__(self) -> str:
        inside = ", ".join(sorted(map(_plain, self.members)))
        return f"{'none_of' if self.negated else 'any_of'}({inside})"


def _plain(member: Hashable) -> str:
    return member.name if isinstance(member, Enum) else repr(member)


def any_of(*classes: Hashable) -> ClassSet:
    """Vote that the true class is one of several.

    Parameters
    ----------
    *classes : Enum member, str or int
        Classes as members, names or codes; at least one.

    Returns
    -------
    ClassSet
        The partial vote.

    Raises
    ------
    ValueError
        When no class is given.
    TypeError
        When something is given that can be no class.

    Examples
    --------
    >>> import weaklabel as wl
    >>> wl.any_of("SPORT", "POLITICS")
    any_of('POLITICS', 'SPORT')
    """
    if not classes:
        raise ValueError("any_of() needs at least one class, e.g. any_of(SPORT, POLITICS)")
    return ClassSet(_members("any_of", classes))


def none_of(*classes: Hashable) -> ClassSet:
    """Vote that the true class is none of these.

    Parameters
    ----------
    *classes : Enum member, str or int
        Classes as members, names or codes; at least one.

    Returns
    -------
    ClassSet
        The partial vote.

    Raises
    ------
    ValueError
        When no class is given.
    TypeError
        When something is given that can be no class.

    Examples
    --------
    >>> import weaklabel as wl
    >>> wl.none_of("SPAM")
    none_of('SPAM')
    """
    if not classes:
        raise ValueError("none_of() needs at least one class, e.g. none_of(SPAM)")
    return ClassSet(_members("none_of", classes), negated=True)


def _members(function: str, classes: Sequence[Hashable]) -> frozenset[Hashable]:
    """Return the classes as a set; a bool would vanish in it beside the int that it equals."""
    for member in classes:
        if isinstance(member, bool | np.bool_) or not isinstance(
            member, Enum | str | int | np.integer
        ):
            raise TypeError(
                f"{function}() takes classes (Enum members, names or codes), one by one, got "
                f"{member!r}"
            )
    return frozenset(int(c) if isinstance(c, np.integer) else c for c in classes)


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed call of a labeling function; the row abstained.

    Attributes
    ----------
    lf : str
        Name of the labeling function.
    row : int
        Position of the row in the input.
    key : object
        Key of the row.
    error : str
        Type and message of the exception, or what was wrong with the vote.
    traceback : str
        The traceback as Python prints it; empty for an illegal vote.
    """

    lf: str
    row: int
    key: object
    error: str
    traceback: str = ""
