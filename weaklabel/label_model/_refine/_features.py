"""What rows look like, as numbers: texts, tables and matrices to blocks of comparable scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from weaklabel.types import FloatArray, IntArray

# Words of a large corpus that occur most; the rare rest costs time and tells little.
_MOST_WORDS = 40_000
# Directions of the embedding, and the rows from which one is worth having.
_DIRECTIONS, _LEAST_ROWS = 100, 50
# A word, or one mark: "!" and "?" tell spam and questions.
_TOKEN = r"(?u)\b\w+\b|[^\w\s]"  # noqa: S105 - no password


@final
@dataclass(frozen=True, slots=True, eq=False)
class Blocks:
    """Feature columns in blocks, each a dense or a sparse matrix of n rows, float32.

    A wide sparse block and a narrow dense one are faster apart than as one matrix.
    """

    parts: tuple[Any, ...]
    n: int

    @property
    def width(self) -> int:
        """Number of columns of all blocks."""
        return sum(int(part.shape[1]) for part in self.parts)

    @property
    def known(self) -> IntArray:
        """Rows of which something is known, bool of shape (n,): not all columns are zero."""
        known = np.zeros(self.n, np.bool_)
        for part in self.parts:
            known |= np.asarray(abs(part).sum(axis=1)).ravel() > 0
        return known

    def take(self, rows: IntArray) -> Blocks:
        """Return some rows; a mask or positions."""
        positions = np.arange(self.n)[rows]
        return Blocks(tuple(part[positions] for part in self.parts), len(positions))

    def times(self, weights: FloatArray) -> FloatArray:
        """Return the product with weights of shape (width, k), float64 of shape (n, k)."""
        out = np.zeros((self.n, weights.shape[1]))
        start = 0
        for part in self.parts:
            stop = start + part.shape[1]
            out += part @ weights[start:stop].astype(np.float32)
            start = stop
        return out

    def back(self, residuals: FloatArray) -> FloatArray:
        """Return the product of the transpose with residuals (n, k), shape (width, k)."""
        small = residuals.astype(np.float32)
        return np.concatenate([np.asarray(part.T @ small) for part in self.parts])


@final
class FeatureSpace:
    """Learns how to turn features into blocks from the rows it is fitted on.

    Texts become TF-IDF of words and word pairs. To these, and to any other sparse matrix, an
    embedding (latent semantic analysis) is added, in which rows that share no word can be near.
    A dense matrix is standardised. Every row then has a norm near 1, so that one penalty fits all.
    """

    def fit(self, features: Any, n: int | None = None) -> Blocks:
        """Learn vocabulary, scale and embedding; return the blocks of these rows.

        Parameters
        ----------
        features : sequence of str, array, DataFrame or SciPy sparse matrix of n rows
            As `as_features` takes them.
        n : int, optional
            Number of rows to expect.

        Raises
        ------
        TypeError, ValueError
            When the features are none.
        """
        self._vectorizer: Any = None
        self._svd: Any = None
        raw = as_features(features, n)
        self._is_text = isinstance(raw, list)
        if self._is_text:
            raw = self._count_words(raw)
        self._width = int(raw.shape[1])
        if _is_sparse(raw):
            norms = np.sqrt(np.asarray(raw.multiply(raw).sum(axis=1)).ravel())
            self._scale: Any = 1.0 / norms[norms > 0].mean() if (norms > 0).any() else 1.0
            self._embed(self._scaled(raw))
        else:
            self._mean, deviation = raw.mean(axis=0), raw.std(axis=0)
            varies = deviation > 1e-9 * np.maximum(np.abs(self._mean), 1.0)
            root = np.sqrt(max(int(varies.sum()), 1))
            self._scale = np.where(varies, 1.0 / np.where(varies, deviation * root, 1.0), 0.0)
        return self._blocks(raw)

    def transform(self, features: Any, n: int | None = None) -> Blocks:
        """Return the blocks of some rows.

        Parameters
        ----------
        features : as in `fit`
        n : int, optional
            Number of rows to expect.

        Raises
        ------
        TypeError, ValueError
            When they are of another kind, width or length.
        """
        raw = as_features(features, n)
        if isinstance(raw, list) != self._is_text:
            got, want = ("texts", "numbers") if isinstance(raw, list) else ("numbers", "texts")
            raise TypeError(f"features are {got}, the fit had {want}; pass the same kind of rows")
        if isinstance(raw, list):
            raw = _no_columns(len(raw)) if self._width == 0 else self._vectorizer.transform(raw)
        elif raw.shape[1] != self._width:
            raise ValueError(
                f"features have {raw.shape[1]} columns, the fit had {self._width}; pass the same "
                "columns in the same order"
            )
        if _is_sparse(raw) and np.ndim(self._scale):
            raise TypeError("features are sparse, the fit had a dense matrix; pass .toarray()")
        if not _is_sparse(raw) and not np.ndim(self._scale):
            raise TypeError("features are dense, the fit had a sparse matrix; pass one")
        return self._blocks(raw)

    def _blocks(self, raw: Any) -> Blocks:
        scaled = self._scaled(raw)
        parts = (scaled,) if self._svd is None else (scaled, self._placed(scaled))
        return Blocks(parts, int(raw.shape[0]))

    def _scaled(self, raw: Any) -> Any:
        if _is_sparse(raw):
            return (raw * np.float64(self._scale)).astype(np.float32).tocsr()
        return ((raw - self._mean) * self._scale).astype(np.float32)

    def _count_words(self, texts: list[str]) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(
            sublinear_tf=True,
            ngram_range=(1, 2),
            token_pattern=_TOKEN,
            # A word of one row tells nothing of another row.
            min_df=2 if len(texts) > 1 else 1,
            max_features=_MOST_WORDS,
        )
        try:
            return self._vectorizer.fit_transform(texts)
        except ValueError:  # no word is left, which is no fault: the texts just tell nothing
            return _no_columns(len(texts))

    def _embed(self, scaled: Any) -> None:
        directions = min(_DIRECTIONS, min(scaled.shape) - 1)
        if directions < 2 or scaled.shape[0] < _LEAST_ROWS or scaled.nnz == 0:
            return
        from sklearn.decomposition import TruncatedSVD

        # The seed only starts the iteration towards the leading directions.
        self._svd = TruncatedSVD(directions, n_iter=2, random_state=0).fit(scaled)

    def _placed(self, scaled: Any) -> Any:
        """Return where rows stand in the embedding, of norm 1 where known."""
        place = self._svd.transform(scaled)
        norms = np.linalg.norm(place, axis=1, keepdims=True)
        return (place / np.where(norms > 1e-9, norms, np.inf)).astype(np.float32)


def as_features(features: Any, n: int | None = None) -> Any:
    """Return features as a list of str, a CSR matrix or a dense float64 matrix.

    Parameters
    ----------
    features : sequence of str, array, DataFrame or SciPy sparse matrix of n rows
        Texts, or numbers of shape (n, d).
    n : int, optional
        Number of rows to expect.

    Raises
    ------
    TypeError
        When it is no sequence of rows, or a row is neither text nor numbers.
    ValueError
        When its length is another, or a number is missing or not finite.
    """
    if isinstance(features, str | bytes | Mapping) or not (
        hasattr(features, "shape") or hasattr(features, "__len__")
    ):
        raise TypeError(
            f"features are one {type(features).__name__}, expected n rows: texts, or numbers of "
            "shape (n, d)"
        )
    length = int(features.shape[0]) if getattr(features, "shape", ()) else len(features)
    if n is not None and length != n:
        raise ValueError(
            f"features have {length} rows, the label matrix has {n}; pass one row of features for "
            "each row of votes, in the same order"
        )
    if _is_sparse(features):
        return _checked_sparse(features)
    if len(getattr(features, "shape", ())) == 2 and features.shape[1] == 1:
        column = np.asarray(features)[:, 0]
        if column.dtype == object or column.dtype.kind in "UST":
            features = column
    if len(getattr(features, "shape", (0,))) == 1 and _holds_texts(features):
        return _checked_texts(features)
    return _checked_numbers(features)


def taken(features: Any, rows: IntArray) -> Any:
    """Return some rows of what `as_features` gave."""
    if isinstance(features, list):
        return [features[i] for i in rows.tolist()]
    return features[rows]


def _holds_texts(rows: Any) -> bool:
    return any(isinstance(row, str) for row in rows)


def _checked_texts(texts: Any) -> list[str]:
    rows = [text.item() if isinstance(text, np.generic) else text for text in texts]
    for position, text in enumerate(rows):
        if not isinstance(text, str):
            raise ValueError(
                f"features[{position}] is {text!r}, expected a text as the other rows have; put "
                "'' where a text is missing"
            )
    return rows


def _checked_sparse(matrix: Any) -> Any:
    from scipy.sparse import csr_matrix

    if matrix.ndim != 2:
        raise ValueError(f"features have shape {matrix.shape}, expected (n, d)")
    csr = csr_matrix(matrix, dtype=np.float64)
    if not np.isfinite(csr.data).all():
        at = int(np.flatnonzero(~np.isfinite(csr.data))[0])
        row = int(np.searchsorted(csr.indptr, at, side="right")) - 1
        raise ValueError(_not_finite(row, int(csr.indices[at]), csr.data[at]))
    return csr


def _checked_numbers(rows: Any) -> FloatArray:
    try:
        numbers = np.asarray(rows, np.float64)
    except (TypeError, ValueError):
        raise TypeError(
            f"features ({type(rows).__name__}) are neither texts nor numbers; pass one column of "
            "texts, or columns of numbers (encode categories, for example with "
            "pandas.get_dummies)"
        ) from None
    if numbers.ndim == 1 and len(numbers):
        raise ValueError(
            f"features have shape {numbers.shape}, expected (n, d); for one column of numbers "
            "pass features.reshape(-1, 1)"
        )
    if numbers.ndim != 2:
        raise ValueError(f"features have shape {numbers.shape}, expected (n, d)")
    wrong = np.argwhere(~np.isfinite(numbers))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise ValueError(_not_finite(row, column, numbers[row, column]))
    return numbers


def _not_finite(row: int, column: int, value: float) -> str:
    return (
        f"features[{row}, {column}] is {value}, expected a finite number; fill in missing values "
        "(for example with sklearn.impute.SimpleImputer)"
    )


def _is_sparse(matrix: Any) -> bool:
    from scipy.sparse import issparse

    return bool(issparse(matrix))


def _no_columns(n: int) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((n, 0))
