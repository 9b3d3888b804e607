"""Labeling functions: the decorator, what they may read, and what they may return."""

from weaklabel.lf._content import Unfingerprintable
from weaklabel.lf._fingerprint import (
    Fingerprint,
    digest_of,
    fingerprint,
    fingerprint_all,
    preprocessor_fingerprint,
)
from weaklabel.lf._foreign import as_labeling_function
from weaklabel.lf._labeling_function import LabelingFunction, labeling_function
from weaklabel.lf._preprocessor import Preprocessor, preprocessor
from weaklabel.lf._resource import Resource
from weaklabel.lf._row import (
    Batch,
    BatchContractError,
    Row,
    TextRow,
    as_fault,
    as_row,
    extended,
    has_field,
    isolated,
    table_rows,
)
from weaklabel.lf._rule import ColumnRule, answer
from weaklabel.lf._votes import VoteCoder

__all__ = [
    "Batch",
    "BatchContractError",
    "ColumnRule",
    "Fingerprint",
    "LabelingFunction",
    "Preprocessor",
    "Resource",
    "Row",
    "TextRow",
    "Unfingerprintable",
    "VoteCoder",
    "answer",
    "as_fault",
    "as_labeling_function",
    "as_row",
    "digest_of",
    "extended",
    "fingerprint",
    "fingerprint_all",
    "has_field",
    "isolated",
    "labeling_function",
    "preprocessor",
    "preprocessor_fingerprint",
    "table_rows",
]
