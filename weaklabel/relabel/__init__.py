"""Batch relabeling: files in, labelled files out, in parts that can be resumed."""

from weaklabel.relabel._config import (
    ApplyConfig,
    Config,
    DataConfig,
    EndModelConfig,
    GatesConfig,
    LabelModelConfig,
    LFsConfig,
    OutputConfig,
    load_config,
)
from weaklabel.relabel._diff import LFChange, Move, RunDiff, diff
from weaklabel.relabel._inputs import InputFile, InputPart, Inputs, open_inputs
from weaklabel.relabel._lfs import LoadedLFs, load_lfs
from weaklabel.relabel._outputs import read_labels, write_labels
from weaklabel.relabel._result import RunResult, load_run
from weaklabel.relabel._run import run

__all__ = [
    "ApplyConfig",
    "Config",
    "DataConfig",
    "EndModelConfig",
    "GatesConfig",
    "InputFile",
    "InputPart",
    "Inputs",
    "LFChange",
    "LFsConfig",
    "LabelModelConfig",
    "LoadedLFs",
    "Move",
    "OutputConfig",
    "RunDiff",
    "RunResult",
    "diff",
    "load_config",
    "load_lfs",
    "load_run",
    "open_inputs",
    "read_labels",
    "run",
    "write_labels",
]
