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


def zipf_texts(n: int, words: int) -> tuple[list[str], list[str]]:
    """Return texts of words that are as frequent as those of a language, and the vocabulary."""
    rng = np.random.default_rng(0)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    vocabulary = ["".join(rng.choice(letters, rng.integers(3, 10))) for _ in range(20_000)]
    share = 1 / np.arange(1, 20_001)
    places = rng.choice(20_000, (n, words), p=share / share.sum())
    return [" ".join(vocabulary[at] for at in row) for row in places.tolist()], vocabulary


def declared(vocabulary: list[str], keywords: int, regexes: int) -> list[Any]:
    """Return keyword LFs of three words each, and regex LFs of four kinds."""
    from weaklabel_lfs import text

    rng = np.random.default_rng(1)
    lfs = []
    for j in range(keywords):
        words = [vocabulary[at] for at in rng.integers(20, 3000, 3)]
        lfs.append(text.keyword(j % 2, *words, name=f"keyword_{j}"))
    for j in range(regexes):
        word = vocabulary[rng.integers(20, 1000)]
        pattern = (rf"\b{word}\w*\b", rf"{word[:4]}\s+\w+", r"[a-f]{6,}", rf"^{word}")[j % 4]
        lfs.append(text.regex(j % 2, pattern, name=f"regex_{j}"))
    return lfs


def declarative_job(who: str) -> Job:
    """Run 10 keyword and 10 regex builders on 100,000 texts of 10 words."""
    import pandas as pd

    import weaklabel as wl

    texts, vocabulary = zipf_texts(100_000, 10)
    frame = pd.DataFrame({"text": texts})
    lfs = declared(vocabulary, 10, 10)
    if who == "snorkel":
        from snorkel.labeling import LabelingFunction, PandasLFApplier

        theirs = [
            LabelingFunction(lf.name, lambda x, f=lf.function, vote=lf.votes: vote if f(x) else -1)
            for lf in lfs
        ]
        return lambda: PandasLFApplier(theirs).apply(frame, progress_bar=False)
    if who == "row-wise":
        lfs = [wl.LabelingFunction(lf.function, name=lf.name, votes=lf.votes) for lf in lfs]
    wl.apply_lfs(lfs, frame[:100], progress=False)
    return lambda: wl.apply_lfs(lfs, frame, progress=False)


def keywords_job(who: str) -> Job:
    """Run 20 keyword builders (ours), and 500, on 100,000 texts of 10 words."""
    import pandas as pd

    import weaklabel as wl

    texts, vocabulary = zipf_texts(100_000, 10)
    frame = pd.DataFrame({"text": texts})
    lfs = declared(vocabulary, 20 if who == "ours" else 500, 0)
    wl.apply_lfs(lfs, frame[:100], progress=False)
    return lambda: wl.apply_lfs(lfs, frame, progress=False)


def cores_job(who: str) -> Job:
    """Run 10 keyword and 10 regex LFs, row by row, on 1,000,000 texts, on two cores (ours)."""
    import pandas as pd

    import weaklabel as wl

    frame = pd.DataFrame({"text": _texts(1_000_000, 8)})
    functions = [_keyword(w) for w in _WORDS[:10]] + [_regex(p) for p in _PATTERNS]
    lfs = [wl.LabelingFunction(f, name=f"lf_{j}") for j, f in enumerate(functions)]
    n_jobs = 2 if who == "ours" else 1
    wl.apply_lfs(lfs, frame[:20_000], n_jobs=n_jobs, progress=False)  # the workers start
    return lambda: wl.apply_lfs(lfs, frame, n_jobs=n_jobs, progress=False)


def cache_job(who: str) -> Job:
    """Run 21 row-wise LFs on 100,000 texts again, one of them changed; or that one alone."""
    import tempfile

    import pandas as pd

    import weaklabel as wl

    frame = pd.DataFrame({"text": _texts(100_000, 8)})
    functions = [_keyword(w) for w in _WORDS[:11]] + [_regex(p) for p in _PATTERNS]
    lfs = [wl.LabelingFunction(f, name=f"lf_{j}") for j, f in enumerate(functions)]
    changed = wl.LabelingFunction(_keyword("please"), name="lf_0")
    if who == "that LF alone":
        wl.apply_lfs([changed], frame[:100], progress=False)
        return lambda: wl.apply_lfs([changed], frame, progress=False)
    folder = tempfile.mkdtemp()
    wl.apply_lfs(lfs, frame, cache=folder, progress=False)
    return lambda: wl.apply_lfs([changed, *lfs[1:]], frame, cache=folder, progress=False)


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
        return _ours(L)
    from snorkel.labeling.model import LabelModel

    dense = votes.astype(np.int64)
    del votes
    return lambda: LabelModel(cardinality=4, verbose=False).fit(dense, seed=0, progress_bar=False)


def sparse_votes(n: int, m: int, k: int, coverage: float) -> Any:
    """Return votes as a SciPy sparse matrix, drawn in parts, from LFs right 60 % of the time."""
    from scipy import sparse

    rng = np.random.default_rng(0)
    parts = []
    for _ in range(0, n, 100_000):
        rows = min(n, 100_000)
        gold = rng.integers(0, k, rows)
        cast = sparse.random(rows, m, coverage, format="csr", random_state=rng, dtype=np.float32)
        truth = np.repeat(gold, np.diff(cast.indptr))
        right = rng.random(cast.nnz) < 0.6
        codes = np.where(right, truth, rng.integers(0, k, cast.nnz)).astype(np.int8)
        parts.append(sparse.csr_matrix((codes, cast.indices, cast.indptr), shape=cast.shape))
    return sparse.vstack(parts, format="csr")


def _ours(L: Any) -> Job:
    """Warm the kernels up on a few rows and return a fit."""
    import weaklabel as wl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wl.LabelModel().fit(L[:100])
        wl.LabelModel().fit(L[:70_000])
    return lambda: wl.LabelModel().fit(L)


def fit_dense_job(who: str) -> Job:
    """Fit on 1,000,000 rows × 25 LFs, 2 classes, half the cells voting."""
    votes, _ = votes_matrix(1_000_000, 25, 2, 0.5)
    if who == "ours":
        import weaklabel as wl

        return _ours(wl.LabelMatrix.from_array(votes))
    if who == "crowd-kit":
        import pandas as pd
        from crowdkit.aggregation import DawidSkene

        task, worker = np.nonzero(votes >= 0)
        frame = pd.DataFrame({"task": task, "worker": worker, "label": votes[task, worker]})
        return lambda: DawidSkene(n_iter=100).fit(frame)
    from snorkel.labeling.model import LabelModel

    dense = votes.astype(np.int64)
    return lambda: LabelModel(cardinality=2, verbose=False).fit(dense, seed=0, progress_bar=False)


def pass_job(who: str) -> Job:
    """Run one EM pass over 1,000,000 × 25 votes, half the cells voting, or sum the matrix."""
    votes, _ = votes_matrix(1_000_000, 25, 2, 0.5)
    if who == "NumPy's sum":
        return lambda: votes.sum()
    import weaklabel as wl
    from weaklabel.label_model._base._rows import VoteRows

    rows = VoteRows.of(wl.LabelMatrix.from_array(votes))
    log_ratio = np.random.default_rng(0).normal(size=(len(rows.lf), 2))
    rows.em_pass(log_ratio, np.zeros(2), 0.1)
    return lambda: rows.em_pass(log_ratio, np.zeros(2), 0.1)


def predict_job(who: str) -> Job:
    """Give probabilities to 1,000,000 rows × 50 LFs, 4 classes, 10 % coverage."""
    votes, _ = votes_matrix(1_000_000, 50, 4, 0.1)
    if who == "ours":
        import weaklabel as wl

        L = wl.LabelMatrix.from_array(votes)
        model = wl.LabelModel().fit(L[:50_000])
        model.predict_proba(L[:100_000])
        return lambda: model.predict_proba(L)
    from snorkel.labeling.model import LabelModel

    dense = votes.astype(np.int64)
    theirs = LabelModel(cardinality=4, verbose=False)
    theirs.fit(dense[:50_000], seed=0, progress_bar=False)
    return lambda: theirs.predict_proba(dense)


def fit_large_job(_: str) -> Job:
    """Fit on 10,000,000 rows × 100 LFs, 10 classes, 5 % coverage."""
    import weaklabel as wl

    return _ours(wl.LabelMatrix.from_array(sparse_votes(10_000_000, 100, 10, 0.05)))


def fit_wide_job(_: str) -> Job:
    """Fit on 100,000 rows × 1,200 LFs, 56 classes, 1 % coverage."""
    import weaklabel as wl

    return _ours(wl.LabelMatrix.from_array(sparse_votes(100_000, 1_200, 56, 0.01)))


JOBS: dict[str, tuple[Callable[[str], Job], tuple[str, ...]]] = {
    "apply": (apply_job, ("ours", "snorkel", "bare loop")),
    "apply-slow-regex": (apply_slow_regex_job, ("ours", "snorkel", "bare loop")),
    "declarative": (declarative_job, ("ours", "row-wise", "snorkel")),
    "keywords": (keywords_job, ("ours", "500 LFs")),
    "cores": (cores_job, ("ours", "one core")),
    "cache": (cache_job, ("ours", "that LF alone")),
    "summary": (summary_job, ("ours", "snorkel")),
    "fit": (fit_job, ("ours", "snorkel")),
    "fit-dense": (fit_dense_job, ("ours", "snorkel", "crowd-kit")),
    "em-pass": (pass_job, ("ours", "NumPy's sum")),
    "predict": (predict_job, ("ours", "snorkel")),
    "fit-large": (fit_large_job, ("ours",)),
    "fit-wide": (fit_wide_job, ("ours",)),
}
