"""Advice: what is wrong with a set of LFs, or could be better, and what to do next."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, final, overload

import numpy as np

from weaklabel._checks import listed, read_only, shorten
from weaklabel._render import html_table, terminal_width
from weaklabel.analysis._advice_classes import imbalance, no_lf
from weaklabel.analysis._advice_clusters import uncovered_clusters
from weaklabel.analysis._advice_cost import slow
from weaklabel.analysis._advice_lfs import fires_everywhere, never_fires, worse_than_chance
from weaklabel.analysis._advice_pairs import conflict, says_the_same, too_few_overlaps
from weaklabel.analysis._advice_seen import Seen, Spotted
from weaklabel.analysis._advice_slices import checked_slices, precision_falls
from weaklabel.analysis._advice_texts import texts_of
from weaklabel.analysis._summary import summarize
from weaklabel.gold import encode_gold
from weaklabel.types import IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

Severity = Literal["high", "medium", "low"]
# Findings of one code that are kept, the weightiest.
_MOST = 20
# Each code with its severity and title, in the order in which findings are shown.
_CODES: dict[str, tuple[Severity, str]] = {
    "WL103": ("high", "worse than chance"),
    "WL106": ("high", "class without LFs"),
    "WL101": ("high", "never fires"),
    "WL105": ("medium", "systematic conflict"),
    "WL102": ("medium", "fires everywhere"),
    "WL104": ("medium", "duplicate or subset"),
    "WL110": ("medium", "too few overlaps"),
    "WL111": ("medium", "precision falls in a slice"),
    "WL107": ("low", "votes out of proportion"),
    "WL108": ("low", "uncovered cluster"),
    "WL109": ("low", "slow for what it adds"),
}


@final
@dataclass(frozen=True, slots=True, eq=False)
class AdviceItem:
    """One finding.

    Attributes
    ----------
    code : str
        ``"WL101"``, …: what kind of finding it is.
    severity : {"high", "medium", "low"}
    title : str
    message : str
        What was found.
    evidence : mapping of str to float
        The numbers behind it.
    lfs, classes : tuple of str
        Whom it concerns.
    rows : ndarray of int64
        Positions of the rows concerned; ``L[item.rows]`` are their votes.
    keys : ndarray
        Their keys.
    next_step : str
        What to do about it.
    page : str
        The page of the documentation on this code.
    """

    code: str
    severity: Severity
    title: str
    message: str
    evidence: Mapping[str, float]
    lfs: tuple[str, ...]
    classes: tuple[str, ...]
    rows: IntArray
    keys: IntArray
    next_step: str
    page: str

    def __str__(self) -> str:
        width = terminal_width()
        head = f"{self.code} {self.title} ({self.severity})"
        body = textwrap.fill(self.message, width, initial_indent="  ", subsequent_indent="  ")
        step = textwrap.fill(self.next_step, width, initial_indent="  → ", subsequent_indent="    ")
        return f"{head}\n{body}\n{step}"

    __repr__ = __str__


@final
@dataclass(frozen=True, slots=True, eq=False)
class Advice(Sequence[AdviceItem]):
    """Findings on a label matrix, the gravest first; a sequence of `AdviceItem`.

    Prints as text; ``to_frame()`` returns a DataFrame.

    Attributes
    ----------
    items : tuple of AdviceItem
    omitted : mapping of str to int
        How many more findings of a code there are than the 20 that are kept.
    not_looked_at : mapping of str to tuple of str
        By what is missing (``"gold="``, …) the codes that need it.
    """

    items: tuple[AdviceItem, ...]
    omitted: Mapping[str, int]
    not_looked_at: Mapping[str, tuple[str, ...]]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes found, each once, in order."""
        return tuple(dict.fromkeys(item.code for item in self.items))

    def of(self, code: str) -> tuple[AdviceItem, ...]:
        """Return the findings of one code."""
        if code not in _CODES:
            raise ValueError(f"no advice has the code {shorten(code)}; there are {sorted(_CODES)}")
        return tuple(item for item in self.items if item.code == code)

    def to_frame(self) -> Any:
        """Return a pandas DataFrame with one row a finding."""
        import pandas as pd

        names = ("code", "severity", "title", "message", "lfs", "classes", "next_step", "page")
        columns = {name: [getattr(item, name) for item in self.items] for name in names}
        columns |= {"rows": [len(item.rows) for item in self.items]}
        return pd.DataFrame(columns | {"evidence": [dict(item.evidence) for item in self.items]})

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, at: int) -> AdviceItem: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[AdviceItem, ...]: ...
    def __getitem__(self, at: int | slice) -> AdviceItem | tuple[AdviceItem, ...]:
        """Return a finding, or several."""
        return self.items[at]

    def __iter__(self) -> Iterator[AdviceItem]:
        return iter(self.items)

    def _told(self) -> list[str]:
        """Return what there is in all, what is left out, and what was not looked at."""
        count = Counter(item.severity for item in self.items)
        there = ", ".join(f"{count[s]} {s}" for s in ("high", "medium", "low") if count[s])
        noun = "finding" if len(self) == 1 else "findings"
        lines = [f"{len(self)} {noun}: {there}" if self.items else "nothing found"]
        lines += [f"{more:,} more of {code} are not shown" for code, more in self.omitted.items()]
        if self.not_looked_at:
            lacking = "; ".join(
                f"{', '.join(codes)}: pass {what}" for what, codes in self.not_looked_at.items()
            )
            lines.append(f"not looked at: {lacking}")
        return lines

    def __str__(self) -> str:
        width = terminal_width()
        items = [str(item) for item in self.items]
        return "\n".join([*items, *(textwrap.fill(line, width) for line in self._told())])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        header = ["code", "finding", "severity", "next step"]
        rows = [
            [item.code, f"{item.title}: {item.message}", item.severity, item.next_step]
            for item in self.items
        ]
        return html_table(header, rows, caption=". ".join(self._told()))


def advise(
    L: LabelMatrix,
    gold: Any = None,
    *,
    model: Any = None,
    data: Any = None,
    slices: Any = None,
    text: str | None = None,
) -> Advice:
    """Look for what is wrong with a set of LFs, or could be better.

    Parameters
    ----------
    L : LabelMatrix
        Where it comes from `apply_lfs`, its profile is looked at too.
    gold : array-like, shape (n,), optional
        Gold labels, missing or -1 where unknown.
    model : label model, optional
        Fitted on these LFs. Where no gold is known, it says what the LFs' precisions and the class
        balance are.
    data : table or sequence of n rows, optional
        What the votes were cast on; its texts are grouped where no LF votes.
    slices : mapping of str to array-like of bool, shape (n,), optional
        Masks by name.
    text : str, optional
        The column or field of the data that holds the texts; default ``text``, or the only one.

    Returns
    -------
    Advice
        The findings, the gravest first; prints as text.

    Raises
    ------
    TypeError
        When the model is no fitted label model, or the slices are no mapping.
    ValueError
        When gold, model, data or slices do not belong to the matrix.

    Examples
    --------
    >>> import weaklabel as wl
    >>> votes = [[1, 1, -1], [0, -1, -1], [1, 1, -1], [0, -1, -1]] * 10
    >>> L = wl.LabelMatrix.from_array(votes, ("HAM", "SPAM"), lf_names=["a", "b", "url"])
    >>> print(advise(L))
    WL101 never fires (high)
      'url' votes on none of 40 rows
      → run it on a row that it should vote on: lf.preview(data), or give the LF
        examples
    WL104 duplicate or subset (medium)
      'a' casts 20 of the 20 votes of 'b' too, and 40 in all; so 'b' covers nothing
      more
      → leave 'b' out, or let it vote where 'a' does not
    2 findings: 1 high, 1 medium
    not looked at: WL103, WL107: pass gold= or model=LabelModel(); WL109: pass a
    matrix that comes from apply_lfs; WL111: pass gold= and slices=
    """
    truth = None if gold is None else encode_gold(gold, L)
    seen = Seen(
        L,
        summarize(L, gold),
        truth if truth is not None and (truth >= 0).any() else None,
        None if model is None else _checked_model(model, L),
    )
    masks = None if slices is None else checked_slices(slices, L.n)
    texts = None if data is None else texts_of(L, data, text)
    return _sorted(L, *_looked(seen, masks, texts))


def _looked(
    seen: Seen, masks: Mapping[str, IntArray] | None, texts: Sequence[Any] | None
) -> tuple[dict[str, list[Spotted]], dict[str, tuple[str, ...]]]:
    """Return the findings by code, and by what is missing the codes that could not be looked at."""
    always: dict[str, Callable[[Seen], list[Spotted]]] = {
        "WL101": never_fires,
        "WL102": fires_everywhere,
        "WL104": says_the_same,
        "WL105": conflict,
        "WL106": no_lf,
        "WL110": too_few_overlaps,
    }
    found = {code: look(seen) for code, look in always.items()}
    lacking: dict[str, list[str]] = {}

    def missing(what: str, code: str) -> None:
        lacking.setdefault(what, []).append(code)

    gold = seen.truth is not None
    if gold or hasattr(seen.model, "lf_precision_interval_"):
        found["WL103"] = worse_than_chance(seen)
    else:
        missing("gold= or model=LabelModel()", "WL103")
    if gold or seen.model is not None:
        found["WL107"] = imbalance(seen)
    else:
        missing("gold= or model=LabelModel()", "WL107")
    if texts is not None:
        found["WL108"] = uncovered_clusters(seen, texts)
    elif not seen.L.covered.all():
        missing("data= with texts", "WL108")
    try:
        found["WL109"] = slow(seen, seen.L.profile())
    except ValueError:
        missing("a matrix that comes from apply_lfs", "WL109")
    if gold and masks is not None:
        found["WL111"] = precision_falls(seen, masks)
    else:
        both = ["gold="] * (not gold) + ["slices="] * (masks is None)
        missing(" and ".join(both), "WL111")
    return found, {what: tuple(codes) for what, codes in lacking.items()}


def _sorted(
    L: LabelMatrix, found: dict[str, list[Spotted]], lacking: dict[str, tuple[str, ...]]
) -> Advice:
    """Dress the findings: the gravest code first, and of one code what matters to most rows."""
    items: list[AdviceItem] = []
    omitted: dict[str, int] = {}
    keys = L.keys
    for code, (severity, title) in _CODES.items():
        spotted = sorted(
            found.get(code, ()), key=lambda s: (-round(s.weight, 9), s.lfs, s.classes, s.message)
        )
        if len(spotted) > _MOST:
            omitted[code] = len(spotted) - _MOST
        for one in spotted[:_MOST]:
            rows = np.zeros(0, np.int64) if one.rows is None else one.rows.astype(np.int64)
            items.append(
                AdviceItem(
                    code=code,
                    severity=severity,
                    title=title,
                    message=one.message,
                    evidence=dict(one.evidence),
                    lfs=one.lfs,
                    classes=one.classes,
                    rows=read_only(rows),
                    keys=read_only(keys[rows]),
                    next_step=one.next_step,
                    page=f"advice/{code.lower()}",
                )
            )
    return Advice(tuple(items), omitted, lacking)


def _checked_model(model: Any, L: LabelMatrix) -> Any:
    """Return a fitted label model of the matrix's LFs and classes, or say what it is not."""
    if not (hasattr(model, "predict_proba") and hasattr(model, "fit")):
        raise TypeError(
            f"model must be a fitted label model, got {shorten(model)}; pass LabelModel().fit(L)"
        )
    lf_names = getattr(model, "lf_names_", None)
    if lf_names is None:
        raise TypeError(f"{shorten(model)} is not fitted; pass {type(model).__name__}().fit(L)")
    if set(lf_names) != set(L.lf_names) or model.class_names_ != L.class_names:
        raise ValueError(
            f"the model was fitted on LFs {listed(lf_names)} and classes "
            f"{listed(model.class_names_)}, the matrix has LFs {listed(L.lf_names)} and classes "
            f"{listed(L.class_names)}; fit it on this matrix"
        )
    return model
