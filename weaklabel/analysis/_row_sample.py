"""The rows behind a number: data points with every LF's vote beside them."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from weaklabel._checks import listed, nearest, read_only, shorten
from weaklabel._render import terminal_width
from weaklabel.analysis._data_rows import DataRows, check_sample, data_rows, spread
from weaklabel.analysis._passage import Spans, as_html, as_lines, merged, plain
from weaklabel.analysis._which_rows import Filters, listed_lfs, matching_rows
from weaklabel.lf import LabelingFunction, TextRow, as_labeling_function
from weaklabel.types import ABSTAIN, IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

# Lines of a text in a terminal, characters of it in a page.
_LINES, _CHARACTERS = 3, 600
# Up to so many LFs each have a column of their own in a page.
_COLUMNS = 12
_STYLE = (
    "border-collapse:collapse;font-variant-numeric:tabular-nums;"
    "font-family:system-ui,sans-serif;font-size:13px"
)
_CELL = "text-align:left;vertical-align:top;padding:2px 8px"


@final
@dataclass(frozen=True, slots=True, eq=False)
class RowSample:
    """Some of the rows that match, with every LF's vote; prints as text.

    Attributes
    ----------
    told : str
        What was asked for, in words.
    n_matching, n : int
        Rows that match, and rows in all.
    positions : ndarray of int64, shape (c,)
        Where the rows shown stand in the label matrix.
    keys : ndarray, shape (c,)
        Their keys.
    lf_names, code_names : tuple of str
    votes : ndarray of int, shape (c, m)
        Vote codes, -1 where an LF abstains.
    gold : ndarray of int64, shape (c,), or None
        Gold codes, -1 where unknown; None where no gold was given.
    data : tuple or None
        The data points, None where no data was given.
    texts : tuple of (str or None), or None
        The text of each row; None where the data holds no texts.
    spans : tuple of tuple of (int, int)
        For each row the pieces of its text that LFs matched.
    """

    told: str
    n_matching: int
    n: int
    positions: IntArray
    keys: IntArray
    lf_names: tuple[str, ...]
    code_names: tuple[str, ...]
    votes: IntArray
    gold: IntArray | None
    data: tuple[Any, ...] | None
    texts: tuple[str | None, ...] | None
    spans: tuple[tuple[tuple[int, int], ...], ...]

    def __len__(self) -> int:
        return len(self.positions)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame: a row a data point, text, gold, and the votes by name."""
        import pandas as pd

        names = np.array([*self.code_names, None], dtype=object)
        columns: dict[str, Any] = {}
        if self.texts is not None:
            columns[_free("text", self.lf_names)] = list(self.texts)
        if self.gold is not None:
            columns[_free("gold", self.lf_names)] = names[self.gold]
        columns |= {name: names[self.votes[:, j]] for j, name in enumerate(self.lf_names)}
        return pd.DataFrame(columns, index=pd.Index(self.keys, name="key"), dtype=object)

    def _caption(self) -> str:
        those = (
            f"{len(self):,} of {self.n_matching:,}"
            if len(self) < self.n_matching
            else (f"{self.n_matching:,}")
        )
        noun = "row" if self.n_matching == 1 else "rows"
        if not self.told:
            return f"{those} {noun}"
        share = f"{self.n_matching / max(self.n, 1):.1%} of {self.n:,}"
        return f"{those} {noun}: {self.told} ({share})"

    def _votes_of(self, at: int) -> dict[str, list[str]]:
        """Return the LFs that vote on a row, by what they vote."""
        by_code: dict[str, list[str]] = {}
        for j in np.flatnonzero(self.votes[at] != ABSTAIN).tolist():
            by_code.setdefault(self.code_names[self.votes[at, j]], []).append(self.lf_names[j])
        return {name: by_code[name] for name in self.code_names if name in by_code}

    def _gold_name(self, at: int) -> str:
        if self.gold is None:
            return ""
        return self.code_names[self.gold[at]] if self.gold[at] >= 0 else "unknown"

    def _shown(self, at: int) -> tuple[str, Spans]:
        """Return the text of a row and its matches; what is no text as Python writes it."""
        if self.texts is not None and self.texts[at] is not None:
            return str(self.texts[at]), self.spans[at]
        return ("" if self.data is None else shorten(self.data[at], 400)), ()

    def __str__(self) -> str:
        width = terminal_width()
        lines = [textwrap.fill(plain(self._caption()), width)]
        for at, key in enumerate(self.keys.tolist()):
            gold = f" · gold {self._gold_name(at)}" if self.gold is not None else ""
            lines.append("")
            lines += as_lines(f"[{key}]{gold}", (), width=width, most=1)
            lines += as_lines(*self._shown(at), width=width, most=_LINES, indent="  ")
            votes = self._votes_of(at)
            for code, names in votes.items():
                told = f"{code} ← {', '.join(names)}"
                lines += as_lines(told, (), width=width, most=_LINES, indent="  ")
            if not votes:
                lines.append("  no votes")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        header = ["key"]
        header += ["text"] if self.data is not None else []
        header += ["gold"] if self.gold is not None else []
        own_columns = len(self.lf_names) <= _COLUMNS
        header += list(self.lf_names) if own_columns else ["votes"]
        body = []
        for at, key in enumerate(self.keys.tolist()):
            cells = [as_html(str(key), (), limit=_CHARACTERS)]
            if self.data is not None:
                cells.append(as_html(*self._shown(at), limit=_CHARACTERS))
            if self.gold is not None:
                cells.append(html.escape(self._gold_name(at)))
            if own_columns:
                names = (*self.code_names, "")
                cells += [html.escape(names[code]) for code in self.votes[at].tolist()]
            else:
                told = (f"{c} ← {', '.join(lfs)}" for c, lfs in self._votes_of(at).items())
                cells.append("<br>".join(map(html.escape, told)))
            body.append("".join(f"<td style='{_CELL}'>{cell}</td>" for cell in cells))
        head = "".join(f"<th style='{_CELL}'>{html.escape(name)}</th>" for name in header)
        caption = f"<caption style='text-align:left'>{html.escape(self._caption())}</caption>"
        rows = "".join(f"<tr>{row}</tr>" for row in body)
        return (
            f"<table style='{_STYLE}'>{caption}<thead><tr>{head}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )


def rows(
    L: LabelMatrix,
    *,
    lf: Any = None,
    votes: Any = None,
    wrong: Any = None,
    conflict: Any = None,
    uncovered: bool | None = None,
    slices: Any = None,
    among: Any = None,
    data: Any = None,
    lfs: Iterable[Any] = (),
    text: str | None = None,
    key: str | None = None,
    n: int = 20,
    seed: int = 0,
) -> RowSample:
    """Show the rows behind a number, with every LF's vote beside them.

    Filters combine by and. `lf`, `votes` and `wrong` speak of one vote: each LF of `lf` (some LF,
    where none is named) casts a vote that is among `votes`, and that `wrong` says is wrong.

    Parameters
    ----------
    L : LabelMatrix
    lf : str, int or LabelingFunction, or several of them, optional
        LFs, each of which votes.
    votes : class, or several, optional
        What they vote: class names, codes, Enum members, partial votes; `ABSTAIN` with `lf`.
    wrong : array-like, shape (n,), optional
        Gold labels, missing or -1 where unknown: rows on which a vote excludes the gold class.
    conflict : (LF, LF) or True, optional
        Rows on which these two LFs, or any two, leave no class in common.
    uncovered : bool, optional
        True for rows without votes, False for rows with.
    slices : Slices, or mapping of str to array-like of bool, shape (n,), optional
        Rows that are in every one of these slices.
    among : array-like of bool, shape (n,), or of int, optional
        A mask, or positions of rows: only these are looked at.
    data : table, sequence or iterable, optional
        What the matrix was made of; its rows are shown.
    lfs : iterable of LabelingFunction, optional
        LFs of the matrix, to mark what they matched; an LF that is passed in `lf` or `conflict`
        itself does so too. What an LF matched is marked where it votes.
    text : str, optional
        The column or field of the data that holds the texts; default ``text``, else the only one.
    key : str, optional
        The column or field of the data that holds the row keys; default: found by the keys.
    n : int, optional
        Rows to show at most: a sample that is spread over all that match.
    seed : int, optional
        Of the sample.

    Returns
    -------
    RowSample
        Prints as text; ``to_frame()`` is a DataFrame.

    Raises
    ------
    TypeError
        When an argument is not as above.
    ValueError
        When an LF, a class or a column is unknown, or gold, slices or data do not belong to the
        matrix.

    Examples
    --------
    >>> import weaklabel as wl
    >>> texts = ["win a prize", "see you", "free tea"]
    >>> @wl.labeling_function(votes="SPAM", classes=("HAM", "SPAM"))
    ... def says_free(x):
    ...     return "free" in x.text
    >>> L = wl.apply_lfs([says_free], texts)
    >>> L.rows(lf="says_free", wrong=["SPAM", "HAM", "HAM"], data=texts)
    1 row: 'says_free' votes, and gold is another class (33.3% of 3)
    <BLANKLINE>
    [2] · gold HAM
      free tea
      SPAM ← says_free
    """
    check_sample(n, seed)
    found = matching_rows(L, Filters(lf, votes, wrong, conflict, uncovered, slices, among))
    chosen = found.positions[spread(len(found.positions), n, seed)]
    shown = None if data is None else data_rows(data, L, key)
    marking = _marking(L, [*listed_lfs(lf), *listed_lfs(conflict), *lfs])
    return sample_of(
        L,
        chosen,
        told=found.told,
        n_matching=len(found.positions),
        gold=found.gold,
        data=shown,
        text=text,
        lfs=marking,
    )


def sample_of(
    L: LabelMatrix,
    positions: IntArray,
    *,
    told: str,
    n_matching: int,
    gold: IntArray | None,
    data: DataRows | None,
    text: str | None,
    lfs: Mapping[str, LabelingFunction],
) -> RowSample:
    """Return rows as they are shown."""
    points = None if data is None else tuple(data.rows(positions))
    column = None if points is None else _text_column(points, data, text)
    dense = np.asarray(L[positions]) if len(positions) else np.zeros((0, L.m), np.int8)
    texts = None
    if points is not None and column is not None:
        texts = tuple(_text_of(point, column) for point in points)
    spans = tuple(
        _matches(L, dense[at], points, texts, at, column, lfs) for at in range(len(positions))
    )
    return RowSample(
        told=told,
        n_matching=n_matching,
        n=L.n,
        positions=read_only(positions),
        keys=read_only(L.keys[positions]),
        lf_names=L.lf_names,
        code_names=L.code_names,
        votes=read_only(dense),
        gold=None if gold is None else read_only(gold[positions]),
        data=points,
        texts=texts,
        spans=spans,
    )


def _marking(L: LabelMatrix, given: Sequence[Any]) -> dict[str, LabelingFunction]:
    """Return the LFs that were given themselves, by name."""
    functions = [as_labeling_function(lf) for lf in given if callable(lf)]
    for lf in functions:
        if lf.name not in L.lf_names:
            raise ValueError(
                f"lfs= has {lf.name!r}, which is none of the LFs {listed(L.lf_names)} of the label "
                f"matrix{nearest(lf.name, L.lf_names)}"
            )
    return {lf.name: lf for lf in functions}


def _matches(
    L: LabelMatrix,
    votes: IntArray,
    points: Sequence[Any] | None,
    texts: Sequence[str | None] | None,
    at: int,
    column: str | None,
    lfs: Mapping[str, LabelingFunction],
) -> tuple[tuple[int, int], ...]:
    """Return what the LFs that vote on a row matched in its text."""
    if points is None or texts is None or texts[at] is None:
        return ()
    place = {name: j for j, name in enumerate(L.lf_names)} if lfs else {}
    spans: list[tuple[int, int]] = []
    for name, lf in lfs.items():
        if lf.columns == (column,) and votes[place[name]] != ABSTAIN:
            spans += lf.matched(points[at])
    return tuple(merged(spans, len(str(texts[at]))))


def _text_column(points: Sequence[Any], data: DataRows | None, text: str | None) -> str | None:
    """Return where the texts stand, None where there are none."""
    if data is not None and data.columns is not None:
        names = data.columns
    else:
        names = tuple(dict.fromkeys(name for point in points for name in _fields(point)))
    if text is not None:
        if names and text not in names:
            raise ValueError(
                f"text= names {text!r}, the data has {listed(names)}{nearest(text, names)}"
            )
        return text
    if "text" in names or not names:
        return "text"
    texts = [
        name for name in names if any(isinstance(_text_of(point, name), str) for point in points)
    ]
    return texts[0] if len(texts) == 1 else None


def _fields(point: Any) -> tuple[str, ...]:
    if isinstance(point, TextRow):
        return ("text",)
    return tuple(vars(point)) if hasattr(point, "__dict__") else ()


def _text_of(point: Any, column: str) -> str | None:
    value = getattr(point, column, None)
    return value if isinstance(value, str) else None


def _free(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += "_"
    return name
