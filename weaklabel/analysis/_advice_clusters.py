"""Advice on uncovered rows: those with texts alike, and the words that mark them."""

from __future__ import annotations

import warnings
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from weaklabel._checks import listed
from weaklabel.analysis._advice_seen import Seen, Spotted
from weaklabel.types import FloatArray, IntArray

# Texts that are read, and how far: enough for words that mark a hundredth of them.
_UNCOVERED, _COVERED, _LETTERS = 8_000, 4_000, 1_000
# A cluster is worth an LF where it holds so many rows and this share of all rows.
_ROWS, _SHARE = 20, 0.02
# One cluster for so many texts read, and so many at most.
_TEXTS, _CLUSTERS = 50, 12
# A word marks a cluster where this share of its texts has it, and so many times that of others.
_HAVE, _TIMES, _WORDS = 0.3, 3.0, 6
_WORD = r"(?u)\b[^\W\d_]{2,}\b"


def uncovered_clusters(seen: Seen, texts: Sequence[Any]) -> list[Spotted]:
    """WL108: groups of uncovered rows with words of their own, the largest first."""
    uncovered = np.flatnonzero(seen.lengths == 0)
    least = max(_ROWS, _SHARE * seen.L.n)
    if len(uncovered) < least:
        return []
    rows, read = _some(uncovered, texts, _UNCOVERED)
    _, others = _some(np.flatnonzero(seen.lengths > 0), texts, _COVERED)
    cluster, has, has_not, words = _clustered(read, others)
    scale = len(uncovered) / max(len(rows), 1)
    alike: dict[str, IntArray] = {}
    for number in range(int(cluster.max(initial=-1)) + 1):
        inside = cluster == number
        # Rows that are all alike fall into several clusters: the same word marks them.
        for word, _ in _marks(has, has_not, inside, words)[:1]:
            alike[word] = alike.get(word, False) | inside
    found = []
    for inside in alike.values():
        marked = inside & _has_any(has, _marks(has, has_not, inside, words), words)
        if marked.sum() * scale >= least:
            marks = _marks(has, has_not, marked, words)
            found.append(_group(seen, rows[marked], marks, len(uncovered), scale))
    return found


def _some(rows: IntArray, texts: Sequence[Any], most: int) -> tuple[IntArray, list[str]]:
    """Return some of the rows and their texts, the same whatever order the rows are in."""
    cut = [text[:_LETTERS] if isinstance(text := texts[i], str) else "" for i in rows.tolist()]
    marked = sorted(
        range(len(rows)), key=lambda at: (zlib.crc32(cut[at].encode("utf-8", "replace")), cut[at])
    )[:most]
    return rows[marked], [cut[at] for at in marked]


def _clustered(read: list[str], others: list[str]) -> tuple[IntArray, Any, Any, IntArray]:
    """Return the cluster of each text, which words it has and which the others, and the words."""
    from sklearn.cluster import MiniBatchKMeans
    from sklearn.feature_extraction.text import TfidfVectorizer

    none = np.full(len(read), -1), None, None, np.zeros(0, object)
    vectorizer = TfidfVectorizer(token_pattern=_WORD, min_df=5, max_features=5_000)
    try:
        # What is rare among all texts weighs much, be it common among these.
        both = vectorizer.fit_transform([*read, *others])
    except ValueError:  # no word is in five texts
        return none
    weights, elsewhere = both[: len(read)], both[len(read) :]
    count = int(np.clip(len(read) // _TEXTS, 2, _CLUSTERS))
    means = MiniBatchKMeans(count, random_state=0, n_init=3, max_iter=100)
    with warnings.catch_warnings():
        # Fewer distinct texts than clusters: some stay empty, which is what is meant.
        warnings.simplefilter("ignore")
        cluster = means.fit_predict(weights)
    words = vectorizer.get_feature_names_out()
    return np.asarray(cluster, np.int64), weights > 0, elsewhere > 0, np.asarray(words)


def _marks(has: Any, has_not: Any, inside: IntArray, words: IntArray) -> list[tuple[str, float]]:
    """Return the words that mark a cluster, and the share of its texts that have each.

    They are held against the covered texts, where there are some, else against other clusters.
    """
    share = _share(has[inside])
    elsewhere = _share(has_not if has_not.shape[0] >= _ROWS else has[~inside])
    marked = np.flatnonzero((share >= _HAVE) & (share >= _TIMES * elsewhere))
    ahead = np.round(share - elsewhere, 9)
    best = sorted(marked, key=lambda w: (-ahead[w], words[w]))[:_WORDS]
    return [(str(words[w]), float(share[w])) for w in best]


def _has_any(has: Any, marks: list[tuple[str, float]], words: IntArray) -> IntArray:
    """Tell which texts have one of the words."""
    at = np.flatnonzero(np.isin(words, [word for word, _ in marks]))
    return np.asarray(has[:, at].sum(axis=1)).ravel() > 0


def _share(has: Any) -> FloatArray:
    return np.asarray(np.asarray(has.sum(axis=0)).ravel() / max(has.shape[0], 1))


def _group(
    seen: Seen, rows: IntArray, marks: list[tuple[str, float]], uncovered: int, scale: float
) -> Spotted:
    about = round(len(rows) * scale)
    names = [word for word, _ in marks]
    some = "" if scale == 1 else "about "
    return Spotted(
        f"{some}{about:,} of {uncovered:,} uncovered rows have texts alike; words that mark them: "
        f"{', '.join(f'{word} {share:.0%}' for word, share in marks)}",
        {"rows": about, "share": about / seen.L.n, "read": len(rows)},
        f"look at these rows; write an LF on {listed(names[:2])}, or on what they have in common",
        rows=np.sort(rows),
        weight=about,
    )
