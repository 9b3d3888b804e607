"""The manifest of a run: what is recorded of it, and whether a run that goes on is the same."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from weaklabel._checks import listed
from weaklabel.lf import LabelingFunction, fingerprint
from weaklabel.relabel._config import Config
from weaklabel.relabel._directory import SCHEMA_VERSION, now
from weaklabel.relabel._lfs import LoadedLFs

_PACKAGES = ("numpy", "scipy", "pandas", "numba", "scikit-learn", "pyarrow", "torch", "spacy")

# Keys that do not change what comes out, or whose content is compared in another place.
_FREE = {
    ("apply", "n_jobs"),
    ("apply", "cache"),
    ("output", "directory"),
    ("data", "input"),
    ("lfs", "use"),
}


def new_manifest(
    run: str, config: Config, loaded: LoadedLFs, files: Sequence[Any]
) -> dict[str, Any]:
    """Return the manifest of a run that begins now."""
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run,
        "status": "running",
        "error": None,
        "started": now(),
        "finished": None,
        "weaklabel": version("weaklabel"),
        "python": platform.python_version(),
        "packages": {name: found for name in _PACKAGES if (found := _version(name))},
        "config": config.to_dict(),
        "inputs": [
            {"path": str(file.path), "bytes": file.bytes, "fingerprint": file.fingerprint}
            for file in files
        ],
        "classes": list(loaded.classes),
        "lfs": [
            described(lf, source, [*paths, *beside])
            for lf, source, paths, beside in zip(
                loaded.lfs, loaded.sources, loaded.files, loaded.beside, strict=True
            )
        ],
        "seeds": {} if config.end_model is None else {"end_model": config.end_model.seed},
        "stages": {},
        "counts": {},
        "faults": {},
        "profile": [],
        "gates": [],
    }


def described(lf: LabelingFunction, source: str, paths: Sequence[Path]) -> dict[str, Any]:
    """Return what is recorded of an LF: its fingerprint, or why there is none and its text's."""
    found = fingerprint(lf)
    entry: dict[str, Any] = {"name": lf.name, "source": source, "fingerprint": found.digest}
    if found.digest is None:
        entry["why"] = found.why
        entry["text"] = _text_digest(paths)
    return entry


def identity(entry: Mapping[str, Any]) -> str | None:
    """Return what tells an LF from an edited one, None where nothing does."""
    known = entry.get("fingerprint") or entry.get("text")
    return None if known is None else str(known)


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return what differs between the manifest of a run and the run that would go on with it."""
    found = []
    if before["weaklabel"] != after["weaklabel"]:
        found.append(f"weaklabel was {before['weaklabel']}, is now {after['weaklabel']}")
    found += _input_differences(before["inputs"], after["inputs"])
    found += _lf_differences(before["lfs"], after["lfs"])
    if before["classes"] != after["classes"]:
        found.append(f"the classes were {before['classes']}, are now {after['classes']}")
    found += _config_differences(before["config"], after["config"])
    return found


def _input_differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[str]:
    old = {file["path"]: file["fingerprint"] for file in before}
    new = {file["path"]: file["fingerprint"] for file in after}
    if list(old.values()) == list(new.values()):
        return []  # the same files, perhaps in another place
    groups = {
        "were added": [path for path in new if path not in old],
        "are gone": [path for path in old if path not in new],
        "changed": [path for path in new if path in old and old[path] != new[path]],
    }
    found = [f"inputs {listed(paths, 3)} {what}" for what, paths in groups.items() if paths]
    return found or ["the inputs come in another order"]


def _lf_differences(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> list[str]:
    old = {lf["name"]: identity(lf) for lf in before}
    new = {lf["name"]: identity(lf) for lf in after}
    groups = {
        "were added": [name for name in new if name not in old],
        "are gone": [name for name in old if name not in new],
        "were edited": [name for name in new if name in old and old[name] != new[name]],
    }
    found = [
        f"labeling functions {listed(names, 3)} {what}" for what, names in groups.items() if names
    ]
    if not found and list(old) != list(new):
        return ["the labeling functions come in another order"]
    return found


def _config_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    found = []
    for table in dict.fromkeys([*before, *after]):
        old, new = before.get(table) or {}, after.get(table) or {}
        for key in dict.fromkeys([*old, *new]):
            if (table, key) not in _FREE and old.get(key) != new.get(key):
                found.append(f"[{table}] {key} was {_said(old, key)}, is now {_said(new, key)}")
    return found


def _said(table: Mapping[str, Any], key: str) -> str:
    return repr(table[key]) if key in table else "not set"


def _text_digest(paths: Sequence[Path]) -> str | None:
    digest = hashlib.sha256()
    for path in dict.fromkeys(paths):
        try:
            text = path.read_bytes()
        except OSError:
            return None
        digest.update(f"{path.name}:{len(text)}:".encode())
        digest.update(text)
    return digest.hexdigest()[:32] if paths else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
