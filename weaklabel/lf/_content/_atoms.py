"""Plain values as bytes: numbers, texts, and containers of nothing else.

Two values have the same bytes when they have the same type and content. Sets are sorted by the
bytes of their members, for their own order changes from process to process.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any, TypeAlias

# Deeper ones become nodes of the graph, which takes any depth.
_DEEPEST = 4
# Texts of at least so many items are joined first: a row-wise data set is a list of texts.
_MANY = 64

Known: TypeAlias = dict[int, tuple[Any, bytes]]
"""Large containers that were encoded before, by id; held, so that no id is used twice."""


def hashed(*parts: bytes) -> bytes:
    """Return 16 bytes that tell these parts from any others."""
    sized = b"".join([b"%d:%b" % (len(part), part) for part in parts])
    return hashlib.blake2b(sized, digest_size=16).digest()


def inline(value: Any, known: Known, *, deepest: int = _DEEPEST) -> bytes | None:
    """Return the bytes of a plain value, None where it is none or nested too deeply."""
    encode = _SIMPLE.get(type(value))
    if encode is not None:
        return encode(value)
    mark = _CONTAINERS.get(type(value))
    if mark is None or not deepest:
        return None
    large = len(value) >= _MANY
    if large and id(value) in known:
        return known[id(value)][1]
    parts = _joined_texts(value) if large else None
    if parts is None:
        parts = _parts(value, known, deepest - 1)
    if parts is None:
        return None
    data = mark + hashed(*parts)
    if large:
        known[id(value)] = value, data
    return data


def _parts(value: Any, known: Known, deepest: int) -> list[bytes] | None:
    items: Iterable[Any] = chain.from_iterable(value.items()) if type(value) is dict else value
    parts = []
    for item in items:
        encode = _SIMPLE.get(type(item))
        part = inline(item, known, deepest=deepest) if encode is None else encode(item)
        if part is None:
            return None
        parts.append(part)
    return sorted(parts) if type(value) in (set, frozenset) else parts


def _joined_texts(value: Any) -> list[bytes] | None:
    if type(value) is dict or set(map(type, value)) != {str}:
        return None
    texts = sorted(value) if type(value) in (set, frozenset) else value
    sizes = ",".join(map(str, map(len, texts)))
    return [b"texts", sizes.encode(), _of_text("".join(texts))]


def _of_text(text: str) -> bytes:
    return b"s" + text.encode("utf-8", "surrogatepass")


def of_float(number: float) -> bytes:
    """Return the bytes of a float; one NaN is as good as another."""
    return b"f" + struct.pack("<d", math.nan if number != number else number)


_SIMPLE: dict[type, Callable[[Any], bytes]] = {
    type(None): lambda _: b"N",
    type(...): lambda _: b"E",
    type(NotImplemented): lambda _: b"I",
    bool: lambda value: b"1" if value else b"0",
    int: lambda number: b"i%x" % number,
    float: of_float,
    complex: lambda number: b"c" + of_float(number.real) + of_float(number.imag),
    str: _of_text,
    bytes: lambda raw: b"b" + raw,
}
_CONTAINERS: dict[type, bytes] = {list: b"l", tuple: b"t", dict: b"d", set: b"S", frozenset: b"Z"}
