from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import multivariate_normal, norm
from sklearn.base import clone

import weaklabel as wl
from tests.voting import finite
from weaklabel.errors import FileFormatError, NotFittedError, WeakLabelWarning
from weaklabel.label_model._outputs._numeric import NumericModel
from weaklabel.label_model._outputs._numeric_rows import NumericRows
from weaklabel.types import FloatArray

NAN = np.nan
BIAS = np.array([0.5, -1.0, 0.2, 1.5, -0.4])
VARIANCE = np.array([0.2, 0.5, 1.0, 2.0, 4.0])


def drawn(n: int, seed: int = 0, coverage: float = 0.7) -> tuple[FloatArray, FloatArray]:
    """Return votes of five LFs and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.normal(10.0, 2.0, n)
    votes = truth[:, None] + BIAS + rng.normal(size=(n, 5)) * np.sqrt(VARIANCE)
    votes[rng.random((n, 5)) > coverage] = NAN
    return votes, truth


def fitted(votes: Any, gold: Any = None, **params: Any) -> NumericModel:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", WeakLabelWarning)
        return NumericModel(**params).fit(votes, gold)


@st.composite
def vote_tables(draw: st.DrawFn) -> FloatArray:
    """Draw tables with at least one vote; halves and quarters, so that ties are exact."""
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 4)))
    cell = st.one_of(st.just(NAN), st.integers(-40, 40).map(lambda x: x / 4))
    table: FloatArray = draw(hnp.arrays(np.float64, shape, elements=cell))
    if np.isnan(table).all():
        table[0, 0] = 1.0
    return table


def test_biases_and_variances_are_recovered() -> None:
    votes, _ = drawn(20_000)
    model = NumericModel().fit(votes)
    np.testing.assert_allclose(model.variance_, VARIANCE, rtol=0.06)
    # Without gold, the precise LFs say where 0 is.
    shared = (BIAS / VARIANCE).sum() / (1 / VARIANCE).sum()
    np.testing.assert_allclose(model.bias_, BIAS - shared, atol=0.05)
    assert abs((model.bias_ / model.variance_).sum()) < 1e-6
    assert model.prior_mean_ == pytest.approx(10.0 + shared, abs=0.05)
    assert model.prior_variance_ == pytest.approx(4.0, rel=0.05)
    assert model.converged_


def test_partial_gold_tells_the_shared_bias() -> None:
    votes, truth = drawn(5_000)
    gold = np.where(np.arange(5_000) < 300, truth, NAN)
    model = NumericModel().fit(votes, gold)
    np.testing.assert_allclose(model.bias_, BIAS, atol=0.12)
    blind = NumericModel().fit(votes)
    rest = gold != gold
    error = [np.abs(m.predict(votes) - truth)[rest].mean() for m in (model, blind)]
    assert error[0] < error[1]
    nothing_known = NumericModel().fit(votes, np.full(5_000, NAN))
    assert np.array_equal(nothing_known.bias_, blind.bias_)


def test_with_all_gold_biases_and_variances_are_sample_statistics() -> None:
    votes, truth = drawn(4_000, coverage=1.0)
    model = NumericModel().fit(votes, truth)
    errors = votes - truth[:, None]
    np.testing.assert_allclose(model.bias_, errors.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(model.variance_, errors.var(axis=0), rtol=0.01)
    assert model.prior_mean_ == pytest.approx(truth.mean(), abs=1e-4)
    assert model.prior_variance_ == pytest.approx(truth.var(), rel=5e-3)


def test_labels_are_better_than_the_mean_and_intervals_hold_what_they_promise() -> None:
    votes, truth = drawn(5_000)
    gold = np.where(np.arange(5_000) < 1_000, truth, NAN)
    model = NumericModel().fit(votes, gold)
    test, known = drawn(5_000, seed=1)
    mean = model.predict(test)
    some = ~np.isnan(test).all(axis=1)
    plain = np.nanmean(test[some], axis=1)
    assert np.square(mean - known)[some].mean() < 0.5 * np.square(plain - known[some]).mean()
    for level in (0.5, 0.9, 0.99):
        low, high = model.predict_interval(test, level=level).T
        assert ((low <= known) & (known <= high)).mean() == pytest.approx(level, abs=0.02)
        np.testing.assert_allclose((low + high) / 2, mean)
    assert model.score(test, known) > 0.85


def test_a_prediction_is_bayes_rule_by_hand() -> None:
    model = NumericModel()
    model.lf_names_ = ("lf_0", "lf_1")
    model.bias_, model.variance_ = np.array([1.0, -1.0]), np.array([0.5, 2.0])
    model.prior_mean_, model.prior_variance_ = 3.0, 1.0
    votes = [[5.0, NAN], [5.0, 2.0], [NAN, NAN]]
    # Precisions 1, 2 and 0.5: (3 + 2 * 4) / 3, (3 + 2 * 4 + 0.5 * 3) / 3.5.
    np.testing.assert_allclose(model.predict(votes), [11 / 3, 12.5 / 3.5, 3.0])
    np.testing.assert_allclose(model.predict_std(votes) ** 2, [1 / 3, 1 / 3.5, 1.0])
    half = norm.ppf(0.975) * np.sqrt(1 / 3)
    np.testing.assert_allclose(model.predict_interval(votes)[0], [11 / 3 - half, 11 / 3 + half])
    assert np.isnan(model.predict(votes, uncovered="abstain")).tolist() == [False, False, True]


def log_posterior(rows: NumericRows, theta: FloatArray, bias: FloatArray, mean: float) -> float:
    """What EM climbs, from the density of each row's votes; the slow obvious twin."""
    noise, signal = np.exp(theta[:-1]), np.exp(theta[-1])
    total = 0.0
    for votes, voted, known, truth in zip(
        rows.votes, rows.voted > 0, rows.known, rows.truth, strict=True
    ):
        own = np.diag(noise[voted])
        if known:
            total += norm.logpdf(truth, mean, np.sqrt(signal))
            total += multivariate_normal.logpdf(votes[voted], truth + bias[voted], own)
        else:
            total += multivariate_normal.logpdf(votes[voted], mean + bias[voted], own + signal)
    total -= 0.5 * float((rows.strength * (theta[:-1] + rows.noise / noise)).sum())
    total -= 0.5 * rows.strength * (theta[-1] + rows.signal / signal)
    return float(total - 0.5 * (bias**2 / noise).sum())


@given(votes=vote_tables(), data=st.data())
def test_the_objective_is_the_log_posterior_and_never_falls(
    votes: FloatArray, data: st.DataObject
) -> None:
    votes = votes / 5
    cell = st.one_of(st.just(NAN), st.floats(-2, 2))
    gold = data.draw(hnp.arrays(np.float64, len(votes), elements=cell))
    rows = NumericRows(votes, gold, 2.0)
    theta, before = rows.start, -np.inf
    offset = None
    for _ in range(20):
        bias, mean = rows.biases(np.exp(theta))
        after, height = rows.step(theta)
        twin = log_posterior(rows, theta, bias, mean)
        offset = twin - height if offset is None else offset
        assert twin - height == pytest.approx(offset, abs=1e-7), "equal up to a constant"
        assert height >= before - 1e-9
        theta, before = after, height


@given(votes=vote_tables(), data=st.data())
@settings(max_examples=30)
def test_the_biases_are_the_most_probable_ones(votes: FloatArray, data: st.DataObject) -> None:
    votes = votes / 5
    cell = st.one_of(st.just(NAN), st.floats(-2, 2))
    gold = data.draw(hnp.arrays(np.float64, len(votes), elements=cell))
    rows = NumericRows(votes, gold, 2.0)
    theta = rows.start + np.linspace(-1, 1, len(rows.start))
    bias, mean = rows.biases(np.exp(theta))
    best = log_posterior(rows, theta, bias, mean)
    rng = np.random.default_rng(0)
    for _ in range(5):
        step = 0.1 * rng.normal(size=len(bias) + 1)
        assert log_posterior(rows, theta, bias + step[:-1], mean + step[-1]) <= best + 1e-9


@given(votes=vote_tables(), data=st.data())
def test_nothing_is_ever_nan_and_no_variance_is_0(votes: FloatArray, data: st.DataObject) -> None:
    cell = st.one_of(st.just(NAN), st.floats(-50, 50))
    gold = data.draw(hnp.arrays(np.float64, len(votes), elements=cell))
    model = fitted(votes, gold)
    assert (model.variance_ > 0).all()
    assert model.prior_variance_ > 0
    for array in (
        model.bias_,
        model.variance_,
        model.predict(votes),
        model.predict_std(votes),
        model.predict_interval(votes),
    ):
        assert finite(array)


@given(votes=vote_tables(), data=st.data())
@settings(max_examples=50)
def test_the_order_of_rows_and_lfs_does_not_matter(votes: FloatArray, data: st.DataObject) -> None:
    n, m = votes.shape
    rows = data.draw(st.permutations(range(n)))
    lfs = data.draw(st.permutations(range(m)))
    model = fitted(votes)
    moved = votes[rows][:, lfs]
    other = fitted(moved)
    # Where hardly anything was voted the variances are wide open, and rounding is felt more.
    np.testing.assert_allclose(other.predict(moved), model.predict(votes)[rows], atol=1e-7)
    np.testing.assert_allclose(other.bias_, model.bias_[lfs], atol=1e-7)


def test_on_real_sizes_the_order_does_not_matter_to_1e_9() -> None:
    votes, _ = drawn(500)
    rng = np.random.default_rng(5)
    rows, lfs = rng.permutation(500), rng.permutation(5)
    model, other = NumericModel().fit(votes), NumericModel().fit(votes[rows][:, lfs])
    np.testing.assert_allclose(
        other.predict(votes[rows][:, lfs]), model.predict(votes)[rows], atol=1e-9
    )


@pytest.mark.parametrize(("factor", "shift"), [(1e6, 0.0), (1e-6, 3.0), (1.0, -500.0)])
def test_units_do_not_matter(factor: float, shift: float) -> None:
    votes, _ = drawn(300)
    model, other = NumericModel().fit(votes), NumericModel().fit(votes * factor + shift)
    scale = np.abs(model.predict(votes) * factor + shift).max()
    np.testing.assert_allclose(
        other.predict(votes * factor + shift) / scale,
        (model.predict(votes) * factor + shift) / scale,
        atol=1e-7,
    )
    np.testing.assert_allclose(other.variance_, model.variance_ * factor**2, rtol=1e-4)


def test_a_row_is_predicted_the_same_whatever_stands_beside_it() -> None:
    votes, _ = drawn(200)
    model = NumericModel().fit(votes)
    alone = np.concatenate([model.predict(votes[i : i + 1]) for i in range(200)])
    assert np.array_equal(alone, model.predict(votes))
    assert model.predict(votes[:0]).shape == (0,)


@pytest.mark.parametrize(
    "votes",
    [
        pytest.param([[5.0]], id="one cell"),
        pytest.param([[1.0, NAN, 2.0]], id="one row"),
        pytest.param([[1.0], [2.0], [NAN]], id="one LF"),
        pytest.param([[3.0, 3.0]] * 9, id="constant"),
        pytest.param([[float(i), float(i)] for i in range(9)], id="LFs that always agree"),
        pytest.param([[1.0, NAN], [NAN, 9.0]] * 5, id="no overlaps"),
        pytest.param([[1.0, NAN], [2.0, NAN]], id="an LF that never votes"),
        pytest.param([[1.0, 1e9], [2.0, -1e9]], id="a wild LF"),
        pytest.param([[1e15, 1e15 + 1]] * 3, id="large and nearly equal"),
    ],
)
def test_odd_votes_give_finite_numbers(votes: Any) -> None:
    model = fitted(votes)
    assert finite(model.predict(votes))
    assert finite(model.predict_interval(votes))
    assert (model.variance_ > 0).all()


def test_an_lf_without_noise_is_followed_and_not_made_infinitely_precise() -> None:
    votes, truth = drawn(500, coverage=1.0)
    votes[:, 0] = truth
    model = NumericModel().fit(votes)
    assert model.variance_.argmin() == 0
    assert 0 < model.variance_[0] < 0.15
    off = model.predict(votes) - truth
    assert np.abs(off - off.mean()).mean() < 0.2


def test_rows_without_votes_get_the_prior_and_teach_nothing() -> None:
    votes, _ = drawn(100)
    wider = np.vstack([votes, np.full((20, 5), NAN)])
    model, same = NumericModel().fit(wider), NumericModel().fit(votes)
    assert (model.predict(wider)[100:] == model.prior_mean_).all()
    np.testing.assert_allclose(model.predict_std(wider)[100:] ** 2, model.prior_variance_)
    np.testing.assert_allclose(model.bias_, same.bias_, atol=1e-12)


@pytest.mark.parametrize(
    "frame",
    [
        lambda votes: pd.DataFrame(votes, columns=["a", "b"]),
        lambda votes: pd.DataFrame(votes, columns=["a", "b"]).astype("Float64"),
        lambda votes: pl.DataFrame(votes, schema=["a", "b"], orient="row"),
    ],
    ids=["pandas", "nullable", "polars"],
)
def test_a_frame_names_its_lfs_and_may_be_in_another_order(frame: Callable[..., Any]) -> None:
    votes = [[1.0, 1.5], [2.0, None], [3.0, 3.2]]
    model = fitted(frame(votes))
    assert model.lf_names_ == ("a", "b")
    np.testing.assert_array_equal(model.bias_, fitted(votes).bias_)
    np.testing.assert_array_equal(
        model.predict(frame(votes)[["b", "a"]]), fitted(votes).predict(votes)
    )
    with pytest.raises(ValueError, match=r"fitted on other LFs: the votes lack 'b' and have 'c'"):
        model.predict(pd.DataFrame({"a": [1.0], "c": [1.0]}))


def test_masked_and_whole_numbers_are_read() -> None:
    masked = np.ma.masked_array([[1, 2], [3, 9]], mask=[[False, False], [False, True]])
    expected = fitted([[1.0, 2.0], [3.0, NAN]]).bias_
    assert np.array_equal(fitted(masked).bias_, expected)
    assert np.array_equal(fitted([[1, 2], [3, None]]).bias_, expected)


@pytest.mark.parametrize(
    ("votes", "error", "message"),
    [
        (np.zeros((0, 3)), ValueError, "the votes have no rows; there is nothing to fit"),
        ([[NAN, NAN]], ValueError, "no LF votes on any row, all cells are NaN"),
        ([1.0, 2.0], ValueError, r"votes must have shape \(n, m\), one column an LF, got shape"),
        (np.zeros((3, 0)), ValueError, r"one column an LF, got shape \(3, 0\)"),
        ([[1.0, np.inf]], ValueError, "LF 'lf_1' votes inf on row 0; votes are finite numbers"),
        ([[-1e200, 1.0]], ValueError, r"LF 'lf_0' votes -1e\+200 on row 0; .* up to 1e\+100"),
        ([["1.0", "2.0"]], TypeError, "votes must be numbers, NaN or None where missing, got dty"),
        ([["1.0", None]], TypeError, "votes must be numbers, NaN or None where missing, got '1.0'"),
        ([[True, False]], TypeError, "votes must be numbers, NaN or None where missing, got dtype"),
        ([[True, None]], TypeError, "votes must be numbers, NaN or None where missing, got True"),
        ([[{}, None]], TypeError, r"votes must be numbers, NaN or None .* got \[\[\{\}, None\]\]"),
        (
            wl.LabelMatrix.from_array([[0, 1]]),
            TypeError,
            "expected an array of numbers, got a LabelMatrix.* use OrdinalModel",
        ),
        (
            pd.DataFrame([[1.0, 2.0]], columns=[1, "1"]),
            ValueError,
            "LF name '1' is used twice",
        ),
    ],
)
def test_votes_that_are_none_are_refused(votes: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        NumericModel().fit(votes)


@pytest.mark.parametrize(
    ("gold", "error", "message"),
    [
        ([1.0], ValueError, r"gold has shape \(1,\), the votes have 2 rows; give one number a row"),
        ([1.0, np.inf], ValueError, "gold is inf on row 1; it holds finite numbers"),
        (["a", None], TypeError, "gold must be numbers, NaN or None where missing, got 'a'"),
    ],
)
def test_gold_that_does_not_fit_is_refused(gold: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        NumericModel().fit([[1.0], [2.0]], gold)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"prior_strength": 0.0}, "prior_strength must be a positive number, got 0.0"),
        ({"tol": NAN}, "tol must be a number that is not negative, got nan"),
        ({"max_iter": 0}, "max_iter must be an int of at least 1, got 0"),
    ],
)
def test_bad_parameters_are_named_at_fit(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        NumericModel(**params).fit([[1.0], [2.0]])


def test_words_and_levels_are_checked() -> None:
    model = fitted([[1.0], [2.0]])
    with pytest.raises(ValueError, match="uncovered must be 'abstain' or 'prior', got 'guess'"):
        model.predict([[1.0]], uncovered="guess")  # type: ignore[arg-type]
    for level in (0.0, 1.0, NAN):
        with pytest.raises(ValueError, match="level must be a number between 0 and 1, got"):
            model.predict_interval([[1.0]], level=level)
    with pytest.raises(ValueError, match="at least two different gold values, 1 are known"):
        model.score([[1.0], [2.0]], [1.0, NAN])
    with pytest.raises(ValueError, match=r"other LFs: the votes have 'lf_1' besides"):
        model.predict([[1.0, 2.0]])


def test_an_unfitted_model_says_so(tmp_path: Path) -> None:
    for use in ("predict", "predict_std", "predict_interval", "save"):
        with pytest.raises(NotFittedError, match="this NumericModel is not fitted; call fit first"):
            getattr(NumericModel(), use)(tmp_path if use == "save" else [[1.0]])


def test_a_fit_that_has_not_converged_says_so_where_fit_was_called() -> None:
    votes, _ = drawn(200)
    with pytest.warns(WeakLabelWarning, match="NumericModel has not converged after 1 p") as caught:
        NumericModel(max_iter=1).fit(votes)
    assert caught[0].filename == __file__


def test_a_loaded_model_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    votes, _ = drawn(100)
    model = NumericModel(prior_strength=3.0).fit(pd.DataFrame(votes, columns=list("abcde")))
    model.save(tmp_path / "model")
    loaded = NumericModel.load(tmp_path / "model")
    assert loaded.get_params() == model.get_params()
    assert loaded.lf_names_ == tuple("abcde")
    for name in NumericModel._learned:
        assert np.array_equal(getattr(loaded, name), getattr(model, name))
    frame = pd.DataFrame(votes, columns=list("abcde"))
    assert np.array_equal(loaded.predict_interval(frame), model.predict_interval(frame))
    with pytest.raises(FileFormatError, match="holds a NumericModel, not a LabelModel"):
        wl.LabelModel.load(tmp_path / "model")


def test_scikit_learn_clones_it_and_no_random_state_is_touched() -> None:
    votes, _ = drawn(50)
    before = random.getstate(), str(np.random.get_state(legacy=False))  # noqa: NPY002
    copy = votes.copy()
    model = NumericModel(prior_strength=4.0).fit(votes)
    assert np.array_equal(votes, copy, equal_nan=True)
    assert (random.getstate(), str(np.random.get_state(legacy=False))) == before  # noqa: NPY002
    again = clone(model)
    assert again.get_params() == model.get_params()
    assert not hasattr(again, "bias_")
    assert np.array_equal(again.fit(votes).bias_, model.bias_)
