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

_CODE = (types.FunctionType, classmethod, staticmethod, property)


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
        for name in sorted(vars(function)):
            if not name.startswith("__"):
                parts += [("", name), (f"attribute {name!r}", vars(function)[name])]
    return Content("function", parts)


def _dispatching(function: types.FunctionType) -> Content:
    registry: Any = vars(function)["registry"]
    parts: Parts = []
    for kind, implementation in registry.items():
        parts += [("", kind), (f"implementation for {kind.__name__}", implementation)]
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
    """Return the content of a class: its name, its bases and what its body defines."""
    name = installed_name(cls)
    if name is not None:
        return Content("named", [("", name)])
    parts: Parts = [("", cls.__name__), ("", origin(module_of(cls)))]
    parts += [(f"base {base.__name__}", base) for base in cls.__bases__]
    if type(cls) is not type:
        parts.append(("metaclass", type(cls)))
    if isinstance(cls, EnumMeta):
        members: Any = cls.__members__
        for name, member in members.items():
            parts += [("", name), (f"member {name}", member.value)]
    for name, value in sorted(vars(cls).items()):
        if _is_defined_in(cls, name, value):
            parts += [("", name), (f"attribute {name!r}", value)]
    return Content("class", parts)


def _is_defined_in(cls: type, name: str, value: Any) -> bool:
    code = isinstance(value, _CODE)
    if isinstance(cls, EnumMeta):
        return code and not _is_of_enum(value)
    # Machinery keeps its notes under such names: abc, dataclasses, attrs, pydantic.
    is_note = name.startswith("__") and name.endswith("__") and name != "__slots__"
    return (code or not is_note) and name != "_abc_impl"


def _is_of_enum(value: Any) -> bool:
    function = getattr(value, "__func__", value)
    return getattr(function, "__module__", None) == Enum.__module__


def module_content(module: types.ModuleType) -> Content:
    """Return the content of a module that is used as a value: everything that it defines."""
    where = origin(module.__name__)
    if where is not None:
        return Content("named", [("", f"{where}: {module.__name__}")])
    parts: Parts = []
    for name, value in sorted(vars(module).items()):
        if not (name.startswith("__") and name.endswith("__")):
            parts += [("", name), (f"global {name!r}", value)]
    return Content("module", parts)
