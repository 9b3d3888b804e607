from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError
from enum import Enum, IntEnum
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.apply import _source
from weaklabel.errors import FaultRateError, LFError, WeakLabelError

HAM_SPAM = ("HAM", "SPAM")


class Label(Enum):
    HAM = "h"
    SPAM = "s"
    NEWS = "n"


class Animal(IntEnum):
    CAT = 0
    DOG = 1


def lf(f: Callable[..., Any], name: str = "f", **options: Any) -> wl.LabelingFunction:
    return wl.LabelingFunction(f, name=name, **options)


def echo(name: str = "echo", **options: Any) -> wl.LabelingFunction:
    """Return a labeling function that votes what the data says."""
    return lf(lambda x: x["vote"], name, **options)


def rows(*votes: Any) -> list[dict[str, Any]]:
    return [{"vote": vote, "id": f"r{i}"} for i, vote in enumerate(votes)]


def test_the_signature_is_the_promised_one() -> None:
    parameters = inspect.signature(wl.apply_lfs).parameters
    assert list(parameters)[:2] == ["lfs", "data"]
    defaults = {p.name: p.default for p in parameters.values() if p.kind is p.KEYWORD_ONLY}
    assert defaults == {
        "key": None,
        "classes": None,
        "n_jobs": 1,
        "on_error": "raise",
        "max_fault_rate": 0.1,
        "progress": True,
        "cache": None,
        "timeout": None,
    }


# Arguments --------------------------------------------------------------------------------------


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the list of labeling functions is empty; pass at least"):
        wl.apply_lfs([], ["a"])


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"two labeling functions are named 'f'; pass name= to one"
    ):
        wl.apply_lfs([lf(len), lf(str)], ["a"])


@pytest.mark.parametrize("lfs", [echo(), "lfs", 3, None], ids=repr)
def test_what_is_no_list_is_refused(lfs: Any) -> None:
    with pytest.raises(
        TypeError, match=r"lfs must be a list of labeling functions, got .*; put it"
    ):
        wl.apply_lfs(lfs, ["a"])


def test_a_pack_is_no_list_but_holds_one() -> None:
    pack: Any = wl.Pack(Label, [echo()])
    with pytest.raises(TypeError, match=r"got Pack\(.*; pass the lfs of the pack"):
        wl.apply_lfs(pack, ["a"])
    assert wl.apply_lfs(pack.lfs, rows(Label.HAM), classes=pack.classes).n_votes == 1


def test_any_iterable_of_labeling_functions_will_do() -> None:
    assert wl.apply_lfs({"a": echo("a"), "b": echo("b")}.values(), rows(1)).lf_names == ("a", "b")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"on_error": "ignore"}, r"on_error must be 'raise' or 'abstain', got 'ignore'"),
        ({"max_fault_rate": 1.1}, r"max_fault_rate must be a share in 0..1, got 1.1"),
        ({"max_fault_rate": float("nan")}, r"max_fault_rate must be a share in 0..1, got nan"),
        ({"n_jobs": 0}, r"n_jobs must be a number of processes, or -1 for all cores, got 0"),
        ({"n_jobs": 1.5}, r"n_jobs must be a number .* got 1.5"),
        ({"n_jobs": True}, r"n_jobs must be a number .* got True"),
        ({"classes": ("A",)}, r"at least two classes are needed, got \('A',\)"),
        ({"classes": ("A", "A")}, r"class name 'A' is given twice"),
        ({"classes": "AB"}, r"classes must be an Enum or a sequence of names, got 'AB'"),
        ({"classes": 2}, r"classes must be an Enum or a sequence of names, got 2; write e.g."),
        ({"classes": (1, 2)}, r"class names must be str, got 1"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        wl.apply_lfs([echo()], rows(1), **options)


# Votes ------------------------------------------------------------------------------------------


def test_every_kind_of_vote_arrives_in_the_matrix() -> None:
    votes = [0, "SPAM", Label.NEWS, None, -1, pd.NA, wl.any_of("HAM", "NEWS"), wl.none_of("HAM")]
    L = wl.apply_lfs([echo()], rows(*votes), classes=Label)
    assert np.asarray(L)[:, 0].tolist() == [0, 1, 2, -1, -1, -1, 3, 4]
    assert L.class_sets == ((0, 2), (1, 2))


def test_class_sets_are_numbered_alike_in_whatever_order_they_are_voted() -> None:
    classes = tuple("ABCDE")
    sets = [(a, b) for a in range(5) for b in range(a + 1, 5)]
    for order in (sets, sets[::-1]):
        L = wl.apply_lfs([echo()], rows(*(wl.any_of(*s) for s in order)), classes=classes)
        assert L.class_sets == tuple(sets)
        assert np.asarray(L)[:, 0].tolist() == [5 + sets.index(s) for s in order]


def test_a_bool_votes_where_votes_is_declared_and_only_there() -> None:
    L = wl.apply_lfs([echo(votes="SPAM")], rows(True, False, None), classes=HAM_SPAM)
    assert np.asarray(L)[:, 0].tolist() == [1, -1, -1]
    with pytest.raises(
        LFError, match=r"'echo' voted True on row 0; expected .*\(a bare bool needs"
    ):
        wl.apply_lfs([echo()], rows(True), classes=HAM_SPAM)


@pytest.mark.parametrize(
    "vote", [1.0, float("nan"), 7, -3, "EGGS", True, [1], Animal.DOG], ids=repr
)
@pytest.mark.parametrize("batch", [False, True])
def test_an_illegal_vote_names_function_row_key_value_and_classes(vote: Any, batch: bool) -> None:
    def column(x: Any) -> Any:
        return list(x.vote)

    data = rows(0, vote, vote)
    function = lf(column, "lf_url", batch=True) if batch else echo("lf_url")
    with pytest.raises(LFError, match=r"^labeling function 'lf_url' voted ") as e:
        wl.apply_lfs([function], data, key="id", classes=HAM_SPAM)
    assert str(e.value).startswith(
        f"labeling function 'lf_url' voted {vote!r} on row 'r1'; "
        "expected abstain or 0..1 for classes ('HAM', 'SPAM')"
    )
    assert (e.value.lf, e.value.key) == ("lf_url", "r1")
    assert e.value.fault is not None
    assert (e.value.fault.row, e.value.fault.traceback) == (1, "")


def test_the_message_of_the_style_guide() -> None:
    with pytest.raises(LFError) as e:
        wl.apply_lfs([echo("lf_url")], rows(*[0] * 12, 7), classes=HAM_SPAM)
    assert str(e.value) == (
        "labeling function 'lf_url' voted 7 on row 12; "
        "expected abstain or 0..1 for classes ('HAM', 'SPAM')"
    )


def test_a_float_is_refused_from_an_array_of_votes() -> None:
    as_array = lf(lambda x: np.array([1.0, np.nan]), batch=True)
    with pytest.raises(LFError, match=r"'f' voted 1.0 on row 0; .*\(return None to abstain\)"):
        wl.apply_lfs([as_array], ["a", "b"])


# Keys -------------------------------------------------------------------------------------------


def test_positions_are_the_keys_by_default() -> None:
    frame = pd.DataFrame(rows(0, 1, 1), index=[9, 9, 9])
    L = wl.apply_lfs([echo()], frame)
    assert L.keys.tolist() == [0, 1, 2]
    assert L.keys.dtype == np.int64


@pytest.mark.parametrize("keys", [[7, -1, 9], ["c", "a", "b"], [(1,), "x", 2.5]])
def test_a_named_column_gives_the_keys_in_input_order(
    keys: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 2)
    data = [{"vote": 1, "k": key} for key in keys]
    for container in (data, iter(data), pd.DataFrame(data)):
        L = wl.apply_lfs([echo()], container, key="k")
        assert L.keys.tolist() == keys
        assert [type(key) for key in L.keys.tolist()] == [type(key) for key in keys]


@pytest.mark.parametrize("make", [list, iter, pd.DataFrame, pl.DataFrame], ids=lambda m: m.__name__)
def test_a_repeated_key_is_refused_even_across_parts(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 2)
    data = [{"vote": 1, "k": key} for key in ("a", "b", "c", "a")]
    with pytest.raises(ValueError, match=r"row key 'a' stands on rows 0 and 3; row keys must be"):
        wl.apply_lfs([echo()], make(data), key="k")


@pytest.mark.parametrize("make", [list, iter, pd.DataFrame, pl.DataFrame], ids=lambda m: m.__name__)
def test_a_missing_key_is_refused_with_its_position(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 2)
    data = [{"vote": 1, "k": key} for key in ("a", "b", "c", None)]
    with pytest.raises(ValueError, match=r"row key at position 3 is missing \(None\); every row"):
        wl.apply_lfs([echo()], make(data), key="k")


@pytest.mark.parametrize("keys", [["a", "b", "a"], ["a", "b", None]])
def test_bad_keys_of_a_table_are_refused_before_the_run(keys: list[Any]) -> None:
    calls: list[Any] = []
    with pytest.raises(ValueError, match=r"row key"):
        wl.apply_lfs([lf(lambda x: calls.append(x))], pd.DataFrame({"k": keys}), key="k")
    assert calls == []


def test_a_key_column_that_is_missing_is_refused_with_a_guess() -> None:
    expected = r"the row key reads column 'idd', the data has columns .*; did you mean 'id'\?"
    with pytest.raises(ValueError, match=expected):
        wl.apply_lfs([echo()], pd.DataFrame(rows(1)), key="idd")
    data = [{"vote": 1, "id": 5}, {"vote": 1}]
    with pytest.raises(ValueError, match=r"row 1 has no field 'id' for the row key"):
        wl.apply_lfs([echo()], data, key="id")


# Classes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lfs", "classes"),
    [
        ([echo()], HAM_SPAM),
        ([echo(classes=HAM_SPAM)], None),
        ([echo("a"), echo("b", classes=HAM_SPAM)], None),
        ([echo("a", classes=HAM_SPAM), echo("b", classes=HAM_SPAM)], list(HAM_SPAM)),
    ],
)
def test_classes_come_from_the_caller_or_from_any_labeling_function(
    lfs: list[wl.LabelingFunction], classes: Any
) -> None:
    L = wl.apply_lfs(lfs, rows("SPAM", 0), classes=classes)
    assert L.class_names == HAM_SPAM
    assert np.asarray(L)[:, 0].tolist() == [1, 0]


def test_an_enum_that_is_voted_brings_its_classes() -> None:
    L = wl.apply_lfs([echo("a"), lf(lambda x: 1, "b")], rows(None, Label.SPAM))
    assert L.class_names == ("HAM", "SPAM", "NEWS")
    assert np.asarray(L).tolist() == [[-1, 1], [1, 1]]


def test_undeclared_ints_found_as_many_classes_as_they_ask_for() -> None:
    assert wl.apply_lfs([echo()], rows(0, 3)).class_names == ("0", "1", "2", "3")
    assert wl.apply_lfs([echo()], rows(0, None)).class_names == ("0", "1")
    assert wl.apply_lfs([echo()], rows(wl.any_of(1, 3), 0)).class_names == ("0", "1", "2", "3")


def test_classes_that_disagree_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'b' votes on classes \('CAT', 'DOG'\), labeling func.*"):
        wl.apply_lfs([echo("a", classes=HAM_SPAM), echo("b", classes=Animal)], rows(0))
    with pytest.raises(
        ValueError, match=r"'a' votes on classes \('CAT', 'DOG'\), classes= on \('H"
    ):
        wl.apply_lfs([echo("a", classes=Animal)], rows(0), classes=HAM_SPAM)
    with pytest.raises(ValueError, match=r"'a' votes on classes \('SPAM', 'HAM'\), classes= on"):
        wl.apply_lfs([echo("a", classes=("SPAM", "HAM"))], rows(0), classes=HAM_SPAM)


@pytest.mark.parametrize("part_rows", [1, 100])
def test_two_enums_that_are_voted_are_refused(
    part_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", part_rows)
    for data in (rows(Label.HAM, Animal.DOG), rows(Animal.DOG, Label.HAM)):
        with pytest.raises(
            ValueError, match=r"'echo' votes on classes .*; pass classes= to apply_"
        ):
            wl.apply_lfs([echo()], data, on_error="abstain", max_fault_rate=1.0)


@pytest.mark.parametrize("classes", [HAM_SPAM, None])
def test_votes_that_is_no_class_is_refused_before_the_run(classes: Any) -> None:
    calls: list[Any] = []
    expected = r"labeling function 'f' declares votes='EGGS': 'EGGS' is no class; expected"
    with pytest.raises(ValueError, match=expected):
        wl.apply_lfs([lf(lambda x: calls.append(x), votes="EGGS")], ["a"], classes=classes)
    assert calls == []


@pytest.mark.parametrize("part_rows", [1, 2, 100])
@pytest.mark.parametrize("order", [1, -1])
def test_an_int_beyond_the_enum_that_is_voted_is_refused_wherever_it_stands(
    part_rows: int, order: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", part_rows)
    data = rows(Label.SPAM, 7, wl.any_of(1, 9), wl.any_of(0, 1, 2), 2, "HAM")[::order]
    lfs = [echo(), lf(lambda x: 3 if x.id == "r4" else 0, "other")]
    expected = {
        ("echo", "r1"): "voted 7; expected abstain or 0..2 for classes ('HAM', 'SPAM', 'NEWS')",
        ("echo", "r2"): "voted any_of(1, 9); expected abstain or 0..2 for classes ",
        ("echo", "r3"): "voted any_of(0, 1, 2); expected abstain or 0..2 for classes ",
        ("echo", "r5"): "voted 'HAM'; expected abstain or an int from 0, or declare classes= to ",
        ("other", "r4"): "voted 3; expected abstain or 0..2 for classes ('HAM', 'SPAM', 'NEWS')",
    }
    L = wl.apply_lfs(lfs, data, key="id", on_error="abstain", max_fault_rate=1.0)
    assert np.asarray(L).tolist() == [
        [1, 0], [-1, 0], [-1, 0], [-1, 0], [2, -1], [-1, 0]
    ][::order]  # fmt: skip
    assert L.class_sets == ()
    found = {(f.lf, f.key): f.error for f in L.faults}
    assert found.keys() == expected.keys()
    for where, error in expected.items():
        assert found[where].startswith(error)
    assert [f.row for f in L.faults] == sorted(f.row for f in L.faults)


def test_an_int_beyond_the_enum_names_function_row_and_value() -> None:
    data = rows(7, Label.SPAM)
    with pytest.raises(LFError, match=r"'echo' voted 7 on row 'r0'; expected abstain or 0..2 for"):
        wl.apply_lfs([echo()], data, key="id")


# Faults -----------------------------------------------------------------------------------------


def boom(x: Any) -> Any:
    if x["vote"] == "boom":
        raise ValueError(f"cannot read {x['id']}")
    return x["vote"]


@pytest.mark.parametrize("n", [1, 2, 30])
def test_an_exception_is_raised_by_default_naming_function_row_and_reason(n: int) -> None:
    data = rows(*[0] * (n - 1), "boom")
    with pytest.raises(LFError) as e:
        wl.apply_lfs([echo("fine", classes=("boom", "b")), lf(boom, "lf_b")], data, key="id")
    assert type(e.value) is LFError
    assert str(e.value) == (
        f"labeling function 'lf_b' failed on row 'r{n - 1}': ValueError: cannot read r{n - 1}"
    )
    assert isinstance(e.value.__cause__, ValueError)
    assert e.value.fault is not None
    assert "in boom" in e.value.fault.traceback


def test_the_first_row_that_fails_is_raised() -> None:
    data = rows(0, 1.0, "boom", 0)
    with pytest.raises(LFError, match=r"'f' voted 1.0 on row 1"):
        wl.apply_lfs([lf(boom)], data)


@pytest.mark.parametrize("batch", [False, True])
def test_a_failing_row_abstains_and_the_fault_is_kept(batch: bool) -> None:
    def batch_boom(x: Any) -> Any:
        if "boom" in set(x.vote):
            raise ValueError(f"cannot read {x.id.iloc[0]}")
        return x.vote

    data = rows(0, "boom", 1, 7.5, None, "boom")
    faulty = lf(batch_boom, "lf_a", batch=True) if batch else lf(boom, "lf_a")
    lfs = [faulty, lf(lambda x: 1 / (len(x["id"]) - 2), "lf_b")]
    L = wl.apply_lfs(lfs, data, key="id", classes=HAM_SPAM, on_error="abstain", max_fault_rate=1.0)
    assert np.asarray(L).tolist() == [[v, -1] for v in (0, -1, 1, -1, -1, -1)]
    assert [(f.row, f.key, f.lf) for f in L.faults if f.lf == "lf_a"] == [
        (1, "r1", "lf_a"), (3, "r3", "lf_a"), (5, "r5", "lf_a")
    ]  # fmt: skip
    assert [(f.row, f.lf) for f in L.faults] == sorted((f.row, f.lf) for f in L.faults)
    by_row = {f.row: f for f in L.faults if f.lf == "lf_a"}
    assert by_row[1].error == "ValueError: cannot read r1"
    assert "boom" in by_row[1].traceback
    assert by_row[1].traceback.endswith("ValueError: cannot read r1\n")
    assert by_row[3].error.startswith("voted 7.5; expected abstain or 0..1 for classes")
    assert by_row[3].traceback == ""
    with pytest.raises(FrozenInstanceError):
        by_row[1].row = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("bad", "n", "rate"),
    [(1, 10, 0.1), (3, 30, 0.1), (29, 100, 0.29), (7, 100, 0.07), (0, 5, 0.0), (5, 5, 1.0)],
)
@pytest.mark.parametrize("known_length", [True, False])
def test_as_many_faults_as_the_rate_allows_pass_and_one_more_does_not(
    bad: int, n: int, rate: float, known_length: bool
) -> None:
    def data(n_bad: int) -> Any:
        made = rows(*["boom"] * n_bad, *[0] * (n - n_bad))
        return made if known_length else iter(made)

    L = wl.apply_lfs([lf(boom)], data(bad), on_error="abstain", max_fault_rate=rate)
    assert len(L.faults) == bad
    if bad < n:
        with pytest.raises(FaultRateError):
            wl.apply_lfs([lf(boom)], data(bad + 1), on_error="abstain", max_fault_rate=rate)


def test_too_many_faults_stop_the_run_with_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 10)
    calls: list[Any] = []

    def always(x: Any) -> Any:
        calls.append(x)
        raise KeyError("gone")

    with pytest.raises(FaultRateError) as e:
        wl.apply_lfs([lf(always, "lf_a")], rows(*[0] * 40), key="id", on_error="abstain")
    assert str(e.value) == (
        "labeling function 'lf_a' failed on at least 10 of 40 rows, above max_fault_rate=0.1; "
        "mend it or raise the rate. "
        "First on row 'r0': KeyError: 'gone'"
    )
    assert len(calls) == 10, "stopped as soon as it was sure"
    assert (e.value.lf, len(e.value.faults)) == ("lf_a", 10)
    assert e.value.fault == e.value.faults[0]


def test_illegal_votes_count_as_faults_also_those_found_at_the_end() -> None:
    for data in (rows(1.0, 0, 0, 0), rows(9, Label.HAM, 0, 0)):
        assert (
            len(wl.apply_lfs([echo()], data, on_error="abstain", max_fault_rate=0.25).faults) == 1
        )
        with pytest.raises(FaultRateError, match=r"failed on at least 1 of 4 rows"):
            wl.apply_lfs([echo()], data, on_error="abstain", max_fault_rate=0.2)


def test_the_rate_is_of_each_labeling_function_alone() -> None:
    data = rows("a", "b", 0, 0)

    def fails_on(word: str) -> wl.LabelingFunction:
        return lf(lambda x: 1 // (x.vote != word), f"lf_{word}")

    lfs = [fails_on("a"), fails_on("b")]
    assert len(wl.apply_lfs(lfs, data, on_error="abstain", max_fault_rate=0.25).faults) == 2


@pytest.mark.parametrize("error", [KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("batch", [False, True])
def test_an_interrupt_passes_through(error: type[BaseException], batch: bool) -> None:
    def interrupted(x: Any) -> Any:
        raise error

    with pytest.raises(error):
        wl.apply_lfs([lf(interrupted, batch=batch)], ["a", "b"], on_error="abstain")


@pytest.mark.parametrize("batch", [False, True])
def test_a_function_that_ends_the_program_is_a_fault_and_no_end_of_the_run(batch: bool) -> None:
    def ends(x: Any) -> Any:
        raise SystemExit(0)

    L = wl.apply_lfs([lf(ends, batch=batch)], ["a", "b"], on_error="abstain", max_fault_rate=1.0)
    assert [f.error for f in L.faults] == ["RuntimeError: it ended the program: SystemExit(0)"] * 2


class _Mute(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise RuntimeError("boo")


class _Unhashable:
    def __hash__(self) -> int:
        raise ValueError("no hash")


def test_what_cannot_say_what_it_is_names_the_row_all_the_same() -> None:
    def mute(x: Any) -> Any:
        raise _Mute

    lfs = [lf(mute, "mute"), lf(lambda x: _Unhashable(), "odd")]
    L = wl.apply_lfs(lfs, ["a"], on_error="abstain", max_fault_rate=1.0)
    assert L.faults[0].error == "_Mute (its message cannot be made)"
    assert L.faults[1].lf == "odd"
    assert L.faults[1].error.startswith("voted <")


def test_a_column_may_have_a_dot_in_its_name() -> None:
    from weaklabel_lfs import numeric

    many = numeric.threshold(1, "a.b", at_least=3)
    for data in ([{"a.b": 5}, {"a.b": 1}], pd.DataFrame({"a.b": [5, 1]})):
        assert np.asarray(wl.apply_lfs([many], data)).ravel().tolist() == [1, -1]


def test_a_table_with_two_columns_of_one_name_is_refused() -> None:
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(ValueError, match="the table has two columns 'a'; give each a name of its"):
        wl.apply_lfs([lf(lambda x: 1)], frame)


def test_a_worker_that_dies_is_a_clear_error() -> None:
    import os

    with pytest.raises(WeakLabelError, match="a worker process died: it was killed, ran out of m"):
        wl.apply_lfs([lf(lambda x: os._exit(3))], ["a"] * 20_000, n_jobs=2)


def test_stop_iteration_is_a_fault_and_not_the_end_of_the_data() -> None:
    L = wl.apply_lfs(
        [lf(lambda x: next(iter([])))], ["a", "b"], on_error="abstain", max_fault_rate=1.0
    )
    assert [f.row for f in L.faults] == [0, 1]


def test_data_is_not_changed_and_nothing_random_is_touched() -> None:
    frame = pd.DataFrame(rows(0, 1))
    before = frame.copy(deep=True)
    state = np.random.get_state()[1].tolist()  # type: ignore[index]  # noqa: NPY002
    p = wl.preprocessor(name="p")(lambda x: 1)
    wl.apply_lfs([echo(pre=p), lf(lambda x: [0, 1], batch=True)], frame)
    pd.testing.assert_frame_equal(frame, before)
    assert np.random.get_state()[1].tolist() == state  # type: ignore[index]  # noqa: NPY002


# Properties -------------------------------------------------------------------------------------

VOTES = st.sampled_from(
    [None, -1, 0, 1, 2, 7, "SPAM", "EGGS", Label.NEWS, 1.0, True, wl.any_of(0, 1), wl.none_of(1),
     wl.any_of(Label.HAM, Label.NEWS), wl.any_of(0, 9), "boom"]
)  # fmt: skip


def _echo_column(name: str) -> Callable[[Any], Any]:
    def vote(x: Any) -> Any:
        if x[name] == "boom":
            raise ValueError("boom")
        return x[name]

    return vote


def _echo_columns(name: str) -> Callable[[Any], Any]:
    def vote(x: Any) -> Any:
        if any(isinstance(v, str) and v == "boom" for v in x[name]):
            raise ValueError("boom")
        return list(x[name])

    return vote


@st.composite
def tables(draw: st.DrawFn) -> list[dict[str, Any]]:
    n = draw(st.integers(0, 12))
    return [{"i": i, "a": draw(VOTES), "b": draw(VOTES), "c": draw(VOTES)} for i in range(n)]


@settings(deadline=None, max_examples=60)
@given(tables(), st.integers(1, 13), st.sampled_from([None, ("HAM", "SPAM", "NEWS")]))
def test_the_size_of_the_parts_changes_nothing(
    data: list[dict[str, Any]], part_rows: int, classes: Any
) -> None:
    lfs = [
        lf(_echo_column("a"), "a"),
        lf(_echo_columns("b"), "b", batch=True),
        lf(_echo_column("c"), "c"),
    ]

    def run() -> wl.LabelMatrix:
        return wl.apply_lfs(
            lfs, data, key="i", classes=classes, on_error="abstain", max_fault_rate=1.0
        )

    whole = run()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_source, "PART_ROWS", part_rows)
        parts = run()
    assert parts.faults == whole.faults, "tracebacks included"
    assert parts == whole
    assert np.asarray(parts).dtype == np.asarray(whole).dtype


@settings(deadline=None, max_examples=40)
@given(tables(), st.randoms())
def test_the_order_of_rows_and_functions_only_moves_rows_and_columns(
    data: list[dict[str, Any]], random: Any
) -> None:
    lfs = [lf(_echo_column(name), name) for name in "abc"]
    classes = ("HAM", "SPAM", "NEWS")

    def run(lfs: list[wl.LabelingFunction], data: list[dict[str, Any]]) -> wl.LabelMatrix:
        return wl.apply_lfs(
            lfs, data, key="i", classes=classes, on_error="abstain", max_fault_rate=1.0
        )

    expected = run(lfs, data)
    order, columns = list(range(len(data))), list(range(3))
    random.shuffle(order)
    random.shuffle(columns)
    shuffled = run([lfs[j] for j in columns], [data[i] for i in order])
    back = shuffled.select(["a", "b", "c"])[np.argsort(order)]
    assert np.array_equal(np.asarray(back), np.asarray(expected))
    assert back.keys.tolist() == expected.keys.tolist()
    # Faults of one row stand in the order of the labeling functions.
    assert sorted(back.faults, key=lambda f: (f.row, f.lf)) == list(expected.faults)


@settings(deadline=None, max_examples=40)
@given(tables())
def test_batch_and_row_functions_vote_alike(data: list[dict[str, Any]]) -> None:
    def run(*lfs: wl.LabelingFunction) -> wl.LabelMatrix:
        return wl.apply_lfs(lfs, data, classes=Label, on_error="abstain", max_fault_rate=1.0)

    by_row, by_column = run(lf(_echo_column("a"))), run(lf(_echo_columns("a"), batch=True))
    assert np.array_equal(np.asarray(by_row), np.asarray(by_column))
    assert [(f.row, f.error) for f in by_row.faults] == [(f.row, f.error) for f in by_column.faults]


def test_a_fault_in_an_iterable_of_unknown_length_keeps_its_position(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 3)

    def data() -> Iterator[dict[str, Any]]:
        yield from rows(*[0] * 7, "boom", 0, 0)

    L = wl.apply_lfs([lf(boom)], data(), on_error="abstain")
    assert [(f.row, f.key) for f in L.faults] == [(7, 7)]


def test_a_vote_that_reads_like_a_message_is_shown_whole() -> None:
    lf = wl.LabelingFunction(lambda x: "x; expected y", name="odd")
    with pytest.raises(LFError) as caught:
        wl.apply_lfs([lf], ["a"], classes=("HAM", "SPAM"))
    assert str(caught.value) == (
        "labeling function 'odd' voted 'x; expected y' on row 0; expected abstain or 0..1 for "
        "classes ('HAM', 'SPAM')"
    )


def test_a_method_of_str_is_no_row_key() -> None:
    lf = wl.LabelingFunction(lambda x: 1, name="f")
    with pytest.raises(ValueError, match="row 0 has no field 'title' for the row key"):
        wl.apply_lfs([lf], ["a", "b"], key="title")


@pytest.mark.parametrize("on_error", ["raise", "abstain"])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_batch_function_of_the_wrong_length_ends_the_run(on_error: Any, n_jobs: int) -> None:
    lf = wl.LabelingFunction(lambda x: [1], name="one", batch=True)
    with pytest.raises(LFError) as caught:
        wl.apply_lfs([lf], ["a"] * 4, on_error=on_error, n_jobs=n_jobs)
    assert str(caught.value) == (
        "labeling function 'one' takes a batch and returned 1 values for 4 rows; return one value "
        "a row"
    )


@pytest.mark.parametrize("texts", [["a", None], pd.Series(["a", None]), pl.Series(["a", None])])
def test_a_missing_text_is_none_in_a_list_and_in_a_series(texts: Any) -> None:
    lf = wl.LabelingFunction(lambda x: 1 if x.text is None else 0, name="f")
    assert np.asarray(wl.apply_lfs([lf], texts)).tolist() == [[0], [1]]
