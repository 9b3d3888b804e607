from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from weaklabel._optional import require
from weaklabel.errors import MissingExtraError


def test_an_installed_module_is_returned() -> None:
    assert require("json", extra="torch", what="this") is json
    assert require("json.decoder", extra="torch", what="this") is sys.modules["json.decoder"]


@pytest.mark.parametrize("module", ["no_such_thing", "no_such_thing.inside"])
def test_a_missing_extra_says_the_pip_line(module: str) -> None:
    expected = (
        r"^TextClassifier needs no_such_thing, which is not installed: "
        r"pip install 'weaklabel\[torch\]'$"
    )
    with pytest.raises(MissingExtraError, match=expected) as e:
        require(module, extra="torch", what="TextClassifier")
    assert e.value.extra == "torch"
    assert isinstance(e.value, ImportError)


def test_an_import_that_fails_for_another_reason_is_not_called_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import a_dependency_of_it_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match=r"a_dependency_of_it") as e:
        require("half_installed", extra="torch", what="this")
    assert not isinstance(e.value, MissingExtraError)
