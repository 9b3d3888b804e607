"""The quickstart's corpus: the docstrings of the installed SciPy, with gold from the subpackage."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from weaklabel.types import IntArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Area", "ScipyDocs", "ScipyDocsSplit", "load_scipy_docs"]


class Area(Enum):
    """The six areas of SciPy that its functions are sorted into."""

    STATISTICS = 0
    SPECIAL = 1
    SIGNAL = 2
    LINALG = 3
    OPTIMIZATION = 4
    SPATIAL = 5


# Public namespaces in the order in which they are read: an object or a text that stands in two of
# them belongs to the first. scipy.io, constants and datasets belong to no area; the wrappers of
# linalg.blas and linalg.lapack say nothing but "Wrapper for dgemm".
_NAMESPACES: Final[Mapping[str, Area]] = {
    "stats": Area.STATISTICS,
    "stats.contingency": Area.STATISTICS,
    "stats.qmc": Area.STATISTICS,
    "stats.sampling": Area.STATISTICS,
    "stats.mstats": Area.STATISTICS,
    "special": Area.SPECIAL,
    "signal": Area.SIGNAL,
    "signal.windows": Area.SIGNAL,
    "fft": Area.SIGNAL,
    "fftpack": Area.SIGNAL,
    "ndimage": Area.SIGNAL,
    "linalg": Area.LINALG,
    "linalg.interpolative": Area.LINALG,
    "sparse": Area.LINALG,
    "sparse.linalg": Area.LINALG,
    "sparse.csgraph": Area.LINALG,
    "optimize": Area.OPTIMIZATION,
    "optimize.elementwise": Area.OPTIMIZATION,
    "interpolate": Area.OPTIMIZATION,
    "integrate": Area.OPTIMIZATION,
    "differentiate": Area.OPTIMIZATION,
    "odr": Area.OPTIMIZATION,
    "spatial": Area.SPATIAL,
    "spatial.distance": Area.SPATIAL,
    "spatial.transform": Area.SPATIAL,
    "cluster.vq": Area.SPATIAL,
    "cluster.hierarchy": Area.SPATIAL,
}

# Sections that hold names, citations or nothing else than code.
_NO_PROSE: Final = frozenset({"See Also", "References", "Methods"})
_SHORTEST_PARAGRAPH: Final = 40
_MASK: Final = "[name]"


@dataclass(frozen=True, slots=True, eq=False)
class ScipyDocsSplit:
    """One part of the corpus.

    Attributes
    ----------
    data : DataFrame with the columns key, text
        Qualified name of the function, and the summary of its docstring.
    gold : ndarray of int64, shape (n,)
        Codes of `Area`; read-only.
    """

    data: pd.DataFrame
    gold: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class ScipyDocs:
    """The corpus: three parts that share no function, and further text of the training part.

    Attributes
    ----------
    train, valid, test : ScipyDocsSplit
        About 60, 15 and 25 percent of the functions. ``valid`` is the development split: what
        labeling functions are written on.
    unlabeled : DataFrame with the columns key, text
        The other paragraphs of the docstrings in ``train``; ``key`` is ``<function>#<number>``.
    classes : Enum type
        `Area`.
    scipy_version : str
        The version of SciPy that was read; another version has other texts.
    """

    train: ScipyDocsSplit
    valid: ScipyDocsSplit
    test: ScipyDocsSplit
    unlabeled: pd.DataFrame
    scipy_version: str
    classes: type[Area] = Area

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes in order of their codes."""
        return tuple(area.name for area in self.classes)


@dataclass(frozen=True, slots=True)
class _Doc:
    """A function as the corpus keeps it: its text, and the paragraphs besides."""

    key: str
    area: Area
    split: str
    text: str
    paragraphs: tuple[str, ...]


def load_scipy_docs() -> ScipyDocs:
    """Read the docstrings of the installed SciPy as a text classification corpus.

    A text is the summary and the extended summary of one public function or class. Signature
    lines are left out and the function's own name is masked, so that the name gives nothing away.
    An object exported twice, or a text that occurs twice, counts once. The split is a hash of the
    function's name, so that twins such as ``stats.mode`` and ``stats.mstats.mode`` stand in the
    same part, and is the same on every machine with the same SciPy.

    Returns
    -------
    ScipyDocs
        ``train``, ``valid``, ``test`` (each with ``data`` and ``gold``) and ``unlabeled``.

    Raises
    ------
    RuntimeError
        When SciPy has no docstrings, because Python runs with ``-OO``.

    Examples
    --------
    >>> from weaklabel import datasets
    >>> corpus = datasets.load_scipy_docs()
    >>> corpus.class_names
    ('STATISTICS', 'SPECIAL', 'SIGNAL', 'LINALG', 'OPTIMIZATION', 'SPATIAL')
    >>> list(corpus.train.data.columns)
    ['key', 'text']
    >>> len(corpus.train.data) == len(corpus.train.gold)
    True
    """
    import scipy

    docs = list(_read())
    if not docs:
        raise RuntimeError(
            f"SciPy {scipy.__version__} has no docstrings here, expected some 1,500; "
            "run Python without -OO"
        )
    return ScipyDocs(
        train=_split(docs, "train"),
        valid=_split(docs, "valid"),
        test=_split(docs, "test"),
        unlabeled=_unlabeled(doc for doc in docs if doc.split == "train"),
        scipy_version=scipy.__version__,
    )


def _split(docs: Iterable[_Doc], name: str) -> ScipyDocsSplit:
    import pandas as pd

    mine = [doc for doc in docs if doc.split == name]
    gold = np.array([doc.area.value for doc in mine], dtype=np.int64)
    gold.flags.writeable = False
    data = pd.DataFrame({"key": [doc.key for doc in mine], "text": [doc.text for doc in mine]})
    return ScipyDocsSplit(data, gold)


def _unlabeled(docs: Iterable[_Doc]) -> pd.DataFrame:
    import pandas as pd

    # Boilerplate ("axis : int, optional ...") stands under many functions; each text counts once.
    keys: dict[str, str] = {}
    for doc in docs:
        for number, text in enumerate(doc.paragraphs, start=1):
            keys.setdefault(text, f"{doc.key}#{number}")
    return pd.DataFrame({"key": list(keys.values()), "text": list(keys)})


def _read() -> Iterator[_Doc]:
    """Yield every function that has a text, in order of namespace and name."""
    objects: set[int] = set()
    texts: set[str] = set()
    for namespace, area in _NAMESPACES.items():
        for name, obj in _public(namespace):
            if id(obj) in objects:
                continue
            objects.add(id(obj))
            doc = inspect.getdoc(obj)
            if not doc:
                continue
            # An alias is spoken of by the name of the function that it stands for.
            names = {name, _own_name(name, obj)}
            text, *paragraphs = _paragraphs(doc, names)
            if not text or text in texts:
                continue
            texts.add(text)
            yield _Doc(f"scipy.{namespace}.{name}", area, _part(name), text, tuple(paragraphs))


def _public(namespace: str) -> list[tuple[str, Any]]:
    """Return the public functions, classes and distributions of a namespace, in a fixed order."""
    with warnings.catch_warnings():
        # Deprecated namespaces and names warn when they are touched.
        warnings.simplefilter("ignore")
        module = importlib.import_module(f"scipy.{namespace}")
        named = {name: getattr(module, name, None) for name in getattr(module, "__all__", ())}
    found = [
        (name, obj)
        for name, obj in named.items()
        if callable(obj)
        and not name.startswith("_")
        and not (isinstance(obj, type) and issubclass(obj, BaseException))
    ]
    # The name that an object calls itself comes before its aliases.
    return sorted(found, key=lambda pair: (_own_name(*pair) != pair[0], pair[0]))


def _own_name(name: str, obj: Any) -> str:
    own = getattr(obj, "__name__", name)
    return own if isinstance(own, str) else name


def _part(name: str) -> str:
    """Return the part of the corpus that a function belongs to, by the hash of its name."""
    percent = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % 100
    return "train" if percent < 60 else "valid" if percent < 75 else "test"


def _paragraphs(doc: str, names: set[str]) -> list[str]:
    """Return the plain text of the summary (empty if there is none) and of all else after it."""
    sections = _sections(_without_directives(doc.split("\n")))
    head = [block for block in _blocks(sections[0][1]) if not _is_code(block)]
    while head and _is_signature(head[0]):
        head.pop(0)
    found = [_plain(" ".join(head), names)]
    for title, lines in sections[1:]:
        if title in _NO_PROSE:
            continue
        blocks = [block for block in _entries(lines) if not _is_code(block)]
        plain = [_plain(block, names) for block in blocks]
        found += [text for text in plain if len(text) >= _SHORTEST_PARAGRAPH]
    return found


def _sections(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Split a numpydoc docstring at its underlined titles; the first section has none."""
    sections: list[tuple[str, list[str]]] = [("", [])]
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        # Only from the margin: an indented row of dashes is the bar of a fraction.
        if re.match(r"\S", line) and re.fullmatch(r"(-{3,}|={3,})\s*", below):
            sections.append((line.strip(), []))
        elif not re.fullmatch(r"(-{3,}|={3,})\s*", line):
            sections[-1][1].append(line)
    return sections


def _without_directives(lines: Iterable[str]) -> list[str]:
    """Leave out notes on versions with what is indented below them."""
    kept: list[str] = []
    depth: int | None = None
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if depth is not None and (not line.strip() or indent > depth):
            continue
        depth = None
        if re.match(r"\s*\.\. (deprecated|version|plot|legacy|seealso|\[)", line):
            depth = indent
            continue
        kept.append(line)
    return kept


def _blocks(lines: Iterable[str]) -> list[str]:
    """Split lines at the empty ones."""
    text = "\n".join(lines)
    return [block for block in re.split(r"\n\s*\n", text) if block.strip()]


def _entries(lines: Iterable[str]) -> list[str]:
    """Split lines at the empty ones and where an entry (``name : type``) follows a description."""
    text = re.sub(r"(\n[ \t]+\S.*\n)(?=\S)", r"\1\n", "\n".join(lines))
    return _blocks(text.split("\n"))


def _is_code(block: str) -> bool:
    return block.lstrip().startswith((">>>", "...", "array("))


def _is_signature(block: str) -> bool:
    """Return whether a block is a call and nothing else: ``y = f(a, b=(1, 2)) -> array``."""
    # Under any name: some functions have the signature of their neighbor.
    arguments = r"\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
    return re.fullmatch(rf"\s*([\w\s,()]+=\s*)?[\w.]+{arguments}(\s*->.*)?\s*", block) is not None


def _plain(block: str, names: set[str]) -> str:
    """Return a block without markup, citations and module paths, its own names masked."""
    text = re.sub(r"\[\w+\]_", " ", block)
    text = re.sub(r":[a-z:]+:`~?", "`", text)
    text = re.sub(r"\.\. \w+::", " ", text)
    text = text.replace("`", "")
    text = re.sub(r"\b(scipy|numpy|np)(\.\w+)*\.(?=\w)", "", text)
    own = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    text = re.sub(rf"(?<!\w)({own})(?!\w)", _MASK, text, flags=re.IGNORECASE)
    # A citation that was left out leaves its space before the full stop.
    return re.sub(r" ([.,;])(?=\s|$)", r"\1", " ".join(text.split()))
