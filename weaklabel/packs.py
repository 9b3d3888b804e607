"""Packs: ready labeling functions with the classes they vote on, found through entry points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

from weaklabel._checks import nearest, repeated
from weaklabel._classes import ClassTable
from weaklabel.errors import PackError
from weaklabel.lf import LabelingFunction, as_labeling_function
from weaklabel.types import Classes

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["Pack", "list_packs", "load_pack"]


@final
@dataclass(frozen=True, slots=True)
class Pack:
    """Labeling functions and the classes they vote on.

    Publish one as an entry point of the group ``weaklabel.packs``, and `load_pack` finds it.

    Attributes
    ----------
    classes : Enum type or sequence of str
        The classes.
    lfs : tuple of LabelingFunction
        The labeling functions, of distinct names.

    Examples
    --------
    >>> import weaklabel as wl
    >>> pack = wl.load_pack("spam")
    >>> pack.class_names
    ('HAM', 'SPAM')
    """

    classes: Classes
    lfs: Sequence[LabelingFunction]

    def __post_init__(self) -> None:
        ClassTable.of(self.classes)
        object.__setattr__(self, "lfs", tuple(as_labeling_function(lf) for lf in self.lfs))
        if again := repeated([lf.name for lf in self.lfs]):
            raise ValueError(f"two LFs of the pack are named {again[0]!r}")

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return ClassTable.of(self.classes).names

    def check(self) -> None:
        """Run the examples of every labeling function; see `LabelingFunction.check`."""
        for lf in self.lfs:
            lf.check(self.classes)


def list_packs() -> tuple[str, ...]:
    """Return the names of the installed packs, sorted."""
    return tuple(sorted({entry.name for entry in _installed()}))


def load_pack(name: str) -> Pack:
    """Load an installed pack.

    Parameters
    ----------
    name : str
        Name of the entry point, e.g. ``"spam"``.

    Returns
    -------
    Pack

    Raises
    ------
    PackError
        When no installed pack has the name, two have it, or what it names cannot be loaded or is
        no pack.
    """
    found = {e.value: e for e in _installed() if e.name == name}
    if not found:
        known = list_packs()
        raise PackError(f"no pack {name!r} is installed; there are {known}{nearest(name, known)}")
    if len(found) > 1:
        raise PackError(f"pack {name!r} is installed twice, as {sorted(found)}; uninstall one")
    value, entry = next(iter(found.items()))
    try:
        pack = entry.load()
    except (ImportError, AttributeError) as error:
        raise PackError(f"pack {name!r} ({value}) cannot be loaded: {error}") from error
    if not isinstance(pack, Pack):
        raise PackError(f"pack {name!r} ({value}) is a {type(pack).__name__}, expected a Pack")
    return pack


def _installed() -> Iterable[EntryPoint]:
    # importlib.metadata costs 15 ms to import, a quarter of what importing weaklabel may take.
    from importlib.metadata import entry_points

    return entry_points(group="weaklabel.packs")
