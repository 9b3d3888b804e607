from __future__ import annotations

import io
import sys

import pytest

import weaklabel as wl
from weaklabel._progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("enabled", [True, False])
def test_a_bar_shows_only_in_a_terminal_and_when_wanted(
    enabled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress_bar(total=3, desc="d", unit="rows", enabled=enabled) as bar:
        assert bar.disable is not enabled
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    with progress_bar(total=3, desc="d", unit="rows", enabled=enabled) as bar:
        assert bar.disable


def test_a_log_file_gets_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    wl.apply_lfs([wl.LabelingFunction(lambda x: 1, name="f")], ["a"] * 100)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_notebook_gets_a_bar_and_no_warning() -> None:
    import nbformat
    from nbclient import NotebookClient

    code = """
from weaklabel._progress import progress_bar
with progress_bar(total=3, desc="labeling", unit="rows") as bar:
    bar.update(3)
    bar.refresh()
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    NotebookClient(notebook, kernel_name="python3").execute()
    shown = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert "labeling" in shown
    assert "3/3" in shown
    assert "Warning" not in shown
