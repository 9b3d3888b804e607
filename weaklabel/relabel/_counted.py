"""Numbers with their nouns."""

from __future__ import annotations


def counted(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, in the singular for one.

    Parameters
    ----------
    n : int
    noun : str
    plural : str, optional
        Default the noun with an s.

    Examples
    --------
    >>> counted(1, "part"), counted(1200, "part"), counted(0, "entry", "entries")
    ('1 part', '1,200 parts', '0 entries')
    """
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
