"""What each kind of value is made of."""

from __future__ import annotations

import copyreg
import dataclasses
import functools
import io
import re
import types
import typing
from collections.abc import Callable
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np

from weaklabel.lf._content._atoms import hashed
from weaklabel.lf._content._functions import (
    NotLoaded,
    cached_content,
    class_content,
    enum_member_content,
    function_content,
    module_content,
    not_loaded_content,
)
from weaklabel.lf._content._graph import Content, Unfingerprintable
from weaklabel.lf._content._libraries import library_content
from weaklabel.lf._content._origin import installed_name, module_of, origin

# Attributes that tell of a use or a place in memory, and nothing of what an object does.
_VOLATILE = {
    "sklearn": {"_stop_words_id"},
    "snorkel": {"_cache"},
    "weaklabel": {"history_", "progress"},
}
_ITERATORS = frozenset({"builtins", "itertools"})


def contents(value: Any) -> Content:
    """Return the content of any value.

    Raises
    ------
    Unfingerprintable
        When another process could not tell that it has the same value.
    """
    of_kind = _KINDS.get(type(value))
    if of_kind is not None:
        return of_kind(value)
    if isinstance(value, type):
        return class_content(value)
    if isinstance(value, types.ModuleType):
        return module_content(value)
    if isinstance(value, Enum):
        return enum_member_content(value)
    if isinstance(value, PurePath):
        return Content("path", [("type", type(value).__name__), ("text", str(value))])
    if isinstance(value, np.ndarray) and module_of(type(value)) == "numpy":
        return _array(value)
    if isinstance(value, np.generic):
        return Content("scalar", [("", _array(np.asarray(value)).parts)])
    if isinstance(value, set | frozenset):
        return Content(
            "subclass of set",
            [
                ("class", type(value)),
                ("members", frozenset(value)),
                *_state(type(value), getattr(value, "__dict__", {})),
            ],
        )
    if module_of(type(value)) == "logging" and hasattr(value, "getChild"):
        return Content("logger", [])
    if value is np.random.mtrand._rand:
        return Content("NumPy's global random state", [])
    return library_content(value) or _reduced(value)


def _array(array: np.ndarray[Any, Any]) -> Content:
    dtype = array.dtype
    parts: list[tuple[str, Any]] = [("", type(array).__name__), ("", array.shape)]
    if dtype.hasobject or dtype.kind == "T":
        return Content("array", [*parts, ("", str(dtype)), ("items", array.tolist())])
    if dtype.char in "gG":  # what pads a long double is left over from elsewhere
        return Content("array", [*parts, ("", dtype.str), ("", list(map(repr, array.flat)))])
    if dtype.kind in "fc" and np.isnan(array).any():
        array = np.where(np.isnan(array), dtype.type(np.nan), array)
    return Content("array", [*parts, ("", _told(dtype)), ("", hashed(array.tobytes()))])


def _told(dtype: np.dtype[Any]) -> str:
    return dtype.str if dtype.names is None else repr(dtype.descr)


def _reduced(value: Any) -> Content:
    """Return the content of an object as pickle sees it: what makes it, from what, and its state.

    Raises
    ------
    Unfingerprintable
        When pickle refuses it.
    """
    kind: type = type(value)
    name = installed_name(value) if callable(value) else None
    if name is not None:
        return Content("named", [("", name)])
    if isinstance(value, io.IOBase):
        raise Unfingerprintable("an open file")
    if any(module_of(base) == "_ctypes" for base in kind.__mro__):
        raise Unfingerprintable(f"{_with_article(kind)} of ctypes")
    if module_of(kind) in _ITERATORS and hasattr(kind, "__next__"):
        raise Unfingerprintable(_with_article(kind))
    try:
        reduce: Callable[[Any], Any] | None = copyreg.dispatch_table.get(kind)
        reduced = reduce(value) if reduce is not None else value.__reduce_ex__(4)
    except Exception as error:
        said = "" if "cannot pickle" in str(error) else f" ({type(error).__name__}: {error})"
        raise Unfingerprintable(_with_article(kind) + said) from error
    if isinstance(reduced, str):
        return Content("name", [("class", kind), ("", reduced)])
    if not isinstance(reduced, tuple) or len(reduced) < 2:
        raise Unfingerprintable(f"{_with_article(kind)} (it says that it is {reduced!r})")
    make, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    return Content(
        "object",
        [
            ("constructor", make),
            *(("class" if part is kind else "content", part) for part in arguments or ()),
            *_state(kind, state),
            ("items", None if items is None else list(items)),
            ("items", None if pairs is None else list(pairs)),
        ],
    )


def _state(kind: type, state: Any) -> list[tuple[str, Any]]:
    if isinstance(state, tuple) and len(state) == 2 and all(_is_fields(part) for part in state):
        state = {**(state[0] or {}), **(state[1] or {})}
    elif not _is_fields(state):
        return [("state", state)]
    volatile = _VOLATILE.get(module_of(kind).partition(".")[0], set())
    parts: list[tuple[str, Any]] = []
    for name, part in sorted((state or {}).items()):
        if name not in volatile and not _is_derived(kind, name):
            parts += [("", name), (f"attribute {name!r}", part)]
    return parts


def _is_fields(state: Any) -> bool:
    return state is None or (type(state) is dict and all(type(name) is str for name in state))


def _is_derived(kind: type, name: str) -> bool:
    """Tell whether an attribute is what a cached property of an installed class computed.

    That of a project is given back as it is, whatever the object has become since.
    """
    owner = next((base for base in kind.__mro__ if name in base.__dict__), None)
    if owner is None or not isinstance(owner.__dict__[name], functools.cached_property):
        return False
    return origin(module_of(owner)) is not None


def _with_article(kind: type) -> str:
    return f"{'an' if kind.__name__[:1].lower() in 'aeiou' else 'a'} {kind.__name__}"


def _builtin(function: Any) -> Content:
    owner = function.__self__
    if owner is None or isinstance(owner, types.ModuleType):
        module = function.__module__ or ""
        where = origin(module) or ""
        return Content("builtin", [("", where), ("", module), ("", function.__qualname__)])
    return Content("builtin method", [("", function.__name__), ("object", owner)])


def _method_of_class(descriptor: Any) -> Content:
    return Content("descriptor", [("class", descriptor.__objclass__), ("", descriptor.__name__)])


def _items(kind: str) -> Callable[[Any], Content]:
    return lambda value: Content(kind, [(f"item {i}", item) for i, item in enumerate(value)])


def _members(kind: str) -> Callable[[Any], Content]:
    return lambda value: Content(kind, [("member", item) for item in value], ordered=False)


def _pairs(kind: str) -> Callable[[Any], Content]:
    def content(value: Any) -> Content:
        parts: list[tuple[str, Any]] = []
        for key, item in value.items():
            parts += [("key", key), (f"item {key!r}" if type(key) is str else "item", item)]
        return Content(kind, parts)

    return content


def _partial(partial: functools.partial[Any]) -> Content:
    parts: list[tuple[str, Any]] = [("function", partial.func)]
    parts += [(f"argument {i}", value) for i, value in enumerate(partial.args)]
    for name in sorted(partial.keywords):
        parts += [("", ("keyword", name)), (f"argument {name!r}", partial.keywords[name])]
    for name, value in sorted(vars(partial).items()):
        parts += [("", ("attribute", name)), (f"attribute {name!r}", value)]
    return Content("partial", parts)


def _field(field: dataclasses.Field[Any]) -> Content:
    parts: list[tuple[str, Any]] = []
    for name in sorted({*dataclasses.Field.__slots__} - {"type", "doc"}):
        parts += [("", name), (f"attribute {name!r}", getattr(field, name, None))]
    return Content("field", parts)


_KINDS: dict[type, Callable[[Any], Content]] = {
    list: _items("list"),
    tuple: _items("tuple"),
    set: _members("set"),
    frozenset: _members("frozenset"),
    dict: _pairs("dict"),
    types.MappingProxyType: _pairs("mappingproxy"),
    types.FunctionType: function_content,
    types.BuiltinFunctionType: _builtin,
    types.MethodType: lambda method: Content(
        "method", [("function", method.__func__), ("object", method.__self__)]
    ),
    types.MethodWrapperType: lambda method: Content(
        "method", [("", method.__name__), ("object", method.__self__)]
    ),
    types.MethodDescriptorType: _method_of_class,
    types.ClassMethodDescriptorType: _method_of_class,
    types.WrapperDescriptorType: _method_of_class,
    types.GetSetDescriptorType: _method_of_class,
    types.MemberDescriptorType: lambda slot: Content("slot", [("", slot.__name__)]),
    types.CellType: lambda cell: Content("cell", [("content", cell.cell_contents)]),
    NotLoaded: not_loaded_content,
    functools.partial: _partial,
    type(functools.lru_cache(lambda: None)): cached_content,
    functools.cached_property: lambda found: Content("property", [("function", found.func)]),
    functools.partialmethod: lambda found: Content(
        "partialmethod",
        [("function", found.func), ("arguments", found.args), ("arguments", found.keywords)],
    ),
    property: lambda found: Content(
        "property", [("getter", found.fget), ("setter", found.fset), ("deleter", found.fdel)]
    ),
    classmethod: lambda found: Content("classmethod", [("function", found.__func__)]),
    staticmethod: lambda found: Content("staticmethod", [("function", found.__func__)]),
    dataclasses.Field: _field,
    typing.ForwardRef: lambda found: Content("forward", [("", found.__forward_arg__)]),
    re.Pattern: lambda found: Content("pattern", [("", found.pattern), ("", found.flags)]),
}
