"""Speed beside Snorkel: the same job in turn, ours and theirs, each in a fresh process.

``python -m benchmarks [JOB ...] [--repeats N]`` prints the median seconds, the ratio of the
medians and the peak memory of the whole process (its input included).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

from benchmarks.jobs import JOBS

_IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


def _python(*args: str, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *args], capture_output=True, text=True, env={**os.environ, **env}
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip().splitlines()[-1]


def compare(job: str, repeats: int) -> None:
    contestants = JOBS[job][1]
    found: dict[str, list[dict[str, float]]] = {who: [] for who in contestants}
    for _ in range(repeats):
        for who in contestants:
            if who == "crowd-kit" and importlib.util.find_spec("crowdkit") is None:
                continue
            found[who].append(json.loads(_python("-m", "benchmarks.child", job, who)))
    print(f"\n{job}: {JOBS[job][0].__doc__}")
    ours = statistics.median(r["seconds"] for r in found["ours"])
    for who, runs in found.items():
        if not runs:
            print(f"  {who:10} is not installed")
            continue
        seconds = statistics.median(r["seconds"] for r in runs)
        peak = statistics.median(r["peak_mb"] for r in runs)
        print(f"  {who:12}{seconds:9.3f} s {seconds / ours:8.1f} × ours {peak:9.0f} MB peak")


def imports(repeats: int) -> None:
    print("\nimport: a fresh interpreter, median milliseconds")
    numpy, ours = [], []
    for _ in range(max(repeats, 7)):
        numpy.append(float(_python("-c", _IMPORT.format("numpy"))))
        ours.append(float(_python("-c", _IMPORT.format("weaklabel"))))
    base, whole = statistics.median(numpy), statistics.median(ours)
    print(
        f"  numpy {1000 * base:.0f} ms, weaklabel {1000 * whole:.0f} ms: "
        f"{1000 * (whole - base):.0f} ms more"
    )


def compiling() -> None:
    print("\ncompile: first summary and fit with an empty kernel cache, then with the full one")
    code = (
        "import time, warnings, numpy as np, weaklabel as wl; warnings.simplefilter('ignore');"
        "L = wl.LabelMatrix.from_array(np.random.default_rng(0).integers(-1, 2, (100, 5)));"
        "wl.LabelModel; t = time.perf_counter(); L.summary(); wl.LabelModel().fit(L).label(L);"
        "print(time.perf_counter() - t)"
    )
    with tempfile.TemporaryDirectory() as folder:
        first = float(_python("-c", code, NUMBA_CACHE_DIR=folder))
        second = float(_python("-c", code, NUMBA_CACHE_DIR=folder))
    print(f"  {first:.1f} s once, {second:.2f} s after")


def growth(repeats: int) -> None:
    """Print how fitting grows with rows and with LFs: exponents of the votes cast."""
    print("\ngrowth: seconds of a fit as rows and LFs grow, 10 % coverage, 3 classes")
    for what, sizes in (
        ("rows", [(1_000_000, 25), (3_000_000, 25), (10_000_000, 25)]),
        ("LFs", [(200_000, 25), (200_000, 100), (200_000, 400)]),
    ):
        times = []
        for n, m in sizes:
            code = (
                "import time, warnings, weaklabel as wl; warnings.simplefilter('ignore');"
                "from benchmarks.jobs import sparse_votes;"
                f"L = wl.LabelMatrix.from_array(sparse_votes({n}, {m}, 3, 0.1));"
                "wl.LabelModel(max_iter=20).fit(L[:70_000]); t = time.perf_counter();"
                "wl.LabelModel(max_iter=20).fit(L); print(time.perf_counter() - t)"
            )
            times.append(statistics.median(float(_python("-c", code)) for _ in range(repeats)))
        grown = sizes[-1][0] * sizes[-1][1] / (sizes[0][0] * sizes[0][1])
        exponent = math.log(times[-1] / times[0]) / math.log(grown)
        shown = ", ".join(f"{n:,} × {m} {t:.2f} s" for (n, m), t in zip(sizes, times, strict=True))
        print(f"  {what:5}{shown}: exponent {exponent:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    known = [*JOBS, "growth", "import", "compile"]
    parser.add_argument("jobs", nargs="*", default=known, metavar="JOB", help=", ".join(known))
    parser.add_argument("--repeats", type=int, default=3)
    args = parser.parse_args()
    for job in args.jobs:
        if job == "import":
            imports(args.repeats)
        elif job == "compile":
            compiling()
        elif job == "growth":
            growth(args.repeats)
        elif job in JOBS:
            compare(job, args.repeats)
        else:
            parser.error(f"no job {job!r}; there are {', '.join(known)}")


if __name__ == "__main__":
    main()
