from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from tests.voting import fitted, gold_for
from weaklabel.analysis import Advice, AdviceItem, advise
from weaklabel.analysis._advice import _CODES
from weaklabel.analysis._advice_seen import Seen
from weaklabel.matrix._profile import Profile
from weaklabel.types import IntArray

DOCS = Path(__file__).parents[2] / "docs" / "advice"
SPAM = ("HAM", "SPAM")


@cache
def healthy(n: int = 2000) -> tuple[wl.LabelMatrix, IntArray]:
    """Votes of six LFs on two classes, good and independent."""
    data = wl.datasets.synthetic(n, 6, coverage=0.4, accuracy=0.8, seed=11)
    L = wl.LabelMatrix.from_array(data.L, SPAM, lf_names=list("abcdef"))
    return L, data.gold


def with_column(
    L: wl.LabelMatrix, votes: IntArray, *, name: str = "new", classes: Sequence[str] = SPAM
) -> wl.LabelMatrix:
    table = np.column_stack([np.asarray(L, np.int64), votes])
    return wl.LabelMatrix.from_array(table, classes, lf_names=[*L.lf_names, name])


def with_profile(L: wl.LabelMatrix, seconds: Sequence[float]) -> wl.LabelMatrix:
    ran = np.full(L.m, L.n)
    profile = Profile(L.lf_names, np.array(seconds), ran, 0 * ran, (), float(sum(seconds)))
    return wl.LabelMatrix(L._votes, lf_names=L.lf_names, class_names=L.class_names, profile=profile)


def texts_for(L: wl.LabelMatrix, cluster: IntArray, seed: int = 0) -> list[str]:
    """Texts of words at random; those of a cluster speak of invoices too."""
    rng = np.random.default_rng(seed)
    words = np.array([f"w{a}{b}" for a in "abcdefghijklmnop" for b in "abcdefghijklmnop"])
    texts = [" ".join(words[rng.integers(0, len(words), 12)]) for _ in range(L.n)]
    return [f"{t} overdue invoice" if c else t for t, c in zip(texts, cluster, strict=True)]


def only(advice: Advice, code: str) -> AdviceItem:
    (item,) = advice.of(code)
    return item


def test_healthy_votes_with_all_that_can_be_looked_at_have_no_findings() -> None:
    L, gold = healthy()
    L = with_profile(L, [2.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    rng = np.random.default_rng(0)
    advice = L.advise(
        gold,
        model=wl.LabelModel().fit(L),
        data=texts_for(L, np.zeros(L.n, np.bool_)),
        slices={"even": np.arange(L.n) % 2 == 0, "some": rng.random(L.n) < 0.1},
    )
    assert str(advice) == "nothing found"
    assert not advice.not_looked_at
    assert not advice.omitted


def test_healthy_votes_without_gold_have_no_findings() -> None:
    L, _ = healthy()
    assert not L.advise().items
    assert not L.advise(model=wl.LabelModel().fit(L)).items


@pytest.mark.parametrize("k", [2, 3, 5])
def test_a_healthy_crowd_has_no_findings(k: int) -> None:
    data = wl.datasets.synthetic(1000, 8, k, coverage=1.0, accuracy=0.7, seed=k)
    assert not data.L.advise(data.gold).items


def test_wl101_an_lf_that_never_fires() -> None:
    L, gold = healthy()
    item = only(with_column(L, np.full(L.n, -1)).advise(gold), "WL101")
    assert item.lfs == ("new",)
    assert item.severity == "high"
    assert item.message == "'new' votes on none of 2,000 rows"
    once = np.full(L.n, -1)
    once[3] = 1
    assert not with_column(L, once).advise().of("WL101")


def test_wl101_says_that_calls_failed() -> None:
    @wl.labeling_function()
    def broken(x: Any) -> Any:
        raise ValueError(x.text)

    L = wl.apply_lfs(
        [broken], ["a", "b"], classes=SPAM, on_error="abstain", max_fault_rate=1.0, progress=False
    )
    assert "2 calls failed, see L.faults" in only(L.advise(), "WL101").message


def test_wl102_an_lf_that_fires_everywhere() -> None:
    L, gold = healthy()
    votes = np.ones(L.n, np.int64)
    votes[:50] = -1
    item = only(with_column(L, votes).advise(gold), "WL102")
    assert item.lfs == ("new",)
    assert item.evidence == {"share": 0.975, "votes": 1950}
    assert "class_balance=" in item.next_step
    votes[:150] = -1
    assert not with_column(L, votes).advise(gold).of("WL102")


def test_wl102_an_lf_that_votes_for_all_classes_everywhere_is_fine() -> None:
    L, gold = healthy()
    assert not with_column(L, np.where(np.arange(L.n) % 4, gold, 1 - gold)).advise().of("WL102")


def test_wl103_an_lf_that_is_worse_than_chance_by_gold() -> None:
    L, gold = healthy()
    votes = np.where(np.arange(L.n) % 3, 1 - gold, gold)
    votes[300:] = -1
    item = only(with_column(L, votes).advise(gold), "WL103")
    assert item.lfs == ("new",)
    assert item.evidence["correct"] == 100
    assert item.evidence["judged"] == 300
    assert item.evidence["high"] < item.evidence["chance"]
    assert item.rows.tolist() == [i for i in range(300) if i % 3]
    guesses = np.where(np.arange(L.n) % 2, 1 - gold, gold)
    assert not with_column(L, guesses).advise(gold).of("WL103")


def test_wl103_an_lf_for_a_rare_class_need_not_be_right_half_the_time() -> None:
    data = wl.datasets.synthetic(4000, 5, coverage=0.5, class_balance=[0.95, 0.05], seed=2)
    rare = np.flatnonzero(data.gold == 1)
    votes = np.full(data.L.n, -1)
    votes[rare[:80]] = 1
    votes[np.flatnonzero(data.gold == 0)[:160]] = 1
    L = with_column(data.L, votes, classes=data.L.class_names)
    assert not L.advise(data.gold).of("WL103")


def test_wl103_an_lf_that_is_worse_than_chance_by_the_model() -> None:
    data = wl.datasets.synthetic(6000, 8, coverage=0.8, accuracy=[0.1, *[0.85] * 7], seed=3)
    model = wl.LabelModel().fit(data.L)
    item = only(data.L.advise(model=model), "WL103")
    assert item.lfs == ("lf_0",)
    assert item.message.startswith("by the model ")


def test_wl104_duplicates_are_one_finding() -> None:
    L, gold = healthy()
    copy = np.array(np.asarray(L)[:, 2], np.int64)
    other = copy.copy()
    other[np.flatnonzero(copy >= 0)[:5]] = -1
    twice = with_column(with_column(L, copy), other, name="newer")
    item = only(twice.advise(gold), "WL104")
    assert item.lfs == ("c", "new", "newer")
    assert "group=" in item.next_step


def test_wl104_a_subset_names_what_holds_it() -> None:
    L, gold = healthy()
    part = np.array(np.asarray(L)[:, 2], np.int64)
    part[::2] = -1
    item = only(with_column(L, part).advise(gold), "WL104")
    assert item.lfs == ("new", "c")
    assert item.evidence["same"] == item.evidence["votes"] == (part >= 0).sum()
    assert item.rows.tolist() == np.flatnonzero(part >= 0).tolist()
    part[np.flatnonzero(part >= 0)[::10]] = 1
    own = np.flatnonzero(np.asarray(L)[:, 2] == -1)[:60]
    part[own] = 1
    assert not with_column(L, part).advise(gold).of("WL104")


def test_wl104_what_is_voted_nearly_everywhere_holds_no_subset() -> None:
    L, gold = healthy()
    few = np.where(np.arange(L.n) % 9 == 0, 1, -1)
    everywhere = with_column(L, np.ones(L.n, np.int64), name="always")
    assert not with_column(everywhere, few).advise(gold).of("WL104")


def test_wl105_a_pair_that_fights() -> None:
    L, gold = healthy()
    mine = np.array(np.asarray(L)[:, 0], np.int64)
    fights = np.where((mine >= 0) & (np.arange(L.n) % 2 == 0), 1 - mine, -1)
    advice = with_column(L, fights).advise(gold)
    item = next(item for item in advice.of("WL105") if item.lfs == ("a", "new"))
    assert item.evidence["clashes"] == (fights >= 0).sum()
    assert item.evidence["first_right"] > item.evidence["second_right"]
    assert "Gold is with 'a'" in item.message
    assert item.rows.tolist() == np.flatnonzero(fights >= 0).tolist()
    # The others are with 'a', so 'new' fights with them too, and with 'a' most.
    assert advice.of("WL105")[0] is item
    fights[np.flatnonzero(fights >= 0)[15:]] = -1
    assert not with_column(L, fights).advise(gold).of("WL105")


def test_wl105_clashes_on_few_of_its_votes_are_no_fight() -> None:
    def codes(clashes: int) -> tuple[str, ...]:
        votes = np.full((4000, 2), -1)
        votes[:200, 0] = 1
        votes[200 - clashes : 400 - clashes, 1] = 0
        return wl.LabelMatrix.from_array(votes, SPAM).advise().codes

    # By chance 10 votes would clash, 20 with three standard errors.
    assert "WL105" not in codes(25)
    assert "WL105" in codes(70)


def test_wl105_lfs_for_other_classes_that_seldom_meet_do_not_fight() -> None:
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 2, 4000)
    fires = (
        rng.random((4000, 4))
        < np.array([0.3, 0.3, 0.05, 0.05])[[[0, 1, 2, 3] if y else [2, 3, 0, 1] for y in gold]]
    )
    votes = np.where(fires, [1, 1, 0, 0], -1)
    assert not wl.LabelMatrix.from_array(votes, SPAM).advise(gold).items


def test_wl106_a_class_without_lfs() -> None:
    L, gold = healthy()
    L = wl.LabelMatrix.from_array(np.asarray(L), (*SPAM, "NEWS"), lf_names=L.lf_names)
    gold = gold.copy()
    gold[:7] = 2
    item = only(L.advise(gold), "WL106")
    assert item.classes == ("NEWS",)
    assert item.rows.tolist() == list(range(7))
    assert "7 rows are of it by gold" in item.message
    assert (
        not with_column(L, np.where(gold == 2, 2, -1), classes=L.class_names)
        .advise(gold)
        .of("WL106")
    )


def test_wl106_a_partial_vote_is_a_vote() -> None:
    L = wl.LabelMatrix.from_array([[0, 3], [1, -1]], ("A", "B", "C"), class_sets=[(1, 2)])
    assert not L.advise().of("WL106")


def test_wl107_votes_out_of_proportion_by_gold() -> None:
    L, gold = healthy()
    votes = np.array(np.asarray(L), np.int64)
    votes[(votes == 0) & (np.arange(L.n) % 5 > 0)[:, None]] = -1
    item = only(wl.LabelMatrix.from_array(votes, SPAM).advise(gold), "WL107")
    assert item.classes == ("HAM",)
    assert item.next_step.startswith("write more LFs for 'HAM'")
    assert item.evidence["votes"] < item.evidence["low"] / 2


def test_wl107_by_the_model_and_not_where_gold_is_too_few_to_tell() -> None:
    votes = np.array([[1, 1, 1], [1, 1, -1], [1, -1, 1], [0, 0, 0]] * 50)
    L = wl.LabelMatrix.from_array(votes, SPAM)
    model = fitted(L, class_balance=[0.9, 0.1])
    assert {item.classes for item in L.advise(model=model).of("WL107")} == {("HAM",), ("SPAM",)}
    some = np.full(L.n, -1)
    some[:2] = [0, 1]
    assert not L.advise(some).of("WL107")


def test_wl108_uncovered_rows_with_texts_alike() -> None:
    L, _ = healthy()
    votes = np.array(np.asarray(L), np.int64)
    cluster = np.arange(L.n) % 10 == 3
    votes[cluster] = -1
    L = wl.LabelMatrix.from_array(votes, SPAM, lf_names=L.lf_names)
    item = only(L.advise(data=texts_for(L, cluster)), "WL108")
    assert "invoice 100%" in item.message
    assert "overdue 100%" in item.message
    assert np.isin(item.rows, np.flatnonzero(cluster)).mean() > 0.95
    assert item.evidence["rows"] >= 190
    assert not L.advise(data=texts_for(L, np.zeros(L.n, np.bool_))).of("WL108")


def test_wl108_words_that_covered_rows_have_too_mark_nothing() -> None:
    votes = np.array(np.asarray(healthy()[0]), np.int64)
    cluster = np.arange(len(votes)) % 10 == 3
    votes[cluster] = -1
    L = wl.LabelMatrix.from_array(votes, SPAM)
    greeted = [f"hello {text}" for text in texts_for(L, cluster)]
    assert "hello" not in only(L.advise(data=greeted), "WL108").message
    same = [f"hello {text}" for text in texts_for(L, np.ones(L.n, np.bool_))]
    assert not L.advise(data=same).of("WL108")


def test_wl108_rows_alike_that_are_covered_are_none() -> None:
    L, _ = healthy()
    assert not L.advise(data=texts_for(L, L.covered)).of("WL108")


@pytest.mark.parametrize("text", ["", "\ud800", "مرحبا " * 50, "<script>" * 40, "a" * 1_000_000])
def test_wl108_texts_of_any_kind_are_no_error(text: str) -> None:
    L = wl.LabelMatrix.from_array([[-1]] * 60 + [[1]], SPAM)
    for item in L.advise(data=[text] * 60 + ["ok"]).of("WL108"):
        assert "<script>" not in L.advise(data=[text] * 60 + ["ok"])._repr_html_()
        assert item.evidence["rows"] == 60


def test_wl109_an_lf_that_is_slow_for_what_it_adds() -> None:
    L, gold = healthy()
    part = np.array(np.asarray(L)[:, 0], np.int64)
    part[::2] = -1
    slow = with_profile(with_column(L, part), [0.5] * 6 + [9.0])
    item = only(slow.advise(gold), "WL109")
    assert item.lfs == ("new",)
    assert item.evidence == {"seconds": 9.0, "share": 0.75, "alone": 0}
    assert not with_profile(L, [2.5] + [1.0] * 5).advise(gold).of("WL109")
    assert not with_profile(with_column(L, part), [0.05] * 6 + [0.9]).advise().of("WL109")


def test_wl110_rows_with_two_votes_are_rare() -> None:
    votes = np.full((400, 4), -1)
    votes[np.arange(400), np.arange(400) % 4] = np.arange(400) // 4 % 2
    votes[:10] = 1
    item = only(wl.LabelMatrix.from_array(votes, SPAM).advise(), "WL110")
    assert item.lfs == ("lf_0", "lf_1", "lf_2", "lf_3")
    assert item.evidence["rows"] == 10
    votes[:40] = 1
    assert not wl.LabelMatrix.from_array(votes, SPAM).advise().of("WL110")


def test_wl110_an_lf_that_meets_no_other() -> None:
    L, _ = healthy()
    alone = np.where(~L.covered, 1, -1)
    alone[np.flatnonzero(L.covered)[:9]] = 1
    item = only(with_column(L, alone).advise(), "WL110")
    assert item.lfs == ("new",)
    assert item.evidence["most_meetings"] == 9
    alone[np.flatnonzero(L.covered)[9]] = 1
    assert not with_column(L, alone).advise().of("WL110")


def test_wl111_a_slice_where_precision_falls() -> None:
    L, gold = healthy()
    mask = np.arange(L.n) % 4 == 0
    votes = np.where(mask, 1 - gold, gold)
    votes[::5] = gold[::5]
    item = only(with_column(L, votes).advise(gold, slices={"short": mask}), "WL111")
    assert item.lfs == ("new",)
    assert "in slice 'short'" in item.message
    assert (item.evidence["inside"], item.evidence["outside"]) == (0.2, 1.0)
    assert item.rows.tolist() == np.flatnonzero(mask & (votes != gold)).tolist()
    advice = with_column(L, votes).advise(gold, slices={"other": np.arange(L.n) % 7 == 0})
    assert not advice.of("WL111")


def test_wl111_a_few_wrong_votes_in_a_slice_prove_nothing() -> None:
    L, gold = healthy()
    mask = np.zeros(L.n, np.bool_)
    voted = np.flatnonzero(np.asarray(L)[:, 0] >= 0)
    wrong = voted[np.asarray(L)[voted, 0] != gold[voted]]
    mask[wrong[:3]] = mask[np.setdiff1d(voted, wrong)[:2]] = True
    assert not L.select(["a"]).advise(gold, slices={"five": mask}).of("WL111")
    mask[wrong[:30]] = True
    assert L.select(["a"]).advise(gold, slices={"more": mask}).of("WL111")


def test_wl111_a_slice_where_the_model_is_right_less_often() -> None:
    L, gold = healthy()
    mask = np.arange(L.n) < 400
    votes = np.array(np.asarray(L), np.int64)
    votes[mask] = np.where(votes[mask] >= 0, (1 - gold[mask])[:, None], -1)
    L = wl.LabelMatrix.from_array(votes, SPAM)
    advice = L.advise(gold, model=wl.LabelModel().fit(L), slices={"new": mask})
    (of_model,) = (item for item in advice.of("WL111") if not item.lfs)
    assert "labels of the model are right" in of_model.message


def test_the_gravest_findings_come_first() -> None:
    L, gold = healthy()
    wrong = np.where(np.arange(L.n) % 9, 1 - gold, gold)
    L = with_column(with_column(L, np.full(L.n, -1), name="never"), wrong, name="wrong")
    advice = with_column(L, np.ones(L.n, np.int64), name="always").advise(gold)
    rank = ["high", "medium", "low"]
    places = [rank.index(item.severity) for item in advice]
    assert places == sorted(places)
    assert advice.codes[:2] == ("WL103", "WL101")
    assert "WL102" in advice.codes
    assert len(advice) == len(list(advice)) == len(advice.items)
    assert advice[0] is advice.items[0]
    assert advice[:2] == advice.items[:2]


def _told(advice: Advice) -> list[tuple[str, str]]:
    return [(item.code, item.message) for item in advice]


def test_neither_the_order_of_lfs_nor_that_of_rows_matters() -> None:
    L, gold = healthy()
    cluster = np.arange(L.n) % 10 == 3
    votes = np.array(np.asarray(L), np.int64)
    votes[cluster] = -1
    copy = votes[:, 2].copy()
    fights = np.where(votes[:, 0] >= 0, 1 - votes[:, 0], -1)
    table = np.column_stack([votes, copy, fights])
    L = wl.LabelMatrix.from_array(table, (*SPAM, "NEWS"))
    texts = texts_for(L, cluster)
    wrong = (copy >= 0) & (copy != gold)
    slices = {"a": np.arange(L.n) < 500, "b": wrong | (np.arange(L.n) % 20 == 0)}
    advice = L.advise(gold, data=texts, slices=slices)
    assert {"WL103", "WL104", "WL105", "WL106", "WL108", "WL111"} <= set(advice.codes)
    lfs = np.random.default_rng(0).permutation(L.m)
    assert _told(L.select(lfs).advise(gold, data=texts, slices=slices)) == _told(advice)
    rows = np.random.default_rng(1).permutation(L.n)
    moved = L[rows].advise(
        gold[rows],
        data=[texts[i] for i in rows],
        slices={name: mask[rows] for name, mask in slices.items()},
    )
    assert _told(moved) == _told(advice)
    for one, other in zip(advice, moved, strict=True):
        assert sorted(one.keys.tolist()) == sorted(other.keys.tolist())


@given(data=st.data())
@settings(max_examples=60)
def test_pairs_equal_the_twin(data: st.DataObject) -> None:
    L = data.draw(label_matrices())
    votes = np.asarray(L)
    same, clash = Seen(L, L.summary(), None, None).pairs
    for a in range(L.m):
        for b in range(L.m):
            both = [(v, w) for v, w in votes[:, [a, b]] if v >= 0 and w >= 0 and a != b]
            assert same[a, b] == sum(v == w for v, w in both)
            assert clash[a, b] == sum(not (L.possible[v] & L.possible[w]).any() for v, w in both)


@given(data=st.data())
@settings(max_examples=40)
def test_any_matrix_can_be_looked_at(data: st.DataObject) -> None:
    L = data.draw(label_matrices())
    gold = data.draw(gold_for(L))
    advice = L.advise(gold, data=["x"] * L.n, slices={"all": np.ones(L.n, np.bool_)})
    assert max(map(len, str(advice).splitlines())) <= 80
    for item in advice:
        assert set(item.lfs) <= set(L.lf_names)
        assert item.keys.tolist() == L.keys[item.rows].tolist()


def test_many_findings_of_a_code_are_counted_not_shown() -> None:
    always = np.ones((40, 30), np.int64)
    advice = wl.LabelMatrix.from_array(always, SPAM).advise()
    assert len(advice.of("WL102")) == 20
    assert advice.omitted == {"WL102": 10}
    assert "10 more of WL102 are not shown" in str(advice)


def test_a_thousand_lfs_that_never_fire_are_one_finding() -> None:
    L = wl.LabelMatrix.from_array(np.full((5, 1000), -1), SPAM)
    item = only(L.advise(), "WL101")
    assert len(item.lfs) == 1000
    assert "and 994 more" in item.message


def test_what_was_not_looked_at_is_said_once() -> None:
    L, gold = healthy()
    assert L.advise().not_looked_at == {
        "gold= or model=LabelModel()": ("WL103", "WL107"),
        "data= with texts": ("WL108",),
        "a matrix that comes from apply_lfs": ("WL109",),
        "gold= and slices=": ("WL111",),
    }
    assert str(L.advise()).count("not looked at") == 1
    assert L.advise(gold).not_looked_at["slices="] == ("WL111",)
    assert L.advise(np.full(L.n, -1)).not_looked_at["gold= or model=LabelModel()"]
    counted = L.advise(model=wl.MajorityVote().fit(L))
    assert counted.not_looked_at["gold= or model=LabelModel()"] == ("WL103",)


def test_no_rows_and_one_row_are_no_error() -> None:
    assert codes_of(np.zeros((0, 2), np.int64)) == ()
    assert codes_of(np.array([[1, -1]])) == ("WL106", "WL101", "WL110")
    assert codes_of(np.array([[-1, -1]])) == ("WL101",)


def codes_of(votes: IntArray) -> tuple[str, ...]:
    return wl.LabelMatrix.from_array(votes, SPAM).advise().codes


def test_it_prints_within_80_columns() -> None:
    votes = [[1, 1, -1], [0, -1, -1], [1, 1, -1], [0, -1, -1]] * 10
    L = wl.LabelMatrix.from_array(votes, SPAM, lf_names=["a", "b", "url"])
    assert str(L.advise()).splitlines() == [
        "WL101 never fires (high)",
        "  'url' votes on none of 40 rows",
        "  → run it on a row that it should vote on: lf.preview(data), or give the LF",
        "    examples",
        "WL104 duplicate or subset (medium)",
        "  'a' casts 20 of the 20 votes of 'b' too, and 40 in all; so 'b' covers nothing",
        "  more",
        "  → leave 'b' out, or let it vote where 'a' does not",
        "2 findings: 1 high, 1 medium",
        "not looked at: WL103, WL107: pass gold= or model=LabelModel(); WL109: pass a",
        "matrix that comes from apply_lfs; WL111: pass gold= and slices=",
    ]


def test_html_escapes_names_and_the_frame_has_a_row_a_finding() -> None:
    L = wl.LabelMatrix.from_array([[-1]] * 3, SPAM, lf_names=["<script>x"])
    advice = L.advise()
    assert "&lt;script&gt;x" in advice._repr_html_()
    assert "<script>" not in advice._repr_html_()
    frame = advice.to_frame()
    assert frame["code"].tolist() == ["WL101"]
    assert frame["lfs"].tolist() == [("<script>x",)]


def test_every_code_has_a_page() -> None:
    L = wl.LabelMatrix.from_array([[-1]] * 3, SPAM)
    assert L.advise()[0].page == "advice/wl101"
    pages = {f"wl{path.stem[2:]}" for path in DOCS.glob("wl*.md")}
    assert pages == {code.lower() for code in _CODES}
    index = (DOCS / "index.md").read_text()
    for code, (severity, title) in _CODES.items():
        first = (DOCS / f"{code.lower()}.md").read_text().split("\n# ")[1].splitlines()[0]
        assert first == f"{code}: {title}"
        assert f"| [{code}]({code.lower()}.md) | {title} | {severity} |" in index


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"gold": [1]}, ValueError, r"gold has 1 labels, the label matrix has 2 rows"),
        ({"data": ["a"]}, ValueError, r"data has 1 rows, the label matrix has 2; pass the data"),
        ({"data": iter("ab")}, TypeError, r"data must be a table or a sequence of rows, got str_"),
        ({"model": 3}, TypeError, r"model must be a fitted label model, got 3"),
        ({"model": wl.LabelModel()}, TypeError, r"LabelModel\(\) is not fitted; pass LabelModel"),
        ({"slices": [True]}, TypeError, r"slices must map names to masks.*got \[True\]"),
        ({"slices": {"s": [True]}}, ValueError, r"slice 's' has shape \(1,\).*has 2 rows"),
        ({"slices": {"s": [0, 1]}}, ValueError, r"slice 's' is of int64, expected a mask of bool"),
        (
            {"data": pd.DataFrame({"body": ["a", "b"]}), "text": "bdy"},
            ValueError,
            r"text= names column 'bdy', the data has columns 'body'; did you mean 'body'\?",
        ),
        (
            {"data": pd.DataFrame({"title": ["a", "b"], "body": ["c", "d"]})},
            ValueError,
            r"several columns of texts, 'title', 'body'; choose one with text=",
        ),
        (
            {"data": pd.DataFrame({"id": ["k2", "k1"], "text": ["c", "d"]})},
            ValueError,
            r"column 'id' of the data holds the row keys in another order.*sort the data by L.keys",
        ),
        ({"data": [{"a": 1}, {"a": 2}], "text": "b"}, ValueError, r"text= names field 'b', which"),
    ],
)
def test_what_does_not_belong_to_the_matrix_is_refused(
    given: Any, error: Any, message: str
) -> None:
    L = wl.LabelMatrix.from_array([[1], [0]], SPAM, keys=["k1", "k2"])
    with pytest.raises(error, match=message):
        advise(L, **given)


def test_a_model_of_other_lfs_is_refused() -> None:
    L, _ = healthy()
    model = wl.LabelModel().fit(L)
    with pytest.raises(ValueError, match=r"the model was fitted on LFs 'a', .*fit it on this"):
        L.select(["a", "b"]).advise(model=model)


def test_an_unknown_code_is_refused() -> None:
    L, _ = healthy()
    with pytest.raises(ValueError, match=r"no advice has the code 'WL999'; there are \['WL101'"):
        L.advise().of("WL999")


@pytest.mark.parametrize("kind", ["list", "dicts", "pandas", "polars", "arrow"])
def test_texts_are_found_in_data_of_any_kind(kind: str) -> None:
    import polars as pl
    import pyarrow as pa

    L = wl.LabelMatrix.from_array([[-1]] * 60 + [[1]] * 40, SPAM)
    texts = ["overdue invoice"] * 60 + ["fine weather"] * 40
    columns = {"number": list(range(100)), "body": texts}
    data: Any = {
        "list": texts,
        "dicts": [{"text": text} for text in texts],
        "pandas": pd.DataFrame(columns),
        "polars": pl.DataFrame(columns),
        "arrow": pa.table(columns),
    }[kind]
    assert only(L.advise(data=data), "WL108").rows.tolist() == list(range(60))


def test_data_without_texts_is_not_looked_at() -> None:
    L = wl.LabelMatrix.from_array([[-1], [1]], SPAM)
    advice = L.advise(data=pd.DataFrame({"number": [1.5, 2.5]}))
    assert advice.not_looked_at["data= with texts"] == ("WL108",)
