"""The directory of a run: its lock, its manifest, and which parts are finished."""

from __future__ import annotations

import json
import os
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, final

from weaklabel._files import atomic_write
from weaklabel.errors import FileFormatError, RunError, RunLockedError

SCHEMA_VERSION = 1

_MANIFEST = "manifest.json"
_LOCK = ".lock"
_OWNER = "owner.json"
# What may lie in a directory in which no run has begun yet.
_NOTHING = {_LOCK, _OWNER}
_PART = re.compile(r"part-(\d{5,})\.[a-z]+")


@final
class RunDirectory:
    """The directory of one run.

    A part is finished when its file is there: files get their names when they are whole.

    Parameters
    ----------
    path : Path
        The directory; its name is the run's id.
    """

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def run(self) -> str:
        """The run's id."""
        return self.path.resolve().name

    @property
    def model_path(self) -> Path:
        """Where the label model is kept."""
        return self.path / "model.npz"

    @property
    def end_model_path(self) -> Path:
        """Where the end model is kept."""
        return self.path / "end_model.safetensors"

    def part_path(self, kind: str, index: int, suffix: str) -> Path:
        """Return the file of a part; its folder is made."""
        folder = self.path / kind
        folder.mkdir(exist_ok=True)
        return folder / f"part-{index:05d}.{suffix}"

    def finished(self, kind: str) -> dict[int, Path]:
        """Return the finished parts of a kind, by index, in order."""
        folder = self.path / kind
        names = sorted(os.listdir(folder)) if folder.is_dir() else []
        found = {int(m[1]): folder / name for name in names if (m := _PART.fullmatch(name))}
        return dict(sorted(found.items()))

    def is_new(self) -> bool:
        """Tell whether no run has begun here."""
        if not self.path.is_dir():
            return True
        return all(name in _NOTHING or _temporary(name) for name in os.listdir(self.path))

    def has_manifest(self) -> bool:
        """Tell whether a run has begun here."""
        return (self.path / _MANIFEST).is_file()

    def read_manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises
        ------
        RunError
            When this is no directory of a run.
        FileFormatError
            When the manifest is damaged or from a newer version.
        """
        path = self.path / _MANIFEST
        try:
            manifest = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise RunError(f"{self.path} is no directory of a run: it has no {_MANIFEST}") from None
        except ValueError as error:
            raise FileFormatError(f"{path} is damaged ({error})", path=path) from error
        version = manifest.get("schema_version") if isinstance(manifest, dict) else None
        if not isinstance(version, int):
            raise FileFormatError(f"{path} is no manifest of a run", path=path)
        if version > SCHEMA_VERSION:
            raise FileFormatError(
                f"{path} has schema version {version}, this weaklabel reads up to "
                f"{SCHEMA_VERSION}; upgrade weaklabel to read it",
                path=path,
            )
        return dict(manifest)

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest, atomically."""
        write_json(self.path / _MANIFEST, manifest)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory, which is made where it is missing, against other processes.

        Raises
        ------
        RunLockedError
            When another process holds it; its owner is named.
        """
        import filelock

        self.path.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(self.path / _LOCK)
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            owner = self._owner()
            raise RunLockedError(
                f"another process works in {self.path}: pid {owner['pid']} on {owner['host']}, "
                f"since {owner['since']}; wait until it ends, or give the run another name",
                owner=owner,
            ) from None
        try:
            self._sweep()
            owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": now()}
            write_json(self.path / _OWNER, owner)
            yield
        finally:
            (self.path / _OWNER).unlink(missing_ok=True)
            lock.release()

    def _owner(self) -> dict[str, Any]:
        """Return who holds the lock; it may have no name for a moment after it was taken."""
        unknown = dict.fromkeys(("pid", "host", "since"), "unknown")
        try:
            owner = json.loads((self.path / _OWNER).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return unknown
        return unknown | owner if isinstance(owner, dict) else unknown

    def _sweep(self) -> None:
        """Remove the temporary files of a process that was killed."""
        folders = [self.path, *(p for p in self.path.iterdir() if p.is_dir())]
        for folder in folders:
            for name in os.listdir(folder):
                if _temporary(name):
                    (folder / name).unlink(missing_ok=True)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write JSON that a person can read, atomically."""
    text = json.dumps(content, indent=2, ensure_ascii=False, default=str)
    with atomic_write(path) as file:
        file.write(text.encode() + b"\n")


def write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write one line of JSON a row, atomically."""
    with atomic_write(path) as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n")


def now() -> str:
    """Return the time, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def newest_run(folder: Path) -> Path | None:
    """Return the directory of the run that was started last, None where there is none."""
    started: list[tuple[str, str]] = []
    for path in folder.iterdir() if folder.is_dir() else ():
        directory = RunDirectory(path)
        if directory.has_manifest():
            started.append((str(directory.read_manifest().get("started", "")), str(path)))
    return Path(max(started)[1]) if started else None


def _temporary(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")
