"""What the rows of a part are, as a digest: equal rows in an equal container have equal ones."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from weaklabel.apply._source import Part
from weaklabel.lf import digest_of

_SIZE = 16


def part_digest(part: Part) -> str:
    """Return the digest of a part's rows, 32 hexadecimal digits.

    Two kinds of containers never share a digest, for a missing number is NaN in one and None in
    another.

    Raises
    ------
    Unfingerprintable
        When the rows hold what has no digest.
    """
    digest = hashlib.blake2b(digest_size=_SIZE)
    if part.table:
        for name, kind, array in part.arrow_columns():
            if array is None:
                digest.update(_framed(repr(name), kind, digest_of(part.column(name))))
            else:
                digest.update(_framed(repr(name), kind, str(array.type)))
                digest.update(_content(array))
    elif all(type(row) is str for row in part.data):
        digest.update(b"texts")
        digest.update(_content(_texts(part.data)))
    else:
        digest.update(f"rows{digest_of(list(part.data))}".encode())
    return digest.hexdigest()


def _texts(texts: Sequence[str]) -> Any:
    import pyarrow as pa

    raw = [text.encode("utf-8", "surrogatepass") for text in texts]
    return pa.array(raw, pa.large_binary())


def _content(array: Any) -> bytes:
    """Return the content of a flat Arrow array as bytes: of a slice no more than the slice.

    Not as Arrow writes it, for there the padding of a buffer may hold what stands behind the slice.
    """
    import pyarrow as pa

    n, first, kind = len(array), array.offset, array.type
    told = [f"{n} {array.null_count}".encode()]
    if array.null_count:
        told.append(np.packbits(array.is_valid().to_numpy(zero_copy_only=False)).tobytes())
    if pa.types.is_boolean(kind):
        told.append(np.packbits(array.fill_null(False).to_numpy(zero_copy_only=False)).tobytes())
    elif pa.types.is_primitive(kind) or pa.types.is_decimal(kind):
        width = kind.bit_width // 8
        told.append(bytes(memoryview(array.buffers()[1])[first * width : (first + n) * width]))
    elif not pa.types.is_null(kind):
        large = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
        _, offsets, data = array.buffers()
        ends = np.frombuffer(offsets, np.int64 if large else np.int32)[first : first + n + 1]
        told.append((ends - ends[0]).tobytes())
        if data is not None:
            told.append(bytes(memoryview(data)[ends[0] : ends[-1]]))
    return b"".join(part for piece in told for part in (len(piece).to_bytes(8, "little"), piece))


def _framed(*texts: str) -> bytes:
    """Return texts as bytes that no other texts give."""
    raw = [text.encode("utf-8", "backslashreplace") for text in texts]
    return b"".join(part for text in raw for part in (len(text).to_bytes(8, "little"), text))
