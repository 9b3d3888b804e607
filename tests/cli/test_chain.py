from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import weaklabel as wl
from tests.cli.shell import process

PARTS = 4

LFS = '''"""Words that tell the areas of SciPy apart: the pack, and one of my own."""

import weaklabel as wl
from weaklabel_lfs import text

scipy_docs = wl.load_pack("scipy_docs")
LINALG = scipy_docs.classes.LINALG

mine = text.keyword(LINALG, "matrix", "matrices", name="mine", examples={"A matrix.": LINALG})

pack = wl.Pack(classes=scipy_docs.classes, lfs=[*scipy_docs.lfs, mine])
'''

CONFIG = """
[data]
input = "data"
key = "key"
gold = "area"
part_rows = 2000

[lfs]
use = ["lfs.py"]
"""


def test_the_corpus_of_the_quickstart_goes_through_init_test_run_edit_run_diff(
    tmp_path: Path,
) -> None:
    def weaklabel(*args: str) -> str:
        result = process(*args, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        assert result.stderr == ""
        if "--json" not in args:
            assert max(map(len, result.stdout.splitlines())) <= 80, result.stdout
        return result.stdout

    weaklabel("init")
    (tmp_path / "data" / "comments.csv").unlink()
    keys, gold = write_corpus(tmp_path / "data")
    (tmp_path / "lfs.py").write_text(LFS)
    (tmp_path / "weaklabel.toml").write_text(CONFIG)

    tested = json.loads(weaklabel("test", "--json"))
    n_lfs = len(tested["lfs"])
    assert tested["ok"]
    assert n_lfs == len(wl.load_pack("scipy_docs").lfs) + 1

    weaklabel("run", "--run", "before")
    labels = pa.concat_tables(
        pq.read_table(path) for path in sorted((tmp_path / "runs" / "before" / "labels").iterdir())
    )
    assert labels.column("key").to_pylist() == keys
    known = np.array(gold) != ""
    right = np.array(labels.column("label").to_pylist())[known] == np.array(gold)[known]
    assert right.mean() > 0.6

    edited = LFS.replace('"matrix", "matrices"', '"matrix", "matrices", "vector", "eigenvalue"')
    (tmp_path / "lfs.py").write_text(edited)
    told = weaklabel("run", "--run", "after")
    assert told.endswith(f"\ncache     {n_lfs - 1} LFs from the cache, 1 ran: mine\n")
    profile = json.loads(weaklabel("show", "after", "--json"))["profile"]
    assert {e["lf"]: e["computed"] for e in profile if e["computed"]} == {"mine": len(keys)}
    assert {e["reused"] for e in profile if e["lf"] != "mine"} == {len(keys)}

    found = json.loads(weaklabel("diff", "before", "after", "--json"))
    by_lf = {lf["lf"]: lf for lf in found["lfs"]}
    assert found["rows"]["common"] == len(keys)
    assert (by_lf["mine"]["status"], by_lf["mine"]["changed"] > 0) == ("edited", True)
    assert {lf["changed"] for name, lf in by_lf.items() if name != "mine"} == {0}
    assert 0 < found["changed"] < len(keys)
    assert "mine" in weaklabel("diff", "before", "after")


def write_corpus(folder: Path) -> tuple[list[str], list[str]]:
    """Write the corpus as Parquet parts; return its keys and the areas, empty where unknown."""
    corpus = wl.datasets.load_scipy_docs()
    names = np.array(corpus.class_names)
    train, more = corpus.train.data, corpus.unlabeled
    table = pa.table(
        {
            "key": [*train["key"], *more["key"]],
            "text": [*train["text"], *more["text"]],
            "area": pa.array([*names[corpus.train.gold], *[None] * len(more)], pa.string()),
        }
    )
    size = -(-len(table) // PARTS)
    for i in range(PARTS):
        pq.write_table(table.slice(i * size, size), folder / f"docs-{i}.parquet")
    areas = [area or "" for area in table.column("area").to_pylist()]
    return table.column("key").to_pylist(), areas
