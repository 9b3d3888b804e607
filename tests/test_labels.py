from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

import weaklabel as wl
from weaklabel.labels import hard_labels

BALANCE = np.array([0.2, 0.5, 0.3])


def make(
    probs: Any, covered: Any = None, keys: Any = None, balance: Any = BALANCE
) -> wl.ProbabilisticLabels:
    probs = np.asarray(probs, float)
    n, k = probs.shape
    return wl.ProbabilisticLabels(
        probs=probs,
        covered=np.ones(n, bool) if covered is None else np.asarray(covered),
        keys=np.arange(n) if keys is None else np.asarray(keys),
        class_names=("A", "B", "C")[:k],
        class_balance=np.asarray(balance)[:k],
    )


@pytest.fixture(name="labels")
def four_rows() -> wl.ProbabilisticLabels:
    """Return a sure row, a tie of the last two, an uncovered row, and a tie of all."""
    return make(
        [[0.8, 0.1, 0.1], [0.2, 0.4, 0.4], [0.2, 0.5, 0.3], [1 / 3, 1 / 3, 1 / 3]],
        covered=[True, True, False, True],
        keys=[10, 11, 12, 13],
    )


# Hard labels ------------------------------------------------------------------------------------


def test_a_tie_and_an_uncovered_row_abstain_by_default(labels: wl.ProbabilisticLabels) -> None:
    assert labels.predict().tolist() == [0, -1, -1, -1]
    assert labels.predict().dtype == np.int64


def test_a_tie_may_go_to_the_class_balance_or_to_the_first(labels: wl.ProbabilisticLabels) -> None:
    assert labels.predict(tie="prior").tolist() == [0, 1, -1, 1]
    assert labels.predict(tie="first").tolist() == [0, 1, -1, 0]


def test_the_prior_breaks_a_tie_only_among_the_tied() -> None:
    labels = make([[0.4, 0.2, 0.4]])
    assert labels.predict(tie="prior").tolist() == [2]


def test_an_uncovered_row_may_go_to_the_class_balance(labels: wl.ProbabilisticLabels) -> None:
    assert labels.predict(uncovered="prior").tolist() == [0, -1, 1, -1]


def test_an_uncovered_row_abstains_even_where_ties_are_broken() -> None:
    labels = make([[0.5, 0.5]], covered=[False], balance=[0.5, 0.5])
    assert labels.predict(tie="first").tolist() == [-1]
    assert labels.predict(tie="prior").tolist() == [-1]
    assert labels.predict(uncovered="prior").tolist() == [0]


def test_sums_in_another_order_do_not_break_a_tie() -> None:
    assert 0.1 + 0.2 + 0.3 != 0.3 + 0.2 + 0.1
    labels = make([[0.1 + 0.2 + 0.3, 0.3 + 0.2 + 0.1], [0.5 + 1e-8, 0.5 - 1e-8]])
    assert labels.predict().tolist() == [-1, 0]


@pytest.mark.parametrize("bad", ["random", "", None])
def test_other_words_are_refused(labels: wl.ProbabilisticLabels, bad: Any) -> None:
    with pytest.raises(ValueError, match=r"tie must be 'abstain', 'prior' or 'first', got "):
        labels.predict(tie=bad)
    with pytest.raises(ValueError, match=r"uncovered must be 'abstain' or 'prior', got "):
        labels.predict(uncovered=bad)


@given(
    st.lists(st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.7]), min_size=3, max_size=3), max_size=6),
    st.permutations(range(3)),
    st.data(),
)
def test_hard_labels_follow_classes_and_rows_that_are_moved(
    rows: list[list[float]], order: list[int], data: st.DataObject
) -> None:
    probs = np.array(rows).reshape(len(rows), 3)
    covered = np.array(data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))))
    covered = covered.astype(bool)
    expected = hard_labels(probs, covered, BALANCE, tie="prior")
    moved = hard_labels(probs[:, order], covered, BALANCE[order], tie="prior")
    assert [-1 if y < 0 else order[y] for y in moved] == expected.tolist()
    rows_back = hard_labels(probs[::-1], covered[::-1], BALANCE, tie="prior")[::-1]
    assert rows_back.tolist() == expected.tolist()


# Training set -----------------------------------------------------------------------------------


def test_the_training_set_leaves_uncovered_rows_out(labels: wl.ProbabilisticLabels) -> None:
    t = labels.training_set(["a", "b", "c", "d"])
    assert t.rows == ["a", "b", "d"]
    assert t.positions.tolist() == [0, 1, 3]
    assert t.keys.tolist() == [10, 11, 13]
    assert np.array_equal(t.probs, labels.probs[[0, 1, 3]])
    assert len(t) == 3


def test_a_tie_weighs_nothing_and_has_its_first_class(labels: wl.ProbabilisticLabels) -> None:
    t = labels.training_set()
    assert t.y.tolist() == [0, 1, 0]
    assert t.weights.tolist() == [0.8, 0.0, 0.0]
    assert t.rows.tolist() == [0, 1, 3], "positions where no data is given"


ROWS = [{"x": i, "t": f"t{i}"} for i in range(4)]
DATA: dict[str, Any] = {
    "list": ROWS,
    "tuple": tuple(ROWS),
    "pandas": pd.DataFrame(ROWS, index=[5, 5, 1, 0]),
    "Series": pd.Series([f"t{i}" for i in range(4)], index=list("abca")),
    "Index": pd.Index([f"t{i}" for i in range(4)]),
    "polars": pl.DataFrame(ROWS),
    "polars Series": pl.Series([f"t{i}" for i in range(4)]),
    "arrow": pa.Table.from_pylist(ROWS),
    "arrow array": pa.array([f"t{i}" for i in range(4)]),
    "ndarray": np.array([[i, i] for i in range(4)]),
    "texts": np.array([f"t{i}" for i in range(4)]),
    "sparse": sp.csr_matrix(np.arange(8).reshape(4, 2)),
}


@pytest.mark.parametrize("kind", DATA)
def test_the_rows_have_the_type_of_the_data(kind: str, labels: wl.ProbabilisticLabels) -> None:
    data = DATA[kind]
    rows = labels.training_set(data).rows
    assert isinstance(rows, list if kind == "tuple" else type(data))
    expected = {"ndarray": [[0, 0], [1, 1], [3, 3]], "sparse": [[0, 1], [2, 3], [6, 7]]}.get(kind)
    texts = [f"t{i}" for i in (0, 1, 3)]
    assert _listed(rows) in (expected, texts, [ROWS[0], ROWS[1], ROWS[3]])


def _listed(rows: Any) -> list[Any]:
    """Return the rows of any container as a list of plain values."""
    if isinstance(rows, pd.DataFrame):
        rows = rows.to_dict("records")
    for method in ("to_dicts", "to_pylist", "toarray"):
        rows = getattr(rows, method)() if hasattr(rows, method) else rows
    return [_plain(row) for row in rows]


def _plain(row: Any) -> Any:
    return row.tolist() if isinstance(row, np.ndarray | np.generic) else row


def test_data_of_another_length_is_refused(labels: wl.ProbabilisticLabels) -> None:
    for data in (["a"], pd.DataFrame({"a": [1, 2, 3]}), np.zeros((5, 2)), sp.csr_matrix((2, 2))):
        with pytest.raises(ValueError, match=r"data has \d rows, the labels have 4"):
            labels.training_set(data)


@pytest.mark.parametrize("data", [iter("abcd"), "abcd", {"a": [1, 2, 3, 4]}, 4])
def test_data_without_length_and_order_is_refused(
    labels: wl.ProbabilisticLabels, data: Any
) -> None:
    with pytest.raises(TypeError, match=r"data must have a length and an order, got "):
        labels.training_set(data)


def test_a_training_set_may_be_empty() -> None:
    t = make(np.full((2, 3), 1 / 3), covered=[False, False]).training_set(["a", "b"])
    assert (len(t), t.rows, t.probs.shape, t.y.shape) == (0, [], (0, 3), (0,))


def test_any_scikit_learn_classifier_takes_the_training_set() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 2))
    p = 1 / (1 + np.exp(-4 * X[:, 0]))
    t = make(np.column_stack([1 - p, p]), covered=rng.random(60) < 0.8, balance=[0.5, 0.5])
    training = t.training_set(X)
    model = LogisticRegression().fit(training.rows, training.y, sample_weight=training.weights)
    assert model.score(X, p > 0.5) > 0.9


# The object -------------------------------------------------------------------------------------


def test_it_tells_what_it_holds(labels: wl.ProbabilisticLabels) -> None:
    assert (labels.n, labels.k, len(labels)) == (4, 3, 4)
    assert labels.confidence.tolist() == pytest.approx([0.8, 0.4, 0.5, 1 / 3])
    assert repr(labels) == "ProbabilisticLabels: 4 rows, 3 covered; A 1, B 0, C 0, abstain 3"
    assert "class" not in repr(make(np.zeros((0, 3))))


def test_nothing_in_it_can_be_changed(labels: wl.ProbabilisticLabels) -> None:
    for array in (labels.probs, labels.covered, labels.keys, labels.class_balance):
        with pytest.raises(ValueError, match=r"read-only"):
            array[0] = 0
    with pytest.raises(FrozenInstanceError):
        labels.probs = np.zeros((4, 3))  # type: ignore[misc]


def test_parts_that_do_not_fit_are_refused() -> None:
    expected = r"probs of shape \(2, 3\) do not fit 3 classes, 3 covered flags and 2 keys"
    with pytest.raises(ValueError, match=expected):
        make(np.zeros((2, 3)), covered=[True] * 3)
    with pytest.raises(ValueError, match=r"do not fit .* and 1 keys"):
        make(np.zeros((2, 3)), keys=[1])


def test_as_a_frame_it_has_a_row_a_key(labels: wl.ProbabilisticLabels) -> None:
    frame = labels.to_frame()
    assert frame.index.tolist() == [10, 11, 12, 13]
    assert frame["label"].tolist() == ["A", None, None, None]
    assert frame["covered"].tolist() == [True, True, False, True]
    assert frame["P(B)"].tolist() == labels.probs[:, 1].tolist()
    assert list(frame) == ["label", "confidence", "covered", "P(A)", "P(B)", "P(C)"]


# Through the models -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:no LF votes for")
@settings(deadline=None, max_examples=20)
@given(st.data())
def test_uncovered_rows_get_the_class_balance(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 8))
    rows = st.lists(st.integers(-1, 2), min_size=3, max_size=3)
    votes = data.draw(st.lists(rows, min_size=n, max_size=n))
    L = wl.LabelMatrix.from_array([*votes, [-1, -1, -1]], ("A", "B", "C"), keys=range(5, n + 6))
    labels = wl.MajorityVote().fit(L).label(L)
    assert labels.covered.tolist() == [any(v >= 0 for v in row) for row in votes] + [False]
    assert np.allclose(labels.probs[~labels.covered], labels.class_balance)
    assert np.allclose(labels.probs.sum(axis=1), 1)
    assert (labels.predict()[~labels.covered] == -1).all()
    assert labels.keys.tolist() == L.keys.tolist()
    assert not set(labels.training_set().positions) & set(np.flatnonzero(~labels.covered))


def test_labels_do_not_change_when_the_callers_array_does() -> None:
    probs = np.array([[0.9, 0.1]])
    labels = make(probs)
    probs[0] = 0.5
    assert labels.probs.tolist() == [[0.9, 0.1]]
