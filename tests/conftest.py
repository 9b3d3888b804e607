from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.shared_data import SHARED_DATA

# No clock, for kernels compile at their first call, and no coin.
settings.register_profile("weaklabel", deadline=None, derandomize=True)
settings.load_profile("weaklabel")


@pytest.fixture(autouse=True)
def _terminal_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def shared_data() -> Path:
    """Return the folder of the evaluation data; tests that use it skip where it is absent."""
    return SHARED_DATA
