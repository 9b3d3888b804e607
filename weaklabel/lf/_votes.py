"""From what a labeling function returned to vote codes; whatever is no vote is refused."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from enum import Enum
from typing import Any

import numpy as np

from weaklabel._checks import shorten
from weaklabel._classes import ClassTable, is_abstain
from weaklabel.types import ABSTAIN, ClassSet, IntArray

# An int vote without declared classes founds a class; a wild one must not found a million.
_MOST_UNDECLARED = 10_000


class VoteCoder:
    """Codes the votes of one labeling function.

    Codes 0..k-1 are classes, -1 is abstain, and -2, -3, … are the class sets in the order in
    which they were met (`sets`).

    Parameters
    ----------
    table : ClassTable or None
        The classes; None when nothing declares them: then ints from 0 are taken as they are, and
        the first Enum member brings its Enum's table.
    votes : object, optional
        What True means, as declared by ``labeling_function(votes=...)``.
    """

    def __init__(self, table: ClassTable | None, votes: object = None) -> None:
        if table is None and isinstance(votes, Enum):
            table = ClassTable.of(type(votes))
        self.table = table
        self.sets: list[frozenset[int]] = []
        self._local: dict[frozenset[int], int] = {}
        # Codes by vote, one table a type of vote; asked only when all votes are of that type.
        self._memo: dict[type, dict[Hashable, int]] = {}
        self._declared = votes is not None
        self._true = self._code_class(votes) if votes is not None else ABSTAIN

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
            if not self._declared:
                raise self._refused(vote, "a bare bool needs labeling_function(votes=<class>)")
            return self._true if vote else ABSTAIN
        if isinstance(vote, float | np.floating) or not isinstance(vote, Hashable):
            raise self._refused(vote, "return None to abstain")
        if isinstance(vote, Enum):
            if is_abstain(vote):
                return ABSTAIN
            self._learn(vote)
        elif isinstance(vote, int | np.integer) and vote == ABSTAIN:
            return ABSTAIN
        try:
            code = self._code_class(vote)
        except ValueError as error:
            raise self._refused(vote, str(error) if isinstance(vote, ClassSet) else "") from None
        if self._declared and code != self._true:
            raise self._refused(vote, "it declares votes= another class; return True or None")
        return code

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
        kinds = set(map(type, votes)) - {type(None)}
        if len(kinds) == 1 and (memo := self._memo.get(next(iter(kinds)))) is not None:
            try:
                return np.fromiter(map(memo.__getitem__, votes), np.int32, len(votes)), {}
            except KeyError:
                pass
        try:
            return self._code_distinct(votes)
        except TypeError:  # something unhashable is among them, and that is no vote
            return self._code_each(votes)

    def _code_distinct(self, votes: Sequence[Any]) -> tuple[IntArray, dict[int, str]]:
        """Code each distinct vote once. True, 1 and 1.0 hash alike, hence the type beside it."""
        codes: dict[tuple[type, Any], int] = dict.fromkeys(
            zip(map(type, votes), votes, strict=True), ABSTAIN
        )
        why: dict[tuple[type, Any], str] = {}
        for pair in codes:
            try:
                codes[pair] = self.code(pair[1])
            except ValueError as error:
                why[pair] = str(error)
        kinds = {kind for kind, _ in codes} - {type(None)}
        if not why and len(kinds) == 1:
            memo = self._memo.setdefault(next(iter(kinds)), {None: ABSTAIN})
            memo |= {vote: code for (_, vote), code in codes.items()}
        pairs = zip(map(type, votes), votes, strict=True)
        array = np.fromiter(map(codes.__getitem__, pairs), np.int32, len(votes))
        pairs = zip(map(type, votes), votes, strict=True)
        return array, {i: why[pair] for i, pair in enumerate(pairs) if pair in why} if why else {}

    def _code_each(self, votes: Sequence[Any]) -> tuple[IntArray, dict[int, str]]:
        codes = np.full(len(votes), ABSTAIN, np.int32)
        refused: dict[int, str] = {}
        for i, vote in enumerate(votes):
            try:
                codes[i] = self.code(vote)
            except ValueError as error:
                refused[i] = str(error)
        return codes, refused

    def _learn(self, member: Enum) -> None:
        if self.table is None:
            self.table = ClassTable.of(type(member))

    def _code_class(self, vote: Any) -> int:
        """Code an Enum member, a name, an int or a class set; ValueError when it is none."""
        if isinstance(vote, ClassSet):
            codes = self._code_set(vote)
            if len(codes) == 1:
                return next(iter(codes))
            if codes not in self._local:
                self._local[codes] = -2 - len(self.sets)
                self.sets.append(codes)
            return self._local[codes]
        if self.table is not None:
            return self.table.code(vote)
        if isinstance(vote, int | np.integer) and 0 <= vote < _MOST_UNDECLARED:
            return int(vote)
        raise ValueError(f"{vote!r} is no class; expected {self._expected()}")

    def _code_set(self, partial: ClassSet) -> frozenset[int]:
        for member in partial.members:
            if isinstance(member, Enum):
                self._learn(member)
        if self.table is not None:
            return self.table.code_set(partial)
        if partial.negated:
            raise ValueError(f"{partial!r} needs declared classes; pass classes=")
        return frozenset(self._code_class(member) for member in partial.members)

    def _expected(self) -> str:
        if self.table is not None:
            return self.table.expected()
        return "an int from 0, or declare classes= to vote by name"

    def _refused(self, vote: object, why: str) -> ValueError:
        text = f"voted {shorten(vote)}; expected abstain or {self._expected()}"
        return ValueError(f"{text} ({why})" if why else text)
