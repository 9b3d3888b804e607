"""A run beside the vote store: which votes are there already, and which are to be kept."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from weaklabel._classes import ClassTable
from weaklabel.apply._digest import part_digest
from weaklabel.apply._source import Part
from weaklabel.apply._store import VoteStore, decoded, encoded, open_store
from weaklabel.apply._votes import LFVotes
from weaklabel.errors import WeakLabelWarning
from weaklabel.lf import (
    LabelingFunction,
    Preprocessor,
    Unfingerprintable,
    digest_of,
    fingerprint_all,
    preprocessor_fingerprint,
)
from weaklabel.types import ABSTAIN

# Codes without declared classes are below this.
_MOST = 1 << 30
# Raised when votes come to be coded in another way.
_ENGINE = "1"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """The votes of a run are kept in the store of a folder.

    Attributes
    ----------
    path : str
        The folder.
    keys : tuple of str or None
        Under what the votes of each LF stand; None where nothing says whether they would be the
        same again.
    k : tuple of int or None
        Number of classes of each LF; None where nothing declares them.
    docs : tuple of (Preprocessor, str)
        The preprocessors whose values are kept, and under what.
    """

    path: str
    keys: tuple[str | None, ...]
    k: tuple[int | None, ...]
    docs: tuple[tuple[Preprocessor, str], ...]

    @classmethod
    def of(cls, path: str, lfs: Sequence[LabelingFunction], table: ClassTable | None) -> StoredRun:
        """Fingerprint the labeling functions, and warn of those that cannot be."""
        prints = fingerprint_all(lfs)
        keys = [
            None if found.digest is None else _key(found.digest, table or lf.classes)
            for found, lf in zip(prints, lfs, strict=True)
        ]
        unknown = [
            f"{lf.name!r} ({found.why})"
            for lf, found in zip(lfs, prints, strict=True)
            if found.digest is None
        ]
        if unknown:
            more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
            warnings.warn(
                f"votes of {', '.join(unknown[:3])}{more} are computed in every run: nothing tells "
                "whether they would be the same again",
                WeakLabelWarning,
                stacklevel=4,
            )
        kept = {id(p): p for lf in lfs for p in _all(lf.pre) if p.keep is not None}
        docs = [(p, _docs_key(p)) for p in kept.values()]
        run = cls(
            path,
            tuple(keys),
            tuple(None if own is None else own.k for own in (table or lf.classes for lf in lfs)),
            tuple((p, digest) for p, digest in docs if digest is not None),
        )
        run._note_use([lf.name for lf in lfs])
        return run

    def on(self, part: Part) -> StoredPart | None:
        """Return what concerns one part; None where its rows have no digest."""
        try:
            return StoredPart(self, part_digest(part), len(part), open_store(self.path))
        except Unfingerprintable:
            return None

    def _note_use(self, names: Sequence[str]) -> None:
        used = {key: name for key, name in zip(self.keys, names, strict=True) if key is not None}
        open_store(self.path).note_use(used | {digest: f"({p.name})" for p, digest in self.docs})


class StoredPart:
    """What the store holds of one part."""

    def __init__(self, run: StoredRun, digest: str, n: int, store: VoteStore) -> None:
        self._run, self._digest, self._n, self._store = run, digest, n, store

    def votes(self) -> dict[int, LFVotes]:
        """Return the stored votes by position of the labeling function."""
        places: dict[str, list[int]] = {}
        for j, key in enumerate(self._run.keys):
            if key is not None:
                places.setdefault(key, []).append(j)
        found: dict[int, LFVotes] = {}
        for key, data in self._store.votes(self._digest, list(places)).items():
            for j in places[key]:
                try:
                    found[j] = _votes_of(data, self._n, self._run.k[j])
                except Exception:  # noqa: BLE001 - what cannot be read is computed anew
                    break
        return found

    def keep(self, votes: Mapping[int, LFVotes]) -> None:
        """Store votes that were computed."""
        keyed = {
            key: _data_of(votes[j])
            for j, key in enumerate(self._run.keys)
            if key is not None and j in votes
        }
        self._store.add_votes(self._digest, self._n, keyed)

    def docs(self, p: Preprocessor) -> list[Any] | None:
        """Return the values of a preprocessor on the rows of the part."""
        digest = self._docs_digest(p)
        data = None if digest is None else self._store.docs(self._digest, digest)
        if data is None:
            return None
        assert p.keep is not None  # noqa: S101
        try:
            values = list(p.keep[1](data))
        except Exception:  # noqa: BLE001 - what cannot be read is computed anew
            return None
        return values if len(values) == self._n else None

    def keep_docs(self, p: Preprocessor, values: list[Any]) -> None:
        """Store the values of a preprocessor."""
        digest = self._docs_digest(p)
        if digest is not None:
            assert p.keep is not None  # noqa: S101
            data = p.keep[0](values)
            if data is not None:
                self._store.add_docs(self._digest, digest, data)

    def _docs_digest(self, p: Preprocessor) -> str | None:
        return next((digest for known, digest in self._run.docs if known is p), None)


def _all(pre: Sequence[Preprocessor]) -> list[Preprocessor]:
    """Return preprocessors and those that they read themselves."""
    return [p for own in pre for p in (*_all(own.pre), own)]


def _key(digest: str, table: ClassTable | None) -> str:
    told = json.dumps([_ENGINE, digest, None if table is None else table.names])
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


def _docs_key(p: Preprocessor) -> str | None:
    """Return under what the values of a preprocessor are kept: what it is and how it keeps."""
    digest = preprocessor_fingerprint(p).digest
    try:
        return None if digest is None else digest_of((digest, p.keep))
    except Unfingerprintable:
        return None


def _data_of(votes: LFVotes) -> bytes:
    at = votes.at.astype("<u4")
    codes = votes.codes.astype("<i4")
    one = len(codes) > 0 and bool((codes == codes[0]).all())
    header = {
        "sets": [sorted(classes) for classes in votes.sets],
        "learned": [table.names for table in votes.learned],
        "votes": len(at),
    }
    # Most labeling functions vote for one class, and gaps between their votes are short.
    gaps = np.diff(at, prepend=np.uint32(0))
    small = gaps.astype("<u2") if len(gaps) == 0 or gaps.max() < 1 << 16 else gaps
    return encoded(header, small.tobytes(), (codes[:1] if one else codes).tobytes())


def _votes_of(data: bytes, n: int, k: int | None) -> LFVotes:
    """Return stored votes on n rows; ValueError where they cannot be such."""
    header, (gaps, codes) = decoded(data)
    votes = header["votes"]
    kind = "<u2" if len(gaps) == 2 * votes else "<u4"
    at = np.cumsum(np.frombuffer(gaps, kind), dtype=np.int64)
    coded = np.frombuffer(codes, "<i4").astype(np.int32)
    if len(coded) == 1:
        coded = np.broadcast_to(coded, votes).copy()
    sets = [frozenset(classes) for classes in header["sets"]]
    most = _MOST if k is None else k
    members = [member for classes in sets for member in classes]
    if len(at) != votes or len(coded) != votes or any(not 0 <= c < most for c in members):
        raise ValueError("no votes")
    if votes and not (
        at[-1] < n
        and (np.diff(at) > 0).all()
        and (coded < most).all()
        and (coded >= -1 - len(sets)).all()
        and (coded != ABSTAIN).all()
    ):
        raise ValueError("no votes")
    learned = [ClassTable(tuple(names)) for names in header["learned"]]
    return LFVotes(at, coded, sets, learned, [], reused=True)
