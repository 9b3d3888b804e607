from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import weaklabel as wl
from tests.relabel.jobs import FAILS, LFS, TEXTS, contents, job, rows, write_rows
from weaklabel.errors import (
    ConfigError,
    FaultRateError,
    FileFormatError,
    GateError,
    InputError,
    LFError,
    RunError,
    RunLockedError,
)
from weaklabel.matrix import VoteParts
from weaklabel.relabel import Config, load_run, run


def manifest(directory: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((directory / "manifest.json").read_text())
    return found


def lfs_with_faults(every: int) -> str:
    return LFS + FAILS.replace("{every}", str(every))


def test_a_run_writes_the_votes_and_labels_that_the_library_computes(tmp_path: Path) -> None:
    config = job(tmp_path)
    result = run(config, directory=tmp_path / "one")
    data = pa.Table.from_pylist(rows(range(70)))
    L = wl.apply_lfs(_loaded(config), data, key="id", classes=("HAM", "SPAM"))
    votes = VoteParts(tmp_path / "one" / "votes")
    assert np.array_equal(np.concatenate([np.asarray(part) for part in votes]), np.asarray(L))
    labels = wl.LabelModel().fit(L).label(L)
    found = pa.concat_tables(result.labels())
    assert found.column("key").to_pylist() == list(range(70))
    names = np.array([*L.class_names, None], object)
    assert found.column("label").to_pylist() == names[labels.predict()].tolist()
    np.testing.assert_allclose(found.column("p_SPAM").to_numpy(), labels.probs[:, 1], atol=1e-9)
    assert set(found.column("run").to_pylist()) == {"one"}
    assert result.status == "done"
    assert result.counts["rows"] == 70
    assert result.counts["covered"] == 60
    assert result.counts["votes"] == L.n_votes
    assert result.counts["parts"] == 8


def _loaded(config: Config) -> Any:
    from weaklabel.relabel import load_lfs

    return load_lfs(config.lfs.use, classes=config.lfs.classes, folder=config.folder).lfs


def test_the_manifest_says_what_was_asked_and_found(tmp_path: Path) -> None:
    config = job(tmp_path, lfs=lfs_with_faults(35))
    run(config, directory=tmp_path / "one")
    found = manifest(tmp_path / "one")
    assert (found["schema_version"], found["run"], found["status"]) == (1, "one", "done")
    assert found["error"] is None
    assert [Path(file["path"]).name for file in found["inputs"]] == ["a.jsonl", "b.jsonl"]
    assert all(file["fingerprint"] and file["bytes"] for file in found["inputs"])
    assert [lf["name"] for lf in found["lfs"]][-1] == "fails"
    assert all(lf["source"] == "lfs.py" and lf["fingerprint"] for lf in found["lfs"])
    assert found["packages"]["numpy"] == np.__version__
    assert found["weaklabel"] == wl.__version__
    assert found["config"] == config.to_dict()
    assert list(found["stages"]) == ["apply", "fit", "label"]
    assert all(
        stage["started"] <= stage["finished"] and stage["seconds"] >= 0
        for stage in found["stages"].values()
    )
    assert found["faults"] == {"fails": 2}
    assert found["counts"]["faults"] == 2
    assert [entry["lf"] for entry in found["profile"]] == [lf["name"] for lf in found["lfs"]]
    assert all(entry["computed"] == 70 for entry in found["profile"])
    assert sum(found["counts"]["labels"].values()) == 70


def test_faults_are_kept_with_lf_key_error_and_traceback(tmp_path: Path) -> None:
    run(job(tmp_path, lfs=lfs_with_faults(35)), directory=tmp_path / "one")
    files = sorted((tmp_path / "one" / "faults").iterdir())
    assert [path.name for path in files] == ["part-00000.jsonl", "part-00004.jsonl"]
    (fault,) = [json.loads(line) for line in files[1].read_text().splitlines()]
    assert (fault["lf"], fault["key"]) == ("fails", 36)
    assert fault["error"] == "RuntimeError: no idea of 36"
    assert "lfs.py" in fault["traceback"]


def test_without_a_key_rows_are_named_by_position_over_all_files(tmp_path: Path) -> None:
    config = job(tmp_path, lfs=lfs_with_faults(35))
    config = Config.from_dict(
        {**config.to_dict(), "data": {"input": "data/*.jsonl", "part_rows": 10}}, folder=tmp_path
    )
    result = run(config, directory=tmp_path / "one")
    assert pa.concat_tables(result.labels()).column("key").to_pylist() == list(range(70))
    line = (tmp_path / "one" / "faults" / "part-00004.jsonl").read_text()
    assert json.loads(line)["key"] == 36


def test_the_number_of_processes_does_not_change_a_byte(tmp_path: Path) -> None:
    config = job(tmp_path, lfs=lfs_with_faults(35))
    run(config, directory=tmp_path / "x" / "run")
    two = config.with_overrides({"apply": {"n_jobs": 2}})
    run(two, directory=tmp_path / "y" / "run")
    assert contents(tmp_path / "x" / "run") == contents(tmp_path / "y" / "run")


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_labels_can_be_jsonl_or_csv(tmp_path: Path, format: str) -> None:  # noqa: A002
    parquet = run(job(tmp_path), directory=tmp_path / "parquet")
    config = job(tmp_path, tables={"output": {"format": format}})
    other = run(config, directory=tmp_path / "other")
    assert (tmp_path / "other" / "labels" / f"part-00000.{format}").is_file()
    wanted = pa.concat_tables(parquet.labels()).column("label").to_pylist()
    assert pa.concat_tables(other.labels()).column("label").to_pylist() == wanted
    assert other.counts["labels"] == parquet.counts["labels"]


def test_a_label_part_says_where_it_comes_from(tmp_path: Path) -> None:
    run(job(tmp_path), directory=tmp_path / "one")
    raw = pq.read_schema(tmp_path / "one" / "labels" / "part-00000.parquet").metadata
    told = json.loads(raw[b"weaklabel"])
    assert told["run"] == "one"
    lfs = manifest(tmp_path / "one")["lfs"]
    assert told["provenance"]["lfs"] == {lf["name"]: lf["fingerprint"] for lf in lfs}
    assert told["provenance"]["label_model"]


def test_uncovered_rows_get_the_likeliest_class_where_that_is_asked_for(tmp_path: Path) -> None:
    run(job(tmp_path), directory=tmp_path / "one")
    config = job(tmp_path, tables={"output": {"uncovered": "prior"}})
    result = run(config, directory=tmp_path / "two")
    assert manifest(tmp_path / "one")["counts"]["labels"][""] > 0
    assert result.counts["labels"][""] < manifest(tmp_path / "one")["counts"]["labels"][""]


def test_gold_labels_are_compared_and_not_learned_from(tmp_path: Path) -> None:
    for name, ids in (("a", range(35)), ("b", range(35, 70))):
        some = [
            row | {"y": None if i % 7 > 3 else ("SPAM" if i % 7 in (0, 2) else "HAM")}
            for i, row in zip(ids, rows(ids), strict=True)
        ]
        write_rows(tmp_path / "data" / f"{name}.jsonl", some)
    run(job(tmp_path), directory=tmp_path / "x" / "run")
    result = run(job(tmp_path, tables={"data": {"gold": "y"}}), directory=tmp_path / "y" / "run")
    assert result.counts["gold"] == {"known": 40, "right": 40}
    assert "100.0% right of 40 known" in str(result)
    assert contents(tmp_path / "x" / "run") == contents(tmp_path / "y" / "run")


def test_other_label_models_can_be_chosen(tmp_path: Path) -> None:
    config = job(tmp_path, tables={"label_model": {"kind": "MajorityVote"}})
    result = run(config, directory=tmp_path / "one")
    assert result.manifest["stages"]["fit"]["kind"] == "MajorityVote"
    assert wl.MajorityVote.load(tmp_path / "one" / "model.npz").class_names_ == ("HAM", "SPAM")


def test_a_crowd_model_learns_from_parts_what_it_learns_from_the_whole(tmp_path: Path) -> None:
    config = job(tmp_path, tables={"label_model": {"kind": "DawidSkene", "smoothing": 0.5}})
    run(config, directory=tmp_path / "one")
    data = pa.Table.from_pylist(rows(range(70)))
    L = wl.apply_lfs(_loaded(config), data, key="id", classes=("HAM", "SPAM"))
    kept = wl.DawidSkene.load(tmp_path / "one" / "model.npz")
    whole = wl.DawidSkene(smoothing=0.5).fit(L)
    np.testing.assert_allclose(kept.predict_proba(L), whole.predict_proba(L), atol=1e-6)


def test_a_class_balance_of_another_length_is_refused_before_the_work(tmp_path: Path) -> None:
    config = job(tmp_path, tables={"label_model": {"class_balance": [0.2, 0.3, 0.5]}})
    with pytest.raises(ConfigError, match=r"\[label_model\] class_balance has shape \(3,\)"):
        run(config, directory=tmp_path / "one")
    assert not (tmp_path / "one").exists()


def test_stages_can_be_run_one_by_one(tmp_path: Path) -> None:
    config = job(tmp_path)
    run(config, directory=tmp_path / "x" / "run", stages=["apply"])
    assert not (tmp_path / "x" / "run" / "model.npz").exists()
    run(config, directory=tmp_path / "x" / "run", stages=["fit"], resume=True)
    run(config, directory=tmp_path / "x" / "run", stages=["label"], resume=True)
    run(config, directory=tmp_path / "y" / "run")
    assert contents(tmp_path / "x" / "run") == contents(tmp_path / "y" / "run")


def test_a_stage_whose_input_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"stage 'label' needs 'apply', 'fit' first"):
        run(job(tmp_path), directory=tmp_path / "one", stages=["label"])
    with pytest.raises(ValueError, match=r"unknown stage 'aply'.*did you mean 'apply'\?"):
        run(job(tmp_path), directory=tmp_path / "one", stages=["aply"])
    with pytest.raises(ConfigError, match=r"stage 'train' needs an end model; write a table"):
        run(job(tmp_path), directory=tmp_path / "one", stages=["train"])


def test_a_new_run_has_an_id_of_its_own(tmp_path: Path) -> None:
    config = job(tmp_path)
    one, two = run(config), run(config)
    assert one.run != two.run
    assert one.directory.parent == tmp_path / "runs"
    assert one.run.startswith("run-2")


def test_a_run_that_is_there_is_refused_without_resume(tmp_path: Path) -> None:
    config = job(tmp_path)
    run(config, directory=tmp_path / "one")
    before = contents(tmp_path / "one")
    message = r"holds a run already \(status done\); pass resume=True \(--resume\).*another name"
    with pytest.raises(RunError, match=message):
        run(config, directory=tmp_path / "one")
    assert contents(tmp_path / "one") == before


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    config = job(tmp_path)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(RunError, match="holds other files and is no directory of a run"):
            run(config, directory=tmp_path / "mine", resume=resume)
    assert os.listdir(tmp_path / "mine") == ["notes.txt"]


def test_two_runs_at_once_in_one_directory_the_second_is_refused_with_the_owner_named(
    tmp_path: Path,
) -> None:
    barrier = tmp_path / "go"
    waits = LFS + (
        "\nimport pathlib, time\n\n\n@wl.labeling_function(votes='HAM')\ndef waits(x):\n"
        f"    pathlib.Path({str(tmp_path / 'begun')!r}).touch()\n"
        f"    while not pathlib.Path({str(barrier)!r}).exists():\n        time.sleep(0.01)\n"
        "    return False\n"
    )
    config = job(tmp_path, lfs=waits)
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_run_in, args=(tmp_path, waits))
    process.start()
    try:
        while not (tmp_path / "begun").exists():
            assert process.is_alive()
        for resume in (False, True):
            with pytest.raises(RunLockedError) as caught:
                run(config, directory=tmp_path / "one", resume=resume)
            assert caught.value.owner["pid"] == process.pid
            told = f"another process works in {tmp_path / 'one'}: pid {process.pid} on "
            assert str(caught.value).startswith(told)
            assert f"since {caught.value.owner['since']}; wait" in str(caught.value)
    finally:
        barrier.touch()
        process.join()
    assert process.exitcode == 0
    assert load_run(tmp_path / "one").status == "done"


def _run_in(folder: Path, lfs: str) -> None:
    run(job(folder, lfs=lfs), directory=folder / "one")


def test_a_missed_gate_fails_the_run_when_everything_is_written(tmp_path: Path) -> None:
    gates = {"min_coverage": 0.99, "max_fault_rate": 0.5, "max_bad_rows": 0}
    config = job(tmp_path, tables={"gates": gates})
    message = r"missed 1 of 3 gates: min_coverage = 0\.99, the run has 0\.8571\. All is written"
    with pytest.raises(GateError, match=message) as caught:
        run(config, directory=tmp_path / "one")
    assert caught.value.failed == ("min_coverage",)
    result = load_run(tmp_path / "one")
    assert result.status == "gate"
    assert sum(table.num_rows for table in result.labels()) == 70
    assert [gate["passed"] for gate in result.manifest["gates"]] == [False, True, True]
    before = contents(tmp_path / "one")
    with pytest.raises(GateError, match="missed 1 of 3 gates"):
        run(config, directory=tmp_path / "one", resume=True)
    assert contents(tmp_path / "one") == before


def test_the_gate_of_faults_counts_all_calls(tmp_path: Path) -> None:
    config = job(tmp_path, lfs=lfs_with_faults(35), tables={"gates": {"max_fault_rate": 0.005}})
    with pytest.raises(GateError, match=r"max_fault_rate = 0\.005, the run has 0\.005714"):
        run(config, directory=tmp_path / "one")


def test_bad_rows_are_counted_and_have_a_gate(tmp_path: Path) -> None:
    config = job(tmp_path, tables={"data": {"bad_rows": "skip"}, "gates": {"max_bad_rows": 1}})
    for name in ("a", "b"):
        with (tmp_path / "data" / f"{name}.jsonl").open("a") as file:
            file.write('{"id": 7, "text": \n')
    with pytest.raises(GateError, match="max_bad_rows = 1, the run has 2"):
        run(config, directory=tmp_path / "one")
    assert load_run(tmp_path / "one").counts["bad_rows"] == 2
    assert "2 bad ones left out" in str(load_run(tmp_path / "one"))


def test_a_labeling_function_that_fails_too_often_stops_the_run(tmp_path: Path) -> None:
    config = job(tmp_path, lfs=lfs_with_faults(2))
    message = r"'fails' failed on at least 35 of 70 rows, above max_fault_rate=0\.1.*no idea of 1"
    with pytest.raises(FaultRateError, match=message) as caught:
        run(config, directory=tmp_path / "one")
    assert caught.value.lf == "fails"
    found = manifest(tmp_path / "one")
    assert found["status"] == "failed"
    assert found["error"]["type"] == "FaultRateError"


def test_a_rate_that_is_sure_to_be_missed_stops_the_run_before_its_end(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    pq.write_table(pa.Table.from_pylist(rows(range(70))), tmp_path / "data" / "a.parquet")
    config = job(tmp_path, lfs=lfs_with_faults(2), tables={"data": {"input": "data/*.parquet"}})
    with pytest.raises(FaultRateError, match="failed on at least 10 of 70 rows"):
        run(config, directory=tmp_path / "one")
    assert len(list((tmp_path / "one" / "votes").iterdir())) == 1


def test_with_on_error_raise_the_first_fault_stops_the_run(tmp_path: Path) -> None:
    config = job(tmp_path, lfs=lfs_with_faults(35), tables={"apply": {"on_error": "raise"}})
    with pytest.raises(LFError, match="'fails' failed on row 1: RuntimeError: no idea of 1"):
        run(config, directory=tmp_path / "one")
    assert load_run(tmp_path / "one").status == "failed"
    assert "no idea of 1" in " ".join(str(load_run(tmp_path / "one")).split())


def test_a_key_that_stands_in_two_files_is_refused_before_labels_are_written(
    tmp_path: Path,
) -> None:
    config = job(tmp_path)
    write_rows(tmp_path / "data" / "c.jsonl", rows([100, 7]))
    message = r"row key 7 stands in .*a\.jsonl and in .*c\.jsonl; row keys must be unique"
    for resume in (False, True):
        with pytest.raises(InputError, match=message) as caught:
            run(config, directory=tmp_path / "one", resume=resume)
    assert caught.value.path == tmp_path / "data" / "c.jsonl"
    assert not (tmp_path / "one" / "labels").exists()


def test_a_column_that_the_config_names_must_be_there(tmp_path: Path) -> None:
    for what in ("key", "gold"):
        config = job(tmp_path, tables={"data": {what: "idd"}})
        with pytest.raises(InputError, match=rf"\[data\] {what} = 'idd'.*did you mean 'id'\?"):
            run(config, directory=tmp_path / what)
        assert not (tmp_path / what / "votes").exists()


def test_input_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text("")
    with pytest.raises(InputError, match=r"no rows|no columns|has columns"):
        run(job(tmp_path), directory=tmp_path / "one")


def test_input_that_is_missing_is_named(tmp_path: Path) -> None:
    config = job(tmp_path, tables={"data": {"input": "elsewhere/*.jsonl"}})
    with pytest.raises(InputError, match="matches no files"):
        run(config, directory=tmp_path / "one")


def test_no_votes_at_all_is_an_error_that_the_manifest_keeps(tmp_path: Path) -> None:
    silent = 'import weaklabel as wl\n\n@wl.labeling_function(votes="HAM")\ndef no(x):\n'
    with pytest.raises(ValueError, match="no LF votes on any row"):
        run(job(tmp_path, lfs=silent + "    return False\n"), directory=tmp_path / "one")
    assert "no LF votes" in manifest(tmp_path / "one")["error"]["message"]


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    config = job(tmp_path)
    if os.geteuid() == 0:  # root may write everywhere
        (tmp_path / "file").write_text("")
        place, message = tmp_path / "file" / "one", "a file cannot be read or written|Not a dir"
    else:
        (tmp_path / "file").mkdir(mode=0o500)
        place, message = tmp_path / "file" / "one", "no permission to write"
    with pytest.raises(RunError, match=message):
        run(config, directory=place)


def test_the_summary_fits_80_columns(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20)
    deep.mkdir()
    config = job(deep, lfs=lfs_with_faults(35), tables={"gates": {"min_coverage": 0.5}})
    result = run(config, directory=deep / "one")
    lines = str(result).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0] == "run       one: done"
    assert lines[2] == "rows      70 in 8 parts"
    assert lines[3] == "covered   60 (85.7%)"
    assert "faults    2: fails 2" in lines
    assert "gate      passed: min_coverage = 0.5, the run has 0.8571" in lines


def test_a_directory_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"is no directory of a run: it has no manifest\.json"):
        load_run(tmp_path)
    (tmp_path / "manifest.json").write_text('{"schema_version": 99}')
    with pytest.raises(FileFormatError, match="schema version 99, this weaklabel reads up to 1"):
        load_run(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(FileFormatError, match="is damaged"):
        load_run(tmp_path)


def test_a_run_without_labels_says_so(tmp_path: Path) -> None:
    result = run(job(tmp_path), directory=tmp_path / "one", stages=["apply"])
    with pytest.raises(RunError, match=r"run 'one' .* has no labels \(status done\)"):
        result.labels()


def test_importing_relabel_loads_neither_numba_nor_torch() -> None:
    code = (
        "import sys, weaklabel.relabel; print([m for m in ('numba', 'torch') if m in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_an_end_model_learns_from_evenly_spaced_rows_and_predicts_all(tmp_path: Path) -> None:
    tables = {"end_model": {"epochs": 2, "max_rows": 40, "seed": 3}}
    config = job(tmp_path, tables=tables)
    result = run(config, directory=tmp_path / "x" / "run")
    assert list(result.manifest["stages"]) == ["apply", "fit", "label", "train", "predict"]
    assert result.manifest["stages"]["train"]["rows"] == 40
    assert result.manifest["seeds"] == {"end_model": 3}
    predicted = pa.concat_tables(result.predictions())
    assert predicted.column("key").to_pylist() == list(range(70))
    assert None not in predicted.column("label").to_pylist()
    model = wl.TextClassifier.load(tmp_path / "x" / "run" / "end_model.safetensors")
    probs = model.predict_proba([TEXTS[i % len(TEXTS)] for i in range(70)])
    np.testing.assert_allclose(predicted.column("p_SPAM").to_numpy(), probs[:, 1], atol=1e-6)

    place = tmp_path / "y" / "run"
    run(config, directory=place)
    assert contents(place, "predictions") == contents(tmp_path / "x" / "run", "predictions")
    shutil.rmtree(place / "predictions")
    found = manifest(place)
    del found["stages"]["predict"]
    (place / "manifest.json").write_text(json.dumps(found))
    run(config, directory=place, resume=True)
    assert contents(place, "predictions") == contents(tmp_path / "x" / "run", "predictions")
