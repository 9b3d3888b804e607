"""``weaklabel train`` and ``weaklabel predict``: a text classifier that learns from labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from weaklabel._cli import _options as opt
from weaklabel._cli._command import Console
from weaklabel._cli._model import LabelWriter, digest
from weaklabel._cli._places import fresh_file, part_files
from weaklabel._cli._votes import check_columns
from weaklabel._progress import progress_bar
from weaklabel.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from weaklabel.relabel import Config


def train(
    console: Console,
    labels: Annotated[
        Path,
        typer.Argument(
            exists=True,
            metavar="LABELS",
            help="What `label` wrote: a folder of parts, one of them, or the directory of a run.",
        ),
    ],
    *,
    out: Annotated[
        Path,
        typer.Option("--out", metavar="FILE", help="Where the end model goes (.safetensors)."),
    ],
    config: opt.ConfigFile = None,
    input: opt.Inputs = None,  # noqa: A002 - the name of the option
    input_format: opt.InputFormat = None,
    key: opt.Key = None,
    text: opt.Text = None,
    bad_rows: opt.BadRows = None,
    encoder: Annotated[
        str | None, typer.Option("--encoder", metavar="cnn|lstm", help="Default cnn.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", metavar="N", help="Most passes; default 20.")
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", metavar="N", help="Texts a step; default 32.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Seed of all that is random.")
    ] = None,
    max_rows: Annotated[
        int | None,
        typer.Option("--max-rows", metavar="N", help="Most rows to learn from; default 200000."),
    ] = None,
    overwrite: opt.Overwrite = False,
) -> None:
    """Train a text classifier on labels.

    It learns the probabilities of the covered rows; texts are found by row key.
    """
    from weaklabel.relabel._config import EndModelConfig

    settings = opt.read_config(
        config,
        {
            "data.input": input,
            "data.format": input_format,
            "data.key": key,
            "data.text": text,
            "data.bad_rows": bad_rows,
            "end_model.encoder": encoder,
            "end_model.epochs": epochs,
            "end_model.batch_size": batch_size,
            "end_model.seed": seed,
            "end_model.max_rows": max_rows,
        },
        need=["data.input"],
    )
    asked = settings.end_model or EndModelConfig()
    fresh_file(out, overwrite=overwrite)
    names, known = _known(part_files(labels, "labels"), asked.max_rows)
    texts, probs = _texts_of(settings, known)

    from weaklabel.end_model import TextClassifier
    from weaklabel.relabel._counted import counted

    model = TextClassifier(
        asked.encoder,
        epochs=asked.epochs,
        batch_size=asked.batch_size,
        seed=asked.seed,
        classes=names,
        progress=console.progress,
    )
    model.fit(texts, probs).save(out)
    last = model.history_.iloc[-1].to_dict()
    console.result(
        f"trained on {counted(len(texts), 'row')} for {counted(len(model.history_), 'epoch')}\n"
        f"wrote {asked.encoder} to {out}",
        {
            "out": out,
            "rows": len(texts),
            "epochs": len(model.history_),
            "encoder": asked.encoder,
            "classes": names,
            "last_epoch": last,
        },
    )


def predict(
    console: Console,
    model: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, metavar="MODEL", help="What `train` wrote."),
    ],
    *,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the labels go.")],
    config: opt.ConfigFile = None,
    input: opt.Inputs = None,  # noqa: A002 - the name of the option
    input_format: opt.InputFormat = None,
    key: opt.Key = None,
    text: opt.Text = None,
    bad_rows: opt.BadRows = None,
    part_rows: opt.PartRows = None,
    format: opt.Format = None,  # noqa: A002 - the name of the option
    safe_csv: opt.SafeCsv = False,
    overwrite: opt.Overwrite = False,
) -> None:
    """Label texts with a trained end model.

    Every row gets a label, with or without votes.
    """
    import numpy as np

    from weaklabel.end_model import TextClassifier
    from weaklabel.labels import ProbabilisticLabels

    settings = opt.read_config(
        config,
        {
            "data.input": input,
            "data.format": input_format,
            "data.key": key,
            "data.text": text,
            "data.bad_rows": bad_rows,
            "data.part_rows": part_rows,
            "output.format": format,
            "output.safe_csv": safe_csv or None,
        },
        need=["data.input"],
    )
    inputs = _open(settings)
    fitted = TextClassifier.load(model)
    k = len(fitted.class_names_)
    writer = LabelWriter(settings, out, overwrite=overwrite, made_by={"end_model": digest(model)})
    with progress_bar(
        total=inputs.n, desc="predicting", unit="rows", enabled=console.progress
    ) as bar:
        for part in inputs.parts():
            probs = fitted.predict_proba(_strings(part.table, settings.data.text))
            writer.write(
                ProbabilisticLabels(
                    probs=probs,
                    covered=np.ones(len(probs), np.bool_),
                    keys=np.asarray(_keys(part.table, settings.data.key, writer.rows)),
                    class_names=fitted.class_names_,
                    class_balance=np.full(k, 1 / k),
                )
            )
            bar.update(len(probs))
    console.result(writer.told(), writer.data() | {"bad_rows": inputs.bad_rows})


def _known(files: Sequence[Path], most: int) -> tuple[tuple[str, ...], dict[Any, Any]]:
    """Return the class names, and the probabilities of covered rows by key, evenly spaced."""
    import numpy as np

    from weaklabel.relabel._outputs import read_labels

    keys: list[Any] = []
    several: list[Any] = []
    names: tuple[str, ...] | None = None
    for file in files:
        table = read_labels(file)
        columns = [name for name in table.column_names if name.startswith("p_")]
        own = tuple(name.removeprefix("p_") for name in columns)
        if names not in (None, own):
            raise InputError(f"{file} has labels of {own}, the parts before of {names}", path=file)
        names = own
        covered = table.column("covered").to_numpy(zero_copy_only=False)
        keys += table.filter(covered).column("key").to_pylist()
        several.append(np.stack([table.column(c).to_numpy()[covered] for c in columns], axis=1))
    if not keys:
        raise InputError("no row of the labels is covered by a vote, there is nothing to learn")
    probs = np.concatenate(several)
    chosen = np.arange(min(most, len(keys))) * len(keys) // min(most, len(keys))
    return names or (), {keys[i]: probs[i] for i in chosen.tolist()}


def _texts_of(settings: Config, known: dict[Any, Any]) -> tuple[list[str], Any]:
    """Return the texts of the rows with known probabilities, and these, in order of the data."""
    import numpy as np

    texts: list[str] = []
    probs: list[Any] = []
    start = 0
    for part in _open(settings).parts():
        rows = part.table
        for key, text in zip(
            _keys(rows, settings.data.key, start), _strings(rows, settings.data.text), strict=True
        ):
            if key in known:
                texts.append(text)
                probs.append(known[key])
        start += rows.num_rows
    if not texts:
        raise InputError(
            f"no row of the data has a key of the labels, such as {next(iter(known))!r}; name the "
            "column of the keys with --key"
        )
    return texts, np.stack(probs)


def _open(settings: Config) -> Any:
    inputs = settings.open_inputs(
        [name for name in (settings.data.key, settings.data.text) if name]
    )
    check_columns(inputs, settings, "key", "text")
    return inputs


def _strings(table: Any, column: str) -> list[str]:
    return ["" if text is None else str(text) for text in table.column(column).to_pylist()]


def _keys(table: Any, column: str | None, start: int) -> Sequence[Any]:
    if column is None:
        return range(start, start + table.num_rows)
    keys: list[Any] = table.column(column).to_pylist()
    return keys
