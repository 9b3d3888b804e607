"""From what a labeling function returned to vote codes; whatever is no vote is refused."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import Enum
from typing import Any

import numpy as np

from weaklabel._checks import nearest, shorten
from weaklabel._classes import ClassTable, is_abstain, may_be_code
from weaklabel.types import ABSTAIN, ClassSet, IntArray


class VoteCoder:
    """Codes the votes of one labeling function.

    Codes 0..k-1 are classes, -1 is abstain, and -2, -3, … are the class sets in the order in
    which they were met (`sets`).

    Where nothing declares classes, ints from 0 are taken as they are and an Enum member brings
    its Enum's classes, which are noted in `learned`. What a vote means then never depends on the
    votes before it, for these may stand in another part of the data.

    Parameters
    ----------
    table : ClassTable or None
        The classes; None when nothing declares them.
    votes : object, optional
        What True means, as declared by ``labeling_function(votes=...)``.

    Raises
    ------
    ValueError
        When `votes` is no class.
    """

    def __init__(self, table: ClassTable | None, votes: object = None) -> None:
        self.table = table if table is not None else next(iter(_enum_tables(votes)), None)
        self.learned: list[ClassTable] = []
        self.sets: list[frozenset[int]] = []
        self._local: dict[frozenset[int], int] = {}
        self._declared = None if votes is None else self._meaning(votes)

    def code(self, vote: Any) -> int:
        """Return the code of one vote.

        Raises
        ------
        ValueError
            When it is no vote; the message starts with "voted".
        """
        if vote is None or type(vote).__name__ == "NAType":
            return ABSTAIN
        if isinstance(vote, bool | np.bool_):
            if self._declared is None:
                raise self._refused(vote, "a bare bool needs labeling_function(votes=<class>)")
            return self._coded(self._declared) if vote else ABSTAIN
        if isinstance(vote, float | np.floating) or not isinstance(vote, Hashable):
            raise self._refused(vote, "return None to abstain")
        if isinstance(vote, Enum):
            if is_abstain(vote):
                return ABSTAIN
        elif isinstance(vote, int | np.integer) and vote == ABSTAIN:
            return ABSTAIN
        try:
            meaning = self._meaning(vote)
        except ValueError as error:
            why = ""
            if isinstance(vote, ClassSet | Enum):
                why = str(error)
            elif self._declared is not None:
                why = "by its votes= it may return True, False or None; bool(...) makes one"
            elif isinstance(vote, str) and self.table is not None:
                why = nearest(vote, self.table.names).removeprefix("; ")
            raise self._refused(vote, why) from None
        if self._declared is not None and meaning != self._declared:
            raise self._refused(vote, "by its votes= it may return True, False or None")
        return self._coded(meaning)

    def code_many(self, votes: Sequence[Any]) -> tuple[IntArray, dict[int, str]]:
        """Code many votes at once.

        Parameters
        ----------
        votes : sequence
            Votes as returned.

        Returns
        -------
        codes : ndarray of int32, shape (n,)
            Abstain where the vote is refused.
        refused : dict of int to str
            Why, by position.
        """
        # Votes of one type are the same vote where they are equal. Of several types they are not:
        # True, 1 and 1.0 are equal and hash alike, so there the type stands beside the vote.
        pairs = len(set(map(type, votes)) - {type(None)}) > 1
        try:
            return self._code_distinct(
                list(zip(map(type, votes), votes, strict=True)) if pairs else votes, pairs=pairs
            )
        except Exception:  # noqa: BLE001 - something that cannot be hashed is no vote
            return self._code_each(votes)

    def _code_distinct(
        self, votes: Sequence[Any], *, pairs: bool
    ) -> tuple[IntArray, dict[int, str]]:
        """Code each distinct vote once, in the order in which they first occur."""
        codes: dict[Any, int] = dict.fromkeys(votes, ABSTAIN)
        why: dict[Any, str] = {}
        for vote in codes:
            try:
                codes[vote] = self.code(vote[1] if pairs else vote)
            except ValueError as error:
                why[vote] = str(error)
        array = np.fromiter(map(codes.__getitem__, votes), np.int32, len(votes))
        return array, {i: why[vote] for i, vote in enumerate(votes) if vote in why} if why else {}

    def _code_each(self, votes: Sequence[Any]) -> tuple[IntArray, dict[int, str]]:
        codes = np.full(len(votes), ABSTAIN, np.int32)
        refused: dict[int, str] = {}
        for i, vote in enumerate(votes):
            try:
                codes[i] = self.code(vote)
            except ValueError as error:
                refused[i] = str(error)
        return codes, refused

    def _coded(self, meaning: int | frozenset[int]) -> int:
        if isinstance(meaning, int):
            return meaning
        if meaning not in self._local:
            self._local[meaning] = -2 - len(self.sets)
            self.sets.append(meaning)
        return self._local[meaning]

    def _meaning(self, vote: Any) -> int | frozenset[int]:
        """Return the class or the classes that a vote leaves possible; ValueError if it is none."""
        table = self._table_for(vote)
        if not isinstance(vote, ClassSet):
            return self._class_code(vote, table)
        if table is not None:
            codes = table.code_set(vote)
        elif vote.negated:
            raise ValueError(f"{vote!r} needs declared classes; pass classes=")
        else:
            codes = frozenset(self._class_code(member, table) for member in vote.members)
        return next(iter(codes)) if len(codes) == 1 else codes

    def _class_code(self, vote: Any, table: ClassTable | None) -> int:
        if table is not None:
            return table.code(vote)
        is_int = isinstance(vote, int | np.integer) and not isinstance(vote, bool)
        if is_int and vote >= 0 and may_be_code(vote):
            return int(vote)
        raise ValueError(f"{vote!r} is no class; expected {self._expected()}")

    def _table_for(self, vote: Any) -> ClassTable | None:
        """Return the declared classes, else those of the Enum voted with."""
        if self.table is not None:
            return self.table
        tables = _enum_tables(vote)
        self.learned += [table for table in tables if table not in self.learned]
        return tables[0] if tables else None

    def _expected(self) -> str:
        if self.table is not None:
            return self.table.expected()
        return "an int from 0, or declare classes= to vote by name"

    def _refused(self, vote: object, why: str) -> ValueError:
        text = f"voted {shorten(vote)}; expected abstain or {self._expected()}"
        return ValueError(f"{text} ({why})" if why else text)


def _enum_tables(vote: object) -> list[ClassTable]:
    """Return the classes of the Enums that a vote names, in an order that is always the same."""
    members = vote.members if isinstance(vote, ClassSet) else (vote,)
    tables = {ClassTable.of(type(member)) for member in members if isinstance(member, Enum)}
    return sorted(tables, key=lambda table: table.names)
