"""Texts as they come in: a list, an array or a Series, checked row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["as_texts"]


def as_texts(texts: Iterable[str], *, what: str = "texts") -> list[str]:
    """Return texts as a list of str, or say which one is no text.

    Parameters
    ----------
    texts : list, pandas or polars Series, or ndarray of str, shape (n,)
        The texts; an empty one is fine, a missing one is not.
    what : str
        What the caller calls them, for the error message.

    Returns
    -------
    list of str
        The texts in their order.

    Raises
    ------
    TypeError
        When it is a single str or a table, or when a text is None, NaN or no str.

    Examples
    --------
    >>> as_texts(["a text", ""])
    ['a text', '']
    """
    if isinstance(texts, str | bytes):
        raise TypeError(
            f"{what} is one {type(texts).__name__}, expected a sequence of texts; "
            f"wrap a single text in a list: [{texts[:20]!r}]"
        )
    if isinstance(texts, Mapping) or len(getattr(texts, "shape", (0,))) != 1:
        raise TypeError(
            f"{what} is a {type(texts).__name__}, expected one column of texts: "
            "a list, a Series or a one-dimensional array"
        )
    to_list = getattr(texts, "tolist", None) or getattr(texts, "to_list", None)
    items = list(texts) if to_list is None else to_list()
    for position, item in enumerate(items):
        if not isinstance(item, str):
            raise TypeError(
                f"{what}[{position}] is {_described(item)}, expected a str; "
                "drop the row or put '' in its place"
            )
    return items


def _described(item: object) -> str:
    if item is None:
        return "None"
    if str(item) in ("nan", "NaN", "<NA>", "NaT"):
        return "NaN (a missing value)"
    return f"{item!r} ({type(item).__name__})"
