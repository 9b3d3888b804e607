from __future__ import annotations

import importlib
from typing import Any

import pandas as pd
import pytest

import weaklabel as wl
from weaklabel_lfs import text

SPAM = ("HAM", "SPAM")
TEXTS = ["free tea", "hello", "bye", "free cash"]


def test_a_preview_shows_votes_their_share_and_what_was_matched() -> None:
    tried = text.keyword("SPAM", "free", name="kw", classes=SPAM).preview(TEXTS)
    assert tried.votes.tolist() == [0, 2]
    assert tried.share == 0.5
    assert tried.n_faults == 0
    assert tried.fault is None
    assert tried.seconds_per_row > 0
    shown = str(tried)
    assert shown.startswith("kw votes on 2 of 4 rows (50%): SPAM 2; ")
    assert "  «free» tea\n  SPAM ← kw" in shown
    assert "<mark>free</mark>" in tried._repr_html_()


def test_the_first_fault_is_shown_with_its_traceback() -> None:
    @wl.labeling_function(votes="SPAM", classes=SPAM)
    def fails(x: Any) -> bool:
        return bool(1 / (len(x.text) - 5))

    tried = fails.preview(TEXTS)
    assert tried.n_faults == 1
    assert tried.fault is not None
    assert tried.fault.row == 1
    assert "return bool(1 / (len(x.text) - 5))" in tried.fault.traceback
    assert "fails on 1" in str(tried)
    assert "first fault, on row 1 [1]:" in str(tried)
    assert "ZeroDivisionError: division by zero" in str(tried)
    assert "ZeroDivisionError" in tried._repr_html_()


def test_an_illegal_vote_is_a_fault_without_traceback() -> None:
    lf = wl.LabelingFunction(lambda x: 0.5, name="lf")
    tried = lf.preview(TEXTS, classes=SPAM)
    assert tried.n_faults == 4
    assert tried.fault is not None
    assert "voted 0.5; expected abstain or 0..1" in str(tried)


def test_the_sample_is_spread_over_the_data_and_keeps_positions() -> None:
    frame = pd.DataFrame({"text": [f"row {i}" for i in range(1000)]})
    seen: list[str] = []

    @wl.labeling_function(votes=1)
    def records(x: Any) -> bool:
        seen.append(x.text)
        if x.text.endswith("7"):
            raise KeyError(x.text)
        return True

    tried = records.preview(frame, 50)
    positions = tried.rows.positions.tolist()
    assert len(seen) == len(positions) == 50
    assert [f"row {i}" for i in positions] == seen
    assert positions[0] < 20
    assert positions[-1] >= 980
    assert tried.fault is not None
    assert tried.fault.row in positions
    assert str(tried.fault.row).endswith("7")


def test_the_time_of_preprocessors_is_told_apart() -> None:
    @wl.preprocessor
    def words(x: Any) -> list[str]:
        return list(x.text.split())

    lf = wl.LabelingFunction(lambda x: len(x.words) > 1, name="lf", votes=1, pre=words)
    tried = lf.preview(iter(TEXTS), 2)
    assert tried.pre_seconds_per_row > 0
    assert "in preprocessors" in str(tried)
    assert len(tried.rows) == 2


@pytest.mark.parametrize("data", [[], pd.DataFrame({"text": []})])
def test_no_rows_are_no_matter(data: Any) -> None:
    tried = wl.LabelingFunction(lambda x: 1, name="lf").preview(data)
    assert tried.share == 0.0
    assert "lf votes on 0 of 0 rows" in str(tried)


def test_what_does_not_fit_is_said() -> None:
    lf = text.keyword(1, "free", column="text")
    with pytest.raises(ValueError, match=r"reads column 'text', the data has .*mean 'texts'\?"):
        lf.preview(pd.DataFrame({"texts": ["a"]}))
    with pytest.raises(ValueError, match=r"n must be a whole number from 0, got 2\.5"):
        lf.preview(TEXTS, 2.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="data is one str"):
        lf.preview("free")


@pytest.mark.parametrize(
    ("seconds", "shown"), [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (4.2e-6, "4.2 µs"), (0.0, "0 µs")]
)
def test_times_have_a_unit(seconds: float, shown: str) -> None:
    own = importlib.import_module("weaklabel.analysis._preview")
    assert own._time(seconds) == shown
