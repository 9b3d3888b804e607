from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from weaklabel.errors import InputError
from weaklabel.relabel._inputs import Inputs, open_inputs

FORMATS = ("csv", "jsonl", "parquet")
ROWS = [{"id": i, "text": f"text {i}"} for i in range(7)]


def write(path: Path, rows: Sequence[dict[str, Any]] = ROWS, *, group: int | None = None) -> Path:
    """Write rows in the format that the suffix tells."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=group)
        return path
    text = io.StringIO()
    if ".jsonl" in path.suffixes:
        text.write("".join(json.dumps(row) + "\n" for row in rows))
    else:
        # Texts in quotes: written bare, a lone carriage return would end the record.
        writer = csv.DictWriter(text, rows[0], lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writeheader()
        writer.writerows(rows)
    raw = text.getvalue().encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def rows_of(inputs: Inputs) -> list[dict[str, Any]]:
    return [row for part in inputs.parts() for row in part.table.to_pylist()]


def message(raised: pytest.ExceptionInfo[BaseException]) -> str:
    return " ".join(str(raised.value).split())


# Rows and parts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("part_rows", [1, 2, 3, 7, 100])
def test_parts_are_cut_at_a_fixed_number_of_rows_and_never_span_files(
    tmp_path: Path, suffix: str, part_rows: int
) -> None:
    write(tmp_path / f"a.{suffix}", ROWS[:5], group=2)
    write(tmp_path / f"b.{suffix}", ROWS[5:], group=2)
    parts = list(open_inputs(tmp_path, part_rows=part_rows).parts())
    sizes = [len(part.table) for part in parts]
    expected = [min(part_rows, n - at) for n in (5, 2) for at in range(0, n, part_rows)]
    assert sizes == expected
    assert [part.index for part in parts] == list(range(len(parts)))
    assert [part.start for part in parts] == [sum(sizes[:i]) for i in range(len(sizes))]
    assert [row for part in parts for row in part.table.to_pylist()] == ROWS
    assert {part.file.name for part in parts if part.start < 5} == {f"a.{suffix}"}


@pytest.mark.parametrize("suffix", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    part_rows=st.integers(1, 6),
    group=st.integers(1, 5),
    skip=st.sets(st.integers(0, 30)),
    bad_rows=st.sampled_from(["raise", "skip"]),
)
def test_skipped_parts_are_left_out_and_the_others_are_the_same(
    tmp_path: Path,
    suffix: str,
    sizes: list[int],
    part_rows: int,
    group: int,
    skip: set[int],
    bad_rows: Any,
) -> None:
    names = []
    for f, size in enumerate(sizes):
        rows = [{"id": 100 * f + i, "text": f"line\n{i}"} for i in range(size)]
        names.append(write(tmp_path / f"{f}.{suffix}", rows, group=group))
    inputs = open_inputs(names, part_rows=part_rows, bad_rows=bad_rows)
    whole = {part.index: part for part in inputs.parts()}
    kept = list(inputs.parts(skip=skip))
    assert [part.index for part in kept] == [i for i in whole if i not in skip]
    for part in kept:
        assert part.table.equals(whole[part.index].table)
        assert (part.file, part.start) == (whole[part.index].file, whole[part.index].start)


def test_row_groups_of_skipped_parts_are_not_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", ROWS, group=2)
    first = pq.ParquetFile(path).metadata.row_group(0)
    raw = bytearray(path.read_bytes())
    for column in range(first.num_columns):
        chunk = first.column(column)
        begin = chunk.dictionary_page_offset or chunk.data_page_offset
        raw[begin : begin + chunk.total_compressed_size] = b"\0" * chunk.total_compressed_size
    path.write_bytes(raw)
    inputs = open_inputs(path, part_rows=2)
    assert [part.index for part in inputs.parts(skip={0})] == [1, 2, 3]
    with pytest.raises(InputError):
        list(inputs.parts())


@pytest.mark.parametrize("suffix", FORMATS)
def test_reading_twice_gives_the_same(tmp_path: Path, suffix: str) -> None:
    inputs = open_inputs(write(tmp_path / f"a.{suffix}"), part_rows=3)
    assert rows_of(inputs) == rows_of(inputs) == ROWS


def test_only_parquet_tells_how_many_rows_there_are(tmp_path: Path) -> None:
    counts = {s: open_inputs(write(tmp_path / f"a.{s}")).n for s in FORMATS}
    assert counts == {"csv": None, "jsonl": None, "parquet": 7}


@pytest.mark.parametrize("suffix", [*FORMATS, "csv.gz", "jsonl.gz", "ndjson", "pq"])
def test_the_suffix_tells_the_format(tmp_path: Path, suffix: str) -> None:
    real = {"ndjson": "jsonl", "pq": "parquet"}.get(suffix, suffix)
    path = write(tmp_path / f"a.{real}").rename(tmp_path / f"b.{suffix}")
    assert rows_of(open_inputs(str(path))) == ROWS


@pytest.mark.parametrize("suffix", FORMATS)
def test_columns_are_read_in_the_order_asked_for(tmp_path: Path, suffix: str) -> None:
    inputs = open_inputs(write(tmp_path / f"a.{suffix}"), columns=["text", "id"])
    assert inputs.schema == pa.schema([("text", pa.string()), ("id", pa.int64())])
    assert next(inputs.parts()).table.schema == inputs.schema


@pytest.mark.parametrize("suffix", FORMATS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_comes_through_as_it_was(tmp_path: Path, suffix: str, texts: list[str]) -> None:
    rows = [{"id": i, "text": text} for i, text in enumerate(texts)]
    path = write(tmp_path / f"a.{suffix}", rows)
    got = open_inputs(path, types={"text": "string"}, part_rows=2)
    assert [row["text"] for row in rows_of(got)] == texts


def test_a_csv_is_read_as_pandas_reads_it(tmp_path: Path) -> None:
    rows = [
        {"id": i, "score": i / 3, "spam": i % 2 == 0, "text": f'a "quoted", {i}\ntext' if i else ""}
        for i in range(40)
    ]
    path = write(tmp_path / "a.csv", rows)
    frame = pd.read_csv(path)
    got = pa.concat_tables([part.table for part in open_inputs(path, part_rows=7).parts()])
    for name in frame.columns:
        values = [None if v != v else v for v in frame[name].tolist()]
        assert got.column(name).to_pylist() == values
    assert got.schema.types == [pa.int64(), pa.float64(), pa.bool_(), pa.string()]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(n: int) -> int:
        rows = [{"id": i, "text": "some words of a text " * 4} for i in range(n)]
        path = write(tmp_path / f"{n}.csv", rows)
        del rows
        inputs = open_inputs(path, part_rows=1000)
        tracemalloc.start()
        try:
            assert sum(len(part.table) for part in inputs.parts()) == n
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(60_000) < 1.3 * peak(20_000)


# What an input names -----------------------------------------------------------------------------


def test_a_folder_is_read_through_its_subfolders_in_the_order_of_paths(tmp_path: Path) -> None:
    for name in ("b.csv", "a/2.csv", "a/1.csv", "_hidden.csv", ".x.csv", "_tmp/c.csv", "README.md"):
        write(tmp_path / name) if name.endswith("csv") else (tmp_path / name).write_text("words")
    files = [file.path.relative_to(tmp_path).as_posix() for file in open_inputs(tmp_path).files]
    assert files == ["a/1.csv", "a/2.csv", "b.csv"]


def test_a_glob_is_read_in_order_and_a_file_named_twice_once(tmp_path: Path) -> None:
    for name in ("2.csv", "1.csv", "3.jsonl"):
        write(tmp_path / name)
    inputs = open_inputs([f"{tmp_path}/*.csv", str(tmp_path / "1.csv")])
    assert [file.path.name for file in inputs.files] == ["1.csv", "2.csv"]


def test_a_glob_may_name_folders_and_go_deep(tmp_path: Path) -> None:
    write(tmp_path / "day=1" / "a.csv")
    write(tmp_path / "day=2" / "b.csv")
    for pattern in ("day=*", "**", "**/*.csv"):
        inputs = open_inputs(f"{tmp_path}/{pattern}")
        assert [file.path.name for file in inputs.files] == ["a.csv", "b.csv"]


def test_a_name_with_glob_signs_is_a_file_where_there_is_one(tmp_path: Path) -> None:
    path = write(tmp_path / "mail [old].csv")
    assert rows_of(open_inputs(str(path))) == ROWS


def test_hive_partitions_become_columns(tmp_path: Path) -> None:
    for year, lang in ((2023, "en"), (2024, "de at"), (2024, None)):
        folder = "__HIVE_DEFAULT_PARTITION__" if lang is None else lang.replace(" ", "%20")
        write(tmp_path / f"year={year}" / f"lang={folder}" / "part-0.parquet", ROWS[:2])
    inputs = open_inputs(tmp_path)
    assert inputs.schema.names == ["id", "text", "year", "lang"]
    assert inputs.schema.field("year").type == pa.int64()
    got = {(row["year"], row["lang"]) for row in rows_of(inputs)}
    assert got == {(2023, "en"), (2024, "de at"), (2024, None)}
    assert rows_of(open_inputs(tmp_path, columns=["lang", "id"]))[0] == {"lang": "en", "id": 0}
    assert rows_of(open_inputs(tmp_path, columns=["lang"]))[0] == {"lang": "en"}


def test_a_dataset_that_arrow_partitioned_is_read_back(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2, 3], "text": ["a", "b", "c"], "kind": ["x/y", "é", "x/y"]})
    ds.write_dataset(
        table,
        tmp_path,
        format="parquet",
        partitioning=ds.partitioning(pa.schema([("kind", pa.string())]), flavor="hive"),
    )
    got = sorted(rows_of(open_inputs(tmp_path)), key=lambda row: row["id"])
    assert got == table.to_pylist()


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_partitions_of_text_files_become_columns_too(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / "kind=7" / f"a.{suffix}", ROWS[:1])
    write(tmp_path / "kind=x" / f"b.{suffix}", ROWS[1:2])
    assert [row["kind"] for row in rows_of(open_inputs(tmp_path))] == ["7", "x"]


def test_a_missing_file_is_named_with_the_nearest_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "mails.csv")
    with pytest.raises(InputError, match="there is no file or folder") as raised:
        open_inputs(tmp_path / "mail.csv")
    assert str(tmp_path / "mail.csv") in message(raised)
    assert "did you mean 'mails.csv'?" in message(raised)
    assert raised.value.path == tmp_path / "mail.csv"


@pytest.mark.parametrize(
    ("files", "given", "options", "expected"),
    [
        ([], "*.csv", {}, "glob '{}/*.csv' matches no files; check the pattern, seen from"),
        ([], "", {}, "folder {} holds no CSV, JSONL or Parquet files; it is empty"),
        (
            ["a.txt"],
            "",
            {},
            "folder {} holds no CSV, JSONL or Parquet files, only 'a.txt'; say format= if",
        ),
        (["a.csv"], "", {"format": "parquet"}, "folder {} holds no parquet files"),
        (["a.txt"], "a.txt", {}, "the suffix of {}/a.txt does not tell its format; say format="),
        (
            ["a.csv", "b.jsonl"],
            "",
            {},
            "folder {} holds files of mixed formats: 1 csv ({}/a.csv), 1 jsonl ({}/b.jsonl); say",
        ),
        (["a.csv.zst"], "", {}, "{}/a.csv.zst is packed in a way that is not read; unpack it"),
        (["a.parquet.gz"], "a.parquet.gz", {}, "is packed in a way that is not read; unpack it"),
    ],
)
def test_what_cannot_be_told_is_an_error_that_says_the_next_step(
    tmp_path: Path, files: list[str], given: str, options: Any, expected: str
) -> None:
    for name in files:
        (tmp_path / name).write_text("id\n1\n")
    with pytest.raises(InputError) as raised:
        open_inputs(f"{tmp_path}/{given}".rstrip("/"), **options)
    assert expected.replace("{}", str(tmp_path)) in message(raised)


def test_files_named_one_by_one_must_be_of_one_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the inputs hold files of mixed formats: 1 csv"):
        open_inputs([write(tmp_path / "a.csv"), write(tmp_path / "b.parquet")])


def test_format_chooses_among_mixed_files_and_reads_unknown_suffixes(tmp_path: Path) -> None:
    write(tmp_path / "a.csv")
    write(tmp_path / "b.jsonl").rename(tmp_path / "b.txt")
    write(tmp_path / "c" / "d.jsonl")
    assert [f.path.name for f in open_inputs(tmp_path, format="jsonl").files] == ["d.jsonl"]
    assert rows_of(open_inputs(tmp_path / "b.txt", format="jsonl")) == ROWS
    assert rows_of(open_inputs(f"{tmp_path}/*.txt", format="jsonl")) == ROWS


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"format": "parqet"}, "format must be one of .*'parqet'; did you mean 'parquet'"),
        ({"bad_rows": "drop"}, "bad_rows must be 'raise' or 'skip', got 'drop'"),
        ({"part_rows": 0}, "part_rows must be a whole number of at least 1, got 0"),
        ({"part_rows": True}, "part_rows must be a whole number of at least 1, got True"),
        ({"columns": "text"}, "columns must be a list of names, got the text 'text'"),
        ({"types": {"id": "strng"}}, "types says 'strng' for column 'id'.* mean 'string'"),
    ],
)
def test_a_bad_argument_is_refused(tmp_path: Path, options: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected):
        open_inputs(write(tmp_path / "a.csv"), **options)


def test_no_input_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="inputs names no file; pass a file, a folder, a glob"):
        open_inputs([])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    path.chmod(0)
    with pytest.raises(InputError, match=r"a\.csv cannot be read \(Permission denied\)"):
        open_inputs(path)


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    inputs = open_inputs(write(tmp_path / "a.csv"))
    (tmp_path / "a.csv").unlink()
    with pytest.raises(InputError, match=r"a\.csv cannot be read \(No such file"):
        list(inputs.parts())


# Fingerprints ------------------------------------------------------------------------------------


def test_a_fingerprint_changes_with_content_size_and_time(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv")
    before = open_inputs(path).files[0]
    assert before.bytes == path.stat().st_size
    assert len(before.fingerprint) == 32
    assert open_inputs(path).files[0] == before
    stamp = path.stat().st_mtime_ns
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"text 6", b"TEXT 6"))
    os.utime(path, ns=(stamp, stamp))
    changed = open_inputs(path).files[0].fingerprint
    path.write_bytes(raw)
    os.utime(path, ns=(stamp, stamp + 10**9))
    touched = open_inputs(path).files[0].fingerprint
    assert len({before.fingerprint, changed, touched}) == 3


# Columns and types among files -------------------------------------------------------------------


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_missing_column_is_named_with_the_nearest(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}")
    with pytest.raises(InputError, match="did you mean 'text'") as raised:
        open_inputs(path, columns=["id", "txt"])
    assert f"{path} has no column 'txt', it has 'id', 'text'" in message(raised)


def test_a_declared_column_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no column 'idd', it has 'id', 'text'; did you mean"):
        open_inputs(write(tmp_path / "a.csv"), types={"idd": "string"})


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_files_with_other_columns_are_both_named(tmp_path: Path, suffix: str) -> None:
    a = write(tmp_path / f"a.{suffix}", [{"id": 1, "text": "x", "extra": 2}])
    b = write(tmp_path / f"b.{suffix}", [{"id": 1, "body": "x"}])
    with pytest.raises(InputError) as raised:
        open_inputs(tmp_path)
    assert (
        f"{a} and {b} differ in their columns: 'text', 'extra' only in {a} and 'body' only in {b}; "
        "make them alike, or say which columns= both have"
    ) in message(raised)
    assert len(rows_of(open_inputs(tmp_path, columns=["id"]))) == 2


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_number_column_in_one_file_and_text_in_the_next_names_both(
    tmp_path: Path, suffix: str
) -> None:
    write(tmp_path / f"0.{suffix}", [{"id": None, "text": "x"}])
    a = write(tmp_path / f"a.{suffix}", [{"id": 1, "text": "x"}])
    b = write(tmp_path / f"b.{suffix}", [{"id": "A1", "text": "x"}])
    with pytest.raises(InputError) as raised:
        open_inputs(tmp_path)
    assert (
        f"column 'id' is int64 in {a} and string in {b}; make the files alike, or declare its "
        "type, e.g. types={'id': 'string'}"
    ) in message(raised)
    got = rows_of(open_inputs(tmp_path, types={"id": "string"}))
    assert [row["id"] for row in got] == [None, "1", "A1"]


@pytest.mark.parametrize(
    ("first", "second", "united"),
    [
        (pa.int32(), pa.int64(), pa.int64()),
        (pa.int64(), pa.float32(), pa.float64()),
        (pa.float64(), pa.int8(), pa.float64()),
        (pa.null(), pa.string(), pa.string()),
        (pa.string(), pa.null(), pa.string()),
        (pa.string(), pa.large_string(), pa.large_string()),
        (pa.timestamp("s"), pa.timestamp("us"), pa.timestamp("us")),
        (pa.dictionary(pa.int8(), pa.string()), pa.string(), pa.string()),
        (pa.list_(pa.int32()), pa.list_(pa.int64()), pa.list_(pa.int64())),
        (pa.int64(), pa.bool_(), None),
        (pa.string(), pa.binary(), None),
        (pa.int64(), pa.string(), None),
        (pa.list_(pa.int32()), pa.int32(), None),
    ],
)
def test_types_that_hold_the_same_kind_of_value_are_united(
    tmp_path: Path, first: pa.DataType, second: pa.DataType, united: pa.DataType | None
) -> None:
    for name, kind in (("a", first), ("b", second)):
        pq.write_table(pa.table({"x": pa.nulls(2, kind)}), tmp_path / f"{name}.parquet")
    if united is None:
        with pytest.raises(InputError, match="column 'x' is"):
            open_inputs(tmp_path)
        return
    inputs = open_inputs(tmp_path)
    assert inputs.schema.field("x").type == united
    assert {part.table.schema for part in inputs.parts()} == {inputs.schema}


def test_values_survive_the_uniting_of_types(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [{"id": 1, "x": 2}])
    write(tmp_path / "b.parquet", [{"x": 0.5, "id": 2}])
    pq.write_table(
        pa.table({"id": [3], "x": pa.array(["7"]).dictionary_encode()}), tmp_path / "c.parquet"
    )
    got = rows_of(open_inputs(tmp_path, types={"x": "float64"}))
    assert got == [{"id": 1, "x": 2.0}, {"id": 2, "x": 0.5}, {"id": 3, "x": 7.0}]


def test_a_number_that_a_float_cannot_hold_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "a.parquet", [{"x": 0.5}])
    b = write(tmp_path / "b.parquet", [{"x": 2**53 + 1}])
    with pytest.raises(InputError, match="column 'x' cannot be read as double") as raised:
        rows_of(open_inputs(tmp_path))
    assert raised.value.path == b
    assert "types={'x': 'string'}" in message(raised)


def test_columns_that_stand_twice_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text,id\n1,x,2\n")
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["id", "id"])
    pq.write_table(twice, tmp_path / "b.parquet")
    for name in ("a.csv", "b.parquet"):
        with pytest.raises(InputError, match="column names stand more than once: 'id'; rename"):
            open_inputs(tmp_path / name)


@pytest.mark.parametrize("suffix", FORMATS)
def test_files_without_rows_are_fine(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"a.{suffix}")
    write(tmp_path / f"0.{suffix}")
    if suffix == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS).slice(0, 0), tmp_path / "0.parquet")
    else:
        (tmp_path / f"0.{suffix}").write_text("")
    assert rows_of(open_inputs(tmp_path, columns=["text", "id"], part_rows=3)) == [
        {"text": row["text"], "id": row["id"]} for row in ROWS
    ]
    alone = open_inputs(tmp_path / f"0.{suffix}", columns=["id", "text"])
    assert list(alone.parts()) == []
    assert alone.schema.names == ["id", "text"]


def test_a_csv_of_a_header_alone_has_no_rows(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,text\n")
    inputs = open_inputs(tmp_path)
    assert inputs.schema.names == ["id", "text"]
    assert list(inputs.parts()) == []


# CSV ---------------------------------------------------------------------------------------------


def csv_file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "-20", ""], pa.int64(), [1, -20, None]),
        (["9223372036854775807"], pa.int64(), [2**63 - 1]),
        (["9223372036854775808"], pa.string(), ["9223372036854775808"]),
        (["007", "8"], pa.string(), ["007", "8"]),
        (["+1"], pa.string(), ["+1"]),
        ([" 1"], pa.string(), [" 1"]),
        (["1_000"], pa.string(), ["1_000"]),
        (["12345678901234567.5"], pa.string(), ["12345678901234567.5"]),
        (["1", "2.5", "NaN", "-.5", "1e-3"], pa.float64(), [1, 2.5, None, -0.5, 1e-3]),
        (["00.5"], pa.string(), ["00.5"]),
        (["-inf"], pa.float64(), [float("-inf")]),
        (["true", "False", "NA"], pa.bool_(), [True, False, None]),
        (["NA", ""], pa.string(), ["NA", None]),
        (["", ""], pa.string(), [None, None]),
        (["2024-05-01"], pa.string(), ["2024-05-01"]),
    ],
)
def test_a_cell_is_a_number_only_where_nothing_is_lost(
    tmp_path: Path, cells: list[str], kind: pa.DataType, values: list[Any]
) -> None:
    inputs = open_inputs(csv_file(tmp_path, "x,y\n" + "".join(f"{c},1\n" for c in cells)))
    assert inputs.schema.field("x").type == kind
    assert [row["x"] for row in rows_of(inputs)] == values


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.one_of(
            st.integers(-(2**65), 2**65).map(str),
            st.from_regex(r"[-+]?[0-9]{0,20}\.?[0-9]{0,4}([eE][0-9]{1,4})?", fullmatch=True),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_number_is_read_can_be_told_back_from_its_value(
    tmp_path: Path, cells: list[str]
) -> None:
    inputs = open_inputs(csv_file(tmp_path, "x,y\n" + "".join(f"{c},1\n" for c in cells)))
    values = [row["x"] for row in rows_of(inputs)]
    for cell, value in zip(cells, values, strict=True):
        if isinstance(value, int):
            assert str(value) == cell
        elif isinstance(value, float):
            assert value == float(cell)
        else:
            assert (value or "") == cell


def test_a_byte_order_mark_and_windows_line_ends_leave_no_trace(tmp_path: Path) -> None:
    inputs = open_inputs(csv_file(tmp_path, b'\xef\xbb\xbfid,text\r\n1,"a\r\nb"\r\n2,c\r\n'))
    assert rows_of(inputs) == [{"id": 1, "text": "a\r\nb"}, {"id": 2, "text": "c"}]


def test_empty_lines_are_no_rows(tmp_path: Path) -> None:
    path = csv_file(tmp_path, "\nid,text\n\n1,a\n\n\n2,b\n\n")
    assert [row["id"] for row in rows_of(open_inputs(path))] == [1, 2]


def test_a_text_longer_than_a_block_is_read(tmp_path: Path) -> None:
    long = "word, \n" * 500_000
    path = write(tmp_path / "a.csv", [{"id": 1, "text": long}, {"id": 2, "text": "short"}])
    assert [row["text"] for row in rows_of(open_inputs(path))] == [long, "short"]


BROKEN_CSV = [
    ("1,a\n2,b,c\n3,d\n", 3, "3 fields, expected 2 for columns 'id', 'text'", [1, 3]),
    ("1,a\n2\n3,d\n", 3, "1 field, expected 2 for columns 'id', 'text'", [1, 3]),
    ('1,a\n2,"b\n3,d\n4,e\n', 3, "a quote is opened that nothing closes", [1, 3, 4]),
    ('1,a\n2,"b\n3,"d"\n4,e\n', 3, "text follows a closing quote", [1, 3, 4]),
    ('1,a\n2,"b" c\n3,d\n', 3, "text follows a closing quote (a quote inside a quoted", [1, 3]),
    (b"1,a\n2,caf\xe9\n3,d\n", 3, "column 'text' holds 'caf\\udce9', which is no UTF-8", [1, 3]),
    ('1,"a\nb"\n\n2,b,c\n3,d\n', 5, "3 fields, expected 2", [1, 3]),
]


@pytest.mark.parametrize(("lines", "line", "why", "good"), BROKEN_CSV)
def test_a_broken_csv_line_is_named(
    tmp_path: Path, lines: str | bytes, line: int, why: str, good: list[int]
) -> None:
    raw = lines.encode() if isinstance(lines, str) else lines
    path = csv_file(tmp_path, b"id,text\n" + raw)
    with pytest.raises(InputError) as raised:
        rows_of(open_inputs(path))
    assert message(raised).startswith(f"{path} line {line}: {why}")
    assert "mend the line, or leave such rows out with bad_rows='skip'" in message(raised)
    assert raised.value.path == path


@pytest.mark.parametrize(("lines", "line", "why", "good"), BROKEN_CSV)
def test_broken_csv_lines_are_left_out_and_counted_on_request(
    tmp_path: Path, lines: str | bytes, line: int, why: str, good: list[int]
) -> None:
    raw = lines.encode() if isinstance(lines, str) else lines
    path = csv_file(tmp_path, b"id,text\n" + raw)
    inputs = open_inputs(path, bad_rows="skip", part_rows=1)
    for _ in range(2):  # the count is of one reading
        assert [row["id"] for row in rows_of(inputs)] == good
        assert inputs.bad_rows == 1
    assert inputs.first_bad_rows[0].startswith(f"{path} line {line}: {why}")
    assert sum(part.bad_rows for part in inputs.parts()) == 1
    assert [part.start for part in inputs.parts()] == list(range(len(good)))


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_the_parts_before_a_broken_line_are_yielded_first(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.{suffix}", [{"id": i, "text": "t"} for i in range(20_000)])
    lines = path.read_text().splitlines()
    lines[15_002] = "15001"
    path.write_text("\n".join(lines))
    seen: list[int] = []
    with pytest.raises(InputError, match=r"line 15003: (1 field, expected 2|it is no JSON object)"):
        seen.extend(part.index for part in open_inputs(path, part_rows=1_000).parts())
    assert seen == list(range(15))


def test_broken_rows_of_a_skipped_part_move_no_other_row(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"id,text\n1,\xff\n2,a\n3,b\n4,c\n5,d\n")
    inputs = open_inputs(path, bad_rows="skip", part_rows=2)
    (part,) = inputs.parts(skip={0})
    assert (part.table.column("id").to_pylist(), part.start) == ([4, 5], 2)
    assert (part.bad_rows, inputs.bad_rows) == (1, 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kinds=st.lists(st.sampled_from(["good", "long", "wide", "narrow", "bytes"]), max_size=12),
    part_rows=st.integers(1, 4),
)
def test_every_broken_line_is_counted_and_every_good_one_kept(
    tmp_path: Path, kinds: list[str], part_rows: int
) -> None:
    line = {
        "good": b"%d,text\n",
        "long": b'%d,"two\nlines"\n',
        "wide": b"%d,a,b\n",
        "narrow": b"%d\n",
        "bytes": b"%d,\xff\n",
    }
    raw = b"".join(line[kind] % i for i, kind in enumerate(kinds))
    inputs = open_inputs(
        csv_file(tmp_path, b"id,text\n" + raw), bad_rows="skip", part_rows=part_rows
    )
    parts = list(inputs.parts())
    good = [i for i, kind in enumerate(kinds) if kind in ("good", "long")]
    assert [row["id"] for part in parts for row in part.table.to_pylist()] == good
    assert inputs.bad_rows == len(kinds) - len(good)
    assert all(len(part.table) == part_rows for part in parts[:-1])


def big_csv(tmp_path: Path, value: str) -> Path:
    lines = [f"{i},t" for i in range(20_000)]
    lines[15_000] = f"{value},t"
    return csv_file(tmp_path, "id,text\n" + "\n".join(lines) + "\n")


@pytest.mark.parametrize("value", ["A17", "2.5", "007"])
@pytest.mark.parametrize("bad_rows", ["raise", "skip"])
def test_a_column_that_changes_its_type_midway_is_an_error_even_where_rows_are_skipped(
    tmp_path: Path, value: str, bad_rows: Any
) -> None:
    path = big_csv(tmp_path, value)
    with pytest.raises(InputError) as raised:
        rows_of(open_inputs(path, bad_rows=bad_rows))
    assert message(raised) == (
        f"{path} line 15002: column 'id' holds {value!r}, which is no int64 as the first rows are; "
        "declare its type, e.g. types={'id': 'string'}, or mend the line"
    )
    got = rows_of(open_inputs(path, types={"id": "string"}))
    assert (got[15_000]["id"], got[7]["id"]) == (value, "7")


def test_a_value_that_is_not_of_its_declared_type_breaks_its_row(tmp_path: Path) -> None:
    path = big_csv(tmp_path, "A17")
    with pytest.raises(InputError, match=r"line 15002: column 'id' holds 'A17', .* as declared"):
        rows_of(open_inputs(path, types={"id": "int64"}))
    inputs = open_inputs(path, types={"id": "int64"}, bad_rows="skip")
    assert len(rows_of(inputs)) == 19_999
    assert inputs.bad_rows == 1


def test_a_wrong_value_in_a_column_that_is_not_read_is_not_looked_at(tmp_path: Path) -> None:
    inputs = open_inputs(big_csv(tmp_path, "A17"), columns=["text"])
    assert len(rows_of(inputs)) == 20_000


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'id,"text\n1,a\n', "line 1: the header cannot be read"),
        ("id,text\n1,a\n".encode("utf-16"), "is no UTF-8; save the file as CSV in UTF-8"),
    ],
)
def test_a_header_that_is_none_is_an_error(tmp_path: Path, raw: bytes, expected: str) -> None:
    with pytest.raises(InputError) as raised:
        open_inputs(csv_file(tmp_path, raw))
    assert expected in message(raised)


# JSON lines --------------------------------------------------------------------------------------


def jsonl_file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


BROKEN_JSONL = [
    (b'{"id": 2', "it is no JSON (Expecting ',' delimiter at character 10)"),
    (b"[2]", "it is no JSON object but [2]"),
    (b"null", "it is no JSON object but None"),
    (b'{"id": 2} {"id": 3}', "it is no JSON (Extra data at character 11)"),
    (b'{"id": 2, "text": "caf\xe9"}', "column 'text' holds 'caf\\udce9', which is no UTF-8"),
    (b'{"id": 2, "text": "\\ud83d"}', "column 'text' holds '\\ud83d', which is no UTF-8"),
    (b"[" * 100_000, "it cannot be read as JSON (maximum recursion depth"),
]


@pytest.mark.parametrize(("line", "why"), BROKEN_JSONL)
def test_a_broken_json_line_is_named_or_counted(tmp_path: Path, line: bytes, why: str) -> None:
    raw = b'{"id": 1, "text": "a"}\n\n' + line + b'\n{"id": 3, "text": "b"}\n'
    path = jsonl_file(tmp_path, raw)
    with pytest.raises(InputError) as raised:
        rows_of(open_inputs(path))
    assert message(raised).startswith(f"{path} line 3: {why}")
    inputs = open_inputs(path, bad_rows="skip", part_rows=1)
    assert [row["id"] for row in rows_of(inputs)] == [1, 3]
    assert inputs.bad_rows == 1


def test_a_field_that_an_object_lacks_is_missing(tmp_path: Path) -> None:
    path = jsonl_file(tmp_path, '\ufeff{"id": 1}\n{"id": 2, "gold": "SPAM"}\n')
    assert rows_of(open_inputs(path)) == [{"id": 1, "gold": None}, {"id": 2, "gold": "SPAM"}]


def test_files_of_json_lines_may_have_other_fields(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", [{"id": 1}])
    write(tmp_path / "b.jsonl", [{"id": 2, "x": 0.5}])
    write(tmp_path / "c.jsonl", [{"id": 3, "x": 2}])
    assert [row["x"] for row in rows_of(open_inputs(tmp_path))] == [None, 0.5, 2.0]


def test_nested_values_are_kept(tmp_path: Path) -> None:
    rows = [{"id": 1, "tags": ["a"], "by": {"name": "x"}}, {"id": 2, "tags": [], "by": None}]
    assert rows_of(open_inputs(write(tmp_path / "a.jsonl", rows), part_rows=1)) == rows


def late(tmp_path: Path, row: str) -> Path:
    lines = ['{"id": 1}'] * 9_000
    lines[8_500] = row
    return jsonl_file(tmp_path, "\n".join(lines))


@pytest.mark.parametrize("value", ['"A17"', "2.5", "true", "1180591620717411303424", "[1]"])
def test_a_field_that_changes_its_type_midway_is_an_error(tmp_path: Path, value: str) -> None:
    path = late(tmp_path, f'{{"id": {value}}}')
    with pytest.raises(InputError) as raised:
        rows_of(open_inputs(path, bad_rows="skip"))
    told = f"column 'id' holds {json.loads(value)!r}, which is no int64 as the first rows are;"
    assert message(raised).startswith(f"{path} line 8501: {told}")
    got = rows_of(open_inputs(path, types={"id": "string"}))
    assert (got[8_500]["id"], got[0]["id"]) == (json.loads(value) if '"' in value else value, "1")


def test_a_field_that_comes_late_is_an_error_and_not_lost(tmp_path: Path) -> None:
    path = late(tmp_path, '{"id": 1, "gold": "SPAM"}')
    with pytest.raises(InputError) as raised:
        rows_of(open_inputs(path))
    assert message(raised) == (
        f"{path} line 8501: field 'gold' was not there in the first rows; declare it, e.g. "
        "types={'gold': 'string'}, or say which columns= to read"
    )
    assert rows_of(open_inputs(path, types={"gold": "string"}))[8_500]["gold"] == "SPAM"
    assert len(rows_of(open_inputs(path, columns=["id"]))) == 9_000
    with pytest.raises(InputError, match="if only later rows have it, declare it: types="):
        open_inputs(path, columns=["gold"])


def test_values_of_two_types_among_the_first_rows_are_both_named(tmp_path: Path) -> None:
    path = jsonl_file(tmp_path, '{"x": null}\n{"x": 1}\n{"x": 2}\n{"x": "a"}\n')
    with pytest.raises(InputError) as raised:
        open_inputs(path)
    assert message(raised) == (
        f"{path}: field 'x' holds 1 on line 2 and 'a' on line 4, which do not go into one column; "
        "declare its type, e.g. types={'x': 'string'}"
    )
    path = jsonl_file(tmp_path, '{"x": null}\n{"x": 18446744073709551616}\n')
    with pytest.raises(InputError, match=r"field 'x' holds 18446744073709551616 on line 2, which"):
        open_inputs(path)


def test_rows_that_are_not_of_a_declared_type_are_skipped_in_json_too(tmp_path: Path) -> None:
    path = jsonl_file(tmp_path, '{"x": null}\n{"x": 1}\n{"x": 2}\n{"x": "a"}\n')
    got = open_inputs(path, types={"x": "int64"}, bad_rows="skip")
    assert [row["x"] for row in rows_of(got)] == [None, 1, 2]
    assert got.bad_rows == 1


# Damage ------------------------------------------------------------------------------------------


def _cut(raw: bytes) -> bytes:
    return raw[: len(raw) // 2]


def _zeros(raw: bytes) -> bytes:
    return raw[: len(raw) // 3] + bytes(64) + raw[len(raw) // 3 + 64 :]


@pytest.mark.parametrize("harm", [_cut, lambda raw: b"", lambda raw: b"id,text\n1,a\n"])
def test_a_damaged_parquet_file_is_named(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    path = write(tmp_path / "a.parquet")
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(InputError, match="is no whole Parquet file, it may be cut short") as raised:
        open_inputs(path)
    assert raised.value.path == path
    assert "write it again" in message(raised)


def test_damage_inside_a_parquet_file_is_found_and_what_was_before_it_yielded(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.parquet"
    table = pa.table({"id": range(1000), "text": [f"some text {i * i}" for i in range(1000)]})
    pq.write_table(table, path, row_group_size=250, compression="none", write_page_checksum=True)
    # Bytes inside the texts: only the checksum of the page tells.
    raw = bytearray(path.read_bytes())
    at = raw.index(b"some text 360000")  # row 600
    raw[at : at + 4] = b"SOME"
    path.write_bytes(raw)
    seen: list[int] = []
    with pytest.raises(InputError, match=r"a\.parquet is no whole Parquet file"):
        seen.extend(part.index for part in open_inputs(path, part_rows=250).parts())
    assert seen == [0, 1]


def test_text_that_is_no_utf8_in_parquet_is_an_error(tmp_path: Path) -> None:
    raw = pa.array([b"ok", b"caf\xe9"], pa.binary())
    bad = pa.StringArray.from_buffers(2, *raw.buffers()[1:])
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": bad}), path)
    with pytest.raises(InputError, match="column 'text' cannot be read as string") as raised:
        rows_of(open_inputs(path))
    assert raised.value.path == path


@pytest.mark.parametrize("harm", [_cut, _zeros])
def test_a_damaged_gzip_file_is_named(tmp_path: Path, harm: Callable[[bytes], bytes]) -> None:
    rows = [{"id": i, "text": f"text {i * i}"} for i in range(5000)]
    path = write(tmp_path / "a.csv.gz", rows)
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(InputError, match=r"is no whole gzip file, .*; pack it again") as raised:
        rows_of(open_inputs(path))
    assert raised.value.path == path


def test_links_are_followed_and_each_file_counts_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.csv").write_text("id\n1\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "b.csv").write_text("id\n2\n")
    (folder / "loop").symlink_to(folder)
    (folder / "beside").symlink_to(tmp_path / "elsewhere")
    (folder / "z.csv").symlink_to(folder / "sub" / "a.csv")
    for named in (folder, f"{folder}/**/*.csv"):
        found = [file.path.resolve().name for file in open_inputs(named).files]
        assert sorted(found) == ["a.csv", "b.csv"], named


@pytest.mark.parametrize("whole", [False, True])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path, whole: bool) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match=r"pipe\.csv is no regular file .*write its content to"):
        open_inputs(tmp_path if whole else tmp_path / "pipe.csv")
