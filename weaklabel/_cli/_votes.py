"""``weaklabel apply`` and ``weaklabel summary``: from data to votes, and what they look like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weaklabel._cli import _options as opt
from weaklabel._cli._command import Console
from weaklabel._cli._places import fresh_folder, part_files
from weaklabel._progress import progress_bar
from weaklabel.errors import GateError, InputError

if TYPE_CHECKING:
    from weaklabel.analysis import LFSummary
    from weaklabel.matrix import LabelMatrix, VoteParts
    from weaklabel.relabel import Config, LoadedLFs
    from weaklabel.relabel._inputs import InputPart, Inputs

VotesPath = Annotated[
    Path,
    typer.Argument(
        exists=True,
        metavar="VOTES",
        help="What `apply` wrote: a folder of parts, one of them, or the directory of a run.",
    ),
]


def apply(
    console: Console,
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where the votes go, as Parquet parts.")
    ],
    config: opt.ConfigFile = None,
    lfs: opt.LFs = None,
    input: opt.Inputs = None,  # noqa: A002 - the name of the option
    input_format: opt.InputFormat = None,
    key: opt.Key = None,
    gold: opt.Gold = None,
    classes: opt.ClassNames = None,
    bad_rows: opt.BadRows = None,
    part_rows: opt.PartRows = None,
    jobs: opt.Jobs = None,
    timeout: opt.Timeout = None,
    cache: opt.Cache = None,
    no_cache: opt.NoCache = False,
    on_error: opt.OnError = None,
    max_fault_rate: opt.MaxFaultRate = None,
    min_coverage: opt.MinCoverage = None,
    max_bad_rows: opt.MaxBadRows = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Run labeling functions over data.

    Writes the votes and prints the LF summary.
    """
    from weaklabel.matrix import VoteParts
    from weaklabel.relabel import load_lfs
    from weaklabel.relabel._counted import counted

    settings = opt.read_config(
        config,
        {
            "lfs.use": lfs,
            "lfs.classes": opt.class_names(classes),
            "data.input": input,
            "data.format": input_format,
            "data.key": key,
            "data.gold": gold,
            "data.bad_rows": bad_rows,
            "data.part_rows": part_rows,
            "apply.n_jobs": jobs,
            "apply.timeout": timeout,
            "apply.cache": opt.cache_change(cache, no_cache),
            "apply.on_error": on_error,
            "apply.max_fault_rate": max_fault_rate,
            "gates.min_coverage": min_coverage,
            "gates.max_bad_rows": max_bad_rows,
        },
        need=["data.input", "lfs.use"],
    )
    loaded = load_lfs(settings.lfs.use, classes=settings.lfs.classes, folder=settings.folder)
    inputs = settings.open_inputs()
    check_columns(inputs, settings, "key", "gold")
    cost, origin = _Cost(), _Origin()
    votes = _labeled(console, settings, loaded, inputs, cost, origin)
    parts = VoteParts.write(fresh_folder(out, overwrite=overwrite), votes)
    if settings.data.key is not None:
        origin.refuse_repeated(parts)
    found = _summary(parts, settings)
    lines = [str(found), cost.told(), f"wrote {counted(len(parts), 'part')} of votes to {out}"]
    console.result(
        "\n".join(line for line in lines if line),
        {"out": out, "parts": len(parts), "bad_rows": inputs.bad_rows}
        | summary_data(found)
        | {"computed": cost.computed, "reused": cost.reused},
    )
    check_gates(settings, found.label_coverage, inputs.bad_rows)


def summary(
    console: Console,
    votes: VotesPath,
    *,
    config: opt.ConfigFile = None,
    gold: opt.Gold = None,
    input: opt.Inputs = None,  # noqa: A002 - the name of the option
    input_format: opt.InputFormat = None,
    key: opt.Key = None,
    bad_rows: opt.BadRows = None,
) -> None:
    """Show what each labeling function covers.

    With --gold also how often it is right. Any number of parts is read one at a time.
    """
    from weaklabel.matrix import VoteParts

    settings = opt.read_config(
        config,
        {
            "data.gold": gold,
            "data.input": input,
            "data.format": input_format,
            "data.key": key,
            "data.bad_rows": bad_rows,
        },
        need=["data.input"] if gold is not None else [],
    )
    parts = VoteParts(part_files(votes, "votes"))
    with progress_bar(
        total=len(parts), desc="reading votes", unit="parts", enabled=console.progress
    ) as bar:
        found = _summary(_counted(parts, bar), settings)
    console.result(str(found), summary_data(found))


class _Cost:
    """How many rows each LF ran on, and how many votes came from the store."""

    def __init__(self) -> None:
        self.computed: dict[str, int] = {}
        self.reused: dict[str, int] = {}

    def add(self, L: LabelMatrix) -> None:
        profile = L.profile()
        for j, name in enumerate(profile.lf_names):
            for total, rows in ((self.computed, profile.computed), (self.reused, profile.reused)):
                if rows[j]:
                    total[name] = total.get(name, 0) + int(rows[j])

    def told(self) -> str:
        """Return it in one sentence; nothing where no vote came from the store."""
        return reuse_told(self.computed, self.reused)


def reuse_told(computed: Mapping[str, int], reused: Mapping[str, int]) -> str:
    """Return which LFs ran and which had their votes in the vote store.

    Parameters
    ----------
    computed, reused : mapping of str to int
        Rows by LF; only those above 0.

    Returns
    -------
    str
        Empty where no vote came from the store.
    """
    if not reused:
        return ""
    from weaklabel.relabel._counted import counted

    stored = [name for name in reused if name not in computed]
    text = f"{counted(len(stored), 'LF')} from the cache, {len(computed):,} ran"
    if computed and all(name in reused for name in computed):
        text += " on new rows alone"
    return f"{text}: {', '.join(computed)}" if 0 < len(computed) <= 3 else text


class _Origin:
    """Which file each part comes from, and the row keys that were met."""

    def __init__(self) -> None:
        from weaklabel.relabel._keys import KeyCheck

        self._keys = KeyCheck()
        self._files: list[Path] = []

    def of_next(self, part: InputPart) -> None:
        """Note where the next part of the votes comes from."""
        self._files.append(part.file)

    def add(self, number: int, L: LabelMatrix) -> None:
        """Note the row keys of a part."""
        self._keys.add(number, L.keys, file=self._files[number])

    def refuse_repeated(self, parts: VoteParts) -> None:
        """Raise when a row key stands in two parts."""
        found = self._keys.duplicates(lambda number: parts[number].keys)
        if found is not None:
            key, a, b = found
            raise InputError(
                f"row key {key!r} stands in {self._files[a]} and again in {self._files[b]}; keys "
                "must be unique: name another column with --key",
                path=self._files[b],
            )


def _labeled(
    console: Console,
    settings: Config,
    loaded: LoadedLFs,
    inputs: Inputs,
    cost: _Cost,
    origin: _Origin,
) -> Iterator[LabelMatrix]:
    """Yield the votes of each part."""
    from weaklabel.apply import apply_parts

    def tables() -> Iterator[Any]:
        for part in inputs.parts():
            origin.of_next(part)
            yield part.table

    votes = apply_parts(
        loaded.lfs,
        tables(),
        key=settings.data.key,
        classes=loaded.classes,
        n=inputs.n,
        n_jobs=settings.apply.n_jobs,
        on_error=settings.apply.on_error,
        max_fault_rate=settings.apply.max_fault_rate,
        cache=settings.cache_path(),
        timeout=settings.apply.timeout or None,
    )
    with progress_bar(
        total=inputs.n, desc="labeling", unit="rows", enabled=console.progress
    ) as bar:
        for number, L in enumerate(votes):
            if settings.data.key is not None:
                origin.add(number, L)
            cost.add(L)
            bar.update(L.n)
            yield L


def check_columns(inputs: Inputs, settings: Config, *which: str) -> None:
    """Refuse data without a column that an option or the config names.

    Raises
    ------
    InputError
        When one is missing.
    """
    from weaklabel._checks import listed, nearest

    there = list(inputs.schema.names)
    for name in which:
        column = getattr(settings.data, name)
        if column is not None and column not in there:
            raise InputError(
                f"[data] {name} = {column!r}: the data has no such column, it has "
                f"{listed(there)}{nearest(column, there)}; name it with --{name}"
            )


def _summary(parts: Iterable[LabelMatrix], settings: Config) -> LFSummary:
    """Summarise parts of votes, with gold labels where a column of them is named."""
    from weaklabel.analysis._part_summary import summarize_parts

    if settings.data.gold is None or not settings.data.input:
        return summarize_parts((L, None) for L in parts)
    known = dict(_pairs(settings))
    if not known:
        raise InputError(f"gold column {settings.data.gold!r} holds no label")
    return summarize_parts((L, [known.get(key) for key in L.keys.tolist()]) for L in parts)


def _pairs(settings: Config) -> Iterator[tuple[Any, Any]]:
    """Yield the row keys and the labels of the rows whose label is known."""
    data = settings.data
    inputs = settings.open_inputs([c for c in (data.key, data.gold) if c])
    check_columns(inputs, settings, "key", "gold")
    start = 0
    for part in inputs.parts():
        n = part.table.num_rows
        labels = part.table.column(data.gold).to_pylist()
        keys = (
            range(start, start + n) if data.key is None else part.table.column(data.key).to_pylist()
        )
        start += n
        yield from ((k, y) for k, y in zip(keys, labels, strict=True) if y not in (None, ""))


def _counted(parts: Iterable[LabelMatrix], bar: Any) -> Iterator[LabelMatrix]:
    for L in parts:
        yield L
        bar.update(1)


def summary_data(found: LFSummary) -> dict[str, Any]:
    """Return a summary as JSON holds it."""
    return {
        "rows": found.n,
        "classes": found.class_names,
        "coverage": found.label_coverage,
        "overlap": found.label_overlap,
        "conflict": found.label_conflict,
        "gold": found.n_gold,
        "lfs": found.to_frame().reset_index().to_dict("records"),
    }


def check_gates(settings: Config, coverage: float, bad_rows: int) -> None:
    """Raise when a gate is missed; what was made is written by then.

    Raises
    ------
    GateError
        Naming the gates.
    """
    from weaklabel.relabel._counted import counted

    least, most = settings.gates.min_coverage, settings.gates.max_bad_rows
    missed = {}
    if least is not None and coverage < least:
        missed["min_coverage"] = f"coverage is {coverage:.1%}, below --min-coverage {least:g}"
    if most is not None and bad_rows > most:
        missed["max_bad_rows"] = (
            f"{counted(bad_rows, 'row was', 'rows were')} bad, above --max-bad-rows {most:,}"
        )
    if missed:
        raise GateError(
            f"gate missed: {'; '.join(missed.values())}. What was made is written",
            failed=list(missed),
        )
