"""The vote store: what labeling functions voted on parts of data, kept between runs.

One SQLite file, for it is all that a cache asks of a file: many processes write at once, a killed
one leaves it whole, and an entry is found without reading the others. An entry is found by what it
was made of (`StoredRun`), holds no Python objects, and bears a checksum; a damaged one counts as
absent.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from weaklabel.errors import FileFormatError

_FILE = "votes.sqlite"
_APPLICATION, _VERSION = 0x776C7673, 1
_PATIENCE = 60.0
_CHECK = 8
# SQLite takes so many values in one statement.
_MANY = 30_000
_TABLES = """
CREATE TABLE IF NOT EXISTS lfs (lf TEXT PRIMARY KEY, name TEXT, used REAL);
CREATE TABLE IF NOT EXISTS votes (
    part TEXT, lf TEXT, n INTEGER, data BLOB, PRIMARY KEY (part, lf)
);
CREATE TABLE IF NOT EXISTS docs (
    part TEXT, preprocessor TEXT, data BLOB, PRIMARY KEY (part, preprocessor)
);
CREATE INDEX IF NOT EXISTS votes_by_lf ON votes (lf);
"""


@final
@dataclass(frozen=True, slots=True)
class StoreEntry:
    """What the store holds of one labeling function, or of one preprocessor.

    Attributes
    ----------
    name : str
        The name it had when it was last used.
    digest : str
        Under which its votes stand.
    parts, rows, bytes : int
    last_used : float
        Seconds since 1970.
    """

    name: str
    digest: str
    parts: int
    rows: int
    bytes: int
    last_used: float


@final
class VoteStore:
    """Votes that were computed before, in a folder.

    ``apply_lfs(..., cache=path)`` reads and fills it; several runs may use one at the same time.

    Parameters
    ----------
    path : path
        The folder; made at first use.

    Raises
    ------
    FileFormatError
        When what lies there is no vote store, or comes from a newer weaklabel.
    OSError
        When it cannot be written to.

    Examples
    --------
    >>> import tempfile, weaklabel as wl
    >>> @wl.labeling_function(votes=1)
    ... def is_long(x):
    ...     return len(x.text) > 20
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     L = wl.apply_lfs([is_long], ["short", "not so short any more"], cache=folder)
    ...     store = wl.VoteStore(folder)
    ...     [(entry.name, entry.rows) for entry in store.sizes()]
    ...     store.close()
    [('is_long', 2)]
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        with self._refusing_odd_files():
            self.path.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    def _open(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and application != _APPLICATION:
            raise FileFormatError(f"{self._file} is no vote store", path=self._file)
        if version > _VERSION:
            raise FileFormatError(
                f"{self._file} is a vote store of version {version}, this weaklabel reads up to "
                f"{_VERSION}; upgrade weaklabel, or choose another folder for cache=",
                path=self._file,
            )
        if not tables:
            with self._transaction():
                for statement in _TABLES.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
                self._db.execute(f"PRAGMA user_version = {_VERSION}")

    @property
    def _file(self) -> Path:
        return self.path / _FILE

    def votes(self, part: str, lfs: Sequence[str]) -> dict[str, bytes]:
        """Return what is stored of some labeling functions on a part, damaged entries left out."""
        found: dict[str, bytes] = {}
        with self._refusing_odd_files():
            for start in range(0, len(lfs), _MANY):
                some = lfs[start : start + _MANY]
                marks = ",".join("?" * len(some))
                rows = self._db.execute(
                    f"SELECT lf, data FROM votes WHERE part = ? AND lf IN ({marks})",  # noqa: S608
                    [part, *some],
                )
                found |= {lf: whole for lf, data in rows if (whole := _checked(data)) is not None}
        return found

    def add_votes(self, part: str, n: int, votes: Mapping[str, bytes]) -> None:
        """Store votes on a part of n rows by labeling function."""
        rows = [(part, lf, n, _with_checksum(data)) for lf, data in votes.items()]
        if rows:
            with self._refusing_odd_files(), self._transaction():
                self._db.executemany("INSERT OR REPLACE INTO votes VALUES (?, ?, ?, ?)", rows)

    def docs(self, part: str, preprocessor: str) -> bytes | None:
        """Return what a preprocessor kept of a part."""
        with self._refusing_odd_files():
            row = self._db.execute(
                "SELECT data FROM docs WHERE part = ? AND preprocessor = ?", (part, preprocessor)
            ).fetchone()
        return None if row is None else _checked(row[0])

    def add_docs(self, part: str, preprocessor: str, data: bytes) -> None:
        """Keep what a preprocessor made of a part."""
        with self._refusing_odd_files(), self._transaction():
            self._db.execute(
                "INSERT OR REPLACE INTO docs VALUES (?, ?, ?)",
                (part, preprocessor, _with_checksum(data)),
            )

    def note_use(self, names: Mapping[str, str]) -> None:
        """Note under which names labeling functions and preprocessors are used, by digest."""
        now = time.time()
        with self._refusing_odd_files(), self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO lfs VALUES (?, ?, ?)",
                [(digest, name, now) for digest, name in names.items()],
            )

    def sizes(self) -> list[StoreEntry]:
        """Return what is stored, by labeling function, the largest first."""
        with self._refusing_odd_files():
            rows = self._db.execute(
                "SELECT lf, count(*), sum(n), sum(length(data)) FROM votes GROUP BY lf "
                "UNION ALL SELECT preprocessor, count(*), 0, sum(length(data)) FROM docs "
                "GROUP BY preprocessor"
            ).fetchall()
            used = {lf: (name, at) for lf, name, at in self._db.execute("SELECT * FROM lfs")}
        entries = [
            StoreEntry(used.get(lf, ("?", 0.0))[0], lf, parts, n, size, used.get(lf, ("?", 0.0))[1])
            for lf, parts, n, size in rows
        ]
        return sorted(entries, key=lambda entry: (-entry.bytes, entry.name, entry.digest))

    def prune(
        self, *, keep: Iterable[str] | None = None, older_than_days: float | None = None
    ) -> int:
        """Delete stored votes and return how many bytes of entries that were.

        Parameters
        ----------
        keep : iterable of str, optional
            Digests that stay; default none.
        older_than_days : float, optional
            Delete only what no run has used for so long.

        Raises
        ------
        ValueError
            When a number of days is negative.
        """
        if older_than_days is not None and not older_than_days >= 0:
            raise ValueError(f"older_than_days must be a number from 0, got {older_than_days!r}")
        kept = set(() if keep is None else keep)
        latest = float("inf") if older_than_days is None else time.time() - 86400 * older_than_days
        gone = [e for e in self.sizes() if e.digest not in kept and e.last_used <= latest]
        digests = [(entry.digest,) for entry in gone]
        with self._refusing_odd_files():
            with self._transaction():
                self._db.executemany("DELETE FROM votes WHERE lf = ?", digests)
                self._db.executemany("DELETE FROM docs WHERE preprocessor = ?", digests)
                self._db.executemany("DELETE FROM lfs WHERE lf = ?", digests)
            if gone:
                self._db.execute("VACUUM")
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return sum(entry.bytes for entry in gone)

    def close(self) -> None:
        """Close the file; the store cannot be used any more."""
        self._db.close()

    def __repr__(self) -> str:
        return f"VoteStore({os.fspath(self.path)!r})"

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _refusing_odd_files(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OSError(
                f"the vote store {self._file} cannot be used: {error}; choose another folder for "
                "cache="
            ) from error
        except sqlite3.DatabaseError as error:
            raise FileFormatError(
                f"{self._file} is no vote store, or damaged ({error}); delete it, its votes are "
                "computed anew",
                path=self._file,
            ) from error
        except (FileExistsError, NotADirectoryError) as error:
            raise NotADirectoryError(
                f"the vote store {self.path} must be a folder, there is a file"
            ) from error


def open_store(path: str) -> VoteStore:
    """Return the store of a folder, opened once a process and thread, and anew where it is new."""
    file = Path(path) / _FILE
    if not file.exists():
        VoteStore(path).close()
    return _opened(path, file.stat().st_ino, os.getpid(), threading.get_ident())


@functools.lru_cache(maxsize=8)
def _opened(path: str, file: int, pid: int, thread: int) -> VoteStore:  # noqa: ARG001
    return VoteStore(path)


def encoded(header: Mapping[str, Any], *arrays: bytes) -> bytes:
    """Return a JSON header and arrays as one text of bytes."""
    sizes = [len(array) for array in arrays]
    text = json.dumps({**header, "sizes": sizes}, separators=(",", ":")).encode()
    return b"".join([len(text).to_bytes(4, "little"), text, *arrays])


def decoded(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return header and arrays of what `encoded` made."""
    end = 4 + int.from_bytes(data[:4], "little")
    header: dict[str, Any] = json.loads(data[4:end])
    arrays = []
    for size in header.pop("sizes"):
        arrays.append(data[end : end + size])
        end += size
    return header, arrays


def _with_checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_CHECK).digest() + data


def _checked(data: Any) -> bytes | None:
    if not isinstance(data, bytes):
        return None
    body = data[_CHECK:]
    return body if hashlib.blake2b(body, digest_size=_CHECK).digest() == data[:_CHECK] else None
