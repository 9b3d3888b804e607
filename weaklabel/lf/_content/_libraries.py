"""Objects of libraries whose pickles would differ from process to process, or cost too much.

They are recognised by the module that their type comes from; none of it is imported here.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from weaklabel.lf._content._graph import Content
from weaklabel.lf._content._origin import module_of


def library_content(value: Any) -> Content | None:
    """Return the content of an object of one of these libraries, None for any other object."""
    module = module_of(type(value)).partition(".")[0]
    of_library = _LIBRARIES.get(module)
    return None if of_library is None else of_library(value)


def _pandas(value: Any) -> Content | None:
    kind = type(value).__name__
    if kind == "DataFrame":
        columns = [(f"column {name!r}", value.iloc[:, i]) for i, name in enumerate(value.columns)]
        return Content(kind, [("columns", value.columns), ("index", value.index), *columns])
    if kind == "Series":
        return Content(
            kind, [("name", value.name), ("index", value.index), ("values", value.array)]
        )
    if kind == "MultiIndex":
        return Content(kind, [("names", list(value.names)), ("items", value.tolist())])
    if kind == "RangeIndex":
        steps = [("", (value.start, value.stop, value.step))]
        return Content(kind, [("name", value.name), *steps])
    if kind.endswith("Index"):
        return Content(kind, [("name", value.name), ("values", value.array)])
    if kind == "Categorical":
        return Content(
            kind,
            [
                ("categories", value.categories),
                ("ordered", bool(value.ordered)),
                ("codes", np.asarray(value.codes)),
            ],
        )
    if kind == "NumpyExtensionArray":
        return Content(kind, [("values", value.to_numpy())])
    if hasattr(value, "dtype") and hasattr(value, "isna") and hasattr(value, "astype"):
        return Content(kind, [("type", str(value.dtype)), ("items", value.astype(object).tolist())])
    return None


def _pyarrow(value: Any) -> Content | None:
    kind = type(value).__name__
    if kind in ("Table", "RecordBatch"):
        columns = [
            (f"column {name!r}", value.column(i)) for i, name in enumerate(value.schema.names)
        ]
        return Content(kind, [("schema", value.schema), *columns])
    if kind == "Schema":
        return Content(kind, [("", value.serialize().to_pybytes())])
    if kind == "ChunkedArray":
        return Content(kind, [("array", value.combine_chunks())])
    if kind.endswith("Array"):
        return Content("Array", [("", str(value.type)), ("items", value.to_pylist())])
    if kind.endswith("Scalar"):
        return Content("Scalar", [("", str(value.type)), ("value", value.as_py())])
    return None


def _spacy(value: Any) -> Content | None:
    kind = type(value)
    if kind.__name__ == "Vocab":
        # Its strings are not among them: it takes up every word that it meets.
        vectors = value.vectors.to_bytes(exclude=["strings"])
        return Content(kind.__name__, [("", vectors), ("", value.lookups.to_bytes())])
    if all(hasattr(value, name) for name in ("tokenizer", "vocab", "pipeline", "lang")):
        components = [part for name, pipe in value.pipeline for part in _component(name, pipe)]
        return Content(
            "pipeline",
            [
                ("class", kind),
                ("", value.lang),
                ("", value.config.to_bytes()),
                ("", value.tokenizer.to_bytes(exclude=["vocab"])),
                ("vocabulary", value.vocab),
                *components,
            ],
        )
    if kind.__name__ == "Doc":
        return Content(kind.__name__, [("", value.to_bytes(exclude=["strings"]))])
    if kind.__name__ == "Sentencizer":  # it writes down a set in the order it finds it in
        return Content(kind.__name__, [("", frozenset(value.punct_chars))])
    if hasattr(value, "to_bytes") and ".pipeline." in kind.__module__:
        return Content("component", [("class", kind), ("", value.to_bytes(exclude=["vocab"]))])
    return None


def _component(name: str, pipe: Any) -> list[tuple[str, Any]]:
    return [("", name), (f"component {name!r}", pipe)]


def _torch(value: Any) -> Content | None:
    if not all(hasattr(value, name) for name in ("detach", "numpy", "is_floating_point")):
        return None
    tensor = value.detach().cpu().contiguous()
    raw = tensor.reshape(-1).view(sys.modules["torch"].uint8)
    return Content(
        "tensor", [("", str(value.dtype)), ("", tuple(value.shape)), ("", raw.numpy().tobytes())]
    )


def _numba(value: Any) -> Content | None:
    function = getattr(value, "py_func", None)
    if function is None:
        return None
    return Content("compiled", [("function", function), ("", repr(value.targetoptions))])


_LIBRARIES: dict[str, Callable[[Any], Content | None]] = {
    "pandas": _pandas,
    "pyarrow": _pyarrow,
    "spacy": _spacy,
    "torch": _torch,
    "numba": _numba,
}
