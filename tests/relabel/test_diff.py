from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.relabel.jobs import LFS, job, rows, write_rows
from weaklabel.errors import RunError
from weaklabel.matrix import VoteParts
from weaklabel.relabel import RunDiff, _diff, diff, run, write_labels


def fake_run(
    folder: Path,
    keys: list[Any],
    votes: list[list[int]],
    *,
    part_rows: int = 3,
    lfs: tuple[str, ...] = ("a", "b"),
    digests: tuple[str | None, ...] | None = None,
    classes: tuple[str, ...] = ("HAM", "SPAM"),
) -> Path:
    """Write a run directory by hand, labelled by majority vote."""
    array = np.array(votes, np.int64).reshape(len(keys), len(lfs))
    L = wl.LabelMatrix.from_array(array, classes, lfs, keys)
    both = wl.LabelMatrix.from_array([[0] * len(lfs), [1] * len(lfs)], classes, lfs)
    model = wl.MajorityVote(class_balance=[0.5, 0.5]).fit(both)
    parts = [L[i : i + part_rows] for i in range(0, len(keys), part_rows)]
    VoteParts.write(folder / "votes", parts)
    (folder / "labels").mkdir()
    for i, part in enumerate(parts):
        path = folder / "labels" / f"part-{i:05d}.parquet"
        write_labels(path, model.label(part), format="parquet", run=folder.name, provenance={})
    digests = digests or tuple("0" for _ in lfs)
    told = {
        "schema_version": 1,
        "run": folder.name,
        "status": "done",
        "classes": list(classes),
        "lfs": [{"name": n, "fingerprint": d} for n, d in zip(lfs, digests, strict=True)],
        "stages": {"label": {}},
        "config": {"output": {"safe_csv": False}},
    }
    (folder / "manifest.json").write_text(json.dumps(told))
    return folder


def by_hand(a: tuple[list[Any], list[list[int]]], b: tuple[list[Any], list[list[int]]]) -> Any:
    """Return what differs, the slow and obvious way."""

    def label(row: list[int]) -> str | None:
        counts = Counter(vote for vote in row if vote >= 0)
        best = counts.most_common(2)
        if not best or (len(best) > 1 and best[0][1] == best[1][1]):
            return None
        return ("HAM", "SPAM")[best[0][0]]

    left, right = (dict(zip(keys, votes, strict=True)) for keys, votes in (a, b))
    common = [key for key in left if key in right]
    moved = [key for key in common if label(left[key]) != label(right[key])]
    moves = Counter((label(left[key]), label(right[key])) for key in moved)
    changed = [sum(left[k][j] != right[k][j] for k in common) for j in (0, 1)]
    among = [sum(left[k][j] != right[k][j] for k in moved) for j in (0, 1)]
    return len(common), len(moved), dict(moves), changed, among


def summed(found: RunDiff) -> Any:
    lfs = {lf.lf: lf for lf in found.lfs}
    return (
        found.common,
        found.changed,
        {(move.before, move.after): move.rows for move in found.moves},
        [lfs["a"].changed, lfs["b"].changed],
        [lfs["a"].among_changed, lfs["b"].among_changed],
    )


some_votes = st.lists(st.integers(-1, 1), min_size=2, max_size=2)
some_rows = st.dictionaries(st.integers(0, 12), some_votes, min_size=1, max_size=12)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some_rows, some_rows, st.integers(1, 5), st.booleans(), st.sampled_from([400, 10**9]))
def test_it_says_what_a_slow_comparison_by_key_says(
    tmp_path_factory: pytest.TempPathFactory,
    left: dict[int, list[int]],
    right: dict[int, list[int]],
    part_rows: int,
    texts: bool,
    budget: int,
) -> None:
    folder = tmp_path_factory.mktemp("diff")
    sides = []
    for some in (left, right):
        keys: list[Any] = [f"k{key}" if texts else key for key in some]
        sides.append((keys, list(some.values())))
    a = fake_run(folder / "a", *sides[0], part_rows=part_rows)
    b = fake_run(folder / "b", *sides[1], part_rows=2)
    before, _diff._BUDGET = _diff._BUDGET, budget
    try:
        found = diff(a, b)
    finally:
        _diff._BUDGET = before
    assert summed(found) == by_hand(*sides)
    assert found.rows_a == len(sides[0][0])
    only = {key for key in sides[0][0] if key not in sides[1][0]}
    assert set(found.only_a) <= only
    assert len(found.only_a) == min(len(only), 5)


def test_the_same_run_has_no_difference(tmp_path: Path) -> None:
    a = fake_run(tmp_path / "a", [1, 2, 3, 4], [[0, 0], [1, 1], [0, -1], [-1, -1]])
    found = diff(a, a)
    assert (found.common, found.changed, found.moves) == (4, 0, ())
    assert str(found) == "a → a\n0 of 4 common rows have another label (0.00%)"


def test_lfs_are_told_as_same_edited_added_removed_or_unknown(tmp_path: Path) -> None:
    votes = [[0, 0, 0, 0], [1, 1, 1, 1]]
    a = fake_run(
        *(tmp_path / "a", [1, 2], votes),
        lfs=("same", "edited", "gone", "odd"),
        digests=("1", "2", "3", None),
    )
    b = fake_run(
        *(tmp_path / "b", [1, 2], votes),
        lfs=("new", "odd", "edited", "same"),
        digests=("9", None, "8", "1"),
    )
    told = {lf.lf: (lf.status, lf.changed) for lf in diff(a, b).lfs}
    assert told == {
        "same": ("same", 0),
        "edited": ("edited", 0),
        "gone": ("removed", 2),
        "odd": ("unknown", 0),
        "new": ("added", 2),
    }


def test_classes_are_compared_by_name(tmp_path: Path) -> None:
    a = fake_run(tmp_path / "a", [1, 2], [[0, 0], [1, 1]], classes=("HAM", "SPAM"))
    b = fake_run(tmp_path / "b", [1, 2], [[1, 1], [0, 0]], classes=("SPAM", "HAM"))
    found = diff(a, b)
    assert found.changed == 0
    assert {lf.changed for lf in found.lfs} == {0}


def test_the_table_names_rows_labels_and_lfs_and_fits_80_columns(tmp_path: Path) -> None:
    keys = ["a1", "a2", "a3", "a4", "a5", "x" * 90]
    before = [[1, 1], [1, 1], [0, 0], [1, 1], [0, -1], [1, -1]]
    after = [[1, 1], [1, 0], [0, 0], [1, 0], [0, -1], [1, 1]]
    a = fake_run(tmp_path / "sunday", keys, before)
    b = fake_run(tmp_path / "monday", keys, after, digests=("0", "1"))
    lines = str(diff(a, b)).splitlines()
    assert lines == [
        "sunday → monday",
        "2 of 6 common rows have another label (33.33%)",
        "",
        "label        rows  for example",
        "------------------------------",
        "SPAM → none     2  'a2', 'a4'",
        "",
        "LF    code  votes changed  on changed rows",
        "------------------------------------------",
        "b   edited              3                2",
    ]
    c = fake_run(tmp_path / ("long" * 20), [f"{i}" * 60 for i in range(9)], [[1, 1]] * 9)
    assert max(map(len, str(diff(a, c)).splitlines())) <= 80
    assert "6 rows only in sunday: 'a1'" in str(diff(a, c))


def test_labels_that_changed_without_a_vote_are_laid_to_the_label_model(tmp_path: Path) -> None:
    a = fake_run(tmp_path / "a", [1, 2, 3], [[1, 0], [1, 1], [0, 0]])
    b = fake_run(tmp_path / "b", [1, 2, 3], [[1, 0], [1, 1], [0, 0]])
    L = wl.LabelMatrix.from_array([[1, 0], [1, 1], [0, 0]], ("HAM", "SPAM"), ["a", "b"], [1, 2, 3])
    labels = wl.WeightedVote(weights={"a": 2.0, "b": 1.0}).fit(L).label(L)
    path = b / "labels" / "part-00000.parquet"
    write_labels(path, labels, format="parquet", run="b", provenance={})
    found = diff(a, b)
    assert (found.changed, found.by_model_alone) == (1, 1)
    assert "1 changed rows have the same votes: the label model weighs them" in str(found)


def test_to_dict_is_json(tmp_path: Path) -> None:
    a = fake_run(tmp_path / "a", ["k1", "k2"], [[1, 1], [0, 0]])
    b = fake_run(tmp_path / "b", ["k2", "k3"], [[1, 1], [0, 0]])
    told = json.loads(json.dumps(diff(a, b).to_dict()))
    assert told["rows"] == {"a": 2, "b": 2, "common": 1, "only_a": 1, "only_b": 1}
    assert told["only_a"] == ["k1"]
    assert told["moves"] == [{"from": "HAM", "to": "SPAM", "rows": 1, "examples": ["k2"]}]
    assert told["lfs"][0] == {"lf": "a", "status": "same", "changed": 1, "among_changed": 1}


def test_an_edited_lf_is_found_in_real_runs(tmp_path: Path) -> None:
    config = job(tmp_path)
    one = run(config, directory=tmp_path / "one")
    (tmp_path / "lfs.py").write_text(LFS.replace('"song" in', '"free" in'))
    write_rows(tmp_path / "data" / "c.jsonl", rows(range(70, 77)))
    two = run(config, directory=tmp_path / "two")
    found = diff(one.directory, two.directory)
    assert (found.rows_a, found.rows_b, found.common) == (70, 77, 70)
    assert found.only_b == (70, 71, 72, 73, 74)
    assert [lf.lf for lf in found.lfs if lf.status == "edited"] == ["says_song"]
    (song,) = [lf for lf in found.lfs if lf.lf == "says_song"]
    assert song.changed == 60
    assert all(lf.changed == 0 for lf in found.lfs if lf.lf != "says_song")


def test_a_run_without_labels_cannot_be_compared(tmp_path: Path) -> None:
    config = job(tmp_path)
    one = run(config, directory=tmp_path / "one", stages=["apply"])
    with pytest.raises(RunError, match=r"run 'one' .* has not written all its labels.*resume it"):
        diff(one.directory, one.directory)
    with pytest.raises(RunError, match="is no directory of a run"):
        diff(tmp_path / "nowhere", one.directory)
