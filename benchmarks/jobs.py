"""The timed jobs: each builds its input, warms up on a small piece, and returns what to time."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Job = Callable[[], object]

_WORDS = [
    *("free", "money", "call", "now", "http", "subscribe", "song", "love", "check", "my"),
    *("channel", "video", "great", "the", "a", "of", "to", "and", "is", "it"),
    *("this", "so", "best", "watch", "new", "please"),
]


_PATTERNS = [
    *(r"https?://", r"www\.\w+", r"check (it|this|me) out", r"my (new )?(song|channel|video)"),
    *(r"subscrib(e|ing)", r"(free|cash|prize)", r"[$£€]\s?\d+", r"!!+", r"\d{5,}", r"\bfree\b"),
]


def _texts(n: int, words: int) -> list[str]:
    rng = np.random.default_rng(0)
    return [" ".join(chosen) for chosen in rng.choice(_WORDS, (n, words))]


def _keyword(word: str) -> Callable[[Any], int]:
    return lambda x: 1 if word in x.text.lower() else -1


def _regex(pattern: str) -> Callable[[Any], int]:
    search = re.compile(pattern).search
    return lambda x: 0 if search(x.text) else -1


def votes_matrix(n: int, m: int, k: int, coverage: float) -> tuple[np.ndarray, np.ndarray]:
    """Return votes (n, m) as int8 and gold (n,), from LFs that are right 70 % of the time."""
    rng = np.random.default_rng(0)
    gold = rng.integers(0, k, n).astype(np.int8)
    votes = np.full((n, m), -1, np.int8)
    for j in range(m):
        fired = rng.random(n) < coverage
        right = rng.random(n) < 0.7
        votes[:, j] = np.where(fired, np.where(right, gold, rng.integers(0, k, n)), -1)
    return votes, gold


def apply_job(who: str) -> Job:
    """Run 10 keyword and 10 ordinary regex LFs, row by row, on 100,000 texts of 8 words."""
    return _apply(who, _texts(100_000, 8), _PATTERNS)


def apply_slow_regex_job(who: str) -> Job:
    r"""Run 10 keyword and 10 \bword\b LFs, slow in Python's re, on 100,000 texts of 12 words."""
    return _apply(who, _texts(100_000, 12), [rf"\b{word}\b" for word in _WORDS[10:20]])


def _apply(who: str, texts: list[str], patterns: list[str]) -> Job:
    import pandas as pd

    frame = pd.DataFrame({"text": texts})
    functions = [_keyword(w) for w in _WORDS[:10]] + [_regex(p) for p in patterns]
    if who == "ours":
        import weaklabel as wl

        lfs = [wl.LabelingFunction(f, name=f"lf_{j}") for j, f in enumerate(functions)]
        wl.apply_lfs(lfs, frame[:100], progress=False)
        return lambda: wl.apply_lfs(lfs, frame, progress=False)
    if who == "snorkel":
        from snorkel.labeling import LabelingFunction, PandasLFApplier

        applier = PandasLFApplier([LabelingFunction(f"lf_{j}", f) for j, f in enumerate(functions)])
        return lambda: applier.apply(frame, progress_bar=False)

    def bare() -> np.ndarray:
        return np.array([[f(x) for f in functions] for x in frame.itertuples()])

    return bare


def summary_job(who: str) -> Job:
    """Summarise 1,000,000 rows × 50 LFs at 10 % coverage, with gold."""
    votes, gold = votes_matrix(1_000_000, 50, 4, 0.1)
    if who == "ours":
        import weaklabel as wl

        L = wl.LabelMatrix.from_array(votes)
        L[:100].summary(gold[:100])
        return lambda: L.summary(gold)
    from snorkel.labeling import LFAnalysis

    dense = votes.astype(np.int64)
    del votes
    return lambda: LFAnalysis(dense).lf_summary(gold.astype(np.int64))


def fit_job(who: str) -> Job:
    """Fit the label model on 1,000,000 rows × 50 LFs, 4 classes, 10 % coverage."""
    votes, _ = votes_matrix(1_000_000, 50, 4, 0.1)
    if who == "ours":
        import weaklabel as wl

        L = wl.LabelMatrix.from_array(votes)
        del votes
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wl.LabelModel().fit(L[:100])
        return lambda: wl.LabelModel().fit(L)
    from snorkel.labeling.model import LabelModel

    dense = votes.astype(np.int64)
    del votes
    return lambda: LabelModel(cardinality=4, verbose=False).fit(dense, seed=0, progress_bar=False)


JOBS: dict[str, tuple[Callable[[str], Job], tuple[str, ...]]] = {
    "apply": (apply_job, ("ours", "snorkel", "bare loop")),
    "apply-slow-regex": (apply_slow_regex_job, ("ours", "snorkel", "bare loop")),
    "summary": (summary_job, ("ours", "snorkel")),
    "fit": (fit_job, ("ours", "snorkel")),
}
