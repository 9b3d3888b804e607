from __future__ import annotations

import io
import sys

import pytest

import weaklabel as wl
from weaklabel._progress import progress, progress_bar


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_items_pass_through_in_order() -> None:
    assert list(progress(iter([3, 1, 2]), total=3, desc="d", unit="rows")) == [3, 1, 2]


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
