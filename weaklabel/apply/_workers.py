"""Running the part function here or in worker processes, results always in input order."""

from __future__ import annotations

import functools
import os
import pickle
import warnings
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from weaklabel._classes import ClassTable
from weaklabel.apply._part import PartVotes, vote_on
from weaklabel.apply._source import Part
from weaklabel.lf import LabelingFunction


def run_parts(
    parts: Iterable[Part],
    lfs: Sequence[LabelingFunction],
    table: ClassTable | None,
    *,
    stop: bool,
    n_jobs: int,
) -> Generator[PartVotes, None, None]:
    """Yield the votes of each part, in order.

    With more than one job the labeling functions travel once to each worker (by cloudpickle, so
    those of a notebook work), together with what they hold: a model is loaded once a worker.
    """
    if n_jobs == 1:
        for part in parts:
            yield vote_on(part, lfs, table, stop=stop)
        return
    import tempfile

    from joblib import Parallel, delayed

    with tempfile.TemporaryDirectory(prefix="weaklabel-") as folder:
        path = Path(folder) / "lfs.pkl"
        path.write_bytes(_packed(lfs, table))
        run = Parallel(n_jobs=n_jobs, return_as="generator", backend="loky")
        voted = run(delayed(_vote_in_worker)(part, os.fspath(path), stop=stop) for part in parts)
        try:
            # Not "yield from", which would close it before the finally.
            for votes in voted:  # noqa: UP028
                yield votes
        finally:
            with warnings.catch_warnings():
                # After a fault nobody wants the other parts; joblib would warn of just that.
                warnings.simplefilter("ignore", UserWarning)
                voted.close()


def _packed(lfs: Sequence[LabelingFunction], table: ClassTable | None) -> bytes:
    """Return the labeling functions as bytes, or say which of them cannot travel."""
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps((tuple(lfs), table)))
    except Exception as error:
        for lf in lfs:
            try:
                cloudpickle.dumps(lf)
            except Exception:  # noqa: BLE001 - whichever error it is, this is the one
                raise TypeError(
                    f"labeling function {lf.name!r} cannot be sent to worker processes ({error}); "
                    "use n_jobs=1, or make what it holds inside the function"
                ) from error
        raise


@functools.lru_cache(maxsize=1)
def _received(path: str) -> tuple[tuple[LabelingFunction, ...], ClassTable | None]:
    """Return the labeling functions that the parent process wrote, read once a worker and run."""
    raw = Path(path).read_bytes()
    received: tuple[tuple[LabelingFunction, ...], ClassTable | None] = pickle.loads(raw)  # noqa: S301
    return received


def _vote_in_worker(part: Part, path: str, *, stop: bool) -> PartVotes:
    lfs, table = _received(path)
    votes = vote_on(part, lfs, table, stop=stop)
    # An exception may hold what cannot travel (a file, a lock); its text and traceback do.
    votes.failures = [replace(failure, cause=None) for failure in votes.failures]
    return votes
