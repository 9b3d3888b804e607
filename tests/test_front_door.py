"""What outsiders rely on: the exported names, and an import that does nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import weaklabel as wl

EXPORTED = {
    "ABSTAIN",
    "AutoLabelModel",
    "CalibratedModel",
    "ColumnRule",
    "DawidSkene",
    "GLAD",
    "IBCC",
    "LabelMatrix",
    "LabelModel",
    "LabelingFunction",
    "MACE",
    "MajorityVote",
    "MultiLabelModel",
    "NaiveBayes",
    "NumericModel",
    "OneCoin",
    "OrdinalModel",
    "Pack",
    "PreferenceModel",
    "ProbabilisticLabels",
    "Refined",
    "Resource",
    "Slices",
    "SlicingFunction",
    "TextClassifier",
    "TripletModel",
    "VoteParts",
    "VoteStore",
    "WeightedVote",
    "analysis",
    "any_of",
    "apply_lfs",
    "apply_parts",
    "apply_slices",
    "datasets",
    "distributed",
    "errors",
    "interop",
    "label_model",
    "labeling_function",
    "lf_value",
    "list_packs",
    "load_pack",
    "none_of",
    "preprocessor",
    "refine",
    "relabel",
    "slicing_function",
}

HEAVY = [
    "numba", "pandas", "torch", "spacy", "sklearn", "snorkel", "scipy", "narwhals", "joblib",
    "polars", "pyarrow", "cloudpickle", "tqdm", "typer", "matplotlib", "weaklabel_lfs",
    "dask", "distributed", "pyspark", "sqlite3", "ahocorasick_rs", "filelock",
]  # fmt: skip


def run(program: str, cwd: Path | None = None) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True, text=True, check=False, cwd=cwd,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_exported_names_are_these() -> None:
    assert set(wl.__all__) == EXPORTED
    assert set(dir(wl)) >= EXPORTED


@pytest.mark.parametrize("name", sorted(EXPORTED))
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(wl, name) is not None
    assert getattr(wl, name) is getattr(wl, name)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"module 'weaklabel' has no attribute 'nope'"):
        wl.nope  # noqa: B018
    assert not hasattr(wl, "nope")


def test_the_version_is_written_once() -> None:
    assert wl.__version__.count(".") == 2


def test_importing_loads_numpy_and_the_standard_library_alone() -> None:
    program = (
        "import json, sys\n"
        "import weaklabel as wl\n"
        "@wl.labeling_function\n"
        "def f(x): return 1\n"
        "f('text')\n"
        "wl.any_of(0, 1), wl.preprocessor, wl.LabelMatrix, wl.errors\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    loaded = set(json.loads(run(program)))
    assert not loaded & set(HEAVY)
    others = loaded - set(sys.stdlib_module_names) - {"numpy", "weaklabel"}
    # What the environment itself loads at start (e.g. for editable installs) is not our doing.
    assert others <= set(json.loads(run(
        "import json, sys\nimport numpy\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )))  # fmt: skip


def test_importing_does_nothing(tmp_path: Path) -> None:
    program = (
        "import logging, random\nimport numpy as np\n"
        "before = random.getstate(), np.random.get_state()[1].tolist(), np.geterr()\n"
        "import weaklabel\n"
        "assert before == (random.getstate(), np.random.get_state()[1].tolist(), np.geterr())\n"
        "assert not logging.getLogger().handlers\n"
        "assert 'weaklabel' not in logging.Logger.manager.loggerDict"
    )
    assert run(program, cwd=tmp_path) == ""
    assert list(tmp_path.iterdir()) == []


def test_lazy_names_load_at_first_use() -> None:
    program = (
        "import sys, weaklabel as wl\n"
        "from weaklabel import MajorityVote, apply_lfs, analysis\n"
        "assert wl.MajorityVote is MajorityVote\n"
        "assert 'torch' not in sys.modules\n"
        "print(sorted(n for n in vars(wl) if n in ('MajorityVote', 'apply_lfs', 'TextClassifier')))"
    )
    assert run(program) == "['MajorityVote', 'apply_lfs']\n"


def test_labeling_small_data_loads_nothing_heavy_either() -> None:
    program = (
        "import sys, weaklabel as wl\n"
        "f = wl.LabelingFunction(lambda x: 1, name='f')\n"
        "L = wl.apply_lfs([f], ['a', 'b'])\n"
        "heavy = {'numba', 'torch', 'sklearn', 'scipy', 'pandas', 'joblib', 'spacy', 'snorkel'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert run(program) == "[]\n"


def test_the_constants_are_the_promised_ones() -> None:
    assert wl.ABSTAIN == -1
    assert np.asarray(wl.LabelMatrix.from_array([[-1]]))[0, 0] == wl.ABSTAIN


def test_dir_lists_the_public_names_only() -> None:
    assert dir(wl) == sorted([*wl.__all__, "__version__"])
