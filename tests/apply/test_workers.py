"""Worker processes give the same matrix as this one, bit for bit, faults and all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import weaklabel as wl
from weaklabel.apply import _source
from weaklabel.errors import FaultRateError, LFError


class Label(IntEnum):
    HAM = 0
    SPAM = 1
    NEWS = 2


class Odd(Exception):  # noqa: N818
    """An exception that cannot be unpickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_source, "PART_ROWS", 7)


def _frame(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"text": rng.choice(["free", "news", "hello"], n), "n": np.arange(n)})
    frame["id"] = [f"id-{i}" for i in range(n)]
    return frame.set_axis(rng.integers(0, 5, n))


def _lfs() -> list[wl.LabelingFunction]:
    """Return labeling functions that live nowhere but here, as those of a notebook do."""
    word, bad = "free", {3, 17, 59}

    @wl.preprocessor
    def length(x: Any) -> int:
        if x.n == 11:
            raise Odd(1, 2)
        return len(x.text)

    @wl.labeling_function
    def closure(x: Any) -> Any:
        if x.n in bad:
            raise Odd(x.n, 0)
        return Label.SPAM if word in x.text else None

    @wl.labeling_function(batch=True)
    def column(x: Any) -> Any:
        if (x.n == 20).any():
            raise ValueError("twenty")
        return np.where(x.text == "news", 2, -1)

    @wl.labeling_function(pre=length)
    def partial(x: Any) -> Any:
        return wl.none_of(Label.SPAM) if x.length == 5 else 9.5 if x.n == 30 else 77 % (x.n + 1)

    return [closure, column, partial]


@pytest.mark.parametrize("container", ["pandas", "polars", "dicts", "generator"])
def test_two_processes_give_what_one_gives_bit_for_bit(container: str) -> None:
    def data() -> Any:
        rows = _frame().to_dict("records")
        if container == "generator":
            return (row for row in rows)
        return {"pandas": _frame(), "polars": pl.DataFrame(rows), "dicts": rows}[container]

    def run(n_jobs: int) -> wl.LabelMatrix:
        return wl.apply_lfs(
            _lfs(), data(), key="id", n_jobs=n_jobs, on_error="abstain", max_fault_rate=1.0
        )

    serial, parallel = run(1), run(2)
    assert parallel.faults == serial.faults, "keys, errors and tracebacks"
    assert parallel == serial
    assert [a.tobytes() for a in parallel.csr()] == [a.tobytes() for a in serial.csr()]
    assert [a.dtype for a in parallel.csr()] == [a.dtype for a in serial.csr()]
    assert {f.error for f in serial.faults} > {"Odd: 3 and 0", "ValueError: twenty"}
    assert serial.class_names == ("HAM", "SPAM", "NEWS")


def test_texts_and_objects_travel_too() -> None:
    texts = ["free", "news", "hello"] * 9
    lfs = [wl.LabelingFunction(lambda x: len(x.text) % 2, name="f")]
    assert wl.apply_lfs(lfs, texts, n_jobs=2) == wl.apply_lfs(lfs, texts)
    assert wl.apply_lfs(lfs, [], n_jobs=2).n == 0


def test_a_fault_in_a_worker_stops_the_run_with_its_traceback() -> None:
    with pytest.raises(LFError, match=r"^labeling function 'closure' failed on row 'id-3': Odd: 3 a"
    ) as e:  # fmt: skip
        wl.apply_lfs(_lfs(), _frame(400), key="id", n_jobs=2)
    assert "in a worker process:" in e.value.__notes__[0]
    assert "in closure" in e.value.__notes__[0]
    assert e.value.fault is not None
    assert e.value.fault.row == 3


def test_too_many_faults_stop_the_run() -> None:
    lfs = [wl.LabelingFunction(lambda x: 1 // 0, name="f")]
    with pytest.raises(FaultRateError, match=r"'f' failed on at least 42 of 400 rows"):
        wl.apply_lfs(lfs, _frame(400), n_jobs=2, on_error="abstain")


def test_an_error_of_the_data_itself_does_not_hang() -> None:
    def rows() -> Iterator[str]:
        yield from ["a"] * 200
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match=r"the disk is gone"):
        wl.apply_lfs([wl.LabelingFunction(lambda x: 1, name="f")], rows(), n_jobs=2)


def test_a_bad_key_late_in_an_iterable_does_not_hang() -> None:
    rows = ({"id": i if i != 150 else None} for i in range(200))
    with pytest.raises(ValueError, match=r"row key at position 150 is missing"):
        wl.apply_lfs([wl.LabelingFunction(lambda x: 1, name="f")], rows, key="id", n_jobs=2)


def test_what_a_function_holds_is_loaded_once_a_worker(tmp_path: Path) -> None:
    folder = str(tmp_path)

    class Model:
        def __setstate__(self, state: dict[str, Any]) -> None:
            with tempfile.NamedTemporaryFile(dir=folder, prefix=f"{os.getpid()}-", delete=False):
                pass
            self.__dict__.update(state)

    model = Model()
    model.word = "free"  # type: ignore[attr-defined]
    lfs = [
        wl.LabelingFunction(lambda x, model: int(model.word in x.text), name=name,
                            resources={"model": model})
        for name in "abc"
    ]  # fmt: skip
    wl.apply_lfs(lfs, _frame(200), n_jobs=2)
    loads = [path.name.partition("-")[0] for path in tmp_path.iterdir()]
    assert 1 <= len(loads) <= 2
    assert len(set(loads)) == len(loads)
    assert str(os.getpid()) not in loads


def test_a_function_that_cannot_travel_is_named() -> None:
    import threading

    lock = threading.Lock()
    lfs = [
        wl.LabelingFunction(lambda x: 1, name="fine"),
        wl.LabelingFunction(lambda x: int(lock.locked()), name="locked"),
    ]
    with pytest.raises(TypeError, match=r"'locked' cannot be sent to worker processes .*n_jobs=1"):
        wl.apply_lfs(lfs, ["a"], n_jobs=2)
