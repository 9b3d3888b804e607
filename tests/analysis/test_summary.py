from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

import weaklabel as wl
from tests import reference
from tests.strategies import label_matrices
from tests.voting import gold_for, voted_matrices
from weaklabel import analysis
from weaklabel.analysis._summary import wilson
from weaklabel.datasets._synthetic import synthetic
from weaklabel.types import Fault

GOLDEN = Path(__file__).parents[1] / "golden"
SPAM = ("HAM", "SPAM")


@given(data=st.data())
def test_every_number_equals_the_twin(data: st.DataObject) -> None:
    L = data.draw(label_matrices())
    gold = data.draw(gold_for(L))
    possible = L.possible.astype(int)
    votes, shared, judged, rows = reference.count_votes(
        *L.csr(), L.possible, possible @ possible.T == 0, gold, L.m
    )
    s, n = L.summary(gold), max(L.n, 1)
    np.testing.assert_array_equal(s.coverage, votes.sum(axis=1) / n)
    np.testing.assert_array_equal(np.column_stack([s.overlaps, s.conflicts]), shared / n)
    assert [s.label_coverage, s.label_overlap, s.label_conflict] == (rows / n).tolist()
    assert s.polarity == tuple(tuple(np.flatnonzero(row).tolist()) for row in votes)
    assert s.incorrect.tolist() == judged[:, :, 0].sum(axis=1).tolist()
    assert s.correct.tolist() == judged[:, :, 1].sum(axis=1).tolist()
    assert s.n_gold == int((gold >= 0).sum())
    for y in range(L.k):
        there = int((gold == y).sum())
        for j in range(L.m):
            assert s.recall[j, y] == judged[j, y, 1] / there if there else np.isnan(s.recall[j, y])


@given(data=st.data())
@settings(max_examples=50)
@pytest.mark.filterwarnings("ignore:Input has data type int8:FutureWarning")
def test_measures_equal_those_of_snorkel(data: st.DataObject) -> None:
    from snorkel.labeling import LFAnalysis

    L = data.draw(voted_matrices(class_sets=False))
    theirs = LFAnalysis(np.asarray(L))
    assert analysis.lf_polarities(L) == theirs.lf_polarities()
    for name in ("lf_coverages", "lf_overlaps", "lf_conflicts"):
        np.testing.assert_allclose(getattr(analysis, name)(L), getattr(theirs, name)(), atol=1e-15)
    for name in ("label_coverage", "label_overlap", "label_conflict"):
        assert getattr(analysis, name)(L) == pytest.approx(getattr(theirs, name)())
    gold = np.maximum(data.draw(gold_for(L)), 0)
    # Snorkel gives 0 to an LF without votes, we say that nothing is known.
    ours = np.nan_to_num(analysis.lf_empirical_accuracies(L, gold))
    np.testing.assert_allclose(ours, theirs.lf_empirical_accuracies(gold), atol=1e-12)
    table, summary = theirs.lf_summary(gold), L.summary(gold)
    assert table["Correct"].tolist() == summary.correct.tolist()
    assert table["Incorrect"].tolist() == summary.incorrect.tolist()


@pytest.mark.parametrize("trials", [1, 2, 7, 50, 12_345])
def test_wilson_equals_scipy(trials: int) -> None:
    hits = np.unique(np.linspace(0, trials, 23).astype(int))
    share, low, high = wilson(hits, np.full(len(hits), trials))
    for i, hit in enumerate(hits.tolist()):
        theirs = binomtest(hit, trials).proportion_ci(0.95, method="wilson")
        assert share[i] == hit / trials
        assert low[i] == pytest.approx(theirs.low, abs=1e-12)
        assert high[i] == pytest.approx(theirs.high, abs=1e-12)
        assert 0 <= low[i] <= share[i] <= high[i] <= 1


def test_no_trials_are_not_a_number_and_no_warning() -> None:
    assert all(np.isnan(x).tolist() == [True] for x in wilson(np.array([0]), np.array([0])))


def test_the_number_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    data = synthetic(140_000, 3, 3, seed=1)
    frames = []
    for cores in (1, 4):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        frames.append(data.L.summary(data.gold).to_frame())
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_blocks_of_rows_count_as_the_rows_do() -> None:
    data = synthetic(70_000, 3, 2, seed=2)
    n = 65_536
    halves = [data.L[:n].summary(data.gold[:n]), data.L[n:].summary(data.gold[n:])]
    whole = data.L.summary(data.gold)
    assert whole.correct.tolist() == (halves[0].correct + halves[1].correct).tolist()
    np.testing.assert_allclose(
        whole.conflicts * 70_000, halves[0].conflicts * n + halves[1].conflicts * (70_000 - n)
    )


def test_class_sets_clash_only_where_no_class_is_left() -> None:
    L = wl.LabelMatrix.from_array(
        [[0, 3, -1], [2, 3, -1], [1, 3, 0], [3, 4, -1]],
        classes=("A", "B", "C"),
        class_sets=[(0, 1), (1, 2)],
    )
    summary = L.summary(["A", "A", "C", None])
    assert summary.conflicts.tolist() == [0.5, 0.25, 0.25]
    assert summary.label_conflict == 0.5
    assert summary.code_names == ("A", "B", "C", "A|B", "B|C")
    assert summary.polarity == ((0, 1, 2, 3), (3, 4), (0,))
    assert summary.correct.tolist() == [1, 2, 0]
    assert summary.incorrect.tolist() == [2, 1, 1]


def test_gold_labels_may_be_partial_names_or_members() -> None:
    L = wl.LabelMatrix.from_array([[1], [0], [1], [-1]], classes=SPAM)
    by_code = L.summary(np.array([1, 1, -1, 0]))
    by_name = L.summary(["SPAM", "SPAM", None, "HAM"])
    assert by_code.n_gold == by_name.n_gold == 3
    assert by_code.precision.tolist() == by_name.precision.tolist() == [0.5]
    assert by_code.recall.tolist() == [[0.0, 0.5]]
    nothing_known = L.summary([None] * 4)
    assert nothing_known.n_gold == 0
    assert np.isnan(nothing_known.precision).all()
    assert np.isnan(nothing_known.recall).all()


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ([1], "gold has 1 labels, the label matrix has 2 rows"),
        (["SPAM", "EGGS"], "gold at position 1: 'EGGS' is no class; expected"),
        (np.array([0, 7]), "gold holds 7 at position 1; expected -1 or"),
        (np.zeros((2, 2), int), r"gold must be one-dimensional, got shape \(2, 2\)"),
    ],
)
def test_gold_labels_that_do_not_fit_are_refused(gold: Any, message: str) -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], classes=SPAM)
    with pytest.raises(ValueError, match=message):
        L.summary(gold)


@pytest.mark.parametrize("shape", [(0, 2), (3, 0), (0, 0)])
def test_nothing_to_count_is_a_table_all_the_same(shape: tuple[int, int]) -> None:
    L = wl.LabelMatrix.from_array(np.full(shape, -1), classes=SPAM)
    for gold in (None, np.full(shape[0], -1)):
        summary = L.summary(gold)
        assert str(summary).splitlines()[-1].startswith(f"{shape[0]} rows: 0.0% covered")
        assert len(summary.to_frame()) == shape[1]
        assert "<table" in summary._repr_html_()
        assert summary.coverage.tolist() == [0.0] * shape[1]
        assert summary.label_conflict == 0.0


def faulty_matrix() -> wl.LabelMatrix:
    def raises(x: Any) -> int:
        if x["i"] % 3 == 0:
            raise KeyError("i")
        return int(x["i"]) % 2

    lfs = [
        wl.LabelingFunction(raises, name="lf_raises"),
        wl.LabelingFunction(lambda x: 1 if x["i"] > 5 else None, name="lf_late"),
        wl.LabelingFunction(lambda x: None, name="lf_silent"),
    ]
    rows = [{"i": i} for i in range(12)]
    return wl.apply_lfs(
        lfs, rows, classes=SPAM, on_error="abstain", max_fault_rate=1.0, progress=False
    )


def test_the_text_is_as_in_the_golden_file() -> None:
    summary = faulty_matrix().summary([i % 2 for i in range(12)])
    assert f"{summary}\n" == (GOLDEN / "summary.txt").read_text("utf-8")
    assert repr(summary) == str(summary)


def test_the_html_is_as_in_the_golden_file() -> None:
    summary = faulty_matrix().summary([i % 2 for i in range(12)])
    assert summary._repr_html_() + "\n" == (GOLDEN / "summary.html").read_text("utf-8")


def test_the_frame_has_gold_and_fault_columns_only_where_there_are_any() -> None:
    L = wl.LabelMatrix.from_array([[1, 0], [0, -1]], classes=SPAM, lf_names=["a", "b"])
    plain = L.summary().to_frame()
    assert plain.columns.tolist() == ["polarity", "coverage", "overlaps", "conflicts"]
    assert plain.index.tolist() == ["a", "b"]
    assert plain.loc["a", "polarity"] == ["HAM", "SPAM"]
    judged = L.summary(["SPAM", None]).to_frame()
    assert judged.columns.tolist()[4:] == [
        "correct",
        "incorrect",
        "precision",
        "precision_low",
        "precision_high",
        "recall_HAM",
        "recall_SPAM",
    ]
    assert faulty_matrix().summary().to_frame()["faults"].tolist() == [4, 0, 0]


def columns(text: str) -> int:
    return max(map(len, text.splitlines()))


def test_the_text_is_at_most_80_columns_wide_at_its_widest() -> None:
    data = synthetic(1_000_400, 2, 2, coverage=1.0, accuracy=0.9999)
    long = [f"lf_{'very_' * 20}{j}" for j in range(2)]
    classes = (f"HAM{'M' * 40}", f"SPAM{'M' * 40}")
    votes = wl.LabelMatrix.from_array(np.asarray(data.L), classes=classes, lf_names=long)
    faults = [Fault(name, 0, 0, "KeyError: 'x'") for name in long]
    wide = wl.LabelMatrix(votes._votes, lf_names=long, class_names=classes, faults=faults)
    text = str(wide.summary(data.gold))
    assert columns(text) <= 80
    assert any(line.count(" 1M/1M ") == 1 for line in text.splitlines())
    assert "faults: 1 of" in text
    assert columns(str(wide.summary())) <= 80


@given(names=st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
@settings(max_examples=25)
def test_html_escapes_names(names: list[str]) -> None:
    classes = ("<b>HAM</b>", "SPAM & <i>EGGS</i>")
    L = wl.LabelMatrix.from_array([[0, 1]], classes=classes, lf_names=["<script>", names[0] + "x"])
    page = L.summary([0])._repr_html_()
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;script&gt;" in page


def test_a_summary_costs_no_global_warnings_filter() -> None:
    before = list(warnings.filters)
    str(wl.LabelMatrix.from_array([[0, -1]]).summary([None]))
    assert warnings.filters == before


def test_the_most_covering_keep_their_overlaps_with_all() -> None:
    L = wl.LabelMatrix.from_array([[0, 0, -1], [1, -1, 0], [1, -1, -1]], lf_names=["a", "b", "c"])
    whole = L.summary([0, 1, 1])
    some = whole.most_covering(2)
    assert some.lf_names == ("a", "b")
    assert some.overlaps.tolist() == whole.overlaps[:2].tolist()
    assert some.recall.tolist() == whole.recall[:2].tolist()
    assert some.label_coverage == whole.label_coverage
