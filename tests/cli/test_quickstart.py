from __future__ import annotations

import pytest

from tests.cli.shell import done


@pytest.mark.slow
def test_the_quickstart_beats_chance_by_far_and_prints_every_model() -> None:
    lines = done("quickstart").stdout.splitlines()
    table = {line.split("  ")[0].strip(): line.split()[-3] for line in lines if " on " in line[:30]}
    for model in ("majority vote", "label model", "LSTM", "CNN", "linear, TF-IDF"):
        found = [float(score) for name, score in table.items() if name.startswith(model)]
        assert found, model
        assert min(found) > 0.6, (model, found)
