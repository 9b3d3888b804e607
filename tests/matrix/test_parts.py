from __future__ import annotations

import datetime
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from weaklabel._files import sealed
from weaklabel.errors import FileFormatError
from weaklabel.matrix import VoteParts, read_votes, write_votes
from weaklabel.types import Fault

L = wl.LabelMatrix.from_array(
    [[0, 1, -1], [-1, -1, 3], [1, 0, 2], [2, 2, 2]],
    ["A", "B", "C"],
    ["one", "two", "three"],
    keys=["w", "x", "y", "z"],
    class_sets=[(0, 1)],
)


def with_confidence(plain: wl.LabelMatrix, seed: int) -> wl.LabelMatrix:
    return wl.LabelMatrix.from_array(
        np.asarray(plain),
        plain.class_names,
        plain.lf_names,
        plain.keys,
        class_sets=plain.class_sets,
        confidence=np.random.default_rng(seed).random(plain.shape),
    )


def altered(path: Path, **changes: Any) -> None:
    """Write a table of votes again, with other columns or another header."""
    table = pq.read_table(path)
    for name, values in changes.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, name, values) if at >= 0 else table.append_column(name, values)
    pq.write_table(table, path)


@settings(deadline=None)
@given(plain=label_matrices(max_rows=20), sure=st.booleans())
def test_written_votes_come_back(plain: wl.LabelMatrix, sure: bool) -> None:
    given = with_confidence(plain, 0) if sure else plain
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part-0.parquet"
        write_votes(path, given)
        back = read_votes(path)
        (votes,) = VoteParts([path]).votes()
    assert back == given
    assert np.asarray(back).dtype == np.asarray(given).dtype
    assert [type(key) for key in back.keys.tolist()] == [type(key) for key in given.keys.tolist()]
    assert votes.keys.tolist() == list(range(given.n))
    assert np.array_equal(np.asarray(votes), np.asarray(given))
    assert (votes.confidence is None) == (given.confidence is None)


@pytest.mark.parametrize(
    "keys",
    [
        [3, 1],
        ["a", "ü\0"],
        ["a", "\ud800"],
        [1.5, -0.25],
        [b"x", b"\xff"],
        [True, False],
        [2**70, -1],
        ["a", 3],
        [(1, "a"), (2, ("b", 0.5))],
        [datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)],
        [datetime.datetime(2026, 1, 1, 3), datetime.datetime(2026, 1, 1, 4)],
        np.array([2**63, 1], np.uint64),
    ],
)
def test_simple_keys_of_any_type_come_back(tmp_path: Path, keys: Any) -> None:
    given = wl.LabelMatrix.from_array([[0], [1]], keys=keys)
    write_votes(tmp_path / "part", given)
    back = read_votes(tmp_path / "part")
    assert back == given
    assert [type(key) for key in back.keys.tolist()] == [type(key) for key in given.keys.tolist()]


def test_keys_that_no_file_can_hold_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    given = wl.LabelMatrix.from_array([[0]], keys=[frozenset({1})])
    with pytest.raises(TypeError, match=r"row key frozenset\(\{1\}\) is a frozenset, which a file"):
        write_votes(tmp_path / "part", given)
    assert list(tmp_path.iterdir()) == []


def test_other_programs_can_read_the_votes(tmp_path: Path) -> None:
    write_votes(tmp_path / "part", L)
    table = pq.read_table(tmp_path / "part")
    assert table.column_names == ["key", "one", "two", "three"]
    assert table.schema.field("one").type == pa.int8()
    assert table.column("key").to_pylist() == ["w", "x", "y", "z"]
    assert table.column("three").to_pylist() == [-1, 3, 2, 2]


@pytest.mark.parametrize("name", ["key", "confidence", "a.b", "\ud800", "ü"])
def test_an_lf_may_have_any_name(tmp_path: Path, name: str) -> None:
    given = with_confidence(
        wl.LabelMatrix.from_array([[0, 1], [1, -1]], lf_names=[name, "a"], keys=[5, 6]), 0
    )
    write_votes(tmp_path / "part", given)
    assert read_votes(tmp_path / "part") == given
    (votes,) = VoteParts([tmp_path / "part"]).votes()
    assert np.array_equal(np.asarray(votes), np.asarray(given))


def test_faults_and_header_are_kept(tmp_path: Path) -> None:
    faults = [Fault("one", 1, "x", "ValueError: no", "Traceback …"), Fault("two", 3, "z", "bad")]
    given = wl.LabelMatrix(
        L._votes,
        lf_names=L.lf_names,
        class_names=L.class_names,
        class_sets=L.class_sets,
        keys=L._keys,
        faults=faults,
    )
    write_votes(tmp_path / "part", given, header={"run": "r", "rows": [0, 4]})
    assert read_votes(tmp_path / "part").faults == tuple(faults)
    assert VoteParts([tmp_path / "part"]).header(0) == {"run": "r", "rows": [0, 4]}


def test_parts_are_a_sequence_that_can_be_read_again(tmp_path: Path) -> None:
    parts = VoteParts.write(tmp_path / "votes", (L[at : at + 2] for at in (0, 2)))
    assert [path.name for path in parts.paths] == ["part-00000.parquet", "part-00001.parquet"]
    assert (len(parts), parts.n) == (2, 4)
    assert (parts.lf_names, parts.class_names) == (L.lf_names, L.class_names)
    for _ in range(2):
        assert [part.keys.tolist() for part in parts] == [["w", "x"], ["y", "z"]]
    assert parts[1] == L[2:]
    assert parts[-1] == L[2:]
    assert VoteParts(list(parts.paths))[0] == L[:2]
    assert repr(parts) == f"VoteParts: 2 parts in {tmp_path / 'votes'}, 3 LFs, classes A, B, C"
    assert [part.n for part in parts.votes()] == [2, 2]


def test_parts_go_by_number_where_there_are_many(tmp_path: Path) -> None:
    for name in ("part-99999", "part-100000", "part-00002"):
        write_votes(tmp_path / f"{name}.parquet", L)
    assert [path.stem for path in VoteParts(tmp_path).paths] == [
        "part-00002",
        "part-99999",
        "part-100000",
    ]


def test_folders_that_hold_no_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        FileNotFoundError, match=r"there is no folder .*gone; VoteParts takes a fold"
    ):
        VoteParts(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match=r"holds no files part-.*parquet; write some with"):
        VoteParts(tmp_path)
    with pytest.raises(FileNotFoundError, match="there are no files of votes; name at least one"):
        VoteParts([])
    with pytest.raises(FileNotFoundError, match="gone"):
        VoteParts([tmp_path / "gone"])[0]


def test_parts_are_not_written_over_or_mixed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there are no label matrices to write; give at least one"):
        VoteParts.write(tmp_path, [])
    VoteParts.write(tmp_path, [L])
    with pytest.raises(
        FileExistsError, match=r"holds 1 parts already, part-00000.parquet the first"
    ):
        VoteParts.write(tmp_path, [L])
    with pytest.raises(
        ValueError, match="part 1 has the LFs 'one', the first has 'one', 'two', 'th"
    ):
        VoteParts.write(tmp_path / "other", [L, L.select(["one"])])
    other = wl.LabelMatrix.from_array(np.asarray(L[:1]), ["A", "B", "D"], L.lf_names)
    with pytest.raises(ValueError, match="part 1 has the classes 'A', 'B', 'D', the first has 'A'"):
        VoteParts.write(tmp_path / "third", [L, other])


def test_mixed_parts_on_disk_are_refused_by_name(tmp_path: Path) -> None:
    VoteParts.write(tmp_path, [L, L])
    write_votes(tmp_path / "part-00001.parquet", L.select(["one", "two"]))
    parts = VoteParts(tmp_path)
    message = (
        r"part-00001.parquet has the LFs 'one', 'two', .*part-00000.parquet has 'one', 'two', "
    )
    with pytest.raises(FileFormatError, match=message) as caught:
        list(parts)
    assert caught.value.path == tmp_path / "part-00001.parquet"
    with pytest.raises(FileFormatError, match=r"part-00001.parquet has the LFs"):
        wl.LabelModel().fit(parts)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_by_name_or_read_unchanged(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "part-00000.parquet"
        rng = np.random.default_rng(0)
        given = wl.LabelMatrix.from_array(rng.integers(-1, 3, (50, 4)), keys=rng.permutation(50))
        write_votes(path, given)
        raw = bytearray(path.read_bytes())
        if data.draw(st.booleans()):
            del raw[data.draw(st.integers(0, len(raw) - 1)) :]
        else:
            raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
        path.write_bytes(raw)
        try:
            same = read_votes(path) == given
        except FileFormatError as error:
            same = error.path == path and str(path) in str(error)
    assert same


def test_files_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "part-00000.parquet"
    pq.write_table(pa.table({"text": ["a"]}), path)
    with pytest.raises(
        FileFormatError, match="is a Parquet file, but not one of votes; write thos"
    ):
        read_votes(path)
    with pytest.raises(FileFormatError, match="is a Parquet file, but not one of votes"):
        _ = VoteParts(tmp_path).n
    path.write_text("text\na\n")
    with pytest.raises(
        FileFormatError, match="is not a whole LabelMatrix part file, it may be cut"
    ):
        read_votes(path)
    for kind, version, message in (
        ("LabelMatrix part", 99, "has format version 99, this weaklabel reads up to 1; upgrade"),
        ("Labels", 1, "holds a Labels, not a LabelMatrix part"),
    ):
        text = sealed({}, kind=kind, version=version, checksums={})
        table = pa.table({"key": [0]}).replace_schema_metadata({"weaklabel": text})
        pq.write_table(table, path)
        with pytest.raises(FileFormatError, match=message):
            read_votes(path)


@pytest.mark.parametrize(
    ("column", "message"),
    [
        ({"one": pa.array([0, 1, 2, 9], pa.int8())}, "votes for unknown classes"),
        ({"one": pa.array([0, 1, 2, -2], pa.int8())}, "votes for unknown classes"),
        ({"one": pa.array(["a", "b", "c", "d"])}, "types of columns are not what was written"),
        ({"one": pa.array([0, 1, None, 2], pa.int8())}, "votes that are missing"),
        ({"four": pa.array([0, 1, 2, 2])}, "4 columns beside the keys for 3 labeling functions"),
        (
            {"key": pa.array(["w", "w", "y", "z"], pa.large_string())},
            "row key 'w' stands on rows 0 and 1",
        ),
    ],
)
def test_votes_that_cannot_be_are_refused(
    tmp_path: Path, column: dict[str, Any], message: str
) -> None:
    path = tmp_path / "part-00000.parquet"
    write_votes(path, L)
    altered(path, **column)
    with pytest.raises(FileFormatError, match=message):
        read_votes(path)


def test_confidences_that_are_not_one_a_vote_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "part-00000.parquet"
    write_votes(path, with_confidence(L, 0))
    lists = pa.array([[0.5], [0.5], [0.5], [0.5]], pa.large_list(pa.float32()))
    altered(path, confidence=lists)
    with pytest.raises(FileFormatError, match="confidences that are not one a vote"):
        read_votes(path)
    lists = pa.array([[2.0] * 2, [2.0], [2.0] * 3, [2.0] * 3], pa.large_list(pa.float32()))
    altered(path, confidence=lists)
    with pytest.raises(FileFormatError, match="is not a whole LabelMatrix part file"):
        read_votes(path)


def test_a_large_part_is_read_as_it_was_written(tmp_path: Path) -> None:
    votes = np.random.default_rng(0).integers(-1, 2, (20_001, 3))
    given = wl.LabelMatrix.from_array(votes)
    write_votes(tmp_path / "part", given)
    assert read_votes(tmp_path / "part") == given
