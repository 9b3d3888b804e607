from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.cli.shell import as_json, done, failed

LFS = {"has_link", "promises_something", "tone", "asks_a_question"}


def names() -> list[str]:
    return sorted(entry["name"] for entry in as_json("cache")["entries"])


def edit() -> None:
    lfs = Path("lfs.py").read_text()
    Path("lfs.py").write_text(lfs.replace('"discount", "cheap"', '"discount"'))


def test_sizes_are_shown_by_labeling_function(project: Path) -> None:
    done("run")
    stdout = done("cache").stdout
    for lf in LFS:
        assert lf in stdout
    assert ".weaklabel/votes: 4 entries, " in stdout
    found = as_json("cache")
    assert {entry["name"] for entry in found["entries"]} == LFS
    assert {entry["rows"] for entry in found["entries"]} == {60}
    assert found["bytes"] == sum(entry["bytes"] for entry in found["entries"])


def test_prune_keeps_what_the_labeling_functions_are_now(project: Path) -> None:
    done("run")
    edit()
    done("run")
    assert names().count("promises_something") == 2
    stdout = done("cache", "--prune", "--keep").stdout
    assert stdout.startswith("deleted 1 of 5 entries, ")
    assert "promises_something" in stdout
    assert names() == sorted(LFS)
    assert as_json("run")["profile"][0]["computed"] == 0


def test_prune_by_age_and_prune_all(project: Path) -> None:
    done("run")
    assert as_json("cache", "--prune", "--older-than", "1")["deleted"] == []
    assert set(as_json("cache", "--prune")["deleted"]) == LFS
    assert names() == []


def test_a_store_that_is_not_there_is_bad_usage_and_is_not_made(project: Path) -> None:
    assert "there is no vote store in" in failed(2, "cache")
    assert "/other; a run makes one" in failed(2, "cache", "--cache", "other")
    assert not Path(".weaklabel").exists()


def test_options_of_prune_go_with_prune(project: Path) -> None:
    done("run")
    assert "--keep and --older-than go with --prune" in failed(2, "cache", "--keep")
    assert "must be a number from 0" in failed(1, "cache", "--prune", "--older-than", "-1")


def test_a_file_that_is_no_store_is_named(project: Path) -> None:
    Path("other").mkdir()
    Path("other/votes.sqlite").write_bytes(b"no database at all" * 100)
    assert "votes.sqlite is no vote store, or damaged" in failed(1, "cache", "--cache", "other")


def split_lfs() -> None:
    """Put one labeling function into a file of its own."""
    Path("other.py").write_text(
        "import weaklabel as wl\n\n\n"
        "@wl.labeling_function(votes='SPAM', columns='text')\n"
        "def shouts(x):\n    return x.text.isupper()\n"
    )


def test_prune_of_named_lfs_deletes_their_votes_alone(project: Path) -> None:
    split_lfs()
    done("run", "--lfs", "lfs.py", "--lfs", "other.py")
    assert names() == sorted({*LFS, "shouts"})
    stdout = done("cache", "--prune", "--lfs", "other.py").stdout
    assert stdout.startswith("deleted 1 of 5 entries, ")
    assert names() == sorted(LFS)
    assert as_json("cache", "--prune", "--lfs", "other.py")["deleted"] == []
    assert names() == sorted(LFS)


def test_prune_that_keeps_named_lfs_deletes_all_others(project: Path) -> None:
    split_lfs()
    done("run", "--lfs", "lfs.py", "--lfs", "other.py")
    assert set(as_json("cache", "--prune", "--keep", "--lfs", "other.py")["deleted"]) == LFS
    assert names() == ["shouts"]
    assert "1 entry, " in done("cache").stdout


def test_prune_of_named_lfs_leaves_what_was_used_since(project: Path) -> None:
    done("run")
    assert as_json("cache", "--prune", "--lfs", "lfs.py", "--older-than", "1")["deleted"] == []
    database = sqlite3.connect(".weaklabel/votes/votes.sqlite")
    with database:
        database.execute("UPDATE lfs SET used = 1.0")
    database.close()
    # To load the labeling functions is no use of their votes.
    stdout = done("cache", "--prune", "--lfs", "lfs.py", "--older-than", "1").stdout
    assert stdout.startswith("deleted 4 of 4 entries, ")


def test_lfs_without_prune_are_bad_usage(project: Path) -> None:
    done("run")
    assert "--lfs, --keep and --older-than go with" in failed(2, "cache", "--lfs", "lfs.py")
    assert names() == sorted(LFS)
