"""Labeling functions and label models on Dask and Spark, where the data stays.

========================  ==========================================================
`dask_apply`              votes of labeling functions on a Dask DataFrame
`spark_apply`             votes of labeling functions on a Spark DataFrame
`fit`                     a label model of such votes; only sums come back
`label`                   labels of such votes, as a DataFrame of the same kind
`faults`                  the calls that failed, as a DataFrame of the same kind
`check_fault_rate`        stop where a labeling function failed too often
`as_votes`                say what the columns are, where a file has lost it
========================  ==========================================================
"""

from weaklabel.distributed._apply import dask_apply, spark_apply
from weaklabel.distributed._faults import check_fault_rate, faults
from weaklabel.distributed._fit import fit
from weaklabel.distributed._label import label
from weaklabel.distributed._notes import as_votes

__all__ = [
    "as_votes",
    "check_fault_rate",
    "dask_apply",
    "faults",
    "fit",
    "label",
    "spark_apply",
]
