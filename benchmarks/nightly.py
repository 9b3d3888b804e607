"""The nightly job: Parquet in, labelled Parquet out, memory and rows a second as rows grow.

``python -m benchmarks.nightly ROWS [ROWS ...] [--jobs N] [--folder DIR]`` writes texts of 10 words
as Parquet files of a million rows, runs 20 LFs (10 keyword, 6 regex, 4 decorated functions), the
label model and the labels in a fresh process, and prints seconds, rows a second and peak memory.
The files are deleted afterwards.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

_LFS = """
import weaklabel as wl
from benchmarks.jobs import declared, zipf_texts

vocabulary = zipf_texts(1, 1)[1]
lfs = declared(vocabulary, 10, 6)


@wl.labeling_function(votes=0)
def is_short(x):
    return len(x.text) < 40


@wl.labeling_function(votes=1)
def is_long(x):
    return len(x.text) > 75


@wl.labeling_function(votes=0)
def begins_with_a(x):
    return x.text[:1] == "a"


@wl.labeling_function(votes=1)
def ends_with_e(x):
    return x.text[-1:] == "e"


lfs += [is_short, is_long, begins_with_a, ends_with_e]
"""
_FILE_ROWS = 1_000_000


def _write(name: str, n: int) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    from benchmarks.jobs import zipf_texts

    folder = Path(name)
    texts, _ = zipf_texts(min(n, _FILE_ROWS), 10)
    (folder / "data").mkdir()
    for start in range(0, n, _FILE_ROWS):
        rows = min(_FILE_ROWS, n - start)
        turned = texts[start // 7 % rows :] + texts[: start // 7 % rows]
        table = pa.table({"id": np.arange(start, start + rows), "text": turned[:rows]})
        pq.write_table(table, folder / "data" / f"{start:012d}.parquet")
    (folder / "lfs.py").write_text(_LFS)
    (folder / "weaklabel.toml").write_text(
        '[data]\ninput = "data"\nkey = "id"\n'
        '[lfs]\nuse = ["lfs.py"]\nclasses = ["HAM", "SPAM"]\n[apply]\ncache = false\n'
    )


def _run(folder: str, jobs: int) -> None:
    """Run in this process, and print what it took."""
    warnings.simplefilter("ignore")
    from weaklabel.relabel import load_config, run

    start = time.perf_counter()
    config = load_config(Path(folder) / "weaklabel.toml", overrides={"apply": {"n_jobs": jobs}})
    result = run(config, directory=Path(folder) / "run")
    seconds = time.perf_counter() - start
    stages = {name: stage["seconds"] for name, stage in result.manifest["stages"].items()}
    peaks = [
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    print(json.dumps({"seconds": seconds, "peaks": peaks, "stages": stages}))


def _child(step: str, folder: str, number: int) -> str:
    """Run a step in a fresh process, so that its peak memory is its own."""
    code = f"import sys; from benchmarks import nightly as n; n.{step}(sys.argv[1], {number})"
    env = {**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, env=env
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nightly", description=__doc__)
    parser.add_argument("rows", nargs="+", type=int)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--folder", default=None, help="where to put the files")
    args = parser.parse_args()
    for n in args.rows:
        with tempfile.TemporaryDirectory(dir=args.folder) as name:
            _child("_write", name, n)
            found = json.loads(_child("_run", name, args.jobs).splitlines()[-1])
            size = sum(file.stat().st_size for file in (Path(name) / "data").iterdir())
        stages = ", ".join(f"{stage} {spent:.0f} s" for stage, spent in found["stages"].items())
        worker = "" if args.jobs == 1 else f", of a worker {found['peaks'][1]:,.0f} MB"
        print(
            f"{n:>12,} rows ({size / 1e6:,.0f} MB), {args.jobs} jobs: {found['seconds']:7.1f} s, "
            f"{n / found['seconds']:>9,.0f} rows/s, peak {found['peaks'][0]:,.0f} MB"
            f"{worker} ({stages})"
        )


if __name__ == "__main__":
    main()
