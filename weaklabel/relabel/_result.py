"""What a run came to: its manifest, its counts, and its labels part by part."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

from weaklabel._render import terminal_width
from weaklabel.errors import RunError
from weaklabel.relabel._counted import counted
from weaklabel.relabel._directory import RunDirectory

if TYPE_CHECKING:
    import pyarrow as pa


@final
@dataclass(frozen=True, slots=True)
class RunResult:
    """A run, as its directory tells it; prints as a short summary.

    Attributes
    ----------
    directory : Path
        The run directory.
    manifest : dict
        The manifest.
    """

    directory: Path
    manifest: Mapping[str, Any]

    @property
    def run(self) -> str:
        """The run's id."""
        return str(self.manifest["run"])

    @property
    def status(self) -> str:
        """``"running"``, ``"done"``, ``"failed"`` or ``"gate"``."""
        return str(self.manifest["status"])

    @property
    def counts(self) -> Mapping[str, Any]:
        """Rows, covered rows, votes, faults, bad rows, parts and labels by class, once known."""
        counts: Mapping[str, Any] = self.manifest["counts"]
        return counts

    def labels(self) -> Iterator[pa.Table]:
        """Yield the labels, one Arrow table a part, in order of the input.

        Raises
        ------
        RunError
            When the run has none yet.
        """
        return self._tables("labels")

    def predictions(self) -> Iterator[pa.Table]:
        """Yield what the end model predicts, one Arrow table a part, in order of the input.

        Raises
        ------
        RunError
            When the run has none.
        """
        return self._tables("predictions")

    def _tables(self, kind: str) -> Iterator[pa.Table]:
        from weaklabel.relabel._outputs import read_labels

        parts = RunDirectory(self.directory).finished(kind)
        if not parts:
            raise RunError(
                f"run {self.run!r} in {self.directory} has no {kind} (status {self.status}); "
                "resume it, or look at its manifest"
            )
        safe = self.manifest["config"]["output"]["safe_csv"]
        return (read_labels(path, safe_csv=safe) for path in parts.values())

    def __str__(self) -> str:
        return "\n".join(f"{name:10}{text}" for name, text in self._lines())

    def _error(self) -> str:
        """Return why the run failed, whole, in lines as wide as the terminal."""
        error = self.manifest["error"]
        if error["type"] == "KeyboardInterrupt":
            return "stopped by Ctrl-C"
        text = f"{error['type']}: {error['message']}" if error["message"] else error["type"]
        return textwrap.fill(
            text,
            terminal_width(),
            initial_indent=" " * 10,
            subsequent_indent=" " * 10,
            break_long_words=False,
            break_on_hyphens=False,
        ).lstrip()

    def _lines(self) -> Iterator[tuple[str, str]]:
        counts = self.counts
        yield "run", f"{self.run}: {self.status}"
        if self.manifest["error"]:
            yield "error", self._error()
        yield "directory", _tail(str(self.directory), 70)
        if "rows" in counts:
            rows = counts["rows"]
            bad = f", {counts['bad_rows']:,} bad ones left out" if counts["bad_rows"] else ""
            yield "rows", f"{rows:,} in {counted(counts['parts'], 'part')}{bad}"
            share = f" ({counts['covered'] / rows:.1%})" if rows else ""
            yield "covered", f"{counts['covered']:,}{share}"
            yield "votes", f"{counts['votes']:,} of {counted(len(self.manifest['lfs']), 'LF')}"
            faults = sorted(self.manifest["faults"].items(), key=lambda pair: -pair[1])
            if faults:
                most = ", ".join(f"{name} {count:,}" for name, count in faults[:3])
                yield "faults", _cut(f"{counts['faults']:,}: {most}", 70)
        if "labels" in counts:
            told = [f"{name or 'none'} {count:,}" for name, count in counts["labels"].items()]
            yield "labels", _cut(", ".join(told), 70)
        if counts.get("gold", {}).get("known"):
            gold = counts["gold"]
            yield "gold", f"{gold['right'] / gold['known']:.1%} right of {gold['known']:,} known"
        for gate in self.manifest["gates"]:
            yield "gate", f"{'passed' if gate['passed'] else 'missed'}: {gate_text(gate)}"
        seconds = {name: stage["seconds"] for name, stage in self.manifest["stages"].items()}
        if seconds:
            yield "seconds", ", ".join(f"{name} {spent:.1f}" for name, spent in seconds.items())


def load_run(directory: str | os.PathLike[str]) -> RunResult:
    """Read what a run came to, finished or not.

    Parameters
    ----------
    directory : path
        The run directory.

    Returns
    -------
    RunResult

    Raises
    ------
    RunError
        When it is no run directory.
    FileFormatError
        When its manifest is damaged, or was written by a newer version.
    """
    path = Path(directory)
    return RunResult(path, RunDirectory(path).read_manifest())


def gate_text(gate: Mapping[str, Any]) -> str:
    """Return what a gate asks for and what the run reached, for people."""
    return f"{gate['gate']} = {gate['limit']:g}, the run has {gate['value']:.4g}"


def _tail(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"…{text[1 - limit :]}"


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
