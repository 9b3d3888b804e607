"""Gold labels: partial, checked, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from weaklabel._classes import encode_labels
from weaklabel.types import IntArray

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix

__all__ = ["encode_gold"]


def encode_gold(gold: Any, L: LabelMatrix) -> IntArray:
    """Return gold labels as codes that fit a label matrix.

    Parameters
    ----------
    gold : array-like, shape (n,)
        Enum members, names or codes; ``None``, NaN or -1 where unknown.
    L : LabelMatrix
        The matrix whose rows they belong to.

    Returns
    -------
    ndarray of int64, shape (n,)
        -1 where unknown.

    Raises
    ------
    ValueError
        When the length differs, a label is no class of the matrix (its position is named), or a
        Series is indexed by the row keys in another order than the rows.

    Examples
    --------
    >>> import weaklabel as wl
    >>> L = wl.LabelMatrix.from_array([[1], [0]], classes=("HAM", "SPAM"))
    >>> encode_gold(["SPAM", None], L).tolist()
    [1, -1]
    """
    codes = encode_labels(gold, L.class_names, what="gold")
    if len(codes) != L.n:
        raise ValueError(
            f"gold has {len(codes)} labels, the label matrix has {L.n} rows; give one label a row, "
            "-1 or None where unknown"
        )
    _check_order(gold, L)
    return codes


def _check_order(gold: Any, L: LabelMatrix) -> None:
    """Refuse a Series that names the rows in another order: gold goes by position."""
    if not (hasattr(gold, "loc") and hasattr(gold, "index")):
        return
    index, keys = gold.index.tolist(), L.keys.tolist()
    if index != keys and set(index) == set(keys) and keys != list(range(L.n)):
        raise ValueError(
            "gold is a Series indexed by the row keys, in another order than the rows; pass "
            "gold.loc[L.keys]"
        )
