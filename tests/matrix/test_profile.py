"""What a run cost, by labeling function."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import weaklabel as wl
from weaklabel.matrix import Profile


def _profile() -> Profile:
    return Profile(
        ("has_link", "a_name_<b>"),
        np.array([0.5, 0.0]),
        np.array([1000, 0]),
        np.array([0, 1000]),
        (("doc", 1.25),),
        2.0,
    )


def test_it_prints_as_a_table() -> None:
    assert str(_profile()) == (
        "LF          seconds  computed  reused  rows/s\n"
        "---------------------------------------------\n"
        "has_link      0.500     1,000       0   2,000\n"
        "a_name_<b>    0.000         0   1,000\n"
        "(doc)         1.250\n"
        "2.00 s; 1 of 2 LFs ran, 1 had votes in the cache"
    )
    assert "a_name_&lt;b&gt;" in _profile()._repr_html_()


def test_it_is_a_frame() -> None:
    frame = _profile().to_frame()
    assert frame.index.tolist() == ["has_link", "a_name_<b>"]
    assert frame.computed.tolist() == [1000, 0]
    assert frame.rows_per_second.tolist()[0] == 2000.0
    assert np.isnan(frame.rows_per_second.tolist()[1])


def test_a_run_counts_its_rows_and_times_its_functions() -> None:
    @wl.preprocessor
    def words(x: Any) -> list[str]:
        return str(x.text).split()

    def busy(x: Any) -> int:
        return int(sum(range(2000)) + len(x.words) < 0)

    lfs = [
        wl.LabelingFunction(lambda x: 1, name="idle"),
        wl.LabelingFunction(busy, name="busy", pre=words),
    ]
    L = wl.apply_lfs(lfs, ["a b", "c"] * 2000)
    profile = L.profile()
    assert profile.lf_names == ("idle", "busy")
    assert profile.computed.tolist() == [4000, 4000]
    assert profile.reused.tolist() == [0, 0]
    assert profile.seconds[1] > profile.seconds[0] > 0
    assert [name for name, _ in profile.preprocessors] == ["words"]
    assert profile.wall >= profile.seconds.sum()
    chosen = L.select(["busy"]).profile()
    assert chosen.lf_names == ("busy",)
    assert chosen.seconds.tolist() == [profile.seconds[1]]
    assert L[:10].profile() is profile


def test_a_matrix_of_an_array_has_none() -> None:
    L = wl.LabelMatrix.from_array([[0, 1]])
    with pytest.raises(ValueError, match="only a label matrix that comes from apply_lfs has a"):
        L.profile()


def test_equal_votes_are_equal_whatever_they_cost() -> None:
    lf = wl.LabelingFunction(lambda x: 1, name="f")
    made = wl.apply_lfs([lf], ["a"])
    assert made == wl.LabelMatrix.from_array([[1]], lf_names=["f"])
