"""Slices: which rows lie in which of some named groups."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, final

import numpy as np

from weaklabel._checks import listed, nearest, read_only
from weaklabel._render import html_table, terminal_width, text_table
from weaklabel.analysis._advice_slices import checked_slices
from weaklabel.analysis._slicing_function import INSIDE, as_slicing_function
from weaklabel.apply import apply_lfs
from weaklabel.errors import LFError
from weaklabel.types import Fault, IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

_HEADER = ("slice", "rows", "of all")


@final
class Slices(Mapping[str, IntArray]):
    """Slices by name: a mapping to masks, bool of shape (n,). Prints as a table.

    Made by `apply_slices`, or of masks.

    Parameters
    ----------
    masks : mapping of str to array-like of bool, shape (n,)
        One mask a slice.
    n : int
        Number of rows.
    row_keys : ndarray, shape (n,), optional
        Row keys; default the positions.
    faults : sequence of Fault, optional
        The calls that failed; their rows are not in the slice.

    Examples
    --------
    >>> import numpy as np
    >>> from weaklabel.analysis import Slices
    >>> slices = Slices({"first": np.array([True, False])}, 2)
    >>> slices["first"].tolist()
    [True, False]
    """

    __slots__ = ("_masks", "faults", "n", "row_keys")

    def __init__(
        self,
        masks: Mapping[str, Any],
        n: int,
        *,
        row_keys: IntArray | None = None,
        faults: Iterable[Fault] = (),
    ) -> None:
        checked = checked_slices(masks, n)
        self._masks = {str(name): read_only(checked[str(name)]) for name in masks}
        self.n = n
        self.row_keys = read_only(np.arange(n) if row_keys is None else row_keys)
        self.faults = tuple(faults)

    def __getitem__(self, name: str) -> IntArray:
        """Return the mask of a slice."""
        if name not in self._masks:
            names = tuple(self._masks)
            raise KeyError(f"no slice {name!r} among {listed(names)}{nearest(name, names)}")
        return self._masks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._masks)

    def __len__(self) -> int:
        return len(self._masks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Slices):
            return NotImplemented
        return (
            tuple(self) == tuple(other)
            and np.array_equal(self.row_keys, other.row_keys)
            and all(np.array_equal(self[name], other[name]) for name in self)
        )

    __hash__ = None  # type: ignore[assignment]

    def select(self, *names: str) -> Slices:
        """Return some of the slices, in the given order.

        Raises
        ------
        KeyError
            When there is no slice of a name.
        """
        chosen = {name: self[name] for name in names}
        faults = [fault for fault in self.faults if fault.lf in chosen]
        return Slices(chosen, self.n, row_keys=self.row_keys, faults=faults)

    def to_frame(self) -> Any:
        """Return the masks as a pandas DataFrame: one column a slice."""
        import pandas as pd

        return pd.DataFrame(dict(self._masks), index=pd.Index(self.row_keys, name="key"))

    def _cells(self) -> list[list[str]]:
        counts = {name: int(mask.sum()) for name, mask in self._masks.items()}
        return [
            [name, f"{count:,}", f"{count / max(self.n, 1):.1%}"] for name, count in counts.items()
        ]

    def _caption(self) -> str:
        masks = list(self._masks.values())
        inside = int(np.logical_or.reduce(masks).sum()) if masks else 0
        text = f"{self.n:,} rows, {self.n - inside:,} of them in no slice"
        return f"{text}; {len(self.faults):,} faults" if self.faults else text

    def __repr__(self) -> str:
        return f"{text_table(_HEADER, self._cells(), width=terminal_width())}\n{self._caption()}"

    def _repr_html_(self) -> str:
        return html_table(_HEADER, self._cells(), caption=self._caption())


def apply_slices(
    slices: Iterable[Any],
    data: Any,
    *,
    key: str | None = None,
    n_jobs: int = 1,
    on_error: Literal["raise", "abstain"] = "raise",
    max_fault_rate: float = 0.1,
    progress: bool = True,
    cache: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
) -> Slices:
    """Run slicing functions over data.

    Parameters
    ----------
    slices : iterable of SlicingFunction
        Slicing functions of distinct names.
    data : table, sequence or iterable
        As in `apply_lfs`.
    key, n_jobs, on_error, max_fault_rate, progress, cache, timeout
        As in `apply_lfs`; with ``on_error="abstain"`` a row on which a call fails is not in the
        slice.

    Returns
    -------
    Slices
        Masks by name, rows in input order.

    Raises
    ------
    LFError
        When a slicing function fails or returns no bool.
    ValueError, TypeError
        When there are no slicing functions or two of one name, and as `apply_lfs`.

    Examples
    --------
    >>> from weaklabel.analysis import apply_slices, slicing_function
    >>> @slicing_function
    ... def short(x):
    ...     return len(x.text) < 12
    >>> apply_slices([short], ["hello", "how are you today", "bye"])
    slice  rows  of all
    -------------------
    short     2   66.7%
    3 rows, 1 of them in no slice
    """
    if callable(slices) or isinstance(slices, str) or not hasattr(slices, "__iter__"):
        raise TypeError(
            f"slices must be a list of slicing functions, got {slices!r}; put it into a list"
        )
    functions = [as_slicing_function(slicing) for slicing in slices]
    if not functions:
        raise ValueError("the list of slicing functions is empty; pass at least one")
    names = [function.name for function in functions]
    if again := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"two slicing functions are named {again[0]!r}; pass name= to one of them")
    try:
        L = apply_lfs(
            [function.lf for function in functions],
            data,
            key=key,
            n_jobs=n_jobs,
            on_error=on_error,
            max_fault_rate=max_fault_rate,
            progress=progress,
            cache=cache,
            timeout=timeout,
        )
    except LFError as error:
        # The message speaks of labeling functions; the user wrote none here.
        error.args = (str(error).replace("labeling function", "slicing function", 1),)
        raise
    masks = {name: np.zeros(L.n, np.bool_) for name in names}
    indptr, indices, codes = L.csr()
    row = np.repeat(np.arange(L.n), np.diff(indptr))
    for j, name in enumerate(names):
        masks[name][row[(indices == j) & (codes == INSIDE)]] = True
    return Slices(masks, L.n, row_keys=L.keys, faults=L.faults)


def slice_masks(slices: Any, L: LabelMatrix) -> dict[str, IntArray]:
    """Return masks by name that fit a label matrix.

    Parameters
    ----------
    slices : Slices, or mapping of str to array-like of bool, shape (n,)
    L : LabelMatrix

    Raises
    ------
    TypeError
        When it is no mapping.
    ValueError
        When a mask is none or has another length, or the rows have other keys.
    """
    masks = checked_slices(slices, L.n)
    if isinstance(slices, Slices):
        positions = np.arange(L.n)
        own = (slices.row_keys, L.keys)
        named = not any(np.array_equal(keys, positions) for keys in own)
        if named and not np.array_equal(slices.row_keys, L.keys):
            raise ValueError(
                "the slices were made of rows with other keys than those of the label matrix, or "
                "in another order; run apply_slices on the data that the matrix was made of"
            )
    return {str(name): masks[str(name)] for name in slices}
