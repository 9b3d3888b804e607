"""Text files read line by line: opened, decoded, broken rows named or counted."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO, TypeAlias

from weaklabel.errors import InputError

OnBadRow: TypeAlias = Literal["raise", "skip"]

# Text read at once: large enough that its overhead vanishes, small enough to stay in the cache.
BLOCK = 1 << 20
# Rows that are turned into columns at once, and rows that types are told from.
CHUNK_ROWS = 8192

_GZIP = b"\x1f\x8b"
_SHOWN = 10


@dataclass(slots=True)
class BadRows:
    """What happens to broken rows, and how many there were.

    Attributes
    ----------
    mode : {"raise", "skip"}
        Whether the first one is an error, or all are left out and counted.
    count : int
        How many were left out.
    first : list of str
        File, line and reason of the first few.
    """

    mode: OnBadRow
    count: int = 0
    first: list[str] = field(default_factory=list)

    def report(self, path: Path, line: int, why: str) -> None:
        """Raise for a broken row, or count it.

        Raises
        ------
        InputError
            When such rows are not skipped.
        """
        if self.mode == "raise":
            raise InputError(
                f"{path} line {line}: {why}; mend the line, or leave such rows out with "
                "bad_rows='skip'",
                path=path,
            )
        self.count += 1
        if len(self.first) < _SHOWN:
            self.first.append(f"{path} line {line}: {why}")


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some consecutive rows of a text file, not yet typed.

    Attributes
    ----------
    rows : list
        Lists of cells, or dicts.
    lines : sequence of int
        Line of the file on which each row begins, from 1.
    """

    rows: list[Any]
    lines: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, some: slice) -> Chunk:
        return Chunk(self.rows[some], self.lines[some])


@contextmanager
def open_text(path: Path, *, newline: str) -> Iterator[TextIO]:
    """Open a text file, packed by gzip or not, for reading line by line.

    Bytes that are no UTF-8 come as lone surrogates, so that the row they stand in can be named.

    Parameters
    ----------
    path : Path
        The file.
    newline : str
        As in `open`.

    Raises
    ------
    InputError
        When the file cannot be read, or its compressed content is damaged.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == _GZIP
            raw.seek(0)
            stream = io.BufferedReader(gzip.GzipFile(fileobj=raw), BLOCK) if packed else raw
            with io.TextIOWrapper(
                stream, encoding="utf-8-sig", errors="surrogateescape", newline=newline
            ) as text:
                yield text
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(
            f"{path} is no whole gzip file, it may be cut short or damaged ({error}); pack it "
            "again",
            path=path,
        ) from error
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror or error}); check the file and its "
            "permissions",
            path=path,
        ) from error


def readable(text: str) -> str:
    """Return a text with ``?`` for what was no UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
