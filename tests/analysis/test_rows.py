from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import weaklabel as wl
from tests.strategies import label_matrices
from tests.voting import gold_for
from weaklabel.analysis._data_rows import spread
from weaklabel_lfs import text

SPAM = ("HAM", "SPAM")
TEXTS = ["Free cash, free tea", "see you", "win a prize", "no charge, it is free"]
KEYWORD = text.keyword("SPAM", "free", "win", name="keyword")
GAZETTEER = text.gazetteer("HAM", ["no charge", "see you"], name="gazetteer")


def table() -> pd.DataFrame:
    return pd.DataFrame({"id": list("abcd"), "text": TEXTS, "n": range(4)})


def labelled(key: str | None = None) -> wl.LabelMatrix:
    return wl.apply_lfs([KEYWORD, GAZETTEER], table(), key=key, classes=SPAM, progress=False)


def clashes(L: wl.LabelMatrix, one: int, other: int) -> bool:
    return one >= 0 and other >= 0 and not (L.possible[one] & L.possible[other]).any()


@given(data=st.data())
def test_filters_find_what_a_loop_over_the_votes_finds(data: st.DataObject) -> None:
    L = data.draw(label_matrices(min_rows=1, min_lfs=2))
    gold = data.draw(gold_for(L))
    lf = data.draw(st.none() | st.integers(0, L.m - 1) | st.just(list(range(L.m))))
    code = data.draw(st.none() | st.integers(0, len(L.possible) - 1))
    wrong = data.draw(st.booleans())
    fight = data.draw(st.sampled_from([None, True, (0, 1)]))
    uncovered = data.draw(st.sampled_from([None, True, False]))
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=L.n, max_size=L.n)), bool)
    votes = np.asarray(L)

    def counts(i: int, j: int) -> bool:
        if votes[i, j] < 0 or (code is not None and votes[i, j] != code):
            return False
        return not wrong or (gold[i] >= 0 and not L.possible[votes[i, j], gold[i]])

    def fits(i: int) -> bool:
        those = [j for j in range(L.m) if counts(i, j)]
        asked = [lf] if isinstance(lf, int) else lf
        good = bool(mask[i])
        if asked is not None:
            good &= all(j in those for j in asked)
        elif code is not None or wrong:
            good &= bool(those)
        row = votes[i].tolist()
        if fight is True:
            good &= any(clashes(L, a, b) for a in row for b in row)
        elif fight is not None:
            good &= clashes(L, row[0], row[1])
        if uncovered is not None:
            good &= all(vote < 0 for vote in row) is uncovered
        return good

    found = L.rows(
        lf=lf,
        votes=None if code is None else L.code_names[code],
        wrong=gold if wrong else None,
        conflict=fight,
        uncovered=uncovered,
        among=mask,
        n=L.n,
    )
    assert found.positions.tolist() == [i for i in range(L.n) if fits(i)]
    assert found.n_matching == len(found)
    assert found.votes.tolist() == votes[found.positions].tolist()
    assert found.keys.tolist() == L.keys[found.positions].tolist()


def test_votes_may_be_several_a_member_a_code_or_abstain() -> None:
    class Mail(Enum):
        HAM = 0
        SPAM = 1

    L = wl.LabelMatrix.from_array([[0, -1], [1, 1], [-1, 0]], SPAM)

    def positions(**asked: Any) -> list[int]:
        found: list[int] = L.rows(**asked).positions.tolist()
        return found

    assert positions(votes=Mail.SPAM) == positions(votes="SPAM") == positions(votes=1) == [1]
    assert positions(votes=["HAM", "SPAM"]) == [0, 1, 2]
    assert positions(lf=0, votes=wl.ABSTAIN) == [2]
    assert positions(lf="lf_0", votes=[wl.ABSTAIN, "HAM"]) == [0, 2]


def test_partial_votes_are_named_by_their_classes() -> None:
    L = wl.LabelMatrix.from_array([[0], [3]], ("A", "B", "C"), class_sets=[(0, 1)])
    assert L.rows(votes=wl.any_of("A", "B")).positions.tolist() == [1]
    assert L.rows(votes=wl.none_of("C")).positions.tolist() == [1]
    assert L.rows(votes="A|B").positions.tolist() == [1]
    assert L.rows(lf=0, wrong=["C", "C"]).n_matching == 2
    with pytest.raises(ValueError, match=r"no LF votes any_of\('B', 'C'\); the partial votes are"):
        L.rows(votes=wl.any_of("B", "C"))


def test_slices_are_combined_by_and() -> None:
    L = wl.LabelMatrix.from_array([[0], [1], [1]], SPAM)
    slices = {"a": [True, True, False], "b": [False, True, True]}
    found = L.rows(slices=slices)
    assert found.positions.tolist() == [1]
    assert str(found).startswith("1 row: in slice 'a', in slice 'b' (33.3% of 3)")
    assert L.rows(among=[2, 0]).positions.tolist() == [0, 2]
    assert L.rows(among=[]).n_matching == 0


@given(st.integers(0, 200), st.integers(0, 30), st.integers(0, 5))
def test_the_sample_has_one_row_of_each_stretch(n: int, wanted: int, seed: int) -> None:
    chosen = spread(n, wanted, seed)
    assert len(chosen) == min(n, wanted)
    assert (np.diff(chosen) > 0).all()
    if wanted and n > wanted:
        ends = np.arange(wanted + 1) * n // wanted
        assert ((ends[:-1] <= chosen) & (chosen < ends[1:])).all()
    assert chosen.tolist() == spread(n, wanted, seed).tolist()


def test_the_sample_is_told_and_depends_on_the_seed_alone() -> None:
    L = wl.LabelMatrix.from_array(np.zeros((1000, 1), int), SPAM)
    found = L.rows(lf=0, n=5)
    assert found.positions.tolist() == L.rows(lf=0, n=5).positions.tolist()
    assert found.positions.tolist() != L.rows(lf=0, n=5, seed=1).positions.tolist()
    assert str(found).startswith("5 of 1,000 rows: 'lf_0' votes (100.0% of 1,000)")


def test_the_text_shows_gold_votes_and_what_was_matched() -> None:
    found = labelled("id").rows(
        wrong=["HAM", None, "SPAM", "HAM"], data=table(), lfs=[KEYWORD, GAZETTEER]
    )
    assert str(found).splitlines() == [
        "2 rows: an LF votes, and gold is another class (50.0% of 4)",
        "",
        "[a] · gold HAM",
        "  «Free» cash, «free» tea",
        "  SPAM ← keyword",
        "",
        "[d] · gold HAM",
        "  «no charge», it is «free»",
        "  HAM ← gazetteer",
        "  SPAM ← keyword",
    ]


def test_an_lf_given_itself_marks_what_it_matched_where_it_votes() -> None:
    L = labelled()
    by_itself = L.rows(lf=KEYWORD, data=table())
    assert by_itself.spans == (((0, 4), (11, 15)), ((0, 3),), ((17, 21),))
    assert L.rows(lf="keyword", data=table()).spans == ((), (), ())
    assert L.rows(conflict=(KEYWORD, "gazetteer"), data=table()).spans == (((17, 21),),)
    assert L.rows(lfs=[GAZETTEER], votes="SPAM", data=table()).spans == ((), (), ((0, 9),))


def test_what_an_lf_matched_is_not_marked_where_it_abstains() -> None:
    both = text.keyword("SPAM", "free", "cash", at_least=2, name="both")
    L = wl.apply_lfs([both], TEXTS, classes=SPAM, progress=False)
    assert both.matched(TEXTS[3])
    assert L.rows(data=TEXTS, lfs=[both]).spans == (((0, 4), (5, 9), (11, 15)), (), (), ())


@pytest.mark.parametrize("form", ["pandas", "polars", "arrow", "dicts", "objects", "texts"])
def test_the_rows_are_the_same_in_every_container(form: str) -> None:
    import types

    import polars as pl
    import pyarrow as pa

    frame = table()
    dicts = frame.to_dict("records")
    data: Any = {
        "pandas": frame.set_index(np.arange(4, 8)),
        "polars": pl.from_pandas(frame),
        "arrow": pa.Table.from_pandas(frame),
        "dicts": dicts,
        "objects": [types.SimpleNamespace(**each) for each in dicts],
        "texts": (each for each in TEXTS),
    }[form]
    key = None if form == "texts" else "id"
    found = labelled(key).rows(lf=KEYWORD, data=data)
    assert found.texts == (TEXTS[0], TEXTS[2], TEXTS[3])
    assert found.spans[0] == ((0, 4), (11, 15))


def test_the_frame_has_text_gold_and_votes_by_name() -> None:
    frame = labelled("id").rows(wrong=["HAM", None, None, "HAM"], data=table()).to_frame()
    assert frame.index.tolist() == ["a", "d"]
    assert frame.loc["d"].tolist() == [TEXTS[3], "HAM", "SPAM", "HAM"]
    assert frame.loc["a", "gazetteer"] is None
    named = wl.LabelMatrix.from_array([[0]], SPAM, lf_names=["text"])
    assert named.rows(data=["x"]).to_frame().columns.tolist() == ["text_", "text"]


def test_the_text_column_is_text_else_the_only_one_else_the_whole_row() -> None:
    L = wl.LabelMatrix.from_array([[0]], SPAM)
    assert L.rows(data=[{"n": 1, "comment": "hello"}]).texts == ("hello",)
    two = [{"title": "a", "body": "b"}]
    assert L.rows(data=two).texts is None
    assert "title='a', body='b'" in str(L.rows(data=two))
    assert L.rows(data=two, text="body").texts == ("b",)
    assert L.rows(data=[3.5]).texts is None or "3.5" in str(L.rows(data=[3.5]))
    with pytest.raises(ValueError, match=r"text= names 'bdy', the data has .*mean 'body'\?"):
        L.rows(data=two, text="bdy")


HOSTILE = [
    "<script>alert('x')</script> & <b>free</b>",
    "\u202eevil\u2069 free \x1b[31mred\x07",
    "مرحبا free 🎉🎉 日本語" * 40,
    "x" * 1_000_000 + " free " + "y" * 1_000_000,
    "lone \ud800 free\x00",
]


def test_hostile_texts_stay_in_their_place() -> None:
    L = wl.apply_lfs([KEYWORD], HOSTILE, classes=SPAM, progress=False)
    found = L.rows(lf=KEYWORD, data=HOSTILE)
    shown, page = str(found), found._repr_html_()
    assert all("«free»" in block for block in shown.split("\n\n")[1:])
    assert not set("\x1b\x07\x00\u202e\u2069\ud800") & set(shown)
    assert len(shown) < 3000
    page.encode("utf-8")
    assert page.count("<mark>free</mark>") >= 5
    assert "<script" not in page
    assert "<b>" not in page
    assert len(page) < 10_000


def test_no_line_is_wider_than_80_columns() -> None:
    from weaklabel.analysis._passage import columns

    names = [f"lf_{'x' * 90}_{j}" for j in range(3)]
    L = wl.LabelMatrix.from_array(np.zeros((5, 3), int), SPAM, lf_names=names)
    assert max(map(columns, str(L.rows(lf=0, data=HOSTILE)).splitlines())) <= 80


def test_html_escapes_names_and_has_one_column_an_lf_while_they_are_few() -> None:
    L = wl.LabelMatrix.from_array([[0, 1]], ("<i>", "SPAM"), lf_names=["<script>", "b"])
    page = L.rows(wrong=["SPAM"], data=["x"])._repr_html_()
    assert "<script>" not in page
    assert "<i>" not in page
    assert page.count("<th ") == 5
    many = wl.LabelMatrix.from_array(np.zeros((1, 1000), int), SPAM)
    assert many.rows()._repr_html_().count("<th ") == 2
    assert len(str(many.rows()).splitlines()) < 10


def test_one_row_and_zero_coverage_are_shown() -> None:
    L = wl.LabelMatrix.from_array([[-1, -1]], SPAM)
    assert str(L.rows(uncovered=True, data=["hello"])).splitlines() == [
        "1 row: no LF votes (100.0% of 1)",
        "",
        "[0]",
        "  hello",
        "  no votes",
    ]
    assert str(L.rows(votes="SPAM")) == "0 rows: an LF votes SPAM (0.0% of 1)"
    empty = wl.LabelMatrix.from_array(np.zeros((0, 2), int), SPAM)
    assert len(empty.rows(data=[])) == 0
    assert len(empty.rows(data=[]).to_frame()) == 0


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        ({"lf": "keywrd"}, ValueError, r"no LF 'keywrd' among .*did you mean 'keyword'\?"),
        ({"lf": 7}, ValueError, "no LF at position 7, there are 2"),
        ({"lf": 1.5}, TypeError, "an LF is given by name, position or itself, got 1.5"),
        ({"votes": "SPAN"}, ValueError, r"'SPAN' is no class; .*did you mean 'SPAM'\?"),
        ({"votes": True}, TypeError, "votes takes classes, got True"),
        ({"votes": []}, ValueError, "votes= is empty"),
        ({"votes": -1}, ValueError, "votes=ABSTAIN needs lf=: which LF abstains"),
        (
            {"lf": 0, "votes": -1, "wrong": [0] * 4},
            ValueError,
            "an LF that abstains is not wrong",
        ),
        ({"wrong": True}, TypeError, "wrong takes the gold labels, got True; pass wrong=gold"),
        ({"wrong": ["HAM"]}, ValueError, "gold has 1 labels, the label matrix has 4 rows"),
        ({"conflict": "keyword"}, TypeError, r"conflict takes two LFs, \(a, b\), or True"),
        ({"conflict": ("keyword", 0)}, ValueError, "conflict takes two LFs, got 'keyword' twice"),
        ({"conflict": ("keyword", "x")}, ValueError, "no LF 'x' among"),
        ({"uncovered": 1}, TypeError, "uncovered takes True or False, got 1"),
        ({"slices": {"s": [True]}}, ValueError, "slice 's' has shape"),
        ({"among": [True]}, ValueError, r"among is a mask of shape \(1,\), the matrix has 4 rows"),
        ({"among": [9]}, ValueError, "among names position 9, the matrix has 4 rows"),
        ({"among": [0.5]}, TypeError, "among takes a mask or positions of rows, got"),
        ({"among": {"s": 1}}, TypeError, "pass masks by name as slices="),
        ({"n": -1}, ValueError, "n must be a whole number from 0, got -1"),
        ({"seed": 0.5}, ValueError, "seed must be a whole number from 0, got 0.5"),
        (
            {"lfs": [text.keyword(1, "a", name="keywor")]},
            ValueError,
            r"lfs= has 'keywor', which is none of the LFs .* did you mean 'keyword'\?",
        ),
    ],
)
def test_what_cannot_be_asked_is_said(
    asked: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        labelled().rows(**asked)


def test_data_that_does_not_belong_is_refused() -> None:
    L, frame = labelled("id"), table()
    other = frame.assign(id=list("wxyz"))
    with pytest.raises(ValueError, match="data has 3 rows, the label matrix has 4"):
        L.rows(data=frame[:3])
    with pytest.raises(ValueError, match="column 'id' of the data holds the row keys in another"):
        L.rows(data=frame[::-1])
    with pytest.raises(ValueError, match=r"no column of the data holds the row keys .*'a', 'b'"):
        L.rows(data=other)
    with pytest.raises(ValueError, match=r"'id' of the data holds 'w' on row 0, .* the key 'a'"):
        L.rows(data=other, key="id")
    with pytest.raises(ValueError, match=r"the row key reads column 'ids', .*mean 'id'\?"):
        L.rows(data=frame, key="ids")
    with pytest.raises(ValueError, match="row 0 of the data has no field 'id' for the row key"):
        L.rows(data=[{"text": "x"}] * 4, key="id")
    with pytest.raises(ValueError, match="no column of the data holds the row keys"):
        L.rows(data=other.to_dict("records"))
    with pytest.raises(TypeError, match="data is one str"):
        L.rows(data="text")


def test_a_part_of_the_matrix_fits_the_same_part_of_a_pandas_table() -> None:
    part = labelled()[1:3]
    assert part.rows(data=table()[1:3]).texts == tuple(TEXTS[1:3])
    assert part.rows(data=TEXTS[1:3]).texts == tuple(TEXTS[1:3])
    with pytest.raises(ValueError, match="no column of the data holds the row keys"):
        part.rows(data=table()[:2])


@given(L=label_matrices(min_rows=1))
@settings(max_examples=30)
def test_any_matrix_prints(L: wl.LabelMatrix) -> None:
    assert str(L.rows(n=3)).startswith(f"{min(L.n, 3)}")
    assert "<table" in L.rows(conflict=True)._repr_html_()
