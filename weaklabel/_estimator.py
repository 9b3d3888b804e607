"""scikit-learn's manners without importing it: parameters read from the constructor."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any, Self

from weaklabel._checks import nearest
from weaklabel.errors import FileFormatError, NotFittedError


class ParamsMixin:
    """Gives an estimator ``get_params``, ``set_params`` and a ``repr`` with what is not default.

    The constructor must only store its arguments under their own names, so that
    ``sklearn.base.clone`` works.
    """

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
        return {p.name: p.default for p in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002 - scikit-learn's
        """Return the constructor's arguments as they are stored now."""
        return {name: getattr(self, name) for name in self._defaults()}

    @classmethod
    def _from_params(cls, params: dict[str, Any], path: str | os.PathLike[str]) -> Self:
        """Make an estimator from the parameters that a file holds."""
        if unknown := set(params) - set(cls._defaults()):
            raise FileFormatError(
                f"{path} holds a {cls.__name__} with parameters {sorted(unknown)}, which this "
                "weaklabel does not know; save it again",
                path=Path(path),
            )
        return cls(**params)

    def set_params(self, **params: Any) -> Self:
        """Change constructor arguments.

        Raises
        ------
        ValueError
            When a name is no argument of the constructor.
        """
        known = self._defaults()
        for name, value in params.items():
            if name not in known:
                raise ValueError(
                    f"{type(self).__name__} has no parameter {name!r}; it has {tuple(known)}"
                    f"{nearest(name, known)}"
                )
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = self._defaults()
        changed = ", ".join(
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if not _same(value, defaults[name])
        )
        return f"{type(self).__name__}({changed})"

    def _check_fitted(self, attribute: str) -> None:
        """Refuse to go on before ``fit`` has set an attribute."""
        if not hasattr(self, attribute):
            raise NotFittedError(f"this {type(self).__name__} is not fitted; call fit first")


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and repr(value) == repr(default))
