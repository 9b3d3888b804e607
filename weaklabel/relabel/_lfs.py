"""Labeling functions by name: from a pack, a module or a file of Python."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, final

from weaklabel._checks import listed, nearest
from weaklabel._classes import ClassTable
from weaklabel.errors import ConfigError, PackError
from weaklabel.lf import LabelingFunction, as_labeling_function
from weaklabel.packs import Pack, load_pack
from weaklabel.relabel._config import FILE_SPEC
from weaklabel.types import Classes

# Modules that came from the folders of LF files, by name: the next load reads them anew.
_FROM_FOLDERS: dict[str, Path] = {}


@final
@dataclass(frozen=True, slots=True)
class LoadedLFs:
    """The labeling functions of a run.

    Attributes
    ----------
    lfs : tuple of LabelingFunction
        In order of the specs, of distinct names.
    classes : tuple of str
        Class names in order of their codes.
    sources : tuple of str
        The spec that each came from.
    files : tuple of tuple of Path
        The files of Python that each is written in, where they are known.
    beside : tuple of tuple of Path
        The files of the other modules that were loaded from the folders of those files.
    """

    lfs: tuple[LabelingFunction, ...]
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    files: tuple[tuple[Path, ...], ...]
    beside: tuple[tuple[Path, ...], ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one spec holds."""

    spec: str
    lfs: tuple[LabelingFunction, ...]
    classes: ClassTable | None
    file: Path | None


def load_lfs(
    specs: str | Sequence[str],
    *,
    classes: Classes | None = None,
    folder: str | os.PathLike[str] = ".",
) -> LoadedLFs:
    """Load labeling functions.

    A file of Python is code, and it is executed.

    Parameters
    ----------
    specs : str or sequence of str
        ``pack:NAME`` for an installed pack; ``module:attr`` for a list of LFs, an LF or a `Pack`
        in an importable module; ``file.py:attr`` for the same in a file. Without ``:attr`` it is
        the list ``lfs``, else the Pack ``pack``, else every LF at the top of the module.
    classes : Enum type or sequence of str, optional
        The classes; default what a pack declares, else what the LFs declare.
    folder : path, optional
        What relative files count from; modules in it can be imported too.

    Returns
    -------
    LoadedLFs

    Raises
    ------
    ConfigError
        When a file or module cannot be found or imported (file and line are named), holds no
        labeling functions, two have one name, or nothing declares the classes.
    PackError
        When a pack cannot be found or loaded.

    Examples
    --------
    >>> from weaklabel.relabel import load_lfs
    >>> loaded = load_lfs(["pack:spam"])
    >>> loaded.classes, loaded.lfs[0]
    (('HAM', 'SPAM'), LabelingFunction('link'))
    """
    wanted = [specs] if isinstance(specs, str) else list(specs)
    if not wanted:
        raise ConfigError("no labeling functions are named; give pack:NAME, module or file.py")
    base = Path(folder).resolve()
    _forget()
    found: list[_Found] = []
    beside: list[tuple[Path, ...]] = []
    for spec in wanted:
        found.append(_load(spec, base))
        # At once: the next spec may hide modules of another folder behind its own.
        beside.append(_loaded_beside(found[-1].file, base))
    seen: dict[str, str] = {}
    for one in found:
        for lf in one.lfs:
            if lf.name in seen:
                both = (
                    f"{one.spec} holds it twice"
                    if seen[lf.name] == one.spec
                    else f"it is in {seen[lf.name]} and in {one.spec}"
                )
                raise ConfigError(
                    f"two labeling functions are named {lf.name!r}: {both}; pass name= to one of "
                    "them"
                )
            seen[lf.name] = one.spec
    table = None if classes is None else ClassTable.of(classes)
    return LoadedLFs(
        lfs=tuple(lf for one in found for lf in one.lfs),
        classes=(table or _declared(found)).names,
        sources=tuple(one.spec for one in found for _ in one.lfs),
        files=tuple(_written_in(lf, one.file) for one in found for lf in one.lfs),
        beside=tuple(near for one, near in zip(found, beside, strict=True) for _ in one.lfs),
    )


def _declared(found: Sequence[_Found]) -> ClassTable:
    """Return the classes of the packs, else those that the LFs declare; they must agree."""
    said = [(one.classes, one.spec) for one in found if one.classes is not None]
    if not said:
        said = [
            (lf.classes, f"labeling function {lf.name!r}")
            for one in found
            for lf in one.lfs
            if lf.classes is not None
        ]
    if not said:
        raise ConfigError(
            'nothing declares the classes; write classes = ["HAM", "SPAM"] under [lfs], or '
            "classes= in @labeling_function, or put the LFs into a Pack"
        )
    first, who = said[0]
    for table, other in said[1:]:
        if table.names != first.names:
            raise ConfigError(
                f"{who} votes on classes {first.names}, {other} on {table.names}; write the "
                "classes under [lfs], or leave one of them out"
            )
    return first


def _load(spec: str, folder: Path) -> _Found:
    if spec.startswith("pack:"):
        name = spec.removeprefix("pack:")
        if not name:
            raise PackError(f"{spec!r} names no pack; write e.g. pack:spam")
        try:
            pack = load_pack(name)
        except SystemExit as error:
            raise PackError(
                f"pack {name!r} cannot be loaded: SystemExit: {error}; take the call of sys.exit() "
                "out of its modules"
            ) from error
        return _Found(spec, tuple(pack.lfs), ClassTable.of(pack.classes), None)
    if match := FILE_SPEC.fullmatch(spec):
        path = folder / match["file"]
        if not path.is_file():
            beside = [p.name for p in path.parent.glob("*.py")] if path.parent.is_dir() else []
            raise ConfigError(
                f"there is no file of labeling functions {path}{nearest(path.name, beside)}",
                path=path,
            )
        module, attr = _import_file(path.resolve()), match["attr"]
        return _held(module, attr, spec, path)
    name, _, attr = spec.partition(":")
    if not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*)*", name):
        raise ConfigError(
            f"{spec!r} names no labeling functions; write pack:NAME, module:attr or file.py[:attr]"
        )
    module = _import_module(name, folder, spec)
    file = getattr(module, "__file__", None)
    return _held(module, attr or None, spec, None if file is None else Path(file))


def _held(module: ModuleType, attr: str | None, spec: str, file: Path | None) -> _Found:
    """Return the labeling functions that a module holds under a name, or under the usual ones."""
    content = vars(module)
    if attr is not None:
        value: Any = module
        for step in attr.split("."):
            if not hasattr(value, step):
                public = [name for name in vars(value) if not name.startswith("_")]
                raise ConfigError(
                    f"{spec}: there is no {attr!r}; there are {listed(public)}"
                    f"{nearest(step, public)}",
                    path=file,
                )
            value = getattr(value, step)
    elif "lfs" in content:
        attr, value = "lfs", content["lfs"]
    elif isinstance(content.get("pack"), Pack):
        attr, value = "pack", content["pack"]
    else:
        value = [v for v in content.values() if isinstance(v, LabelingFunction)]
        # Two names of one labeling function are one labeling function.
        value = list({id(lf): lf for lf in value}.values())
        if not value:
            raise ConfigError(
                f"{spec} holds no labeling functions; looked for a list `lfs`, a Pack `pack`, and "
                "functions under @labeling_function at the top of the module",
                path=file,
            )
    if isinstance(value, Pack):
        return _Found(spec, tuple(value.lfs), ClassTable.of(value.classes), file)
    try:
        many = list(value) if isinstance(value, list | tuple) else [value]
        lfs = tuple(as_labeling_function(lf) for lf in many)
    except TypeError as error:
        raise ConfigError(f"{spec}: {attr}: {error}", path=file) from None
    if not lfs:
        raise ConfigError(f"{spec}: the list {attr!r} is empty; put an LF into it", path=file)
    return _Found(spec, lfs, None, file)


class _FreshLoader(SourceFileLoader):
    """Reads the source every time: a file edited twice within a second has no stale bytecode."""

    def get_code(self, fullname: str) -> Any:
        """Return the code of the source as it is now."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _import_file(path: Path) -> ModuleType:
    """Return a file as a module of its own name, which no other file has."""
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:8]
    name = f"weaklabel_file_{re.sub(r'[^0-9a-zA-Z_]', '_', path.stem)}_{digest}"
    if name in sys.modules:
        return sys.modules[name]  # named twice in one load
    spec = importlib.util.spec_from_file_location(name, path, loader=_FreshLoader(name, str(path)))
    if spec is None or spec.loader is None:  # pragma: no cover - a loader was given
        raise ConfigError(f"{path} cannot be imported", path=path)
    module = importlib.util.module_from_spec(spec)
    loader = spec.loader

    def execute() -> ModuleType:
        sys.modules[name] = module
        try:
            loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        _FROM_FOLDERS[name] = path.parent
        _send_whole(module)
        return module

    return _imported(execute, path.parent, str(path))


def _import_module(name: str, folder: Path, spec: str) -> ModuleType:
    def execute() -> ModuleType:
        try:
            return importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not (name + ".").startswith(error.name + "."):
                raise
            raise ConfigError(
                f"{spec}: there is no module {error.name!r}, neither installed nor in {folder}; "
                f"write {name.replace('.', '/')}.py for a file"
            ) from None

    return _imported(execute, folder, spec)


def _imported(execute: Callable[[], ModuleType], folder: Path, what: str) -> ModuleType:
    """Run an import; what goes wrong in it is told with file and line."""
    with _beside(folder):
        try:
            return execute()
        except ConfigError:
            raise
        except SyntaxError as error:
            line = (error.text or "").strip()
            at = f"{error.filename}, line {error.lineno}"
            raise ConfigError(
                f"{what}: {type(error).__name__} in {at}: {error.msg}: {line}",
                path=Path(error.filename or what),
            ) from error
        except (Exception, SystemExit) as error:  # sys.exit() would end the command in silence
            frame = _own_frame(error, folder)
            at = "" if frame is None else f" in {frame.filename}, line {frame.lineno}"
            text = "" if frame is None or not frame.line else f": {frame.line.strip()}"
            raise ConfigError(
                f"{what} cannot be imported: {type(error).__name__}: {error}{at}{text}",
                path=None if frame is None else Path(frame.filename),
            ) from error


def _own_frame(error: BaseException, folder: Path) -> traceback.FrameSummary | None:
    """Return the innermost line of the user's own files, else the innermost line."""
    here = str(Path(__file__))
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != here]
    frames = [f for f in frames if not f.filename.startswith("<frozen importlib")]
    own = [f for f in frames if folder in Path(f.filename).parents]
    last = own or frames
    return last[-1] if last else None


@contextmanager
def _beside(folder: Path) -> Iterator[None]:
    """Make the modules of a folder importable, as they are for a script that stands in it.

    Worker processes cannot import them, so they travel as a whole.
    """
    known_path = any(Path(entry or ".").resolve() == folder for entry in sys.path)
    hidden = {
        name: module
        for name, module in sys.modules.items()
        if name.partition(".")[0] in _FROM_FOLDERS
        and _FROM_FOLDERS[name.partition(".")[0]] != folder
        and _stands_in(name.partition(".")[0], folder)
    }
    for name in hidden:
        del sys.modules[name]
    before = set(sys.modules)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    # Python tells a stale bytecode file by whole seconds: an edit soon after would go unseen.
    no_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = no_bytecode
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            module = sys.modules[name]
            top = name.partition(".")[0]
            if top in before or not isinstance(module, ModuleType):
                continue
            if _in_folder(sys.modules.get(top, module), folder):
                _send_whole(module)
                if not known_path:
                    _FROM_FOLDERS[name] = folder


def _forget() -> None:
    """Forget what earlier loads took from folders, so that files edited since are read anew."""
    for name in list(_FROM_FOLDERS):
        sys.modules.pop(name, None)
        del _FROM_FOLDERS[name]


def _send_whole(module: ModuleType) -> None:
    """Let a module travel to worker processes by its content, not by a name they cannot import."""
    import cloudpickle

    cloudpickle.register_pickle_by_value(module)


def _in_folder(module: ModuleType, folder: Path) -> bool:
    """Tell whether a top-level module or package stands right in a folder."""
    file = getattr(module, "__file__", None)
    if file is not None:
        path = Path(file).resolve()
        return (path.parent.parent if path.name == "__init__.py" else path.parent) == folder
    places = [Path(place).resolve() for place in getattr(module, "__path__", [])]
    return any(place.parent == folder for place in places)


def _loaded_beside(file: Path | None, base: Path) -> tuple[Path, ...]:
    """Return the files of the modules that stand in the folder of a file of LFs, in order.

    A package that the file is in may stand in `base`. Installed packages tell themselves apart by
    their versions, and what is beside them is not theirs.
    """
    if file is None:
        return ()
    file = file.resolve()
    folders = {file.parent, base} if base in file.parents else {file.parent}
    folders -= {Path(place).resolve() for place in sysconfig.get_paths().values()}
    tops: dict[str, bool] = {"__main__": False, "weaklabel": False}
    near: set[Path] = set()
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if top not in tops:
            whole = sys.modules.get(top)
            tops[top] = isinstance(whole, ModuleType) and any(
                _in_folder(whole, folder) for folder in folders
            )
        own = getattr(module, "__file__", None) if tops[top] else None
        if own is not None:
            near.add(Path(own).resolve())
    return tuple(sorted(near - {file}))


def _stands_in(name: str, folder: Path) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name).is_dir()


def _written_in(lf: LabelingFunction, file: Path | None) -> tuple[Path, ...]:
    """Return the file that names an LF, and that of the module that its function is from."""
    module = sys.modules.get(getattr(lf, "__module__", "") or "")
    own = getattr(module, "__file__", None)
    known = [path.resolve() for path in (file, own and Path(own)) if path]
    return tuple(dict.fromkeys(known))
