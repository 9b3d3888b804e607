"""``weaklabel fit`` and ``weaklabel label``: from votes to a label model, and to labels."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weaklabel._cli import _options as opt
from weaklabel._cli._command import BadUsage, Console
from weaklabel._cli._places import fresh_file, fresh_folder, part_files
from weaklabel._cli._votes import VotesPath, check_gates
from weaklabel._progress import progress_bar
from weaklabel.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from weaklabel.relabel import Config


def fit(
    console: Console,
    votes: VotesPath,
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Where the label model goes (.npz).")
    ],
    config: opt.ConfigFile = None,
    kind: opt.Kind = None,
    class_balance: Annotated[
        str | None,
        typer.Option(
            "--class-balance",
            metavar="P,P,...",
            help="Share of each class, where it is known; default learned.",
        ),
    ] = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Fit a label model on votes.

    Writes the model, prints what it learned of each LF and what it found odd.
    """
    from weaklabel.matrix import VoteParts

    settings = opt.read_config(
        config, {"label_model.kind": kind, "label_model.class_balance": _shares(class_balance)}
    )
    parts = VoteParts(part_files(votes, "votes"))
    fresh_file(out, overwrite=overwrite)
    model = settings.label_model.fit(parts)
    model.save(out)
    balance = dict(zip(model.class_names_, model.class_balance_.tolist(), strict=True))
    quality = getattr(model, "lf_quality_", None)
    findings = getattr(model, "findings_", ())
    shares = ", ".join(f"{name} {share:.3f}" for name, share in balance.items())
    lines = [] if quality is None else [repr(quality)]
    lines += [f"class balance: {shares}", *map(repr, findings)]
    console.result(
        "\n".join([*lines, f"wrote {settings.label_model.kind} to {out}"]),
        {
            "out": out,
            "kind": settings.label_model.kind,
            "rows": parts.n,
            "class_balance": balance,
            "lfs": [] if quality is None else quality.to_frame().reset_index().to_dict("records"),
            "findings": [{"kind": f.kind, "message": f.message} for f in findings],
        },
    )


def label(
    console: Console,
    votes: VotesPath,
    *,
    model: Annotated[
        Path,
        typer.Option(
            "--model", exists=True, dir_okay=False, metavar="FILE", help="What `fit` wrote."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the labels go.")],
    config: opt.ConfigFile = None,
    format: opt.Format = None,  # noqa: A002 - the name of the option
    safe_csv: opt.SafeCsv = False,
    uncovered: opt.Uncovered = None,
    min_coverage: opt.MinCoverage = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Label rows by their votes.

    Writes one file of labels for each part of votes.
    """
    from weaklabel.matrix import VoteParts

    settings = opt.read_config(
        config,
        {
            "output.format": format,
            "output.safe_csv": safe_csv or None,
            "output.uncovered": uncovered,
            "gates.min_coverage": min_coverage,
        },
    )
    parts = VoteParts(part_files(votes, "votes"))
    fitted = load_model(model)
    writer = LabelWriter(settings, out, overwrite=overwrite, made_by={"label_model": digest(model)})
    covered = 0
    with progress_bar(
        total=parts.n, desc="writing labels", unit="rows", enabled=console.progress
    ) as bar:
        for L in parts:
            covered += int(L.covered.sum())
            writer.write(fitted.label(L))
            bar.update(L.n)
    console.result(writer.told(), writer.data() | {"covered": covered})
    check_gates(settings, covered / max(writer.rows, 1), 0)


class LabelWriter:
    """Writes labels part by part, and counts them.

    Parameters
    ----------
    settings : Config
    out : Path
        The folder.
    overwrite : bool
    made_by : mapping
        What is noted of the model in each file.
    """

    def __init__(
        self, settings: Config, out: Path, *, overwrite: bool, made_by: Mapping[str, str]
    ) -> None:
        import weaklabel as wl

        self._output = settings.output
        self._out = fresh_folder(out, overwrite=overwrite)
        self._made_by = {"weaklabel": wl.__version__, **made_by}
        self._counts: Counter[str] = Counter()
        self.rows = self.parts = 0

    def write(self, labels: Any) -> None:
        """Write the next part."""
        from weaklabel.relabel._outputs import write_labels

        output = self._output
        write_labels(
            self._out / f"part-{self.parts:05d}.{output.format}",
            labels,
            format=output.format,
            run=self._out.resolve().name,
            provenance=self._made_by,
            safe_csv=output.safe_csv,
            uncovered=output.uncovered,
        )
        names = [*labels.class_names, ""]
        self._counts.update(names[y] for y in labels.predict(uncovered=output.uncovered).tolist())
        self.rows += labels.n
        self.parts += 1

    def told(self) -> str:
        """Return what was written, for people."""
        from weaklabel.relabel._counted import counted

        shares = ", ".join(f"{name or 'none'} {count:,}" for name, count in self._counts.items())
        parts = counted(self.parts, "part")
        return f"{counted(self.rows, 'row')}: {shares}\nwrote {parts} of labels to {self._out}"

    def data(self) -> dict[str, Any]:
        """Return what was written, for machines."""
        return {
            "out": self._out,
            "format": self._output.format,
            "parts": self.parts,
            "rows": self.rows,
            "labels": dict(self._counts),
        }


def load_model(path: Path) -> Any:
    """Read a label model of any kind.

    Raises
    ------
    FileFormatError
        When the file is damaged or holds no label model.
    """
    from weaklabel import label_model

    try:
        with zipfile.ZipFile(path) as archive:
            kind = json.loads(archive.read("weaklabel.json"))["kind"]
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
        raise FileFormatError(
            f"{path} is no label model ({error}); make one with `weaklabel fit`", path=path
        ) from error
    if kind not in label_model.__all__ or not hasattr(getattr(label_model, kind), "load"):
        raise FileFormatError(
            f"{path} holds a {kind}, no label model; make one with `weaklabel fit`", path=path
        )
    return getattr(label_model, kind).load(path)


def digest(path: Path) -> str:
    """Return what tells a file from another."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:32]


def _shares(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        return [float(share) for share in text.split(",")]
    except ValueError:
        raise BadUsage(
            f"--class-balance takes numbers with commas between, as 0.8,0.2; got {text!r}"
        ) from None
