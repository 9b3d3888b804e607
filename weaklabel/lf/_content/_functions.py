"""What functions, classes and modules are made of: their code and all that it reads."""

from __future__ import annotations

import builtins
import importlib.util
import sys
import types
from collections.abc import Iterable
from enum import Enum, EnumMeta
from typing import Any

from weaklabel.lf._content._code import Reference, code_content
from weaklabel.lf._content._graph import Content, Unfingerprintable
from weaklabel.lf._content._origin import installed_name, module_of, origin

Parts = list[tuple[str, Any]]

# What Python itself writes into a class, and which says nothing of what the class does.
_OF_PYTHON = frozenset(
    {
        "__module__",
        "__qualname__",
        "__doc__",
        "__dict__",
        "__weakref__",
        "__firstlineno__",
        "__static_attributes__",
        "__annotations_cache__",
        "__slotnames__",  # written when an object is first copied or pickled
        "__abstractmethods__",
        "_abc_impl",
    }
)
# The members are looked at themselves.
_OF_ENUM = frozenset(
    {
        "_member_map_",
        "_value2member_map_",
        "_hashable_values_",
        "_unhashable_values_",
        "_unhashable_values_map_",
    }
)
_OF_MEMBERS = frozenset({"_name_", "_value_", "__objclass__", "_sort_order_", "_inverted_"})
_OF_MODULES = frozenset(
    {
        "__name__",
        "__doc__",
        "__package__",
        "__loader__",
        "__spec__",
        "__file__",
        "__path__",
        "__cached__",
        "__builtins__",
        "__annotations__",
        "__annotate__",
        "__warningregistry__",
    }
)
_OF_WRAPPERS = frozenset(
    {
        "__module__",
        "__name__",
        "__qualname__",
        "__doc__",
        "__annotations__",
        "__annotate__",
        "__type_params__",
        "__wrapped__",
        "cache_parameters",
    }
)
_OF_DISPATCHERS = frozenset({"registry", "dispatch", "register", "_clear_cache", "__wrapped__"})
# Their metaclasses keep nothing that does not show.
_KNOWN_MAKERS = frozenset({"python", "weaklabel"})


class NotLoaded:
    """What a name will mean only when it is read; it has no digest yet."""

    def __init__(self, why: str) -> None:
        self.why = why


def not_loaded_content(value: NotLoaded) -> Content:
    """Refuse what is not there yet.

    Raises
    ------
    Unfingerprintable
        Always.
    """
    raise Unfingerprintable(value.why)


def function_content(function: types.FunctionType) -> Content:
    """Return the content of a Python function."""
    name = installed_name(function)
    if name is not None:
        return Content("named", [("", name)])
    if function.__code__.co_qualname == "singledispatch.<locals>.wrapper":
        return _dispatching(function)
    code = code_content(function.__code__)
    names = function.__globals__
    file = names.get("__file__")
    where = origin(names.get("__name__"), file if isinstance(file, str) else None)
    keywords = function.__kwdefaults__ or {}
    parts: Parts = [("", code.digest), ("", where), ("", sys.version_info[:2])]
    parts += [(f"default {i}", value) for i, value in enumerate(function.__defaults__ or ())]
    for name in sorted(keywords):
        parts += [("", name), (f"default {name!r}", keywords[name])]
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    for name, cell in cells.items():
        parts += [("", ("closure", name)), *_cell_part(name, cell)]
    if where is None:
        for reference in code.references:
            parts += _reference_parts(reference, names, cells)
    return Content("function", [*parts, *_attribute_parts(vars(function), frozenset())])


def cached_content(function: Any) -> Content:
    """Return the content of what `functools.lru_cache` made; not what it keeps."""
    name = installed_name(function)
    if name is not None:
        return Content("named", [("", name)])
    parts: Parts = [("function", function.__wrapped__)]
    told = vars(function).get("cache_parameters")
    if told is not None:
        parts.append(("", told()))
    return Content("cached", [*parts, *_attribute_parts(vars(function), _OF_WRAPPERS)])


def _attribute_parts(attributes: dict[str, Any], passed: frozenset[str]) -> Parts:
    parts: Parts = []
    for name, value in sorted(attributes.items()):
        if name not in passed:
            parts += [("", name), (f"attribute {name!r}", value)]
    return parts


def _dispatching(function: types.FunctionType) -> Content:
    registry: Any = vars(function)["registry"]
    parts: Parts = []
    for kind, implementation in registry.items():
        parts += [("", kind), (f"implementation for {kind.__name__}", implementation)]
    parts += _attribute_parts(vars(function), _OF_DISPATCHERS)
    return Content("singledispatch", parts, ordered=True)


def _cell_part(name: str, cell: types.CellType) -> Parts:
    try:
        value = cell.cell_contents
    except ValueError:  # it is set later, or was deleted
        return [("", "empty")]
    # What a function reads of a module is among its references.
    return [] if isinstance(value, types.ModuleType) else [(f"closure variable {name!r}", value)]


def _reference_parts(
    reference: Reference, names: dict[str, Any], cells: dict[str, types.CellType]
) -> Parts:
    told = (reference.scope, reference.name, reference.attributes, reference.level)
    if reference.scope == "import":
        return [("", told), *_import_parts(reference, names)]
    if reference.scope == "closure":
        if reference.name not in cells:
            return []
        try:
            value = cells[reference.name].cell_contents
        except ValueError:
            return []
        if not isinstance(value, types.ModuleType):
            return []
    elif reference.name in names:
        value = names[reference.name]
    else:
        return [("", told), ("", hasattr(builtins, reference.name))]
    return [("", told[0]), *_read(reference.name, value, reference.attributes)]


def _read(name: str, value: Any, attributes: Iterable[str]) -> Parts:
    """Return what code gets when it reads attributes of a global, as far as modules go."""
    path = name
    rest = list(attributes)
    while isinstance(value, types.ModuleType):
        where = origin(value.__name__)
        if where is not None:
            return [("", (name, where, value.__name__, *rest))]
        if not rest:
            break
        attribute = rest.pop(0)
        path = f"{path}.{attribute}"
        value = _attribute(value, attribute, path)
    where = origin(module_of(type(value)))
    if where is not None and _is_global_of_its_type(name, value):
        return [("", (path, where, module_of(type(value))))]
    return [("", path), (f"global {path!r}", value)]


def _attribute(module: types.ModuleType, name: str, path: str) -> Any:
    names = vars(module)
    if name in names:
        return names[name]
    submodule = sys.modules.get(f"{module.__name__}.{name}")
    if submodule is not None:
        return submodule
    if "__getattr__" in names:
        return NotLoaded(f"what is loaded when {path} is first read; import it by its own name")
    return ("missing", name)


def _is_global_of_its_type(name: str, value: Any) -> bool:
    """Tell whether an installed module holds this very object, as scipy.stats does ``norm``."""
    if isinstance(value, type | types.FunctionType):
        return False
    module = sys.modules.get(module_of(type(value)))
    return module is not None and vars(module).get(name) is value


def _import_parts(reference: Reference, names: dict[str, Any]) -> Parts:
    module = reference.name
    if reference.level:
        package = names.get("__package__") or str(names.get("__name__")).rpartition(".")[0]
        try:
            module = importlib.util.resolve_name("." * reference.level + module, package)
        except ImportError:
            return []
    top = module.partition(".")[0]
    if reference.attributes:
        return [
            part
            for name in reference.attributes
            for part in _imported(module, (name,), f"{module}.{name}")
        ]
    parts = _imported(top, (), top)
    return parts if module == top else [*parts, *_imported(module, (), module)]


def _imported(module: str, attributes: tuple[str, ...], path: str) -> Parts:
    loaded = sys.modules.get(module)
    if loaded is not None:
        return _read(module, loaded, attributes)
    try:
        found = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        found = None
    if found is None:
        return [("", "no such module")]
    where = origin(module, found.origin or module)
    if where is not None:
        return [("", (where, path))]
    return [
        (
            f"import of {path!r}",
            NotLoaded("a module that is loaded in the function; import it at the top of the file"),
        )
    ]


def class_content(cls: type) -> Content:
    """Return the content of a class: its name, its bases and all that stands in it.

    Raises
    ------
    Unfingerprintable
        When an installed package keeps notes in it that are not understood.
    """
    name = installed_name(cls)
    if name is not None:
        return Content("named", [("", name)])
    _refuse_unknown_makers(cls)
    parts: Parts = [("", cls.__name__), ("", origin(module_of(cls)))]
    parts += [(f"base {base.__name__}", base) for base in cls.__bases__]
    if type(cls) is not type:
        parts.append(("metaclass", type(cls)))
    passed = _OF_PYTHON
    if isinstance(cls, EnumMeta):
        passed = passed | _OF_ENUM | set(cls.__members__)
        parts += _member_parts(cls)
    if not vars(cls).get("__annotations__"):  # written when they are first read
        passed = passed | {"__annotations__"}
    return Content("class", [*parts, *_attribute_parts(dict(vars(cls)), passed)])


def _refuse_unknown_makers(cls: type) -> None:
    maker: type = type(cls)
    for kind in maker.__mro__:
        where = origin(module_of(kind))
        if where is not None and where.partition(" ")[0] not in _KNOWN_MAKERS:
            raise Unfingerprintable(
                f"the class {cls.__name__}, made by {module_of(kind)}.{kind.__name__}; "
                "what that keeps in a class is not known"
            )
    if any(name.startswith("__pydantic_") for name in vars(cls)):
        raise Unfingerprintable(
            f"the class {cls.__name__}, made by pydantic; what that keeps in a class is not known"
        )


def _member_parts(cls: EnumMeta) -> Parts:
    members: dict[str, Any] = dict(cls.__members__)
    parts: Parts = []
    for name, member in members.items():
        parts += [("", name), (f"member {name}", member)]
    # A flag takes up combinations as they are used; they are no members.
    found: dict[Any, Any] = vars(cls)["_value2member_map_"]
    for value, member in found.items():
        name = member._name_
        if members.get(name) is member:
            parts += [("value", value), ("", name)]
    return parts


def enum_member_content(member: Enum) -> Content:
    """Return the content of a member of an Enum: its value and all that was set on it."""
    parts: Parts = [("class", type(member)), ("", member._name_), ("value", member._value_)]
    bases: tuple[Any, ...] = (int, float, complex, str, bytes, tuple)
    for base in bases:
        if issubclass(type(member), base):
            parts.append(("content", base.__getnewargs__(member)))
    state: Any = object.__getstate__(member)
    for fields in state if isinstance(state, tuple) else (state,):
        parts += _attribute_parts(fields or {}, _OF_MEMBERS)
    return Content("member", parts)


def module_content(module: types.ModuleType) -> Content:
    """Return the content of a module that is used as a value: everything that it defines."""
    where = origin(module.__name__)
    if where is not None:
        return Content("named", [("", f"{where}: {module.__name__}")])
    parts: Parts = []
    for name, value in sorted(vars(module).items()):
        if name not in _OF_MODULES:
            parts += [("", name), (f"global {name!r}", value)]
    return Content("module", parts)
