"""The declarative form of a labeling function: a predicate on the value of one column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, final

import numpy as np

from weaklabel._checks import shorten

Holds = Callable[[Any], bool | None]


@final
@dataclass(frozen=True, slots=True)
class ColumnRule:
    r"""Declare a labeling function as a predicate on the value of one column.

    Many rules on one column run in a single pass over its texts: `literals` or `superset` says in
    which texts a rule can hold at all, and only those are looked at. What is promised here is not
    checked on the data; a promise that is broken loses votes.

    Parameters
    ----------
    column : str
        The column.
    holds : callable
        From the value to True (vote), False or None (abstain). It raises for a value that is
        none.
    literals : tuple of str, optional
        A promise: `holds` is false on a text that contains none of them. Empty for no promise.
    fold : bool, optional
        True when the promise is about the text in lower case (``text.lower()``).
    whole_word : bool, optional
        A promise: `holds` is false on a text in which none of the literals stands as a whole
        word, ``(?<!\w)literal(?!\w)``.
    decisive : bool, optional
        A promise: `holds` is true where one of the literals occurs (with `whole_word`: stands as
        a whole word), so that it need not be asked.
    superset : str, optional
        An RE2 pattern, where there are no literals. A promise: `holds` is false on an ASCII text
        in which the pattern is not found. It may be found in others too. `holds` is asked about
        every text where RE2 refuses the pattern, and about every text beyond ASCII.

    Raises
    ------
    TypeError, ValueError
        When an argument is not as above.

    Examples
    --------
    >>> import weaklabel as wl
    >>> rule = wl.ColumnRule("text", lambda text: "free" in text, literals=("free",))
    >>> lf = wl.LabelingFunction(rule=rule, name="says_free", votes=1)
    >>> lf("free money"), lf("hello")
    (1, -1)
    """

    column: str
    holds: Holds
    _: KW_ONLY
    literals: tuple[str, ...] = ()
    fold: bool = False
    whole_word: bool = False
    decisive: bool = False
    superset: str | None = None

    def __post_init__(self) -> None:
        column: Any = self.column
        if not isinstance(column, str) or not column:
            raise TypeError(f"column= takes the name of a column, got {column!r}")
        if not callable(self.holds):
            raise TypeError(f"holds= takes a function of a value, got {self.holds!r}")
        if not isinstance(self.literals, tuple):
            raise TypeError(f"literals= takes a tuple of str, got {shorten(self.literals)}")
        literal: Any
        for literal in self.literals:
            if not isinstance(literal, str) or not literal:
                raise TypeError(f"literals= takes str that are not empty, got {literal!r}")
            if self.fold and literal.lower() != literal:
                raise ValueError(
                    f"literals= has {literal!r}, which no text in lower case contains; "
                    f"with fold=True write {literal.lower()!r}"
                )
        if (self.whole_word or self.decisive) and not self.literals:
            raise ValueError("whole_word= and decisive= speak of literals, got literals=()")
        superset: Any = self.superset
        if superset is not None and (not isinstance(superset, str) or not superset):
            raise TypeError(f"superset= takes an RE2 pattern, a str not empty, got {superset!r}")
        if superset is not None and self.literals:
            raise ValueError(
                f"superset= takes the place of literals=, got {shorten(superset)} beside "
                f"{shorten(self.literals)}; leave one out"
            )


def answer(held: Any) -> bool | None:
    """Return what `holds` returned as a bool or None.

    Raises
    ------
    TypeError
        When it is neither.
    """
    if held is None or held is True or held is False:
        return held
    if isinstance(held, np.bool_):
        return bool(held)
    raise TypeError(
        f"the rule's holds= returned {shorten(held)}, expected True, False or None; "
        "bool(...) makes one"
    )


def row_function(rule: ColumnRule) -> Callable[[Any], bool | None]:
    """Return the rule as a function of a row."""
    # The literals stay outside: they say how to run the rule, not what it votes.
    holds, column = rule.holds, rule.column

    def vote(x: Any) -> bool | None:
        return answer(holds(getattr(x, column)))

    vote.__module__ = getattr(holds, "__module__", vote.__module__)
    vote.__name__ = vote.__qualname__ = str(getattr(holds, "__name__", type(holds).__name__))
    vote.__doc__ = holds.__doc__
    return vote
