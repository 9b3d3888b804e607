from __future__ import annotations

import dataclasses
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from weaklabel.errors import ConfigError
from weaklabel.relabel import Config, load_config

MINIMAL = {"data": {"input": "in.csv"}, "lfs": {"use": ["pack:spam"]}}


def with_table(name: str, **keys: Any) -> dict[str, Any]:
    tables: dict[str, Any] = {**MINIMAL}
    tables[name] = {**tables.get(name, {}), **keys}
    return tables


def test_a_file_with_the_two_required_keys_has_defaults_for_all_others(tmp_path: Path) -> None:
    (tmp_path / "weaklabel.toml").write_text('[data]\ninput = "in.csv"\n[lfs]\nuse = "lfs.py"\n')
    config = load_config(tmp_path / "weaklabel.toml")
    assert config.data.part_rows == 65_536
    assert config.apply.on_error == "abstain"
    assert config.label_model.kind == "LabelModel"
    assert config.output.directory == "runs"
    assert config.end_model is None


@pytest.mark.parametrize("key", ["data.input", "lfs.use"])
def test_a_required_key_that_is_missing_is_named(key: str) -> None:
    table = key.split(".")[0]
    tables = {name: keys for name, keys in MINIMAL.items() if name != table}
    with pytest.raises(ConfigError, match=rf"\[{table}\] {key.split('.')[1]} is missing; it takes"):
        Config.from_dict(tables)
    assert Config.from_dict(tables, require=()).data.key is None


def test_a_misspelt_key_suggests_the_nearest_and_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "weaklabel.toml"
    path.write_text('[data]\ninput = "in.csv"\nbad_row = "skip"\n[lfs]\nuse = "lfs.py"\n')
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(f"{path}: unknown key 'bad_row' in [data]; there are ")
    assert str(caught.value).endswith("; did you mean 'bad_rows'?")
    assert caught.value.path == path


def test_a_misspelt_table_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"unknown table \[label_modle\].*mean 'label_model'\?"):
        Config.from_dict({**MINIMAL, "label_modle": {}})


def test_a_table_that_is_no_table_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"apply is 3 \(a whole number\), expected a table"):
        Config.from_dict({**MINIMAL, "apply": 3})


@pytest.mark.parametrize(
    ("table", "key", "value", "message"),
    [
        ("data", "input", 3, r"\[data\] input is 3 \(a whole number\), expected a path or glob"),
        ("data", "input", [], r"\[data\] input is \[\] \(a list\), expected a path or glob"),
        ("data", "input", ["a", 1], r"expected a path or glob, or a list of them"),
        ("data", "format", "xml", r"'xml' \(a text\), expected 'csv' or 'jsonl' or 'parquet'"),
        ("data", "key", "", r"\[data\] key is '' \(a text\), expected the name of a column"),
        ("data", "bad_rows", "skp", r"expected 'raise' or 'skip'; did you mean 'skip'\?"),
        ("data", "part_rows", 0, r"\[data\] part_rows is 0 .*expected a whole number, 1 or more"),
        ("data", "part_rows", 1.5, r"1.5 \(a number\), expected a whole number"),
        ("data", "part_rows", True, r"True \(a boolean\), expected a whole number"),
        ("lfs", "classes", "HAM", r"'HAM' \(a text\), expected a list of class names"),
        ("lfs", "classes", ["A", "A"], r"expected a list of class names; class name 'A' is given"),
        ("lfs", "use", {"a": 1}, r"\(a table\), expected a list of pack:NAME"),
        ("apply", "n_jobs", "four", r"'four' \(a text\), expected a number of processes, or -1"),
        ("apply", "n_jobs", 0, r"n_jobs is 0 .*expected a number of processes"),
        ("apply", "on_error", "skip", r"expected 'raise' or 'abstain'"),
        ("apply", "max_fault_rate", 10, r"10 \(a whole number\), expected a share in 0..1"),
        ("apply", "timeout", -1, r"expected seconds, 0 for no limit"),
        ("apply", "cache", True, r"expected a folder, or false for none"),
        ("output", "safe_csv", "yes", r"'yes' \(a text\), expected true or false"),
        ("gates", "min_coverage", 80, r"\[gates\] min_coverage is 80 .*expected a share in 0..1"),
        ("gates", "max_bad_rows", -1, r"expected a whole number, 0 or more"),
        ("end_model", "encoder", "gru", r"expected 'cnn' or 'lstm'"),
        ("label_model", "kind", "LabelModle", r"expected one of .*did you mean 'LabelModel'\?"),
        ("label_model", "kind", "NaiveBayes", r"which learn from votes alone"),
        ("label_model", "balance_strenth", 1, r"LabelModel has .*mean 'balance_strength'\?"),
        ("label_model", "max_iter", "many", r"max_iter is 'many' \(a text\), expected a whole"),
        ("label_model", "guard", 1, r"\[label_model\] guard is 1 .*expected true or false"),
    ],
)
def test_a_wrong_value_names_table_key_what_was_got_and_what_is_expected(
    table: str, key: str, value: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        Config.from_dict(with_table(table, **{key: value}))


def test_what_to_dict_returns_is_read_back_as_the_same_config() -> None:
    tables = {
        "data": {"input": ["a.csv", "b.csv"], "key": "id", "gold": "y", "bad_rows": "skip"},
        "lfs": {"use": ["lfs.py"], "classes": ["A", "B"]},
        "apply": {"n_jobs": -1, "cache": False, "timeout": 2},
        "label_model": {"kind": "DawidSkene", "class_balance": [0.2, 0.8]},
        "output": {"format": "csv", "safe_csv": True},
        "gates": {"min_coverage": 0.5},
        "end_model": {"epochs": 3},
    }
    config = Config.from_dict(tables)
    assert Config.from_dict(config.to_dict()) == config
    assert config.apply.cache is None
    assert Config.from_dict(Config.from_dict(MINIMAL).to_dict()) == Config.from_dict(MINIMAL)


def test_relative_paths_count_from_the_folder_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text('[data]\ninput = "d/*.csv"\n[lfs]\nuse = "lfs.py"\n')
    config = load_config(tmp_path / "c.toml")
    assert config.inputs() == (str(tmp_path / "d/*.csv"),)
    assert config.cache_path() == tmp_path / ".weaklabel/votes"
    assert config.run_directory("nightly") == tmp_path / "runs" / "nightly"


def test_overrides_win_and_their_paths_count_from_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "c.toml").write_text('[data]\nkey = "id"\n[lfs]\nuse = "lfs.py"\n')
    monkeypatch.chdir(tmp_path)
    overrides: dict[str, dict[str, Any]] = {
        "data": {"input": ["a.csv"], "key": None},
        "lfs": {"use": ["x.py:lfs", "pack:spam", "module:lfs"]},
        "apply": {"cache": False},
        "end_model": {"epochs": None},
    }
    config = load_config("p/c.toml", overrides=overrides)
    assert config.inputs() == (str(tmp_path / "a.csv"),)
    assert config.data.key == "id"
    assert config.lfs.use == (f"{tmp_path / 'x.py'}:lfs", "pack:spam", "module:lfs")
    assert config.apply.cache is None
    assert config.end_model is None


def test_nothing_in_a_config_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    config = Config.from_dict(with_table("data", input="${SECRET}/~/$SECRET/`ls`"), folder=tmp_path)
    assert config.inputs() == (os.path.join(tmp_path, "${SECRET}/~/$SECRET/`ls`"),)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no config file .*weaklabel init"):
        load_config(tmp_path / "weaklabel.toml")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


def test_broken_toml_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[data]\ninput = \n")
    with pytest.raises(ConfigError, match=r"c\.toml is no TOML: .*line 2"):
        load_config(tmp_path / "c.toml")


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", "a:b"])
def test_a_name_of_a_run_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is no name for a run"):
        Config.from_dict(MINIMAL).run_directory(name)


def test_a_config_cannot_be_changed() -> None:
    config = Config.from_dict(MINIMAL)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.data.key = "id"  # type: ignore[misc]


def test_every_key_is_in_the_docs() -> None:
    page = (Path(__file__).parents[2] / "docs" / "batch.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    tables = tomllib.loads(example)
    config = Config.from_dict(tables)
    for table in ("data", "lfs", "apply", "output", "gates", "end_model"):
        keys = {key.name for key in dataclasses.fields(getattr(config, table))}
        assert set(tables[table]) == keys


def test_types_of_columns_reach_the_reader(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("id,zip\n1,10115\n2,20095\n")
    tables: dict[str, Any] = {"data": {"input": "in.csv"}, "lfs": {"use": ["pack:spam"]}}
    plain = Config.from_dict(tables, folder=tmp_path)
    assert str(plain.open_inputs().schema.field("zip").type) == "int64"
    tables["data"]["types"] = {"zip": "string"}
    declared = Config.from_dict(tables, folder=tmp_path)
    assert str(declared.open_inputs().schema.field("zip").type) == "string"
    assert Config.from_dict(declared.to_dict(), folder=tmp_path) == declared


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ("string", r"\[data\] types is 'string' \(a text\), expected a table from column to type"),
        ({"zip": "strin"}, r"expected a table .*; did you mean 'string'\?"),
    ],
)
def test_types_that_are_none_are_refused(types: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config.from_dict({"data": {"input": "in.csv", "types": types}, "lfs": {"use": ["a.py"]}})
