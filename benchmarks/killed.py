"""Kill -9 at random moments of a batch run, resume it, and compare with an undisturbed run.

``python -m benchmarks.killed [--times N] [--seed S]`` prints how many outputs were identical: first
one process, then two that share a vote store, of which one or both are killed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_LFS = """
import time

import weaklabel as wl

HAM, SPAM = "HAM", "SPAM"
lfs = []


def word(vote, text):
    @wl.labeling_function(name=f"says_{text}", votes=vote)
    def says(x):
        return text in x.text

    lfs.append(says)


for vote, texts in ((SPAM, ("free", "win", "prize")), (HAM, ("lunch", "song", "see you"))):
    for text in texts:
        word(vote, text)


@wl.labeling_function(votes=SPAM)
def slow(x):
    time.sleep({delay})
    return len(x.text) > 40


@wl.labeling_function(votes=HAM)
def fails_now_and_then(x):
    return 1 / (x.id % 50) > 0.5


lfs += [slow, fails_now_and_then]
"""

_CONFIG = """
[data]
input = "data/*.jsonl"
key = "id"
part_rows = {part_rows}

[lfs]
use = "lfs.py"
classes = ["HAM", "SPAM"]

[output]
format = "{format}"
"""

_WORDS = ("free", "win", "prize", "lunch", "song", "see", "you", "tomorrow", "the", "hello")


def write_job(
    folder: Path, *, rows: int = 480, part_rows: int = 40, delay: float = 0.002, **more: str
) -> Path:
    """Write data, labeling functions and a config; return the path of the config."""
    rng = random.Random(0)  # noqa: S311 - a corpus, no secret
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    half = rows // 2
    for file, ids in (("a.jsonl", range(half)), ("b.jsonl", range(half, rows))):
        lines = [
            json.dumps({"id": i, "text": " ".join(rng.choices(_WORDS, k=rng.randint(3, 12)))})
            for i in ids
        ]
        (data / file).write_text("\n".join(lines) + "\n")
    (folder / "lfs.py").write_text(_LFS.replace("{delay}", str(delay)))
    config = folder / "weaklabel.toml"
    config.write_text(_CONFIG.format(part_rows=part_rows, format=more.get("format", "parquet")))
    return config


class Child:
    """A process that works on a run and can be killed at any moment."""

    def __init__(self, config: Path, directory: Path, store: Path) -> None:
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in ended
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.killed", "--child"),
                *(str(config), str(directory), str(store)),
            ],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=Path(__file__).parents[1],
        )

    def wait_until_begun(self) -> None:
        """Return when everything is imported and the run begins."""
        assert self._process.stdout is not None  # noqa: S101
        self._process.stdout.readline()

    def kill(self) -> bool:
        """Kill -9 the process; tell whether it still ran."""
        self._process.send_signal(signal.SIGKILL)
        return self.ended()[0] == -signal.SIGKILL

    def ended(self) -> tuple[int, str]:
        """Wait for the end; return exit code and what it said to stderr."""
        self._process.communicate()
        self._errors.seek(0)
        said = self._errors.read().decode()
        self._errors.close()
        return self._process.returncode, said


def finish(config: Path, directory: Path, store: Path) -> float:
    """Run, or resume, to the end; return the seconds of the run itself."""
    child = Child(config, directory, store)
    child.wait_until_begun()
    begun = time.perf_counter()
    code, said = child.ended()
    if code:
        raise RuntimeError(f"the run in {directory} ended with {code}: {said}")
    return time.perf_counter() - begun


def content(directory: Path) -> dict[str, str]:
    """Return a digest of every file that a run writes; of the model, that of what it holds."""
    found: dict[str, str] = {}
    for kind in ("votes", "labels", "faults"):
        for path in sorted((directory / kind).iterdir()):
            found[f"{kind}/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    with zipfile.ZipFile(directory / "model.npz") as model:  # whose archive holds times
        for name in sorted(model.namelist()):
            found[f"model/{name}"] = hashlib.sha256(model.read(name)).hexdigest()
    manifest = json.loads((directory / "manifest.json").read_text())
    told = {name: manifest[name] for name in ("status", "counts", "faults", "lfs", "inputs")}
    found["manifest"] = json.dumps(told, sort_keys=True)
    return found


def alike(got: dict[str, str], expected: dict[str, str]) -> bool:
    """Tell whether two contents are identical, and print what is not."""
    other = sorted(n for n in {*got, *expected} if got.get(n) != expected.get(n))
    if other:
        print(f"  not identical: {', '.join(other[:6])} ({len(other)} in all)")
    if "manifest" in other:
        print(f"    got      {got['manifest']}\n    expected {expected['manifest']}")
    return not other


def left_over(directory: Path) -> list[Path]:
    """Return what a finished run should not leave behind."""
    return [*directory.rglob("*.tmp"), *directory.glob("owner.json")]


def killed_once(config: Path, base: Path, delay: float) -> tuple[bool, dict[str, str]]:
    """Kill a run after some seconds and resume it; return whether it was hit, and its content."""
    directory, store = base / "night", base / "store"
    child = Child(config, directory, store)
    child.wait_until_begun()
    time.sleep(delay)
    hit = child.kill()
    finish(config, directory, store)
    if rest := left_over(directory):
        raise RuntimeError(f"left over: {rest}")
    return hit, content(directory)


def killed_beside_another(
    config: Path, base: Path, delays: Sequence[float | None]
) -> tuple[bool, list[dict[str, str]]]:
    """Kill runs that share a store, each after its own time (None: not); return their contents."""
    store = base / "store"
    places = [base / str(i) / "night" for i in range(len(delays))]
    children = [Child(config, place, store) for place in places]
    for child in children:
        child.wait_until_begun()
    begun = time.perf_counter()
    hit = False
    order = sorted(range(len(delays)), key=lambda i: (delays[i] is None, delays[i] or 0.0))
    for i in order:
        delay = delays[i]
        if delay is not None:
            time.sleep(max(0.0, begun + delay - time.perf_counter()))
            hit |= children[i].kill()
        else:
            code, said = children[i].ended()
            if code:
                raise RuntimeError(f"the run beside a killed one ended with {code}: {said}")
    for place in places:
        finish(config, place, store)
    return hit, [content(place) for place in places]


def _child(config: str, directory: str, store: str) -> None:
    import warnings

    from weaklabel.relabel import load_config, run

    warnings.simplefilter("ignore")
    changes = {"apply": {"cache": store}}
    asked = load_config(config, overrides=changes)
    print("begun", flush=True)
    run(asked, directory=directory, resume=True)


def _series(times: int, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - moments, no secret
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        config = write_job(root / "job")
        finish(config, root / "warm" / "night", root / "warm" / "store")  # fills Numba's cache
        seconds = finish(config, root / "calm" / "night", root / "calm" / "store")
        expected = content(root / "calm" / "night")
        print(f"undisturbed: {seconds:.2f} s, {len(expected)} files and members compared")

        same = hits = 0
        for i in range(times):
            hit, got = killed_once(config, root / f"one-{i}", rng.uniform(0, seconds))
            hits += hit
            same += alike(got, expected)
        print(f"killed at {times} random moments ({hits} in time): {same} of {times} identical")

        same = hits = 0
        for i in range(times):
            delays = [rng.uniform(0, seconds), rng.uniform(0, seconds) if i % 2 else None]
            hit, found = killed_beside_another(config, root / f"two-{i}", delays)
            hits += hit
            same += all(alike(got, expected) for got in found)
        print(
            f"two processes on one store, one or both killed, {times} times ({hits} in time): "
            f"{same} of {times} identical"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", nargs=3, metavar=("CONFIG", "DIRECTORY", "STORE"))
    asked = parser.parse_args()
    if asked.child:
        _child(*asked.child)
    else:
        _series(asked.times, asked.seed)


if __name__ == "__main__":
    main()
