"""``run``: from a config to labelled files, in stages that can be stopped at any moment."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, time_ns
from typing import Any

from weaklabel._checks import checked_balance, listed, nearest
from weaklabel.errors import (
    ConfigError,
    GateError,
    InputError,
    RunError,
    WeakLabelError,
)
from weaklabel.relabel._config import Config
from weaklabel.relabel._directory import RunDirectory, newest_run, now
from weaklabel.relabel._lfs import LoadedLFs, load_lfs
from weaklabel.relabel._manifest import differences, new_manifest
from weaklabel.relabel._result import RunResult, gate_text
from weaklabel.relabel._stages import STAGE, STAGES, Work

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


def run(
    config: Config,
    *,
    directory: str | os.PathLike[str] | None = None,
    resume: bool = False,
    stages: Sequence[str] | None = None,
    progress: bool = False,
) -> RunResult:
    r"""Relabel files: apply the labeling functions, fit the label model, write labels.

    It can be killed at any moment. Resumed, it goes on where it was: parts that are finished stay
    as they are, and what comes out is the same as without the stop.

    Parameters
    ----------
    config : Config
        What is to be done; see `load_config`.
    directory : path, optional
        The run directory, whose name is the run's id; default a new one under the config's
        ``[output] directory``, or with `resume` the one that was started last.
    resume : bool, optional
        Go on with the run in the directory. Inputs, labeling functions, config and version must
        be as they were. A run that is finished does nothing; where none has begun, one begins.
    stages : sequence of str, optional
        Some of ``"apply"``, ``"fit"``, ``"label"``, ``"train"``, ``"predict"``; those before must
        be done. Default all: the last two where the config has an end model.
    progress : bool, optional
        Show progress bars in a terminal or notebook.

    Returns
    -------
    RunResult

    Raises
    ------
    ConfigError, PackError
        When the config asks for what is not there, or the labeling functions cannot be loaded.
    InputError
        When the input is missing or broken, or a row key stands in it twice.
    RunLockedError
        When another process works in the directory.
    RunError
        When the directory is taken, the run there was another, or a file cannot be written; what
        was finished stays.
    FaultRateError, LFError
        When labeling functions fail too often, or at all with ``on_error = "raise"``.
    GateError
        When a gate is missed; everything is written by then.

    Examples
    --------
    >>> import json, pathlib, tempfile
    >>> from weaklabel.relabel import Config, run
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> texts = ["win a prize now", "see you tomorrow", "claim your prize", "love this song"]
    >>> rows = [json.dumps({"id": i, "text": text}) for i, text in enumerate(texts)]
    >>> _ = (folder / "in.jsonl").write_text("\n".join(rows))
    >>> tables = {"data": {"input": "in.jsonl", "key": "id"}, "lfs": {"use": ["pack:spam"]}}
    >>> result = run(Config.from_dict(tables, folder=folder), directory=folder / "runs" / "one")
    >>> result.status, result.counts["rows"]
    ('done', 4)
    >>> next(result.labels()).column("label").to_pylist()
    ['SPAM', 'HAM', 'SPAM', 'HAM']
    """
    wanted = _wanted_stages(config, stages)
    place = RunDirectory(_directory(config, directory, resume=resume))
    if place.path.is_dir() and not place.is_new() and not place.has_manifest():
        raise RunError(f"{place.path} holds other files and is no directory of a run; name another")
    loaded = load_lfs(config.lfs.use, classes=config.lfs.classes, folder=config.folder)
    _check_model(config, loaded)
    try:
        with place.locked():
            return _run_locked(config, place, loaded, wanted, resume=resume, progress=progress)
    except WeakLabelError:
        raise
    except OSError as error:
        raise RunError(_told(error, place)) from error


def _run_locked(
    config: Config,
    place: RunDirectory,
    loaded: LoadedLFs,
    wanted: Sequence[str],
    *,
    resume: bool,
    progress: bool,
) -> RunResult:
    began = place.has_manifest()
    if began and not resume:
        status = place.read_manifest()["status"]
        raise RunError(
            f"{place.path} holds a run already (status {status}); pass resume=True (--resume) to "
            "go on with it, or give this run another name"
        )
    inputs = config.open_inputs()
    _check_columns(config, inputs)
    manifest = new_manifest(place.run, config, loaded, inputs.files)
    if began:
        before = place.read_manifest()
        if changed := differences(before, manifest):
            raise RunError(
                f"the run in {place.path} cannot go on, it was another: {'; '.join(changed)}. "
                "Put that back, or start a new run under another name"
            )
        manifest = before
    if not all(stage in manifest["stages"] for stage in wanted):
        manifest |= {"status": "running", "error": None, "finished": None}
        if began:
            manifest.setdefault("resumed", []).append(now())
        place.write_manifest(manifest)
        work = Work(config, place, loaded, inputs, manifest, progress)
        _run_stages(work, wanted)
    return _finish(config, place, manifest)


def _run_stages(work: Work, wanted: Sequence[str]) -> None:
    """Run the stages that are not done; on failure the manifest says so."""
    manifest = work.manifest
    try:
        for stage in wanted:
            if stage in manifest["stages"]:
                continue
            needed = STAGES[: STAGES.index(stage)]
            missing = [name for name in needed if name not in manifest["stages"]]
            if "label" in missing and stage == "train":
                missing.remove("label")
            if missing:
                raise RunError(
                    f"stage {stage!r} needs {listed(missing)} first, which the run in "
                    f"{work.directory.path} has not done; name them in stages, or leave it out"
                )
            started, begun = now(), perf_counter()
            recorded = STAGE[stage](work)
            seconds = round(perf_counter() - begun, 3)
            manifest["stages"][stage] = {
                "started": started,
                "finished": now(),
                "seconds": seconds,
                **recorded,
            }
            work.directory.write_manifest(manifest)
    except BaseException as error:
        manifest |= {
            "status": "failed",
            "finished": now(),
            "error": {"type": type(error).__name__, "message": str(error)},
        }
        # Where the disk is full, the manifest of before stays, and the run can be resumed too.
        with suppress(OSError):
            work.directory.write_manifest(manifest)
        raise


def _finish(config: Config, place: RunDirectory, manifest: dict[str, Any]) -> RunResult:
    """Look at the gates, and write the manifest for the last time."""
    gates = _gates(config, manifest)
    failed = [gate for gate in gates if not gate["passed"]]
    status = "gate" if failed else "done"
    if manifest["status"] != status:
        manifest |= {"gates": gates, "status": status, "finished": now(), "error": None}
        place.write_manifest(manifest)
    if failed:
        raise GateError(
            f"run {place.run!r} missed {len(failed)} of {len(gates)} gates: "
            f"{'; '.join(map(gate_text, failed))}. All is written to {place.path}",
            failed=[gate["gate"] for gate in failed],
        )
    return RunResult(place.path, manifest)


def _gates(config: Config, manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each gate asks for and what the run reached."""
    counts, gates = manifest["counts"], config.gates
    rows = counts.get("rows", 0)
    calls = max(rows * len(manifest["lfs"]), 1)
    measured = [
        ("min_coverage", gates.min_coverage, counts.get("covered", 0) / max(rows, 1), 1),
        ("max_fault_rate", gates.max_fault_rate, counts.get("faults", 0) / calls, -1),
        ("max_bad_rows", gates.max_bad_rows, counts.get("bad_rows", 0), -1),
    ]
    return [
        {"gate": name, "limit": limit, "value": value, "passed": sign * (value - limit) >= 0}
        for name, limit, value, sign in measured
        if limit is not None
    ]


def _wanted_stages(config: Config, stages: Sequence[str] | None) -> list[str]:
    end_model = config.end_model
    if stages is None:
        last = 3 if end_model is None else 5 if end_model.predict else 4
        return list(STAGES[:last])
    asked = [stages] if isinstance(stages, str) else list(stages)
    for stage in asked:
        if stage not in STAGES:
            raise ValueError(
                f"unknown stage {stage!r}; there are {listed(STAGES)}{nearest(stage, STAGES)}"
            )
        if stage in ("train", "predict") and end_model is None:
            raise ConfigError(
                f"stage {stage!r} needs an end model; write a table [end_model] in the config",
                path=config.path,
            )
    return [stage for stage in STAGES if stage in asked]


def _directory(config: Config, directory: str | os.PathLike[str] | None, *, resume: bool) -> Path:
    if directory is not None:
        return Path(directory)
    if resume:
        last = newest_run(config.run_directory("any").parent)
        if last is not None:
            return last
    return config.run_directory(_new_id(config))


def _new_id(config: Config) -> str:
    """Return the id of a new run: when it starts, and what tells it from others of that second."""
    said = json.dumps([config.to_dict(), os.getpid(), time_ns()], default=str)
    digest = hashlib.sha256(said.encode()).hexdigest()[:6]
    return f"run-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{digest}"


def _check_model(config: Config, loaded: LoadedLFs) -> None:
    """Refuse a class balance that does not fit before hours of work, not after them."""
    balance = config.label_model.params.get("class_balance")
    if balance is not None:
        try:
            checked_balance(balance, loaded.classes)
        except ValueError as error:
            where = config.path or "the configuration"
            raise ConfigError(f"{where}: [label_model] {error}", path=config.path) from None


def _check_columns(config: Config, inputs: Any) -> None:
    """Refuse input that lacks a column that the config names."""
    data = config.data
    named = [("key", data.key), ("gold", data.gold)]
    if config.end_model is not None:
        named.append(("text", data.text))
    columns = list(inputs.schema.names)
    for what, column in named:
        if column is not None and column not in columns:
            raise InputError(
                f"[data] {what} = {column!r}: the input has columns {listed(columns)}"
                f"{nearest(column, columns)}",
                path=None,
            )


def _told(error: OSError, place: RunDirectory) -> str:
    """Return what a failed file operation means for the run, and the next step."""
    if error.errno in _FULL:
        what = "the disk is full, or a file may not grow so large"
        step = "make room, then resume"
    elif error.errno in _FORBIDDEN:
        what = "no permission to write"
        step = "give it, or name another directory, then resume"
    else:
        what = "a file cannot be read or written"
        step = "mend that, then resume"
    return (
        f"the run in {place.path} stopped: {what} ({error}). What was finished stays; {step} "
        "(resume=True, --resume)"
    )
