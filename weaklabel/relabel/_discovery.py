"""Which files an input names, of which format, and what their folders and bytes tell of them."""

from __future__ import annotations

import glob
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import unquote

from weaklabel._checks import listed, nearest
from weaklabel.errors import InputError

Format: TypeAlias = Literal["csv", "jsonl", "parquet"]

_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".lz4", ".snappy", ".zip", ".7z", ".br", ".z")
_EDGE = 64 * 1024
_HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class InputFile:
    """One data file as it was when the inputs were opened.

    Attributes
    ----------
    path : Path
        Where it is.
    bytes : int
        Its size.
    fingerprint : str
        32 hexadecimal digits of its size, its time of last change, and its first and last 64 KiB.
        The whole content would have to be read twice; a file that was copied counts as changed.
    """

    path: Path
    bytes: int
    fingerprint: str

    @classmethod
    def of(cls, path: Path) -> InputFile:
        """Look at a file.

        Raises
        ------
        InputError
            When it cannot be read.
        """
        try:
            # Before it is opened: a pipe that nobody writes to would wait for ever.
            if not stat.S_ISREG(path.stat().st_mode):
                raise InputError(
                    f"{path} is no regular file (a pipe or a device, say), and files are read "
                    "more than once; write its content to a file, and name that",
                    path=path,
                )
            with path.open("rb") as file:
                state = os.fstat(file.fileno())
                digest = hashlib.blake2b(digest_size=16)
                digest.update(f"{state.st_size}:{state.st_mtime_ns}:".encode())
                digest.update(file.read(_EDGE))
                file.seek(max(0, state.st_size - _EDGE))
                digest.update(file.read(_EDGE))
        except OSError as error:
            raise InputError(
                f"{path} cannot be read ({error.strerror or error}); check the file and its "
                "permissions",
                path=path,
            ) from error
        return cls(path, state.st_size, digest.hexdigest())


def found_files(
    inputs: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    format: str | None = None,  # noqa: A002 - the word of the config file
) -> tuple[tuple[Path, ...], Format]:
    """Return the data files that the inputs name, and their format.

    Parameters
    ----------
    inputs : path or sequence of paths
        Files, folders and globs. Folders are searched through all their subfolders; names that
        begin with ``.`` or ``_`` are left out, and so are files of other suffixes where there are
        data files. Files of a folder or glob come in the order of their paths. Links are followed,
        and a file that is named twice, by a link too, comes once.
    format : {"csv", "jsonl", "parquet"}, optional
        Told by the suffix where it is not given.

    Raises
    ------
    ValueError
        When `format` is none of the three, or nothing is named.
    InputError
        When a file is missing or none, a folder or glob holds no data files, or the formats are
        mixed.
    """
    wanted = _checked_format(format)
    named = [inputs] if isinstance(inputs, str | os.PathLike) else list(inputs)
    if not named:
        raise ValueError("inputs names no file; pass a file, a folder, a glob, or a list of them")
    found: dict[str, Path] = {}
    for one in named:
        for path in _expanded(os.fspath(one), wanted):
            found.setdefault(os.path.realpath(path), path)
    files = tuple(found.values())
    return files, wanted or _one_format(files, "the inputs hold")


def partition_values(path: Path) -> dict[str, str | None]:
    """Return the columns that the folders right above a file give it, outermost first.

    A folder ``year=2024`` gives column ``year`` the value ``"2024"``; ``%`` escapes are undone, and
    Hive's name for a missing value is None.

    Examples
    --------
    >>> partition_values(Path("mail/lang=en/day=2024-05-01/part-0.parquet"))
    {'lang': 'en', 'day': '2024-05-01'}
    """
    values: list[tuple[str, str | None]] = []
    for folder in path.parents:
        name, equals, value = folder.name.partition("=")
        if not (name and equals):
            break
        values.append((unquote(name), None if value == _HIVE_NULL else unquote(value)))
    return dict(reversed(values))


def _checked_format(name: str | None) -> Format | None:
    for known in _FORMATS:
        if name == known:
            return known
    if name is None:
        return None
    raise ValueError(f"format must be one of {_FORMATS}, got {name!r}{nearest(name, _FORMATS)}")


def _expanded(text: str, wanted: Format | None) -> list[Path]:
    path = Path(text)
    seen: set[tuple[int, int]] = set()
    if path.is_dir():
        return _chosen(list(_inside(path, seen)), wanted, f"folder {text}", path)
    if path.exists():
        if wanted is None or _packed(path):
            _format_of(path)
        return [path]
    if any(sign in text for sign in "*?["):
        hits = [Path(hit) for hit in sorted(glob.glob(text, recursive=True))]
        if not hits:
            raise InputError(
                f"glob {text!r} matches no files; check the pattern, seen from {Path.cwd()}",
                path=path,
            )
        inside = [file for hit in hits for file in (_inside(hit, seen) if hit.is_dir() else [hit])]
        return _chosen(inside, wanted, f"glob {text!r}", path)
    beside = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    raise InputError(
        f"there is no file or folder {text}, seen from {Path.cwd()}{nearest(path.name, beside)}",
        path=path,
    )


def _inside(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    """Yield the files below a folder in the order of their paths, hidden ones left out.

    A folder that was seen is left out: links may lead back to where they come from.
    """
    state = folder.stat()
    if (state.st_dev, state.st_ino) in seen:
        return
    seen.add((state.st_dev, state.st_ino))
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")) and not (path.is_dir() and "=" in path.name):
            continue
        if path.is_dir():
            yield from _inside(path, seen)
        else:
            yield path


def _chosen(paths: list[Path], wanted: Format | None, where: str, path: Path) -> list[Path]:
    """Return the data files among those of a folder or glob."""
    known = [p for p in paths if _suffix(p) in _SUFFIXES or _packed(p)]
    for packed in filter(_packed, known):
        _format_of(packed)
    if wanted is not None:
        # Files without a suffix of ours may be of the format that was said; others are not.
        chosen = [p for p in known if _format_of(p) == wanted]
        chosen = chosen or [p for p in paths if _suffix(p) not in _SUFFIXES]
    else:
        chosen = known
        if known:
            _one_format(known, f"{where} holds")
    if chosen:
        return chosen
    other = listed([p.name for p in paths], 3) if paths else ""
    raise InputError(
        f"{where} holds no {wanted or 'CSV, JSONL or Parquet'} files"
        + (f", only {other}; say format= if these are the data" if other else "; it is empty"),
        path=path,
    )


def _one_format(paths: Sequence[Path], who: str) -> Format:
    formats: dict[Format, list[Path]] = {}
    for path in paths:
        formats.setdefault(_format_of(path), []).append(path)
    if len(formats) == 1:
        return next(iter(formats))
    counts = ", ".join(f"{len(p)} {f} ({p[0]})" for f, p in formats.items())
    raise InputError(
        f"{who} files of mixed formats: {counts}; say format= to read one of them, or name the "
        "files",
        path=paths[0],
    )


def _format_of(path: Path) -> Format:
    suffix = _suffix(path)
    if _packed(path):
        raise InputError(
            f"{path} is packed in a way that is not read; unpack it (only .csv.gz and .jsonl.gz "
            "are read as they are)",
            path=path,
        )
    if suffix not in _SUFFIXES:
        raise InputError(
            f"the suffix of {path} does not tell its format; say format='csv', 'jsonl' or "
            "'parquet'",
            path=path,
        )
    return _SUFFIXES[suffix]


def _suffix(path: Path) -> str:
    """Return the suffix that tells the format, the one before ``.gz`` where it ends so."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _packed(path: Path) -> bool:
    """Return whether a data file is compressed by other means than we undo."""
    *_, inner, last = "", "", *(suffix.lower() for suffix in path.suffixes)
    return (
        last in _PACKED
        and inner in _SUFFIXES
        and not (last == ".gz" and _SUFFIXES[inner] != "parquet")
    )
