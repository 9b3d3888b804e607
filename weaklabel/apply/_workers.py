"""Running the part function here or in worker processes, results always in input order."""

from __future__ import annotations

import functools
import os
import pickle
import warnings
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from weaklabel.apply._part import Job, vote_on
from weaklabel.apply._source import Part
from weaklabel.apply._votes import PartVotes
from weaklabel.errors import WeakLabelError


def run_parts(parts: Iterable[Part], job: Job, *, n_jobs: int) -> Generator[PartVotes, None, None]:
    """Yield the votes of each part, in order.

    With more than one job the labeling functions travel once to each worker (by cloudpickle, so
    those of a notebook work), together with what they hold: a model is loaded once a worker.
    """
    if n_jobs == 1:
        for part in parts:
            yield vote_on(part, job)
        return
    import tempfile

    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with tempfile.TemporaryDirectory(prefix="weaklabel-") as folder:
        path = Path(folder) / "job.pkl"
        path.write_bytes(packed(job))
        run = Parallel(n_jobs=n_jobs, return_as="generator", backend="loky")
        source = _Guarded(parts)
        voted = run(delayed(_vote_in_worker)(part, os.fspath(path)) for part in source)
        try:
            # Not "yield from", which would close it before the finally.
            for votes in voted:  # noqa: UP028
                yield votes
            if source.error is not None:
                raise source.error
        except TerminatedWorkerError as error:
            raise WeakLabelError(
                "a worker process died: it was killed, ran out of memory, or a labeling function "
                "ended it. Run with n_jobs=1 to see which, or with fewer processes"
            ) from error
        finally:
            with warnings.catch_warnings():
                # After a fault nobody wants the other parts; joblib would warn of just that.
                warnings.simplefilter("ignore", UserWarning)
                voted.close()


class _Guarded:
    """Parts up to the one that cannot be read: those before it are worth having.

    joblib reads ahead, and would throw away what is done when the source fails.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self._parts = parts
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[Part]:
        try:
            yield from self._parts
        except Exception as error:  # noqa: BLE001 - raised again, after the parts before it
            self.error = error


def packed(job: Job) -> bytes:
    """Return the job as bytes, or say which of its labeling functions cannot travel.

    Raises
    ------
    TypeError
        When one holds what cannot be sent to another process.
    """
    import cloudpickle

    try:
        return bytes(cloudpickle.dumps(job))
    except Exception as error:
        for lf in job.lfs:
            try:
                cloudpickle.dumps(lf)
            except Exception:  # noqa: BLE001 - whichever error it is, this is the one
                raise TypeError(
                    f"labeling function {lf.name!r} cannot be sent to worker processes ({error}); "
                    "use n_jobs=1, make what it holds inside the function, or pass it as a Resource"
                ) from error
        raise


def without_causes(votes: PartVotes) -> PartVotes:
    """Return votes that can travel: an exception may hold a file or a lock, its text does not."""
    return replace(votes, failures=[replace(failure, cause=None) for failure in votes.failures])


@functools.lru_cache(maxsize=1)
def _received(path: str) -> Job:
    """Return the job that the parent process wrote, read once a worker and run."""
    job: Job = pickle.loads(Path(path).read_bytes())  # noqa: S301
    return job


def _vote_in_worker(part: Part, path: str) -> PartVotes:
    return without_causes(vote_on(part, _received(path)))
