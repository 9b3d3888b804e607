from __future__ import annotations

from pathlib import Path

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from weaklabel_lfs import text

CITIES = ("Oslo", "New York", "New York City", "Rome", "St. Gallen")


def test_entries_are_found_as_whole_words_whatever_stands_between() -> None:
    lf = text.gazetteer(1, CITIES)
    assert [lf("in OSLO!"), lf("new-york"), lf("St Gallen"), lf("a romance"), lf("new")] == [
        1,
        1,
        1,
        -1,
        -1,
    ]


def test_case_true_tells_upper_from_lower_case() -> None:
    lf = text.gazetteer(1, CITIES, case=True)
    assert [lf("Rome"), lf("rome")] == [1, -1]


def test_at_least_counts_different_entries() -> None:
    lf = text.gazetteer(1, CITIES, at_least=2)
    assert [lf("Rome, Rome"), lf("Rome and Oslo"), lf("New York City")] == [-1, 1, 1]


words = st.sampled_from(["a", "b", "c", "d"])


@given(
    st.lists(st.lists(words, min_size=1, max_size=3), min_size=1, max_size=4),
    st.lists(words, max_size=8),
)
def test_it_finds_what_a_plain_search_finds(entries: list[list[str]], tokens: list[str]) -> None:
    lf = text.gazetteer(1, [" ".join(entry) for entry in entries])
    padded = f" {' '.join(tokens)} "
    expected = any(f" {' '.join(entry)} " in padded for entry in entries)
    assert (lf(" ".join(tokens)) == 1) is expected


def test_a_path_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "cities.txt"
    path.write_text("# cities\nOslo\n\n  Århus \n", encoding="utf-8")
    lf = text.gazetteer(1, path)
    assert [lf("oslo"), lf("in århus"), lf("cities")] == [1, 1, -1]


def test_the_default_name_depends_on_all_entries() -> None:
    names = {text.gazetteer(1, entries).name for entries in (CITIES, CITIES[:-1], CITIES[:1])}
    assert len(names) == 3
    assert "gazetteer_1_Oslo" in names


def test_a_missing_text_raises_or_abstains() -> None:
    with pytest.raises(TypeError, match=r"column 'text' is None"):
        text.gazetteer(1, CITIES)({"text": None})
    assert text.gazetteer(1, CITIES, missing="abstain")({"text": None}) == -1


def test_it_survives_the_way_to_another_process() -> None:
    assert cloudpickle.loads(cloudpickle.dumps(text.gazetteer(1, CITIES)))("Rome") == 1


def test_a_str_is_refused_with_the_right_call() -> None:
    with pytest.raises(TypeError, match=r"got the str 'cities.txt'; write Path\(...\)"):
        text.gazetteer(1, "cities.txt")


def test_an_empty_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"needs at least one entry; the list has none"):
        text.gazetteer(1, [])
    (tmp_path / "empty.txt").write_text("# nothing\n")
    with pytest.raises(ValueError, match=r"the file .*empty.txt has none"):
        text.gazetteer(1, tmp_path / "empty.txt")


def test_an_entry_without_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the entry '--', which has no word in it"):
        text.gazetteer(1, ["Oslo", "--"])


def test_an_entry_that_is_no_str_is_refused() -> None:
    with pytest.raises(TypeError, match=r"takes entries as str, got None"):
        text.gazetteer(1, ["Oslo", None])  # type: ignore[list-item]


def test_at_least_beyond_the_entries_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at_least=2 can never be reached; only 1 were given"):
        text.gazetteer(1, ["Oslo", "oslo"], at_least=2)
