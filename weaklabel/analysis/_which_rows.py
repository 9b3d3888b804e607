"""Which rows are asked for: filters on votes, gold and slices, combined by and."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np

from weaklabel._checks import listed, nearest, shorten
from weaklabel._classes import ClassTable, is_abstain
from weaklabel.analysis._slices import slice_masks
from weaklabel.gold import encode_gold
from weaklabel.lf import LabelingFunction
from weaklabel.types import ABSTAIN, ClassSet, IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """What `rows` was asked for, as given."""

    lf: Any
    votes: Any
    wrong: Any
    conflict: Any
    uncovered: bool | None
    slices: Any
    among: Any


@dataclass(frozen=True, slots=True, eq=False)
class Matching:
    """The rows that match.

    Attributes
    ----------
    positions : ndarray of int64
        Ascending.
    told : str
        The filters in words.
    gold : ndarray of int64, shape (n,), or None
        Gold codes, where gold was given.
    """

    positions: IntArray
    told: str
    gold: IntArray | None


def matching_rows(L: LabelMatrix, filters: Filters) -> Matching:
    """Return the rows that pass all filters."""
    csr = _Votes(L)
    fits = np.ones(L.n, np.bool_)
    told: list[str] = []
    gold = None if filters.wrong is None else _gold(filters.wrong, L)
    by_vote = not (filters.lf is None and filters.votes is None and filters.wrong is None)
    if by_vote:
        fits &= _voted(L, csr, filters, gold, told)
    if filters.conflict is not None and filters.conflict is not False:
        fits &= _clashing(L, csr, filters.conflict, told)
    if filters.uncovered is not None:
        if not isinstance(filters.uncovered, bool | np.bool_):
            raise TypeError(f"uncovered takes True or False, got {shorten(filters.uncovered)}")
        fits &= L.covered ^ bool(filters.uncovered)
        told.append("no LF votes" if filters.uncovered else "an LF votes")
    if filters.slices is not None:
        masks = slice_masks(filters.slices, L)
        for mask in masks.values():
            fits &= mask
        told += [f"in slice {name!r}" for name in masks]
    if filters.among is not None:
        fits &= _among(filters.among, L.n)
        told.append("among those given")
    return Matching(np.flatnonzero(fits), ", ".join(told), gold)


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """The votes as triples."""

    row: IntArray
    lf: IntArray
    code: IntArray

    def __init__(self, L: LabelMatrix) -> None:
        indptr, indices, codes = L.csr()
        object.__setattr__(self, "row", np.repeat(np.arange(L.n), np.diff(indptr)))
        object.__setattr__(self, "lf", indices)
        object.__setattr__(self, "code", codes)

    def of(self, j: int) -> tuple[IntArray, IntArray]:
        """Return the rows an LF votes on and what it votes there."""
        own = self.lf == j
        return self.row[own], self.code[own]


def lf_position(lf: Any, L: LabelMatrix) -> int:
    """Return the position of an LF given as name, position or labeling function.

    Raises
    ------
    ValueError
        When it is not among those of the matrix.
    TypeError
        When it is neither.
    """
    if isinstance(lf, LabelingFunction):
        lf = lf.name
    if isinstance(lf, str):
        if lf in L.lf_names:
            return L.lf_names.index(lf)
        raise ValueError(f"no LF {lf!r} among {listed(L.lf_names)}{nearest(lf, L.lf_names)}")
    if isinstance(lf, int | np.integer) and not isinstance(lf, bool):
        if -L.m <= lf < L.m:
            return int(lf) % L.m
        raise ValueError(f"no LF at position {lf}, there are {L.m}")
    raise TypeError(f"an LF is given by name, position or itself, got {shorten(lf)}")


def listed_lfs(lf: Any) -> list[Any]:
    """Return one LF or several as a list."""
    single = lf is None or isinstance(lf, str | LabelingFunction) or not isinstance(lf, Iterable)
    return ([] if lf is None else [lf]) if single else list(lf)


def _voted(
    L: LabelMatrix, votes: _Votes, filters: Filters, gold: IntArray | None, told: list[str]
) -> IntArray:
    """Return the rows on which each LF asked for, else any, casts a vote that is asked for."""
    wanted = [lf_position(lf, L) for lf in listed_lfs(filters.lf)]
    codes = None if filters.votes is None else _codes(filters.votes, L)
    if codes is not None and ABSTAIN in codes and not wanted:
        raise ValueError("votes=ABSTAIN needs lf=: which LF abstains?")
    if codes == [ABSTAIN] and gold is not None:
        raise ValueError("votes=ABSTAIN with wrong=: an LF that abstains is not wrong")
    counts = np.ones(len(votes.code), np.bool_)
    if codes is not None:
        counts &= np.isin(votes.code, [code for code in codes if code != ABSTAIN])
    if gold is not None:
        y = gold[votes.row]
        counts &= (y >= 0) & ~L.possible[votes.code, np.maximum(y, 0)]
    _tell(L, wanted, codes, told, wrong=gold is not None)
    if not wanted:
        return _mask(votes.row[counts], L.n)
    fits = np.ones(L.n, np.bool_)
    for j in wanted:
        own = votes.lf == j
        here = _mask(votes.row[own & counts], L.n)
        if codes is not None and ABSTAIN in codes:
            here |= ~_mask(votes.row[own], L.n)
        fits &= here
    return fits


def _tell(
    L: LabelMatrix, wanted: list[int], codes: list[int] | None, told: list[str], *, wrong: bool
) -> None:
    who = listed([L.lf_names[j] for j in wanted]) if wanted else "an LF"
    verb = "vote" if len(wanted) > 1 else "votes"
    names = (*L.code_names, "abstain")
    what = "" if codes is None else f" {' or '.join(names[code] for code in codes)}"
    told.append(f"{who} {verb}{what}{', and gold is another class' if wrong else ''}")


def _codes(votes: Any, L: LabelMatrix) -> list[int]:
    """Return the codes of the votes asked for.

    Raises
    ------
    ValueError
        When one is no class, or a class set that no LF votes.
    """
    single = isinstance(votes, str | ClassSet | Enum) or not isinstance(votes, Iterable)
    found = [_code(vote, L) for vote in ([votes] if single else votes)]
    if not found:
        raise ValueError("votes= is empty; pass a class, or several")
    return list(dict.fromkeys(found))


def _code(vote: Any, L: LabelMatrix) -> int:
    if isinstance(vote, bool | np.bool_):
        raise TypeError(f"votes takes classes, got {vote!r}; pass a class name, e.g. {_name(L)}")
    if isinstance(vote, Enum) and is_abstain(vote):
        return ABSTAIN
    if isinstance(vote, int | np.integer) and vote == ABSTAIN:
        return ABSTAIN
    table = ClassTable(L.class_names)
    if isinstance(vote, ClassSet):
        codes = tuple(sorted(table.code_set(vote)))
        sets = [tuple(sorted(each)) for each in L.class_sets]
        if codes not in sets:
            raise ValueError(f"no LF votes {vote!r}; the partial votes are {listed(_sets(L))}")
        return L.k + sets.index(codes)
    if isinstance(vote, str) and vote in L.code_names:
        return L.code_names.index(vote)
    return table.code(vote)


def _name(L: LabelMatrix) -> str:
    return repr(L.class_names[0])


def _sets(L: LabelMatrix) -> tuple[str, ...]:
    return L.code_names[L.k :]


def _gold(wrong: Any, L: LabelMatrix) -> IntArray:
    if isinstance(wrong, bool | np.bool_ | str):
        raise TypeError(
            f"wrong takes the gold labels, got {wrong!r}; pass wrong=gold, one label a row, None "
            "where unknown: the rows on which votes differ from them are shown"
        )
    return encode_gold(wrong, L)


def _clashing(L: LabelMatrix, votes: _Votes, conflict: Any, told: list[str]) -> IntArray:
    """Return the rows on which two LFs, or any, leave no class in common."""
    possible = L.possible.astype(np.int64)
    clash = (possible @ possible.T) == 0
    if conflict is True:
        told.append("votes clash")
        return _any_clash(L, votes, clash)
    pair = list(conflict) if isinstance(conflict, tuple | list) else []
    if len(pair) != 2:
        raise TypeError(f"conflict takes two LFs, (a, b), or True, got {shorten(conflict)}")
    a, b = (lf_position(lf, L) for lf in pair)
    if a == b:
        raise ValueError(f"conflict takes two LFs, got {L.lf_names[a]!r} twice")
    told.append(f"{L.lf_names[a]!r} and {L.lf_names[b]!r} clash")
    (rows, first), (others, second) = votes.of(a), votes.of(b)
    both, at, there = np.intersect1d(rows, others, assume_unique=True, return_indices=True)
    return _mask(both[clash[first[at], second[there]]], L.n)


def _any_clash(L: LabelMatrix, votes: _Votes, clash: IntArray) -> IntArray:
    s = len(clash)
    cast = [_mask(votes.row[votes.code == code], L.n) for code in range(s)]
    fits = np.zeros(L.n, np.bool_)
    for one, other in np.argwhere(np.triu(clash)).tolist():
        fits |= cast[one] & cast[other]
    return fits


def _among(among: Any, n: int) -> IntArray:
    if isinstance(among, Mapping):
        raise TypeError("among takes a mask or positions; pass masks by name as slices=")
    rows = np.asarray(among)
    if rows.dtype == np.bool_:
        if rows.shape != (n,):
            raise ValueError(f"among is a mask of shape {rows.shape}, the matrix has {n} rows")
        return rows
    if rows.size == 0:
        return np.zeros(n, np.bool_)
    if rows.dtype.kind not in "iu" or rows.ndim != 1:
        raise TypeError(f"among takes a mask or positions of rows, got {shorten(among)}")
    outside = rows[(rows < 0) | (rows >= n)]
    if outside.size:
        raise ValueError(f"among names position {outside[0]}, the matrix has {n} rows")
    return _mask(rows, n)


def _mask(rows: IntArray, n: int) -> IntArray:
    mask = np.zeros(n, np.bool_)
    mask[rows] = True
    return mask
