"""From the votes of parts to one label matrix."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from weaklabel._classes import ClassTable, numbered_classes
from weaklabel.apply._votes import PartVotes
from weaklabel.lf import LabelingFunction
from weaklabel.matrix import LabelMatrix, Profile
from weaklabel.matrix._storage import Votes
from weaklabel.types import Fault, IntArray


def assembled(
    done: Sequence[PartVotes],
    lfs: Sequence[LabelingFunction],
    table: ClassTable,
    keys: IntArray | None,
    faults: Sequence[Fault],
    begun: float,
) -> LabelMatrix:
    """Return the label matrix of parts that follow one another.

    Parameters
    ----------
    done : sequence of PartVotes
    lfs : sequence of LabelingFunction
    table : ClassTable
    keys : ndarray, shape (n,), or None
    faults : sequence of Fault
    begun : float
        When the work on them began, by `perf_counter`.
    """
    n, m = sum(votes.n for votes in done), len(lfs)
    counts = np.concatenate([np.zeros(1, np.int64), *(votes.counts for votes in done)])
    indices = np.concatenate([np.zeros(0, np.uint32), *(votes.indices for votes in done)])
    met = {s for votes in done for sets in votes.sets for s in sets}
    class_sets = sorted(tuple(sorted(s)) for s in met if max(s) < table.k and len(s) < table.k)
    global_code = {frozenset(s): table.k + t for t, s in enumerate(class_sets)}
    codes = np.concatenate(
        [np.zeros(0, np.int32), *(_global(votes, global_code) for votes in done)]
    )
    return LabelMatrix(
        Votes.from_csr(np.cumsum(counts), indices, codes, (n, m), table.k + len(class_sets)),
        lf_names=[lf.name for lf in lfs],
        class_names=table.names,
        class_sets=class_sets,
        keys=keys,
        faults=faults,
        profile=_profile(done, lfs, begun),
    )


def _profile(done: Sequence[PartVotes], lfs: Sequence[LabelingFunction], begun: float) -> Profile:
    seconds, computed = np.zeros(len(lfs)), np.zeros(len(lfs), np.int64)
    reused = np.zeros(len(lfs), np.int64)
    preprocessors: dict[str, float] = {}
    for votes in done:
        seconds += votes.seconds
        computed += np.where(votes.reused, 0, votes.n)
        reused += np.where(votes.reused, votes.n, 0)
        for name, spent in votes.pre_seconds.items():
            preprocessors[name] = preprocessors.get(name, 0.0) + spent
    return Profile(
        tuple(lf.name for lf in lfs),
        seconds,
        computed,
        reused,
        tuple(preprocessors.items()),
        perf_counter() - begun,
    )


def _global(votes: PartVotes, global_code: dict[frozenset[int], int]) -> IntArray:
    """Return the codes of a part with class sets coded as in the whole matrix."""
    codes = votes.codes
    for j, sets in enumerate(votes.sets):
        for t, classes in enumerate(sets):
            if classes in global_code:
                codes[(votes.indices == j) & (codes == -2 - t)] = global_code[classes]
    return codes


def found_table(done: Sequence[PartVotes], lfs: Sequence[LabelingFunction]) -> ClassTable:
    """Return the classes of the Enum voted with, else as many as the largest int asks for."""
    seen: dict[ClassTable, str] = {}
    for votes in done:
        for lf, learned in zip(lfs, votes.learned, strict=True):
            for table in learned:
                seen.setdefault(table, lf.name)
    if len(seen) > 1:
        (one, a), (other, b) = list(seen.items())[:2]
        raise ValueError(
            f"labeling function {a!r} votes on classes {one.names}, labeling function {b!r} on "
            f"{other.names}; pass classes= to apply_lfs"
        )
    if seen:
        return next(iter(seen))
    largest = [max(s) for votes in done for sets in votes.sets for s in sets]
    largest += [int(votes.codes.max(initial=1)) for votes in done]
    return ClassTable(numbered_classes(max(largest, default=1)))
