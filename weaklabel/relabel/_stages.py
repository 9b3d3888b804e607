"""The stages of a run: votes, label model, labels, end model, predictions, each from its files."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from weaklabel._classes import encode_labels
from weaklabel._files import damage_named
from weaklabel._progress import progress_bar
from weaklabel.apply import apply_parts
from weaklabel.errors import FaultRateError, FileFormatError, InputError, RunError
from weaklabel.labels import ProbabilisticLabels
from weaklabel.matrix import LabelMatrix, VoteParts, read_votes, write_votes
from weaklabel.relabel._config import Config
from weaklabel.relabel._directory import RunDirectory, write_lines
from weaklabel.relabel._inputs import InputPart, Inputs
from weaklabel.relabel._keys import KeyCheck
from weaklabel.relabel._lfs import LoadedLFs
from weaklabel.relabel._manifest import identity
from weaklabel.relabel._outputs import read_labels, write_labels
from weaklabel.types import ABSTAIN, Fault, IntArray

STAGES = ("apply", "fit", "label", "train", "predict")


@dataclass(slots=True)
class Work:
    """What the stages share.

    Attributes
    ----------
    config, directory, loaded, inputs
        What is done, where, with which labeling functions, on which files.
    manifest : dict
        What is recorded; the stages fill in counts, faults and profile.
    progress : bool
        Whether bars are shown where somebody looks.
    """

    config: Config
    directory: RunDirectory
    loaded: LoadedLFs
    inputs: Inputs
    manifest: dict[str, Any]
    progress: bool
    _model: Any = field(default=None)

    @property
    def counts(self) -> dict[str, Any]:
        """The counts of the manifest."""
        counts: dict[str, Any] = self.manifest["counts"]
        return counts

    @property
    def model(self) -> Any:
        """The label model as it was saved, so that a run that goes on has the same."""
        if self._model is None:
            kind = type(self.config.label_model.build())
            with own_file(self.directory.model_path):
                self._model = kind.load(self.directory.model_path)
        return self._model

    def columns(self, *names: str) -> Iterator[InputPart]:
        """Yield the parts of the input again, with some columns alone."""
        return self.config.open_inputs(names).parts()

    def bar(self, desc: str) -> Any:
        """Return a progress bar over the rows."""
        total = self.counts.get("rows", self.inputs.n)
        return progress_bar(total=total, desc=desc, unit="rows", enabled=self.progress)


def apply_stage(work: Work) -> dict[str, Any]:
    """Write the votes of every part that has none yet."""
    config, directory = work.config, work.directory
    done = directory.finished("votes")
    tally = _Tally(config.apply.max_fault_rate, work.inputs.n)
    keys = None if config.data.key is None else KeyCheck()
    for index, path in done.items():
        with own_file(path):
            header = VoteParts([path]).header(0)
            tally.add(header)
            if keys is not None:
                keys.add(index, read_votes(path).keys)
    waiting: deque[_Meta] = deque()
    votes = apply_parts(
        work.loaded.lfs,
        _tables(work, done, waiting),
        key=config.data.key,
        classes=work.loaded.classes,
        n_jobs=config.apply.n_jobs,
        on_error=config.apply.on_error,
        max_fault_rate=1.0,  # looked at here, for parts that were finished before count too
        cache=config.cache_path(),
        timeout=config.apply.timeout or None,
    )
    with work.bar("labeling") as bar:
        bar.update(tally.rows)
        for L in votes:
            meta = waiting.popleft()
            tally.profile(L)
            if keys is None:
                faults = [replace(fault, key=meta.start + fault.row) for fault in L.faults]
                L = _like(L, keys=np.arange(meta.start, meta.start + L.n), faults=faults)
            else:
                file = work.inputs.files[meta.file].path
                keys.add(meta.index, L.keys, file=file, start=meta.start)
            header = {"file": meta.file, "start": meta.start, **_counted(L)}
            tally.add(header, L.faults)
            if L.faults:
                path = directory.part_path("faults", meta.index, "jsonl")
                write_lines(path, [_told(fault) for fault in L.faults])
            # Last, for it is what makes the part a finished one.
            path = directory.part_path("votes", meta.index, "parquet")
            write_votes(path, _like(L, keys=L.keys), header=header)
            bar.update(L.n)
    if tally.rows == 0:
        raise InputError("the input has no rows, there is nothing to label; look at [data] input")
    tally.check(tally.rows)
    parts = directory.finished("votes")
    if keys is not None:
        _refuse_duplicates(work, keys, parts)
    work.counts.update(tally.counts(), bad_rows=work.inputs.bad_rows, parts=len(parts))
    work.manifest["faults"] = dict(tally.faults)
    work.manifest["profile"] = tally.profiles(work.manifest["profile"], work.loaded)
    return {"parts": len(parts), "already_there": len(done), "rows": tally.rows}


def fit_stage(work: Work) -> dict[str, Any]:
    """Fit the label model on the votes, part by part, and save it."""
    path = work.directory.model_path
    kind = work.config.label_model.kind
    if not path.exists():
        parts = VoteParts(work.directory.path / "votes")
        with own_file(parts.paths[0].parent):
            model = work.config.label_model.fit(parts)
        model.save(path)
    return {"kind": kind, "digest": _model_digest(path)}


def label_stage(work: Work) -> dict[str, Any]:
    """Write the labels of every part that has none yet."""
    directory, config = work.directory, work.config
    done = directory.finished("labels")
    found: Counter[str | None] = Counter()
    right = known = 0
    gold = None if config.data.gold is None else work.columns(config.data.gold)
    provenance = _provenance(work, "label_model", _model_digest(directory.model_path))
    with work.bar("writing labels") as bar:
        for index, path in directory.finished("votes").items():
            if index in done:
                with own_file(done[index]):
                    codes = _read_codes(work, done[index])
            else:
                with own_file(path):
                    L = read_votes(path)
                labels = work.model.label(L)
                _write(work, "labels", index, labels, provenance)
                codes = labels.predict(uncovered=config.output.uncovered)
            for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
                found[_name(work, int(code))] += int(count)
            if gold is not None:
                y = _gold(work, next(gold), len(codes))
                known += int((y >= 0).sum())
                right += int((codes[y >= 0] == y[y >= 0]).sum())
            bar.update(len(codes))
    names = [*work.loaded.classes, None]
    work.counts["labels"] = {name or "": found[name] for name in names}
    recorded: dict[str, Any] = {
        "parts": len(directory.finished("labels")),
        "already_there": len(done),
    }
    if gold is not None:
        recorded["gold"] = {"known": known, "right": right}
        work.counts["gold"] = recorded["gold"]
    return recorded


def train_stage(work: Work) -> dict[str, Any]:
    """Train the end model on covered rows, evenly spaced over all of them."""
    from weaklabel.end_model import TextClassifier

    asked = work.config.end_model
    path = work.directory.end_model_path
    if asked is None or path.exists():
        return {}
    covered = int(work.counts["covered"])
    wanted = min(asked.max_rows, covered)
    if wanted == 0:
        raise RunError("no row has a vote, there is nothing to train the end model on")
    # Integers, so that the choice is the same everywhere: the first row, and the last but one step.
    chosen = np.arange(wanted, dtype=np.int64) * covered // wanted
    texts: list[str] = []
    probs: list[Any] = []
    keys: list[Any] = []
    seen = 0
    for L, part in zip(_votes(work), work.columns(work.config.data.text), strict=True):
        at = np.flatnonzero(L.covered)
        here = at[chosen[(chosen >= seen) & (chosen < seen + len(at))] - seen]
        seen += len(at)
        if len(here):
            of_part = _texts(work, part, L.n)
            texts += [of_part[i] for i in here]
            probs.append(work.model.label(L).probs[here])
            keys += L.keys[here].tolist()
    labels = ProbabilisticLabels(
        probs=np.concatenate(probs),
        covered=np.ones(len(texts), np.bool_),
        keys=np.array(keys),
        class_names=work.model.class_names_,
        class_balance=work.model.class_balance_,
    )
    model = TextClassifier(
        asked.encoder,
        epochs=asked.epochs,
        batch_size=asked.batch_size,
        seed=asked.seed,
        progress=work.progress,
    )
    model.fit(texts, labels).save(path)
    return {"rows": len(texts)}


def predict_stage(work: Work) -> dict[str, Any]:
    """Write what the end model predicts for every row, covered or not."""
    from weaklabel.end_model import TextClassifier

    done = work.directory.finished("predictions")
    path = work.directory.end_model_path
    with own_file(path):
        model = TextClassifier.load(path)
    provenance = _provenance(work, "end_model", _end_model_digest(model))
    with work.bar("predicting") as bar:
        parts = zip(_votes(work), work.columns(work.config.data.text), strict=True)
        for index, (L, part) in enumerate(parts):
            if index not in done:
                probs = model.predict_proba(_texts(work, part, L.n))
                labels = ProbabilisticLabels(
                    probs=probs,
                    covered=np.ones(L.n, np.bool_),
                    keys=L.keys,
                    class_names=model.class_names_,
                    class_balance=work.model.class_balance_,
                )
                _write(work, "predictions", index, labels, provenance)
            bar.update(L.n)
    return {
        "parts": len(work.directory.finished("predictions")),
        "already_there": len(done),
    }


STAGE: Mapping[str, Callable[[Work], dict[str, Any]]] = {
    "apply": apply_stage,
    "fit": fit_stage,
    "label": label_stage,
    "train": train_stage,
    "predict": predict_stage,
}


class own_file:  # noqa: N801 - reads as a statement
    """Say of a damaged file of the run what to do about it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, FileFormatError):
            raise RunError(f"{error}. Delete {self.path} and resume the run") from error


@dataclass(frozen=True, slots=True)
class _Meta:
    """Where a part of the votes comes from."""

    index: int
    file: int
    start: int


class _Tally:
    """What is counted over the parts; too many faults of one LF stop the run."""

    def __init__(self, max_fault_rate: float, n: int | None) -> None:
        self.rows = self.covered = self.votes = 0
        self.faults: Counter[str] = Counter()
        self._max_rate = max_fault_rate
        self._n = n
        self._first: dict[str, Fault] = {}
        self._seconds: Counter[str] = Counter()
        self._computed: Counter[str] = Counter()
        self._reused: Counter[str] = Counter()

    def add(self, header: Mapping[str, Any], faults: Sequence[Fault] = ()) -> None:
        """Count a part: what its file keeps, and its faults where they are at hand."""
        self.rows += header["rows"]
        self.covered += header["covered"]
        self.votes += header["votes"]
        self.faults.update(header["faults"])
        for fault in faults:
            self._first.setdefault(fault.lf, fault)
        if self._n:
            self.check(self._n)

    def check(self, n: int) -> None:
        """Stop the run when an LF failed on too many of n rows."""
        for lf, count in self.faults.items():
            if count / n > self._max_rate:
                first = self._first.get(lf)
                seen = "" if first is None else f". First on row {first.key!r}: {first.error}"
                raise FaultRateError(
                    f"labeling function {lf!r} failed on at least {count:,} of {n:,} rows, above "
                    f"max_fault_rate={self._max_rate:g}; mend it or raise the rate, and start a "
                    f"new run{seen}",
                    lf=lf,
                    faults=[] if first is None else [first],
                )

    def counts(self) -> dict[str, int]:
        """Return the counts for the manifest."""
        return {
            "rows": self.rows,
            "covered": self.covered,
            "votes": self.votes,
            "faults": self.faults.total(),
        }

    def profile(self, L: LabelMatrix) -> None:
        """Count what a part cost."""
        profile = L.profile()
        for j, lf in enumerate(profile.lf_names):
            self._seconds[lf] += profile.seconds[j]
            self._computed[lf] += int(profile.computed[j])
            self._reused[lf] += int(profile.reused[j])

    def profiles(self, before: list[dict[str, Any]], loaded: LoadedLFs) -> list[dict[str, Any]]:
        """Return the cost by LF, with what the manifest held before."""
        nothing = {"seconds": 0.0, "computed": 0, "reused": 0}
        known = {lf.name: nothing for lf in loaded.lfs} | {entry["lf"]: entry for entry in before}
        return [
            {
                "lf": lf.name,
                "seconds": round(known[lf.name]["seconds"] + self._seconds[lf.name], 6),
                "computed": known[lf.name]["computed"] + self._computed[lf.name],
                "reused": known[lf.name]["reused"] + self._reused[lf.name],
            }
            for lf in loaded.lfs
        ]


def _tables(work: Work, done: Mapping[int, Path], waiting: deque[_Meta]) -> Iterator[Any]:
    """Yield the tables of the parts that are not finished, and note where each is from."""
    number = {file.path: i for i, file in enumerate(work.inputs.files)}
    for part in work.inputs.parts(skip=done):
        waiting.append(_Meta(part.index, number[part.file], part.start))
        yield part.table


def _refuse_duplicates(work: Work, keys: KeyCheck, parts: Mapping[int, Path]) -> None:
    def keys_of(index: int) -> IntArray:
        with own_file(parts[index]):
            return read_votes(parts[index]).keys

    found = keys.duplicates(keys_of)
    if found is None:
        return
    key, *places = found
    files = [work.inputs.files[VoteParts([parts[i]]).header(0)["file"]].path for i in places]
    where = f"twice in {files[0]}" if files[0] == files[1] else f"in {files[0]} and in {files[1]}"
    raise InputError(
        f"row key {key!r} stands {where}; row keys must be unique over all inputs, so mend the "
        f"data or choose another column as [data] key, and start a new run",
        path=files[1],
    )


def _like(L: LabelMatrix, *, keys: IntArray, faults: Sequence[Fault] = ()) -> LabelMatrix:
    """Return the votes with other keys and faults.

    Faults have files of their own: with their tracebacks they may be larger than the votes.
    """
    return LabelMatrix(
        L._votes,
        lf_names=L.lf_names,
        class_names=L.class_names,
        class_sets=L.class_sets,
        keys=keys,
        faults=faults,
    )


def _counted(L: LabelMatrix) -> dict[str, Any]:
    """Return the counts of a part, which its file keeps."""
    return {
        "rows": L.n,
        "covered": int(L.covered.sum()),
        "votes": L.n_votes,
        "faults": dict(Counter(fault.lf for fault in L.faults)),
    }


def _told(fault: Fault) -> dict[str, Any]:
    return {
        "lf": fault.lf,
        "key": fault.key,
        "error": fault.error,
        "traceback": fault.traceback,
    }


def _votes(work: Work) -> Iterator[LabelMatrix]:
    for path in work.directory.finished("votes").values():
        with own_file(path):
            L = read_votes(path)
        yield L


def _write(
    work: Work,
    kind: str,
    index: int,
    labels: ProbabilisticLabels,
    provenance: Mapping[str, Any],
) -> None:
    output = work.config.output
    write_labels(
        work.directory.part_path(kind, index, output.format),
        labels,
        format=output.format,
        run=work.directory.run,
        provenance=provenance,
        safe_csv=output.safe_csv,
        uncovered=output.uncovered,
    )


def _provenance(work: Work, role: str, digest: str) -> dict[str, Any]:
    """Return where labels come from: the same for the same run, so without times."""
    return {
        "run": work.directory.run,
        "weaklabel": work.manifest["weaklabel"],
        "lfs": {lf["name"]: identity(lf) for lf in work.manifest["lfs"]},
        role: digest,
    }


def _model_digest(path: Path) -> str:
    """Return what tells a label model from another; its archive holds times, its content none."""
    with own_file(path), damage_named(path, "label model"), zipfile.ZipFile(path) as archive:
        return hashlib.sha256(archive.read("weaklabel.json")).hexdigest()[:32]


def _end_model_digest(model: Any) -> str:
    """Return what tells an end model from another; its file holds seconds, its numbers do not."""
    digest = hashlib.sha256("\n".join(model.vocabulary_.words).encode("utf-8", "surrogatepass"))
    for name, tensor in model.network_.state_dict().items():
        digest.update(name.encode() + tensor.cpu().numpy().tobytes())
    return digest.hexdigest()[:32]


def _read_codes(work: Work, path: Path) -> IntArray:
    """Return the labels of a part as codes, -1 where there is none."""
    names = read_labels(path, safe_csv=work.config.output.safe_csv).column("label").to_pylist()
    return encode_labels(names, work.loaded.classes, what=f"label of {path}")


def _name(work: Work, code: int) -> str | None:
    return None if code == ABSTAIN else work.loaded.classes[code]


def _gold(work: Work, part: InputPart, n: int) -> IntArray:
    column = str(work.config.data.gold)
    values = part.table.column(column).to_pylist()
    what = f"gold column {column!r} of {part.file}"
    y = encode_labels(values, work.loaded.classes, what=what)
    _check_rows(len(y), n, part)
    return y


def _texts(work: Work, part: InputPart, n: int) -> list[str]:
    """Return the texts of a part, an empty one where it is missing."""
    values = part.table.column(work.config.data.text).to_pylist()
    _check_rows(len(values), n, part)
    return ["" if value is None else str(value) for value in values]


def _check_rows(got: int, expected: int, part: InputPart) -> None:
    if got != expected:
        raise RunError(
            f"part {part.index} of {part.file} has {got:,} rows, its votes have {expected:,}; the "
            "input changed while the run went on. Start a new run"
        )
