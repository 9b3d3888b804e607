from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest

import weaklabel as wl
from weaklabel.lf import LabelingFunction, Preprocessor, Resource


class Loads:
    """Counts its calls; as a factory it returns their number."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *args: Any) -> tuple[Any, ...]:
        self.count += 1
        return (self.count, *args)


def words_of(path: str) -> set[str]:
    """Load a gazetteer and leave a trace of that in a file beside it."""
    with Path(f"{path}.loads").open("a") as file:
        file.write(f"{os.getpid()}\n")
    return set(Path(path).read_text().split())


def loads(path: Path) -> list[str]:
    trace = Path(f"{path}.loads")
    return trace.read_text().split() if trace.exists() else []


@pytest.fixture
def gazetteer(tmp_path: Path) -> Path:
    path = tmp_path / "words.txt"
    path.write_text("free cash")
    return path


def has_word(x: Any, words: set[str]) -> bool:
    return bool(words & set(x.text.split()))


def test_it_is_loaded_at_first_use_and_once() -> None:
    load = Loads()
    resource = Resource(load, "a", 2)
    assert load.count == 0
    assert resource.value == (1, "a", 2)
    assert resource.value is resource.value
    assert load.count == 1


def test_a_value_of_none_is_loaded_once_too() -> None:
    calls: list[int] = []
    resource = Resource(calls.append, 1)
    assert (resource.value, resource.value) == (None, None)
    assert calls == [1]


def test_many_threads_load_it_once() -> None:
    load = Loads()
    together = threading.Barrier(8)
    inside = threading.Barrier(2)

    def slowly() -> int:
        load()
        with contextlib.suppress(threading.BrokenBarrierError):
            inside.wait(0.2)  # long enough for a second thread to come in, if it can
        return load.count

    resource = Resource(slowly)
    found: list[int] = []

    def use() -> None:
        together.wait()
        found.append(resource.value)

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1] * 8


def test_functions_are_called_with_its_value(gazetteer: Path) -> None:
    resource = Resource(words_of, str(gazetteer))
    declared = {"words": resource, "least": 1}

    def often(x: Any, words: set[str], least: int) -> bool:
        return len(words & set(x.text.split())) >= least

    def each(batch: Any, words: set[str], least: int) -> list[bool]:
        return [len(words & set(text.split())) >= least for text in batch.text]

    lfs = [
        LabelingFunction(often, votes=1, resources=declared),
        LabelingFunction(each, votes=1, resources=declared, batch=True),
    ]
    pre = [
        Preprocessor(often, name="a", resources=declared),
        Preprocessor(each, name="b", resources=declared, batch=True),
    ]
    assert loads(gazetteer) == []
    assert [lf("free cash") for lf in lfs] == [1, 1]
    assert [p("free cash") for p in pre] == [True, True]
    assert lfs[0].function(wl.lf.as_row("none")) is False
    assert loads(gazetteer) == [str(os.getpid())]
    assert lfs[0].resources == declared


def test_a_run_loads_it_once_for_all_functions(gazetteer: Path) -> None:
    resource = Resource(words_of, str(gazetteer))
    lfs = [
        LabelingFunction(has_word, name=f"lf_{i}", votes=i, resources={"words": resource})
        for i in range(3)
    ]
    L = wl.apply_lfs(lfs, ["free", "none"] * 10_000, progress=False)
    assert L.n == 20_000
    assert loads(gazetteer) == [str(os.getpid())]


def test_each_worker_loads_its_own_once(gazetteer: Path) -> None:
    resource = Resource(words_of, str(gazetteer))
    lfs = [
        LabelingFunction(has_word, name=f"lf_{i}", votes=i, resources={"words": resource})
        for i in range(3)
    ]
    assert resource.value == {"free", "cash"}
    L = wl.apply_lfs(lfs, ["free", "none"] * 20_000, n_jobs=2, progress=False)
    assert np.asarray(L).tolist() == [[0, 1, 2], [-1, -1, -1]] * 20_000
    processes = loads(gazetteer)
    assert len(processes) == len(set(processes))
    assert len(processes) > 1


def test_it_travels_without_its_value() -> None:
    resource = Resource(words_of, "a", version="3")
    resource._loaded._value = b"x" * 1_000_000
    for dumps in (pickle.dumps, cloudpickle.dumps):
        raw = dumps([resource, resource])
        assert len(raw) < 2_000
        one, two = pickle.loads(raw)  # noqa: S301
        assert one is two
        assert (one.factory, one.args, one.version) == (words_of, ("a",), "3")


def test_copies_in_one_process_share_their_value() -> None:
    resource = Resource(object)
    again = pickle.loads(pickle.dumps(resource))  # noqa: S301
    assert again.value is resource.value
    assert Resource(object).value is not resource.value


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_process_loads_its_own() -> None:
    resource = Resource(os.getpid)
    assert resource.value == os.getpid()
    forking = multiprocessing.get_context("fork")
    queue = forking.SimpleQueue()

    def tell() -> None:
        queue.put(resource.value == os.getpid())

    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with resource._loaded._lock:
            held.set()
            done.wait(60)

    thread = threading.Thread(target=hold)  # the fork leaves it behind
    thread.start()
    held.wait(60)
    process = forking.Process(target=tell)
    process.start()
    process.join(20)
    done.set()
    thread.join()
    process.kill()
    assert process.exitcode == 0
    assert queue.get() is True


def test_an_error_of_the_factory_passes_and_the_next_use_tries_again(gazetteer: Path) -> None:
    resource = Resource(words_of, f"{gazetteer}.late")
    with pytest.raises(FileNotFoundError, match=r"words\.txt\.late"):
        _ = resource.value
    Path(f"{gazetteer}.late").write_text("now")
    assert resource.value == {"now"}


def test_what_does_not_load_is_a_fault_of_the_row() -> None:
    resource = Resource(words_of, "/no/such/file")
    lf = LabelingFunction(has_word, votes=1, resources={"words": resource})
    with pytest.raises(wl.errors.LFError, match=r"'has_word'.*No such file"):
        wl.apply_lfs([lf], ["free"], progress=False)
    L = wl.apply_lfs([lf], ["a"], on_error="abstain", max_fault_rate=1.0, progress=False)
    assert "No such file" in L.faults[0].error


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(TypeError, match=r"takes the function that loads it, got 'names.txt'; wri"):
        Resource("names.txt")  # type: ignore[arg-type]


@pytest.mark.parametrize("version", [None, "1", 1, 1.5, 0])
def test_a_version_is_kept(version: Any) -> None:
    assert Resource(dict, version=version).version == version
    assert LabelingFunction(has_word, version=version).version == version
    assert Preprocessor(has_word, version=version).version == version
    assert wl.labeling_function(version=version)(has_word).version == version
    assert wl.preprocessor(version=version)(has_word).version == version


@pytest.mark.parametrize("version", [True, b"1", (1, 2), object])
def test_a_version_is_text_or_number(version: Any) -> None:
    for make in (Resource, LabelingFunction, Preprocessor):
        with pytest.raises(TypeError, match=r"version= takes a text or a number, got "):
            make(has_word, version=version)


def test_its_repr_tells_what_it_loads() -> None:
    assert repr(Resource(words_of, "a", 1)) == "Resource(words_of, 'a', 1)"
