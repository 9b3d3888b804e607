"""Models that are kept in one file: names, numbers and arrays of numbers."""

from __future__ import annotations

import os
from abc import ABC
from collections.abc import Sequence
from typing import ClassVar, Self

import numpy as np

from weaklabel._checks import listed
from weaklabel._estimator import ParamsMixin
from weaklabel._files import load_arrays, save_arrays

_VERSION = 1


class SavedModel(ParamsMixin, ABC):
    """Save and load what `fit` learned. Subclasses say which attributes that is."""

    # Numbers and arrays of numbers.
    _learned: ClassVar[tuple[str, ...]]
    # Tuples of str or int.
    _names: ClassVar[tuple[str, ...]]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fitted model to one file, atomically; no pickle.

        Raises
        ------
        NotFittedError
            Before `fit`.
        """
        self._check_fitted(self._names[0])
        header = {name: getattr(self, name) for name in self._names}
        arrays = {name: np.asarray(getattr(self, name)) for name in self._learned}
        save_arrays(
            path,
            kind=type(self).__name__,
            version=_VERSION,
            header={"params": self.get_params(), "names": header},
            arrays=arrays,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a model that `save` wrote; it predicts the same, bit for bit.

        Raises
        ------
        FileNotFoundError
            When there is no such file.
        FileFormatError
            When the file is damaged, altered, of another kind or from a newer version.
        """
        header, arrays = load_arrays(path, kind=cls.__name__, version=_VERSION)
        model = cls._from_params(header["params"], path)
        for name, values in header["names"].items():
            setattr(model, name, tuple(values))
        for name, value in arrays.items():
            setattr(model, name, value if value.ndim else value.item())
        return model


def places(fitted: Sequence[str], given: Sequence[str], what: str) -> list[int]:
    """Return where each name of the fit stands among the names given.

    Raises
    ------
    ValueError
        When a name is missing, or is not of the fit; `what` says what they are names of.
    """
    missing = [name for name in fitted if name not in given]
    other = [name for name in given if name not in fitted]
    if missing or other:
        parts = [f"lack {listed(missing)}"] * bool(missing)
        parts += [f"have {listed(other)} besides"] * bool(other)
        raise ValueError(
            f"the model was fitted on other {what}: the votes {' and '.join(parts)}; fit again, or "
            f"give the votes of {listed(list(fitted))}"
        )
    return [list(given).index(name) for name in fitted]
