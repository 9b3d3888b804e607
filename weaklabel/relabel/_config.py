"""What a run is asked to do: the tables of ``weaklabel.toml``, checked when they are read."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, final

from weaklabel._checks import listed, nearest, shorten
from weaklabel._classes import ClassTable
from weaklabel.errors import ConfigError
from weaklabel.relabel._schemas import TYPES

if TYPE_CHECKING:
    from weaklabel.matrix import LabelMatrix
    from weaklabel.relabel._inputs import Inputs

REQUIRED = ("data.input", "lfs.use")

# What may stand in lfs.use: a file of Python with an optional name after it.
FILE_SPEC = re.compile(r"(?P<file>.+\.py)(?::(?P<attr>[^:/\\]+))?")


@dataclass(frozen=True, slots=True)
class _Check:
    """How a value of the file is read: what it must be in words, and the function that reads it."""

    expected: str
    read: Callable[[Any], Any]


class _WrongError(ValueError):
    """A value is not what its key takes."""


def _key(default: Any, check: _Check) -> Any:
    return field(default=default, metadata={"check": check})


def _text(expected: str = "a text") -> _Check:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise _WrongError
        return value

    return _Check(expected, read)


def _texts(expected: str) -> _Check:
    def read(value: Any) -> tuple[str, ...]:
        many = [value] if isinstance(value, str) else value
        if not isinstance(many, list | tuple) or not many:
            raise _WrongError
        if not all(isinstance(text, str) and text.strip() for text in many):
            raise _WrongError
        return tuple(many)

    return _Check(expected, read)


def _class_names() -> _Check:
    def read(value: Any) -> tuple[str, ...]:
        if isinstance(value, str) or not isinstance(value, list | tuple):
            raise _WrongError
        try:
            return ClassTable.of(value).names
        except (TypeError, ValueError) as error:
            raise _WrongError(str(error)) from None

    return _Check("a list of class names", read)


def _choice(*known: str) -> _Check:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in known:
            raise _WrongError(
                nearest(value, known).removeprefix("; ") if isinstance(value, str) else ""
            )
        return value

    return _Check(" or ".join(map(repr, known)), read)


def _column_types() -> _Check:
    def read(value: Any) -> dict[str, str]:
        if not isinstance(value, Mapping):
            raise _WrongError
        for kind in value.values():
            _choice(*TYPES).read(kind)
        return dict(value)

    return _Check(f"a table from column to type, one of {TYPES}", read)


def _flag() -> _Check:
    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise _WrongError
        return value

    return _Check("true or false", read)


def _whole(least: int) -> _Check:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise _WrongError
        return value

    return _Check(f"a whole number, {least} or more", read)


def _jobs() -> _Check:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value == 0 or value < -1:
            raise _WrongError
        return value

    return _Check("a number of processes, or -1 for all cores", read)


def _share() -> _Check:
    def read(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
            raise _WrongError
        return float(value)

    return _Check("a share in 0..1", read)


def _seconds() -> _Check:
    def read(value: Any) -> float:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < float("inf"):
            raise _WrongError
        return float(value)

    return _Check("seconds, 0 for no limit", read)


def _folder_or_none() -> _Check:
    def read(value: Any) -> str | None:
        if value is False:
            return None
        if not isinstance(value, str) or not value.strip():
            raise _WrongError
        return value

    return _Check("a folder, or false for none", read)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConfig:
    """``[data]``: what is labelled.

    Attributes
    ----------
    input : tuple of str
        Files, folders or globs.
    format : str or None
        ``"csv"``, ``"jsonl"`` or ``"parquet"``; None to tell by the names of the files.
    key : str or None
        The column of the row keys; None for positions.
    text : str
        The column that an end model reads.
    gold : str or None
        The column of gold labels: labels are compared with it, nothing learns from it.
    bad_rows : str
        Whether a row that cannot be read stops the run (``"raise"``) or is counted (``"skip"``).
    part_rows : int
        Rows of a part.
    types : dict of str to str or None
        ``"string"``, ``"int64"``, ``"float64"`` or ``"bool"`` for columns of CSV and JSONL whose
        first values tell it wrongly.
    """

    input: tuple[str, ...] = _key((), _texts("a path or glob, or a list of them"))
    format: Literal["csv", "jsonl", "parquet"] | None = _key(
        None, _choice("csv", "jsonl", "parquet")
    )
    key: str | None = _key(None, _text("the name of a column"))
    text: str = _key("text", _text("the name of a column"))
    gold: str | None = _key(None, _text("the name of a column"))
    bad_rows: Literal["raise", "skip"] = _key("raise", _choice("raise", "skip"))
    part_rows: int = _key(65_536, _whole(1))
    types: Mapping[str, str] | None = _key(None, _column_types())


@dataclass(frozen=True, slots=True, kw_only=True)
class LFsConfig:
    """``[lfs]``: the labeling functions.

    Attributes
    ----------
    use : tuple of str
        ``pack:NAME``, ``module:attr``, ``module`` or ``file.py[:attr]``.
    classes : tuple of str or None
        Class names in order of their codes, where the LFs do not declare them.
    """

    use: tuple[str, ...] = _key((), _texts("a list of pack:NAME, module:attr or file.py[:attr]"))
    classes: tuple[str, ...] | None = _key(None, _class_names())


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyConfig:
    """``[apply]``: how the labeling functions run.

    Attributes
    ----------
    n_jobs : int
        Worker processes, -1 for one a core.
    on_error : str
        ``"abstain"`` keeps a failed call as a fault, ``"raise"`` stops the run.
    max_fault_rate : float
        The share of rows on which one LF may fail before the run is stopped.
    timeout : float
        Seconds that an LF may take on a row group; 0 for no limit.
    cache : str or None
        Folder of the vote store; None for none.
    """

    n_jobs: int = _key(1, _jobs())
    on_error: Literal["raise", "abstain"] = _key("abstain", _choice("raise", "abstain"))
    max_fault_rate: float = _key(0.1, _share())
    timeout: float = _key(0.0, _seconds())
    cache: str | None = _key(".weaklabel/votes", _folder_or_none())


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelModelConfig:
    """``[label_model]``: which model turns votes into labels.

    Attributes
    ----------
    kind : str
        A model of `weaklabel.label_model` that learns from votes alone.
    params : mapping of str to object
        Its parameters; the other keys of the table.
    """

    kind: str = "LabelModel"
    params: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> Any:
        """Return the model, not yet fitted."""
        return _model_kinds()[self.kind](**self.params)

    def fit(self, parts: Iterable[LabelMatrix]) -> Any:
        """Return the model fitted on parts of votes.

        `LabelModel` holds one part in memory at a time; the other kinds hold all votes.

        Parameters
        ----------
        parts : iterable of LabelMatrix
            That can be gone through again, such as `VoteParts`.
        """
        from weaklabel.relabel._whole import whole_matrix

        return self.build().fit(parts if self.kind == "LabelModel" else whole_matrix(parts))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputConfig:
    """``[output]``: where labels go and how.

    Attributes
    ----------
    directory : str
        The folder that run directories stand in.
    format : str
        ``"parquet"``, ``"jsonl"`` or ``"csv"``.
    safe_csv : bool
        Whether texts that a spreadsheet would run as a formula are defused.
    uncovered : str
        What rows without votes get: no label (``"abstain"``) or the likeliest class (``"prior"``).
    """

    directory: str = _key("runs", _text("a folder"))
    format: Literal["parquet", "jsonl", "csv"] = _key("parquet", _choice("parquet", "jsonl", "csv"))
    safe_csv: bool = _key(False, _flag())
    uncovered: Literal["abstain", "prior"] = _key("abstain", _choice("abstain", "prior"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GatesConfig:
    """``[gates]``: what a run must reach; below it, all is written but the run is no success.

    Attributes
    ----------
    min_coverage : float or None
        Least share of rows with a vote.
    max_fault_rate : float or None
        Largest share of failed calls among all calls.
    max_bad_rows : int or None
        Most rows that could not be read.
    """

    min_coverage: float | None = _key(None, _share())
    max_fault_rate: float | None = _key(None, _share())
    max_bad_rows: int | None = _key(None, _whole(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndModelConfig:
    """``[end_model]``: the text classifier that learns from the labels; without it there is none.

    Attributes
    ----------
    encoder : str
        ``"cnn"`` or ``"lstm"``.
    epochs, batch_size, seed : int
        As in `TextClassifier`.
    max_rows : int
        Most covered rows to learn from, evenly spaced over all of them.
    predict : bool
        Whether it also predicts every row.
    """

    encoder: Literal["cnn", "lstm"] = _key("cnn", _choice("cnn", "lstm"))
    epochs: int = _key(20, _whole(1))
    batch_size: int = _key(32, _whole(1))
    seed: int = _key(0, _whole(0))
    max_rows: int = _key(200_000, _whole(1))
    predict: bool = _key(True, _flag())


_TABLES: dict[str, type[Any]] = {
    "data": DataConfig,
    "lfs": LFsConfig,
    "apply": ApplyConfig,
    "label_model": LabelModelConfig,
    "output": OutputConfig,
    "gates": GatesConfig,
    "end_model": EndModelConfig,
}


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What a run is asked to do, one attribute for each table of the file.

    Attributes
    ----------
    data, lfs, apply, label_model, output, gates
        The tables.
    end_model : EndModelConfig or None
        None where the file has no such table.
    folder : Path
        What relative paths count from.
    path : Path or None
        The file, where there is one.

    Examples
    --------
    >>> from weaklabel.relabel import Config
    >>> config = Config.from_dict({"data": {"input": "in.csv"}, "lfs": {"use": ["pack:spam"]}})
    >>> config.data.part_rows, config.label_model.kind
    (65536, 'LabelModel')
    """

    data: DataConfig = DataConfig()
    lfs: LFsConfig = LFsConfig()
    apply: ApplyConfig = ApplyConfig()
    label_model: LabelModelConfig = field(default_factory=LabelModelConfig)
    output: OutputConfig = OutputConfig()
    gates: GatesConfig = GatesConfig()
    end_model: EndModelConfig | None = None
    folder: Path = Path()
    path: Path | None = None

    @classmethod
    def from_dict(
        cls,
        values: Mapping[str, Any],
        *,
        folder: str | os.PathLike[str] = ".",
        path: Path | None = None,
        require: Iterable[str] = REQUIRED,
    ) -> Config:
        """Check tables of keys, as a file holds them.

        Parameters
        ----------
        values : mapping of str to mapping
            Tables by name.
        folder : path, optional
            What relative paths count from.
        path : Path, optional
            The file they come from, for messages.
        require : iterable of str, optional
            The keys that must be there, as ``"table.key"``.

        Returns
        -------
        Config

        Raises
        ------
        ConfigError
            When a table or key is unknown (the nearest is suggested), a value is not what its key
            takes, or a required key is missing.
        """
        where = "the configuration" if path is None else str(path)
        tables: dict[str, Any] = {}
        for name, table in values.items():
            if name not in _TABLES:
                raise ConfigError(
                    f"{where}: unknown table [{name}]; there are {listed(list(_TABLES), 7)}"
                    f"{nearest(name, _TABLES)}",
                    path=path,
                )
            if not isinstance(table, Mapping):
                raise ConfigError(
                    f"{where}: {name} is {shorten(table)} ({_kind(table)}), expected a table "
                    f"[{name}]",
                    path=path,
                )
            read = _label_model if name == "label_model" else _table
            tables[name] = read(name, table, where, path)
        for wanted in require:
            name, _, key = wanted.partition(".")
            if not getattr(tables.get(name), key, ()):
                check = _checks(_TABLES[name])[key]
                raise ConfigError(
                    f"{where}: [{name}] {key} is missing; it takes {check.expected}", path=path
                )
        return cls(**tables, folder=Path(folder), path=path)

    def to_dict(self) -> dict[str, dict[str, Any]]:
        """Return the tables with every key that has a value; `from_dict` reads them back."""
        tables: dict[str, dict[str, Any]] = {}
        for name in _TABLES:
            table = getattr(self, name)
            if isinstance(table, LabelModelConfig):
                tables[name] = {"kind": table.kind, **table.params}
            elif table is not None:
                pairs = {f.name: getattr(table, f.name) for f in fields(table)}
                tables[name] = {k: _plain(v) for k, v in pairs.items() if v not in (None, ())}
        if self.apply.cache is None:
            tables["apply"]["cache"] = False
        return tables

    def with_overrides(
        self, values: Mapping[str, Mapping[str, Any]], *, require: Iterable[str] = REQUIRED
    ) -> Config:
        """Return the config with some keys changed, as options of a command line do.

        Parameters
        ----------
        values : mapping of str to mapping
            Tables of keys; a value of None leaves the key as it is. Relative paths count from the
            working directory.
        require : iterable of str, optional
            As in `from_dict`.

        Raises
        ------
        ConfigError
            As in `from_dict`.

        Examples
        --------
        >>> from weaklabel.relabel import Config
        >>> config = Config.from_dict({"data": {"input": "in.csv"}, "lfs": {"use": ["pack:spam"]}})
        >>> config.with_overrides({"apply": {"n_jobs": 2}}).apply.n_jobs
        2
        """
        tables: dict[str, Any] = self.to_dict()
        for name, table in values.items():
            given = {key: value for key, value in table.items() if value is not None}
            if given:
                changed = {key: _absolute(name, key, value) for key, value in given.items()}
                tables[name] = {**tables.get(name, {}), **changed}
        return Config.from_dict(tables, folder=self.folder, path=self.path, require=require)

    def inputs(self) -> tuple[str, ...]:
        """Return the paths and globs of the input, counted from the config's folder."""
        return tuple(self._at(path) for path in self.data.input)

    def open_inputs(self, columns: Sequence[str] | None = None) -> Inputs:
        """Open the input, with some columns alone or all; it is cut the same every time.

        Raises
        ------
        InputError
            When files are missing or do not fit together.
        """
        from weaklabel.relabel._inputs import open_inputs

        return open_inputs(
            self.inputs(),
            format=self.data.format,
            # A broken cell in a column that is left out would not break its row, and move the cut.
            columns=None if columns is None or self.data.bad_rows == "skip" else list(columns),
            bad_rows=self.data.bad_rows,
            part_rows=self.data.part_rows,
            types=self.data.types,
        )

    def cache_path(self) -> Path | None:
        """Return the folder of the vote store, None for none."""
        return None if self.apply.cache is None else Path(self._at(self.apply.cache))

    def run_directory(self, run: str) -> Path:
        """Return the directory of a run.

        Parameters
        ----------
        run : str
            Name of the run.

        Raises
        ------
        ConfigError
            When the name is none for a folder.
        """
        if not run.strip() or run in (".", "..") or set(run) & set('/\\\0:*?"<>|'):
            raise ConfigError(
                f"{run!r} is no name for a run, it names a folder; use letters, digits, '-' or '_'"
            )
        return Path(self._at(self.output.directory)) / run

    def _at(self, path: str) -> str:
        return os.path.join(self.folder, path)


def load_config(
    path: str | os.PathLike[str] = "weaklabel.toml",
    *,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    require: Iterable[str] = REQUIRED,
) -> Config:
    """Read a config file.

    Nothing in it is executed or expanded.

    Parameters
    ----------
    path : path
        The file, TOML.
    overrides : mapping, optional
        Keys to change; see `Config.with_overrides`.
    require : iterable of str, optional
        The keys that must be there, as ``"table.key"``.

    Returns
    -------
    Config
        Relative paths in it count from the folder of the file.

    Raises
    ------
    ConfigError
        When there is no such file, it is no TOML, or says what it may not.
    """
    source = Path(path)
    try:
        text = source.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(
            f"there is no config file {source}; make one with `weaklabel init`, or name another",
            path=source,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"config file {source} cannot be read: {error}", path=source) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} is no TOML: {error}", path=source) from None
    first = () if overrides else require
    config = Config.from_dict(values, folder=source.parent, path=source, require=first)
    return config.with_overrides(overrides, require=require) if overrides else config


def _table(name: str, table: Mapping[str, Any], where: str, path: Path | None) -> Any:
    """Return one table as its dataclass."""
    checks = _checks(_TABLES[name])
    read: dict[str, Any] = {}
    for key, value in table.items():
        if key not in checks:
            raise ConfigError(
                f"{where}: unknown key {key!r} in [{name}]; there are {listed(list(checks), 9)}"
                f"{nearest(key, checks)}",
                path=path,
            )
        try:
            read[key] = checks[key].read(value)
        except _WrongError as error:
            why = f"; {error}" if str(error) else ""
            raise ConfigError(
                f"{where}: [{name}] {key} is {shorten(value)} ({_kind(value)}), expected "
                f"{checks[key].expected}{why}",
                path=path,
            ) from None
    return _TABLES[name](**read)


def _label_model(
    name: str, table: Mapping[str, Any], where: str, path: Path | None
) -> LabelModelConfig:
    """Return the table of the label model; its keys are the parameters of its kind."""
    params = dict(table)
    kind = params.pop("kind", "LabelModel")
    if not isinstance(kind, str) or kind not in _model_kinds():
        known = list(_model_kinds())
        hint = nearest(kind, known)
        raise ConfigError(
            f"{where}: [{name}] kind is {shorten(kind)} ({_kind(kind)}), expected one of "
            f"{listed(known, 12)}, which learn from votes alone{hint}",
            path=path,
        )
    defaults = _model_kinds()[kind]().get_params()
    for key, value in params.items():
        if key not in defaults:
            raise ConfigError(
                f"{where}: unknown key {key!r} in [{name}]; {kind} has "
                f"{listed(['kind', *defaults], 12)}{nearest(key, ['kind', *defaults])}",
                path=path,
            )
        expected = _expected_like(defaults[key])
        if expected is not None and not expected.fits(value):
            raise ConfigError(
                f"{where}: [{name}] {key} is {shorten(value)} ({_kind(value)}), expected "
                f"{expected.words}",
                path=path,
            )
    return LabelModelConfig(kind=kind, params={key: _plain(value) for key, value in params.items()})


@dataclass(frozen=True, slots=True)
class _Like:
    """What a parameter takes, told by its default."""

    words: str
    types: tuple[type, ...]

    def fits(self, value: object) -> bool:
        if isinstance(value, bool):
            return bool in self.types
        return isinstance(value, self.types)


def _expected_like(default: object) -> _Like | None:
    if isinstance(default, bool):
        return _Like("true or false", (bool,))
    if isinstance(default, int):
        return _Like("a whole number", (int,))
    if isinstance(default, float):
        return _Like("a number", (int, float))
    if isinstance(default, str):
        return _Like("a text", (str,))
    return None


def _model_kinds() -> dict[str, type[Any]]:
    """Return the label models that can be fitted on votes alone, by name."""
    import inspect

    from weaklabel import label_model

    kinds: dict[str, type[Any]] = {}
    for name in label_model.__all__:
        kind = getattr(label_model, name)
        if not (isinstance(kind, type) and issubclass(kind, label_model.VoteModel)):
            continue
        parameters = list(inspect.signature(kind).parameters.values())
        if any(p.default is p.empty for p in parameters) or inspect.isabstract(kind):
            continue
        kinds[name] = kind
    # It learns from gold labels, of which a batch run has none.
    kinds.pop("NaiveBayes", None)
    return kinds


def _checks(table: type[Any]) -> dict[str, _Check]:
    return {f.name: f.metadata["check"] for f in fields(table) if "check" in f.metadata}


def _kind(value: object) -> str:
    """Return what TOML calls a value."""
    names: Sequence[tuple[type, str]] = (
        (bool, "a boolean"),
        (str, "a text"),
        (int, "a whole number"),
        (float, "a number"),
        (list, "a list"),
        (tuple, "a list"),
        (Mapping, "a table"),
    )
    return next((name for kind, name in names if isinstance(value, kind)), type(value).__name__)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _absolute(table: str, key: str, value: Any) -> Any:
    """Return a value with its relative paths counted from the working directory."""
    if (table, key) in (("data", "input"), ("apply", "cache"), ("output", "directory")):
        return _each(value, os.path.abspath)
    if (table, key) == ("lfs", "use"):
        return _each(value, lambda s: os.path.abspath(s) if FILE_SPEC.fullmatch(s) else s)
    return value


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list | tuple):
        return [change(v) if isinstance(v, str) else v for v in value]
    return value
