"""The programs of the page on scale that its build does not run."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import weaklabel as wl
from tests.distributed.conftest import Cluster

pytestmark = pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support:FutureWarning",
    "ignore:Implicitly cleaning up:ResourceWarning",
)

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text()


def program(heading: str) -> str:
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    block = re.search(r"```(?:\{code-cell\} )?python\n(.*?)```", section, re.DOTALL)
    assert block is not None
    return re.sub(r"^:tags:.*\n", "", block.group(1))


def run(*headings: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    for heading in headings:
        exec(compile(program(heading), f"scale.md, {heading}", "exec"), names)  # noqa: S102
    return names


def test_the_program_for_spark_gives_the_labels_of_one_core(
    spark_cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    here = run("The program", "One core")
    there = run("The program", "Spark")
    assert "p_SPAM" in capsys.readouterr().out
    table = there["spark_labels"].toArrow()
    assert table["id"].to_pylist() == here["data"]["id"].to_list()
    np.testing.assert_allclose(table["p_SPAM"].to_numpy(), here["labels"].probs[:, 1], atol=1e-9)
    there["votes"].unpersist()


class StandIn:
    """As much of a Ray dataset as the page uses, over Arrow tables of two blocks."""

    def __init__(self, blocks: list[pa.Table]) -> None:
        self.blocks = blocks

    def map_batches(self, f: Callable[[pa.Table], pa.Table], **options: Any) -> StandIn:
        assert options.pop("batch_format") == "pyarrow"
        assert options in ({}, {"batch_size": None})
        return StandIn([f(block) for block in self.blocks])

    def materialize(self) -> StandIn:
        return self

    def take_all(self) -> list[dict[str, Any]]:
        return [row for block in self.blocks for row in block.to_pylist()]


def test_the_program_for_ray_fits_the_model_of_one_core(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = ModuleType("ray")
    context = SimpleNamespace(execution_options=SimpleNamespace(preserve_order=False))

    def from_pandas(frame: Any) -> StandIn:
        whole = pa.Table.from_pandas(frame)
        return StandIn([whole.slice(0, 300), whole.slice(300)])

    ray.data = SimpleNamespace(  # type: ignore[attr-defined]
        DataContext=SimpleNamespace(get_current=lambda: context), from_pandas=from_pandas
    )
    monkeypatch.setitem(sys.modules, "ray", ray)
    there = run("The program", "Ray, or any other engine")
    here = run("The program", "One core")
    assert context.execution_options.preserve_order
    expected = wl.LabelModel().fit(here["L"])
    np.testing.assert_allclose(there["model"].cond_probs_, expected.cond_probs_, atol=1e-9)
