"""Labeling functions: the decorator, what they may read, and what they may return."""

from weaklabel.lf._foreign import as_labeling_function
from weaklabel.lf._labeling_function import LabelingFunction, labeling_function
from weaklabel.lf._preprocessor import Preprocessor, preprocessor
from weaklabel.lf._row import (
    Batch,
    BatchContractError,
    Row,
    TextRow,
    as_row,
    extended,
    has_field,
    isolated,
    table_rows,
)
from weaklabel.lf._votes import VoteCoder

__all__ = [
    "Batch",
    "BatchContractError",
    "LabelingFunction",
    "Preprocessor",
    "Row",
    "TextRow",
    "VoteCoder",
    "as_labeling_function",
    "as_row",
    "extended",
    "has_field",
    "isolated",
    "labeling_function",
    "preprocessor",
    "table_rows",
]
