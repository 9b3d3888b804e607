"""Files that are whole or absent: atomic writes, and arrays under a JSON header.

A weaklabel file is a zip archive of ``.npy`` arrays (NumPy's ``.npz``) with one more member, the
JSON header. Nothing in it can execute code: arrays of Python objects are refused on both ways.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from weaklabel.errors import FileFormatError

_HEADER = "weaklabel.json"

# What reading a damaged zip archive, header or array may raise.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    RuntimeError,
)


@contextmanager
def atomic_write(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` and rename it to ``path`` when the block succeeds.

    A reader sees the old file or the new one, never a part; after an error the old file stands.
    """
    target = Path(path)
    if not target.parent.is_dir():
        raise FileNotFoundError(f"cannot write {target}: folder {target.parent} does not exist")
    handle, temporary = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name}.", suffix=".tmp"
    )
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(temporary, 0o666 & ~umask)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise


def save_arrays(
    path: str | os.PathLike[str],
    *,
    kind: str,
    version: int,
    header: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
) -> None:
    """Write arrays and a JSON header as one file, atomically.

    Parameters
    ----------
    path : path
        Where to write.
    kind : str
        What the file holds, e.g. ``"LabelModel"``.
    version : int
        Format version of this kind, from 1.
    header : mapping
        What JSON can hold.
    arrays : mapping of str to ndarray
        Numbers and strings, no objects.
    """
    payload: dict[str, bytes] = {}
    for name, array in arrays.items():
        buffer = io.BytesIO()
        np.save(buffer, array, allow_pickle=False)
        payload[name] = buffer.getvalue()
    text = sealed(header, kind=kind, version=version, checksums=_checksums(payload))
    with atomic_write(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(_HEADER, text)
        for name, raw in payload.items():
            archive.writestr(f"{name}.npy", raw)


def load_arrays(
    path: str | os.PathLike[str], *, kind: str, version: int
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a file that `save_arrays` wrote.

    Parameters
    ----------
    path : path
        The file.
    kind : str
        The kind it must be of.
    version : int
        The newest format version that the caller understands.

    Returns
    -------
    header : dict
        The JSON header.
    arrays : dict of str to ndarray
        The arrays.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    FileFormatError
        When it is damaged, altered, of another kind, or from a newer version.
    """
    source = Path(path)
    with damage_named(source, kind):
        with zipfile.ZipFile(source) as archive:
            header, checksums = unsealed(archive.read(_HEADER), source, kind=kind, version=version)
            payload = {name: archive.read(f"{name}.npy") for name in checksums}
        if _checksums(payload) != checksums:
            raise FileFormatError(_altered(source), path=source)
        arrays = {n: np.load(io.BytesIO(raw), allow_pickle=False) for n, raw in payload.items()}
    return header, arrays


def sealed(
    header: Mapping[str, Any], *, kind: str, version: int, checksums: Mapping[str, str]
) -> str:
    """Return a header as JSON text that tells its kind and version, and whether it was altered.

    Parameters
    ----------
    header : mapping
        What JSON can hold; NumPy's numbers and arrays become lists.
    kind, version
        As in `save_arrays`.
    checksums : mapping of str to str
        SHA-256 of each array of the file, by name.
    """
    content = {**header, "checksums": checksums}
    body = json.dumps(content, sort_keys=True, default=lambda value: value.tolist())
    return json.dumps(
        {"kind": kind, "version": version, "sha256": sha256(body.encode()), "body": body}
    )


def unsealed(
    text: str | bytes, path: Path, *, kind: str, version: int
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return header and checksums of a `sealed` text.

    Raises
    ------
    FileFormatError
        When it is of another kind, of a newer version, or was altered.
    """
    outer = json.loads(text)
    if outer["kind"] != kind:
        raise FileFormatError(f"{path} holds a {outer['kind']}, not a {kind}", path=path)
    if outer["version"] > version:
        raise FileFormatError(
            f"{path} has format version {outer['version']}, this weaklabel reads up to {version}; "
            "upgrade weaklabel to load it",
            path=path,
        )
    if sha256(outer["body"].encode()) != outer["sha256"]:
        raise FileFormatError(_altered(path), path=path)
    header: dict[str, Any] = json.loads(outer["body"])
    return header, header.pop("checksums")


@contextmanager
def damage_named(
    path: Path, kind: str, *, also: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Turn what a damaged file raises when it is read into a `FileFormatError` that names it."""
    damage: tuple[type[Exception], ...] = (*_DAMAGE, *also)
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError, FileFormatError):
        raise
    except damage as error:
        raise FileFormatError(
            f"{path} is not a whole {kind} file, it may be cut short, damaged or of another kind "
            f"({error}); save it again",
            path=path,
        ) from error


def sha256(raw: bytes) -> str:
    """Return the checksum of some bytes, in hexadecimal."""
    return hashlib.sha256(raw).hexdigest()


def _altered(path: Path) -> str:
    return f"{path} was altered after it was saved (checksum differs); save it again"


def _checksums(payload: Mapping[str, bytes]) -> dict[str, str]:
    return {name: sha256(raw) for name, raw in payload.items()}
