"""One job of one contestant in a process of its own: prints seconds and peak memory as JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings

from benchmarks.jobs import JOBS


def main(job: str, who: str) -> None:
    warnings.simplefilter("ignore")
    run = JOBS[job][0](who)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    run()
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024, "input_mb": before / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
