from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.killed import (
    content,
    finish,
    killed_beside_another,
    killed_once,
    write_job,
)
from tests.relabel.jobs import FAILS, LFS, contents, job, rows, write_rows
from weaklabel.errors import InputError, RunError
from weaklabel.relabel import Config, load_run, run

ROOT = Path(__file__).parents[2]


def stopped(config: Config, directory: Path, *, keep: int = 3) -> None:
    """Leave a run as a kill would after some parts of the labels."""
    run(config, directory=directory)
    for path in sorted((directory / "labels").iterdir())[keep:]:
        path.unlink()
    found = json.loads((directory / "manifest.json").read_text())
    del found["stages"]["label"]
    (directory / "manifest.json").write_text(json.dumps(found | {"status": "running"}))


def ages(directory: Path) -> dict[str, int]:
    return {
        str(path.relative_to(directory)): path.stat().st_mtime_ns
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_finished_parts_are_not_touched_and_the_rest_is_the_same(tmp_path: Path) -> None:
    config = job(tmp_path)
    run(config, directory=tmp_path / "calm" / "run")
    place = tmp_path / "stopped" / "run"
    stopped(config, place)
    before = ages(place)
    result = run(config, directory=place, resume=True)
    after = ages(place)
    assert result.status == "done"
    assert all(after[name] == age for name, age in before.items() if "part-" in name)
    assert after["model.npz"] == before["model.npz"]
    assert contents(place) == contents(tmp_path / "calm" / "run")
    assert len(result.manifest["resumed"]) == 1


def test_a_run_that_stopped_amid_the_votes_counts_what_was_finished(tmp_path: Path) -> None:
    config = job(tmp_path, lfs=LFS + FAILS.replace("{every}", "35"))
    calm = run(config, directory=tmp_path / "calm" / "run")
    place = tmp_path / "stopped" / "run"
    run(config, directory=place)
    for path in [*sorted((place / "votes").iterdir())[4:], place / "model.npz"]:
        path.unlink()
    for path in (place / "labels").iterdir():
        path.unlink()
    found = json.loads((place / "manifest.json").read_text())
    empty: dict[str, Any] = {"stages": {}, "counts": {}, "faults": {}, "profile": []}
    (place / "manifest.json").write_text(json.dumps(found | empty | {"status": "running"}))
    before = ages(place / "votes")
    result = run(config, directory=place, resume=True)
    assert {name: ages(place / "votes")[name] for name in before} == before
    assert contents(place) == contents(tmp_path / "calm" / "run")
    assert result.counts == calm.counts
    assert result.manifest["faults"] == {"fails": 2}
    assert {entry["computed"] for entry in result.manifest["profile"]} == {35}


def test_a_run_that_is_finished_does_nothing_when_it_is_resumed(tmp_path: Path) -> None:
    config = job(tmp_path)
    first = run(config, directory=tmp_path / "one")
    before = ages(tmp_path / "one")
    again = run(config, directory=tmp_path / "one", resume=True)
    assert ages(tmp_path / "one") == before
    assert again.manifest == first.manifest


def test_resume_begins_a_run_where_there_is_none(tmp_path: Path) -> None:
    config = job(tmp_path)
    assert run(config, directory=tmp_path / "one", resume=True).status == "done"
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / ".lock").touch()
    assert run(config, directory=tmp_path / "two", resume=True).status == "done"


def test_resume_without_a_directory_takes_the_run_that_was_started_last(tmp_path: Path) -> None:
    config = job(tmp_path)
    run(config, directory=config.run_directory("b"))
    last = run(config, directory=config.run_directory("a"))
    (tmp_path / "runs" / "c").mkdir()
    assert run(config, resume=True).directory == last.directory


def test_temporary_files_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    config = job(tmp_path)
    stopped(config, tmp_path / "one")
    left = [
        tmp_path / "one" / "labels" / ".part-00003.parquet.abc.tmp",
        tmp_path / "one" / ".manifest.json.abc.tmp",
    ]
    for path in left:
        path.write_bytes(b"half of it")
    (tmp_path / "one" / "owner.json").write_text('{"pid": 1}')
    run(config, directory=tmp_path / "one", resume=True)
    assert not any(path.exists() for path in left)
    assert not (tmp_path / "one" / "owner.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("append", r"inputs '.*b\.jsonl' changed"),
        ("add", r"inputs '.*c\.jsonl' were added"),
        ("remove", r"inputs '.*b\.jsonl' are gone"),
        ("edit", r"labeling functions 'says_free' were edited"),
        ("rename", r"'asks_for_free' were added; labeling functions 'says_free' are gone"),
        ("order", r"the labeling functions come in another order"),
        ("config", r"\[data\] part_rows was 10, is now 20"),
        ("unset", r"\[gates\] min_coverage was not set, is now 0\.1"),
        ("classes", r"the classes were \['HAM', 'SPAM'\], are now \['HAM', 'SPAM', 'NEWS'\]"),
        ("version", r"weaklabel was 0\.0\.9, is now "),
    ],
)
def test_what_changed_since_the_run_began_is_named(
    tmp_path: Path, change: str, message: str
) -> None:
    config = job(tmp_path)
    place = tmp_path / "one"
    stopped(config, place)
    before = contents(place)
    data, lfs = tmp_path / "data", tmp_path / "lfs.py"
    if change == "append":
        with (data / "b.jsonl").open("a") as file:
            file.write('{"id": 999, "text": "late"}\n')
    elif change == "add":
        write_rows(data / "c.jsonl", rows([999]))
    elif change == "remove":
        (data / "b.jsonl").unlink()
    elif change == "edit":
        lfs.write_text(LFS.replace('"free" in', '"freedom" in'))
    elif change == "rename":
        lfs.write_text(LFS.replace("says_free", "asks_for_free"))
    elif change == "order":
        lfs.write_text(LFS + "\nlfs = [says_song, says_lunch, says_win, says_free]\n")
    elif change == "config":
        config = job(tmp_path, tables={"data": {"part_rows": 20}})
    elif change == "unset":
        config = job(tmp_path, tables={"gates": {"min_coverage": 0.1}})
    elif change == "classes":
        config = job(tmp_path, tables={"lfs": {"classes": ["HAM", "SPAM", "NEWS"]}})
    else:
        found = json.loads((place / "manifest.json").read_text())
        (place / "manifest.json").write_text(json.dumps(found | {"weaklabel": "0.0.9"}))
    with pytest.raises(RunError, match=message) as caught:
        run(config, directory=place, resume=True)
    assert str(caught.value).startswith(f"the run in {place} cannot go on, it was another: ")
    assert str(caught.value).endswith("Put that back, or start a new run under another name")
    assert contents(place) == before


def test_comments_processes_and_the_cache_may_change(tmp_path: Path) -> None:
    config = job(tmp_path)
    stopped(config, tmp_path / "one")
    (tmp_path / "lfs.py").write_text("# a comment\n" + LFS)
    other = config.with_overrides({"apply": {"n_jobs": 2, "cache": str(tmp_path / "store")}})
    assert run(other, directory=tmp_path / "one", resume=True).status == "done"


def test_an_lf_without_a_fingerprint_is_compared_by_the_text_of_its_file(tmp_path: Path) -> None:
    odd = LFS + (
        "\nimport threading\n\nLOCK = threading.Lock()\n\n\n@wl.labeling_function(votes='HAM')\n"
        "def locked(x):\n    with LOCK:\n        return 'song' in x.text\n"
    )
    config = job(tmp_path, lfs=odd)
    place = tmp_path / "one"
    stopped(config, place)
    (entry,) = [lf for lf in load_run(place).manifest["lfs"] if lf["name"] == "locked"]
    assert entry["fingerprint"] is None
    assert entry["why"]
    assert entry["text"]
    (tmp_path / "lfs.py").write_text(odd + "# not the same text\n")
    with pytest.raises(RunError, match="labeling functions 'locked' were edited"):
        run(config, directory=place, resume=True)
    (tmp_path / "lfs.py").write_text(odd)
    assert run(config, directory=place, resume=True).status == "done"


def test_a_damaged_file_of_the_run_is_named_and_written_again_when_it_is_deleted(
    tmp_path: Path,
) -> None:
    config = job(tmp_path)
    run(config, directory=tmp_path / "calm" / "run")
    place = tmp_path / "hurt" / "run"
    stopped(config, place)
    path = place / "votes" / "part-00004.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunError, match=r"part-00004\.parquet.*Delete .* and resume the run"):
        run(config, directory=place, resume=True)
    path.unlink()
    found = json.loads((place / "manifest.json").read_text())
    del found["stages"]["apply"]
    (place / "manifest.json").write_text(json.dumps(found))
    run(config, directory=place, resume=True)
    assert contents(place) == contents(tmp_path / "calm" / "run")


_LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.relabel.jobs import job
from weaklabel.relabel import run
import weaklabel.label_model, weaklabel.matrix, pyarrow.parquet
config = job(Path({folder!r}), n=20_000)
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    run(config.with_overrides({{"data": {{"part_rows": 4_000}}}}), directory={place!r})
except Exception as error:
    print(type(error).__name__, error)
"""


def test_a_full_disk_is_a_clear_error_and_the_run_goes_on_from_there(tmp_path: Path) -> None:
    config = job(tmp_path, n=20_000).with_overrides({"data": {"part_rows": 4_000}})
    run(config, directory=tmp_path / "calm" / "run")
    sizes = {
        kind: min(p.stat().st_size for p in (tmp_path / "calm" / "run" / kind).iterdir())
        for kind in ("votes", "labels")
    }
    assert sizes["votes"] < sizes["labels"]  # so that the disk is full amid the labels
    place = tmp_path / "full" / "run"
    program = _LIMITED.format(
        root=str(ROOT), folder=str(tmp_path), place=str(place), limit=sizes["labels"] - 1
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"RunError the run in {place} stopped: the disk is full, or a ")
    assert "What was finished stays; make room, then resume" in done.stdout
    assert load_run(place).status == "failed"
    assert len(list((place / "votes").iterdir())) == 6
    assert not list(place.rglob("*.tmp"))
    run(config, directory=place, resume=True)
    assert contents(place) == contents(tmp_path / "calm" / "run")


def test_a_part_of_the_input_that_cannot_be_read_keeps_what_was_finished(tmp_path: Path) -> None:
    config = job(tmp_path)
    with (tmp_path / "data" / "b.jsonl").open("a") as file:
        file.write('{"id": \n')
    for n_jobs in (1, 2):
        place = tmp_path / str(n_jobs)
        asked = config.with_overrides({"apply": {"n_jobs": n_jobs}})
        with pytest.raises(InputError, match=r"b\.jsonl"):
            run(asked, directory=place)
        assert load_run(place).status == "failed"
        assert len(list((place / "votes").iterdir())) >= 4


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, float, dict[str, str]]:
    """Return a job with a slow LF, and what an undisturbed run of it takes and writes."""
    folder = tmp_path_factory.mktemp("killed")
    config = write_job(folder / "job")
    finish(config, folder / "warm" / "night", folder / "warm" / "store")
    seconds = finish(config, folder / "calm" / "night", folder / "calm" / "store")
    return folder, config, seconds, content(folder / "calm" / "night")


@pytest.mark.slow
def test_killed_at_any_moment_and_resumed_a_run_writes_the_same(
    calm: tuple[Path, Path, float, dict[str, str]],
) -> None:
    folder, config, seconds, expected = calm
    rng = random.Random(1)  # noqa: S311
    hits = 0
    for i in range(5):
        hit, got = killed_once(config, folder / f"one-{i}", seconds * (i + rng.random()) / 5)
        hits += hit
        assert got == expected
    assert hits >= 3


@pytest.mark.slow
def test_two_processes_on_one_store_do_not_disturb_each_other_when_killed(
    calm: tuple[Path, Path, float, dict[str, str]],
) -> None:
    folder, config, seconds, expected = calm
    moments: tuple[list[float | None], ...] = ([0.3, None], [0.2, 0.6])
    for i, shares in enumerate(moments):
        delays = [None if share is None else share * seconds for share in shares]
        hit, found = killed_beside_another(config, folder / f"two-{i}", delays)
        assert hit
        assert found == [expected, expected]


def test_an_edited_helper_of_an_lf_without_a_fingerprint_is_seen(tmp_path: Path) -> None:
    odd = (
        "\nimport threading\nfrom near_odd import WORD\n\n"
        "lock = threading.Lock()\n\n\n"
        '@wl.labeling_function(votes="SPAM")\ndef odd(x):\n'
        "    with lock:\n        return WORD in x.text\n"
    )
    helper = tmp_path / "near_odd.py"
    helper.write_text('WORD = "free"\n')
    config = job(tmp_path, lfs=LFS + odd)
    place = tmp_path / "runs" / "run"
    stopped(config, place)
    assert load_run(place).manifest["lfs"][-1]["fingerprint"] is None
    helper.write_text('WORD = "song"\n')
    with pytest.raises(RunError, match="labeling functions 'odd' were edited"):
        run(config, directory=place, resume=True)
    helper.write_text('WORD = "free"\n')
    assert run(config, directory=place, resume=True).status == "done"
