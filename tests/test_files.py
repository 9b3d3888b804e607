from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import weaklabel as wl
from weaklabel._files import atomic_write, load_arrays, save_arrays
from weaklabel.errors import FileFormatError

ARRAYS = {"a": np.arange(6).reshape(2, 3), "names": np.array(["x", "yz"])}


def save(path: Path, *, kind: str = "Thing", version: int = 1) -> None:
    save_arrays(path, kind=kind, version=version, header={"n": 3, "t": "ü"}, arrays=ARRAYS)


# Atomic writes ----------------------------------------------------------------------------------


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    with atomic_write(path) as file:
        file.write(b"new")
        assert not path.exists(), "nobody sees it before it is whole"
    assert path.read_bytes() == b"new"
    with atomic_write(str(path)) as file:
        file.write(b"newer")
    assert path.read_bytes() == b"newer"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_after_an_error_the_old_file_stands_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")

    def write_half() -> None:
        with atomic_write(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("end", ["os._exit(1)", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_a_killed_process_leaves_the_old_file_whole(tmp_path: Path, end: str) -> None:
    path = tmp_path / "L.npz"
    old = wl.LabelMatrix.from_array([[0, 1]])
    old.save(path)
    program = (
        "import os, signal, sys\n"
        "from weaklabel._files import atomic_write\n"
        "with atomic_write(sys.argv[1]) as file:\n"
        "    file.write(b'half of it'); file.flush(); os.fsync(file.fileno())\n"
        f"    {end}\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path)], check=False)  # noqa: S603
    assert done.returncode in (1, -signal.SIGKILL)
    assert wl.LabelMatrix.load(path) == old


def test_a_reader_sees_the_old_file_or_the_new_one_and_never_a_part(tmp_path: Path) -> None:
    path = tmp_path / "f"
    whole = {bytes([c]) * 50_000 for c in b"ab"}
    path.write_bytes(min(whole))
    stop = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for content in [*whole] * 10:
        with atomic_write(path) as file:
            file.write(content[:20_000])
            file.flush()
            file.write(content[20_000:])
    stop.set()
    reader.join()
    assert seen <= whole


def test_the_file_has_the_usual_permissions(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "f") as file:
        file.write(b"x")
    (tmp_path / "g").write_bytes(b"x")
    modes = [stat.S_IMODE(os.stat(tmp_path / name).st_mode) for name in "fg"]
    assert modes[0] == modes[1]


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(
            FileNotFoundError, match=r"cannot write .*f: folder .*nowhere does not exist"
        ),
        atomic_write(tmp_path / "nowhere" / "f"),
    ):
        pass


# Arrays under a header --------------------------------------------------------------------------


def test_arrays_and_header_come_back(tmp_path: Path) -> None:
    save(tmp_path / "f.npz")
    header, arrays = load_arrays(tmp_path / "f.npz", kind="Thing", version=1)
    assert header == {"n": 3, "t": "ü"}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert np.array_equal(arrays[name], array)
        assert arrays[name].dtype == array.dtype


def test_an_older_version_is_handed_to_the_caller(tmp_path: Path) -> None:
    save(tmp_path / "f.npz", version=1)
    load_arrays(tmp_path / "f.npz", kind="Thing", version=3)


def test_a_newer_version_says_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    save(path, version=3)
    expected = r"has format version 3, this weaklabel reads up to 2; upgrade weaklabel to load it"
    with pytest.raises(FileFormatError, match=expected) as e:
        load_arrays(path, kind="Thing", version=2)
    assert e.value.path == path


def test_a_file_of_another_kind_says_what_it_is(tmp_path: Path) -> None:
    save(tmp_path / "f.npz", kind="Other")
    with pytest.raises(FileFormatError, match=r"f.npz holds a Other, not a LabelMatrix"):
        wl.LabelMatrix.load(tmp_path / "f.npz")


def test_python_objects_are_refused_both_ways(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    with pytest.raises(ValueError, match=r"[Oo]bject arrays cannot be saved"):
        save_arrays(path, kind="Thing", version=1, header={}, arrays={"o": np.array([{}])})
    assert list(tmp_path.iterdir()) == []
    np.savez(path, o=np.array([{}]), allow_pickle=True)
    with pytest.raises(FileFormatError, match=r"is not a whole Thing file"):
        load_arrays(path, kind="Thing", version=1)


def test_a_file_that_is_missing_is_just_that(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_arrays(tmp_path / "f.npz", kind="Thing", version=1)
    with pytest.raises(IsADirectoryError):
        load_arrays(tmp_path, kind="Thing", version=1)


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    save(path)
    raw = path.read_bytes()
    for length in range(0, len(raw), 7):
        path.write_bytes(raw[:length])
        with pytest.raises(
            FileFormatError, match=r"is not a whole Thing file, it may be cut short"
        ):
            load_arrays(path, kind="Thing", version=1)


@pytest.mark.parametrize("mask", [0x01, 0x80, 0xFF])
def test_a_changed_byte_anywhere_is_refused_or_does_no_harm(tmp_path: Path, mask: int) -> None:
    path = tmp_path / "f.npz"
    save(path)
    raw = path.read_bytes()
    refused = 0
    for at in range(len(raw)):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :])
        try:
            header, arrays = load_arrays(path, kind="Thing", version=1)
        except FileFormatError as error:
            assert error.path == path  # noqa: PT017 - most positions raise, a few hold dates
            refused += 1
        else:
            assert header == {"n": 3, "t": "ü"}
            assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())
    assert refused > len(raw) / 2


def _rewrite(path: Path, **members: Any) -> None:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content |= {name.replace("__", "."): raw for name, raw in members.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, raw in content.items():
            archive.writestr(name, raw)


def _outer(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        outer: dict[str, Any] = json.loads(archive.read("weaklabel.json"))
    return outer


def test_an_array_that_was_exchanged_is_refused(tmp_path: Path) -> None:
    one, other = tmp_path / "one.npz", tmp_path / "other.npz"
    save(one)
    save_arrays(other, kind="Thing", version=1, header={}, arrays={"a": np.arange(6) + 1})
    with zipfile.ZipFile(other) as archive:
        _rewrite(one, a__npy=archive.read("a.npy"))
    with pytest.raises(
        FileFormatError, match=r"was altered after it was saved \(checksum differs\)"
    ):
        load_arrays(one, kind="Thing", version=1)


def test_a_header_that_was_altered_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    save(path)
    outer = _outer(path)
    outer["body"] = outer["body"].replace('"n": 3', '"n": 4')
    _rewrite(path, weaklabel__json=json.dumps(outer))
    with pytest.raises(FileFormatError, match=r"f.npz was altered after it was saved"):
        load_arrays(path, kind="Thing", version=1)


@pytest.mark.parametrize(
    "header",
    ["[]", "3", '"text"', "null", "{}", "{", '{"kind": "Thing"}',
     '{"kind": "Thing", "version": "new"}', '{"kind": "Thing", "version": 1, "body": 3}'],
)  # fmt: skip
def test_a_header_that_is_none_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "f.npz"
    save(path)
    _rewrite(path, weaklabel__json=header)
    with pytest.raises(FileFormatError, match=r"is not a whole Thing file"):
        load_arrays(path, kind="Thing", version=1)


def test_a_body_that_names_a_missing_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.npz"
    save(path)
    body = json.dumps({"checksums": {"gone": "0"}})
    outer = {"kind": "Thing", "version": 1, "body": body}
    outer["sha256"] = hashlib.sha256(body.encode()).hexdigest()
    _rewrite(path, weaklabel__json=json.dumps(outer))
    with pytest.raises(FileFormatError, match=r"is not a whole Thing file, .*gone.npy"):
        load_arrays(path, kind="Thing", version=1)
