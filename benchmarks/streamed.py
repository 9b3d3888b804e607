"""Fit on votes on disk, and label them: memory must not grow with rows.

``python -m benchmarks.streamed ROWS [ROWS ...] [--part-rows N] [--folder DIR]`` writes votes of 25
LFs with half the cells voting as Parquet parts, one at a time, fits on them in a fresh process,
labels them in another, and prints seconds, rows a second and the peak memory of each process. The
parts are deleted afterwards.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

_LFS, _CLASSES, _COVERAGE = 25, 2, 0.5


def _drawn(n: int, part_rows: int) -> Iterator[Any]:
    import weaklabel as wl

    accuracy = np.linspace(0.55, 0.9, _LFS)
    for start in range(0, n, part_rows):
        rng = np.random.default_rng(start)
        rows = min(part_rows, n - start)
        gold = rng.integers(0, _CLASSES, (rows, 1), np.int8)
        right = rng.random((rows, _LFS), np.float32) < accuracy
        votes = np.where(right, gold, rng.integers(0, _CLASSES, (rows, _LFS), np.int8))
        votes[rng.random((rows, _LFS), np.float32) >= _COVERAGE] = -1
        yield wl.LabelMatrix.from_array(
            votes, [str(y) for y in range(_CLASSES)], keys=np.arange(start, start + rows)
        )


def _write(folder: str, n: int, part_rows: int) -> None:
    from weaklabel.matrix import VoteParts

    VoteParts.write(folder, _drawn(n, part_rows))


def _fit(folder: str) -> None:
    import weaklabel as wl
    from weaklabel.matrix import VoteParts

    wl.LabelModel().fit(VoteParts(folder)).save(Path(folder) / "model.npz")


def _label(folder: str) -> None:
    import weaklabel as wl
    from weaklabel.matrix import VoteParts

    model = wl.LabelModel.load(Path(folder) / "model.npz")
    for labels in model.label_parts(VoteParts(folder)):
        del labels


_STEPS: dict[str, Callable[..., None]] = {"write": _write, "fit": _fit, "label": _label}


def _child(step: str, *args: Any) -> dict[str, float]:
    code = (
        "import json, sys; from benchmarks.streamed import _timed; "
        "_timed(sys.argv[1], *json.loads(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, step, json.dumps(args)], capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _timed(step: str, *args: Any) -> None:
    warnings.simplefilter("ignore")
    start = time.perf_counter()
    _STEPS[step](*args)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"seconds": seconds, "peak_mb": peak / 1024}))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streamed", description=__doc__)
    parser.add_argument("rows", nargs="+", type=int, metavar="ROWS")
    parser.add_argument("--part-rows", type=int, default=1 << 16)
    parser.add_argument("--folder", default=None, help="where the parts are written; default /tmp")
    args = parser.parse_args()
    for n in args.rows:
        with tempfile.TemporaryDirectory(dir=args.folder) as folder:
            print(f"\n{n:,} rows × {_LFS} LFs, parts of {args.part_rows:,} rows")
            for step in _STEPS:
                given = (folder, n, args.part_rows) if step == "write" else (folder,)
                found = _child(step, *given)
                size = sum(path.stat().st_size for path in Path(folder).glob("*.parquet"))
                print(
                    f"  {step:6}{found['seconds']:9.1f} s {n / found['seconds']:14,.0f} rows/s"
                    f"{found['peak_mb']:9.0f} MB peak, {size / 1e6:,.0f} MB on disk",
                    flush=True,
                )


if __name__ == "__main__":
    main()
