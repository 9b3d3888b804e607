from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.errors import FileFormatError
from weaklabel.relabel._outputs import label_columns, read_labels, write_labels

FORMATS = ("parquet", "jsonl", "csv")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


def make(
    probs: Any, *, keys: Any = None, covered: Any = None, classes: tuple[str, ...] = ("HAM", "SPAM")
) -> wl.ProbabilisticLabels:
    probs = np.asarray(probs, float).reshape(-1, len(classes))
    n, k = probs.shape
    array = np.arange(n) if keys is None else keys
    if isinstance(keys, list):
        array = np.empty(n, object)
        array[:] = keys
        if all(isinstance(key, int) for key in keys):
            array = array.astype(np.int64)
    return wl.ProbabilisticLabels(
        probs=probs,
        covered=np.ones(n, bool) if covered is None else np.asarray(covered, bool),
        keys=array,
        class_names=classes,
        class_balance=np.full(k, 1 / k),
    )


def written(tmp_path: Path, labels: wl.ProbabilisticLabels, kind: Any, **options: Any) -> Path:
    path = tmp_path / f"labels.{kind}"
    write_labels(path, labels, format=kind, run="r1", provenance={"lfs": {"a": "12"}}, **options)
    return path


@st.composite
def some_labels(draw: st.DrawFn, *, min_rows: int = 1) -> wl.ProbabilisticLabels:
    """Draw labels with odd class names and keys."""
    classes = tuple(draw(st.lists(TEXT, min_size=1, max_size=4, unique=True)))
    n = draw(st.integers(min_rows, 6))
    weights = draw(
        st.lists(
            st.lists(st.floats(0, 1), min_size=len(classes), max_size=len(classes)),
            min_size=n,
            max_size=n,
        )
    )
    sums = [sum(row) or 1.0 for row in weights]
    probs = [[w / total for w in row] for row, total in zip(weights, sums, strict=True)]
    ints = st.integers(-(2**63), 2**63 - 1)
    keys = draw(
        st.one_of(
            st.lists(ints, min_size=n, max_size=n, unique=True),
            st.lists(TEXT | st.just("007"), min_size=n, max_size=n, unique=True),
        )
    )
    covered = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return make(probs, keys=keys, covered=covered, classes=classes)


def check_equal(table: pa.Table, labels: wl.ProbabilisticLabels) -> None:
    assert table.column_names == list(label_columns(labels.class_names))
    got = table.to_pydict()
    names = [*labels.class_names, None]
    assert got["key"] == labels.keys.tolist()
    assert got["label"] == [names[y] for y in labels.predict().tolist()]
    assert got["confidence"] == labels.confidence.tolist()
    assert got["covered"] == labels.covered.tolist()
    for y, name in enumerate(labels.class_names):
        assert got[f"p_{name}"] == labels.probs[:, y].tolist()
    assert got["run"] == ["r1"] * labels.n
    text = not labels.keys.tolist() or isinstance(labels.keys.tolist()[0], str)
    assert table.schema.types == [
        pa.string() if text and labels.keys.dtype.kind == "O" else pa.int64(),
        pa.string(),
        pa.float64(),
        pa.bool_(),
        *[pa.float64()] * labels.k,
        pa.string(),
    ]


# Round trips -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=some_labels())
def test_labels_are_read_back_as_they_were_written(
    tmp_path: Path, kind: str, labels: wl.ProbabilisticLabels
) -> None:
    check_equal(read_labels(written(tmp_path, labels, kind)), labels)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(labels=some_labels())
def test_a_safe_csv_is_read_back_as_it_was_and_holds_no_formula(
    tmp_path: Path, labels: wl.ProbabilisticLabels
) -> None:
    path = written(tmp_path, labels, "csv", safe_csv=True)
    check_equal(read_labels(path, safe_csv=True), labels)
    text = labels.keys.dtype.kind == "O"
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            cells = [row[1], row[-1], *(row[:1] if text else [])]
            assert not any(cell.startswith(tuple("=+-@\t\r\n\0＝＋－＠")) for cell in cells)  # noqa: RUF001


@pytest.mark.parametrize("keys", [np.array([], np.int64), np.array([], object)])
def test_no_rows_are_kept_in_parquet(tmp_path: Path, keys: Any) -> None:
    labels = make([], keys=keys)
    check_equal(read_labels(written(tmp_path, labels, "parquet")), labels)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_no_rows_can_be_written_and_read_as_text(tmp_path: Path, kind: str) -> None:
    table = read_labels(written(tmp_path, make([]), kind))
    assert table.num_rows == 0
    assert table.column_names[:4] == ["key", "label", "confidence", "covered"]


def test_keys_beyond_signed_integers_are_kept(tmp_path: Path) -> None:
    labels = make([[0.2, 0.8]], keys=np.array([2**64 - 1], np.uint64))
    for kind in FORMATS:
        table = read_labels(written(tmp_path, labels, kind))
        assert table.column("key").to_pylist() == [2**64 - 1]


def test_keys_of_any_one_type_are_kept_in_parquet(tmp_path: Path) -> None:
    keys = [pd.Timestamp("2024-05-01").to_pydatetime(), pd.Timestamp("2024-05-02").to_pydatetime()]
    table = read_labels(written(tmp_path, make([[1, 0], [0, 1]], keys=keys), "parquet"))
    assert table.column("key").to_pylist() == keys


# What the columns hold ---------------------------------------------------------------------------


def test_the_label_is_missing_where_the_row_abstains(tmp_path: Path) -> None:
    labels = make([[0.9, 0.1], [0.5, 0.5], [0.5, 0.5]], covered=[True, True, False])
    for kind in FORMATS:
        table = read_labels(written(tmp_path, labels, kind))
        assert table.column("label").to_pylist() == ["HAM", None, None]
        assert table.column("covered").to_pylist() == [True, True, False]
    table = read_labels(written(tmp_path, labels, "csv", uncovered="prior"))
    assert table.column("label").to_pylist() == ["HAM", None, "HAM"]


def test_json_lines_are_one_object_a_row(tmp_path: Path) -> None:
    labels = make([[0.25, 0.75], [0.5, 0.5]], keys=["é", 'a"b'], classes=("HAM", 'S"M'))
    lines = written(tmp_path, labels, "jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {
            "key": "é",
            "label": 'S"M',
            "confidence": 0.75,
            "covered": True,
            "p_HAM": 0.25,
            'p_S"M': 0.75,
            "run": "r1",
        },
        {
            "key": 'a"b',
            "label": None,
            "confidence": 0.5,
            "covered": True,
            "p_HAM": 0.5,
            'p_S"M': 0.5,
            "run": "r1",
        },
    ]


def test_parquet_carries_where_the_labels_come_from(tmp_path: Path) -> None:
    path = written(tmp_path, make([[0.2, 0.8]]), "parquet")
    about = json.loads(pq.read_schema(path).metadata[b"weaklabel"])
    assert about == {
        "kind": "labels",
        "version": 1,
        "run": "r1",
        "class_names": ["HAM", "SPAM"],
        "provenance": {"lfs": {"a": "12"}},
    }


def test_a_csv_is_what_pandas_reads(tmp_path: Path) -> None:
    path = written(tmp_path, make([[0.25, 0.75], [0.5, 0.5]], keys=["a,b", "=1+1"]), "csv")
    frame = pd.read_csv(path)
    assert frame["key"].tolist() == ["a,b", "=1+1"]
    assert frame["label"].fillna("").tolist() == ["SPAM", ""]
    assert frame["p_SPAM"].tolist() == [0.75, 0.5]


def test_texts_that_a_spreadsheet_would_run_are_disarmed_on_request(tmp_path: Path) -> None:
    keys = ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "'=a", "'a", "plain"]
    labels = make([[0.2, 0.8]] * len(keys), keys=keys, classes=("-", "=SPAM()"))
    path = written(tmp_path, labels, "csv", safe_csv=True)
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    armed = ["'=1+1", "'+1", "'-1", "'@a", "'\tx", "'\rx", "''=a", "'a", "plain"]
    assert [row[0] for row in rows] == armed
    assert {row[1] for row in rows} == {"'=SPAM()"}
    assert read_labels(path, safe_csv=True).column("key").to_pylist() == keys


def test_numbers_below_zero_are_no_formulas(tmp_path: Path) -> None:
    path = written(tmp_path, make([[0.2, 0.8]], keys=[-5]), "csv", safe_csv=True)
    assert path.read_text().splitlines()[1].startswith("-5,")


# What cannot be written or read ------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_is_no_finite_number_is_never_written(
    tmp_path: Path, kind: str, number: float
) -> None:
    labels = make([[0.2, 0.8], [number, 0.5]], keys=["a", "b"])
    with pytest.raises(ValueError, match=r"the probabilities of row 1 \(key 'b'\) are .*finite"):
        written(tmp_path, labels, kind)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"format must be one of .*, got 'jsnl'; did you mean"):
        written(tmp_path, make([[0.2, 0.8]]), "jsnl")
    with pytest.raises(ValueError, match=r"x\.txt is no label file by its suffix, expected"):
        read_labels(tmp_path / "x.txt")


@pytest.mark.parametrize("keys", [[1, "a"], ["a", ("b", 1)], ["\ud83d", "a"]])
def test_keys_that_do_not_go_into_one_column_are_refused(tmp_path: Path, keys: Any) -> None:
    with pytest.raises(TypeError, match=r"the row keys do not go into one column .*; use integers"):
        written(tmp_path, make([[0.2, 0.8]] * 2, keys=keys), "parquet")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_keys_that_text_cannot_hold_are_refused(tmp_path: Path, kind: str) -> None:
    labels = make([[0.2, 0.8]], keys=[pd.Timestamp("2024-05-01").to_pydatetime()])
    with pytest.raises(TypeError, match=f"cannot be written as {kind}; use format='parquet'"):
        written(tmp_path, labels, kind)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, make([[0.2, 0.8]]), kind)
    before = path.read_bytes()
    with pytest.raises(TypeError):
        written(tmp_path, make([[0.2, 0.8]] * 2, keys=[1, "a"]), kind)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_file_that_was_cut_short_is_an_error(tmp_path: Path, kind: str, share: float) -> None:
    path = written(tmp_path, make([[0.2, 0.8]] * 3), kind)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(FileFormatError, match=f"labels.{kind}") as raised:
        read_labels(path)
    assert raised.value.path == path


@pytest.mark.parametrize("kind", FORMATS)
def test_another_table_is_no_label_file(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"x.{kind}"
    if kind == "parquet":
        pq.write_table(pa.table({"id": [1]}), path)
    else:
        path.write_text('{"id": 1}\n' if kind == "jsonl" else "id\n1\n")
    with pytest.raises(FileFormatError, match="holds no labels; expected a file that write_labels"):
        read_labels(path)


def test_a_file_of_a_newer_version_says_so(tmp_path: Path) -> None:
    path = written(tmp_path, make([[0.2, 0.8]]), "parquet")
    table = pq.read_table(path)
    about = {**json.loads(table.schema.metadata[b"weaklabel"]), "version": 2}
    pq.write_table(table.replace_schema_metadata({"weaklabel": json.dumps(about)}), path)
    with pytest.raises(FileFormatError, match=r"has format version 2, .* up to 1; upgrade"):
        read_labels(path)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_missing_label_file_is_named(tmp_path: Path, kind: str) -> None:
    with pytest.raises(FileNotFoundError, match=f"x.{kind}"):
        read_labels(tmp_path / f"x.{kind}")


def test_an_empty_csv_holds_no_labels(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("")
    with pytest.raises(FileFormatError, match="holds no labels"):
        read_labels(tmp_path / "x.csv")
