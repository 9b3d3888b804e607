from __future__ import annotations

import weaklabel as wl
from tests.cli.shell import as_json, done, failed


def test_packs_lists_the_installed_packs_with_their_classes() -> None:
    stdout = done("packs").stdout
    assert "spam" in stdout
    assert "HAM, SPAM" in stdout


def test_packs_of_a_name_lists_its_labeling_functions() -> None:
    assert done("packs", "spam").stdout.split() == [lf.name for lf in wl.load_pack("spam").lfs]


def test_packs_as_json() -> None:
    found = {pack["pack"]: pack for pack in as_json("packs")["packs"]}
    assert found["spam"]["classes"] == ["HAM", "SPAM"]
    assert as_json("packs", "spam")["lfs"] == [lf.name for lf in wl.load_pack("spam").lfs]


def test_an_unknown_pack_fails_with_a_suggestion() -> None:
    error = failed(2, "packs", "spma")
    assert error.startswith("error: no pack 'spma' is installed")
    assert "did you mean 'spam'?" in error
