from __future__ import annotations

import cloudpickle
import pytest

from weaklabel_lfs import text

CLASSES = ("HAM", "SPAM")


def test_a_pattern_is_found_anywhere_in_any_case() -> None:
    lf = text.regex("SPAM", r"https?://\S+", classes=CLASSES)
    assert [lf("see HTTP://x.y"), lf("http"), lf("")] == [1, -1, -1]


def test_case_true_tells_upper_from_lower_case() -> None:
    lf = text.regex("SPAM", "[A-Z]{3}", case=True, classes=CLASSES)
    assert [lf("a WOW b"), lf("a wow b")] == [1, -1]


def test_at_least_counts_matches_also_with_groups() -> None:
    lf = text.regex("SPAM", r"(!|\?)", at_least=3, classes=CLASSES)
    assert [lf("a!b?c!"), lf("!!")] == [1, -1]


def test_the_default_name_is_made_of_the_pattern() -> None:
    name = text.regex("SPAM", "free|cash").name
    assert name == "regex_SPAM_free_cash"
    assert text.regex("SPAM", r"\$+").name != text.regex("SPAM", "!+").name


def test_a_missing_text_raises_or_abstains() -> None:
    with pytest.raises(TypeError, match=r"column 'text' is None, expected str"):
        text.regex("SPAM", "a", classes=CLASSES)({"text": None})
    assert text.regex("SPAM", "a", classes=CLASSES, missing="abstain")({"text": None}) == -1


def test_it_survives_the_way_to_another_process() -> None:
    lf = text.regex("SPAM", "fr(e+)", classes=CLASSES)
    assert cloudpickle.loads(cloudpickle.dumps(lf))("freee") == 1


def test_a_pattern_that_cannot_be_compiled_is_named() -> None:
    with pytest.raises(ValueError, match=r"cannot compile the pattern '\(free': .*position 0"):
        text.regex("SPAM", "(free")


def test_an_empty_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match=r"empty pattern, which every text contains"):
        text.regex("SPAM", "")


def test_a_pattern_that_is_no_str_is_refused() -> None:
    with pytest.raises(TypeError, match=r"takes the pattern as str, got b'a'"):
        text.regex("SPAM", b"a")  # type: ignore[arg-type]


def test_at_least_zero_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at_least=0; expected an int from 1"):
        text.regex("SPAM", "a", at_least=0)
