"""Votes on disk: Parquet files with a key column and one column a labeling function."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, final

import numpy as np

from weaklabel._checks import listed
from weaklabel._files import atomic_write, damage_named, sealed, unsealed
from weaklabel.errors import FileFormatError
from weaklabel.matrix._label_matrix import LabelMatrix
from weaklabel.matrix._part_keys import column_keys, key_column
from weaklabel.matrix._storage import Votes, check_amounts, code_type
from weaklabel.types import Fault

if TYPE_CHECKING:
    import pyarrow as pa

_KIND = "LabelMatrix part"
_VERSION = 1
_METADATA = b"weaklabel"
_PATTERN = "part-*.parquet"
# Rows that are turned from columns to rows while they lie in the cache of the processor.
_TURNED = 1 << 13
_ROW_GROUP = 1 << 20


def write_votes(
    path: str | os.PathLike[str], L: LabelMatrix, *, header: Mapping[str, Any] | None = None
) -> None:
    """Write a label matrix as one Parquet file, atomically.

    Other programs can read it: a column ``key``, then one column of integers a labeling function
    (-1 abstain, 0..k-1 the classes, from k on the class sets).

    Parameters
    ----------
    path : path
        Where to write.
    L : LabelMatrix
        Its confidences and faults are kept too.
    header : mapping, optional
        More to keep, of what JSON can hold; `VoteParts.header` gives it back.

    Raises
    ------
    TypeError
        When a row key is of a type that a file cannot hold.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    keys, how = key_column(L.keys)
    votes = np.ascontiguousarray(np.asarray(L).T)
    names = _column_names(L.lf_names)
    columns = [keys, *(pa.array(column) for column in votes)]
    if L.confidence is not None:
        ends = pa.array(L.csr()[0])
        columns.append(pa.LargeListArray.from_arrays(ends, pa.array(L.confidence)))
    table = pa.table(columns, names=names[: len(columns)])
    text = sealed(
        {
            "n": L.n,
            "types": [str(kind) for kind in table.schema.types[: 1 + L.m]],
            "lf_names": L.lf_names,
            "class_names": L.class_names,
            "class_sets": L.class_sets,
            "keys": how,
            "confidence": L.confidence is not None,
            "faults": [asdict(fault) | {"key": None} for fault in L.faults],
            "header": dict(header or {}),
        },
        kind=_KIND,
        version=_VERSION,
        checksums={},
    )
    table = table.replace_schema_metadata({_METADATA: text})
    with atomic_write(path) as file:
        pq.write_table(
            table,
            file,
            row_group_size=_ROW_GROUP,
            compression="zstd",
            write_statistics=False,
            write_page_checksum=True,
        )


def read_votes(path: str | os.PathLike[str]) -> LabelMatrix:
    """Read a label matrix that `write_votes` wrote.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    FileFormatError
        When the file is damaged, holds something else, or is from a newer version.
    """
    return _read(Path(path), with_keys=True)


@final
class VoteParts:
    """Votes in many files, read one at a time: what `LabelModel.fit` takes in place of a matrix.

    A sequence of label matrices that lie on disk. Each use reads the file again, so memory holds
    one part at a time. All parts have the same labeling functions and classes.

    Parameters
    ----------
    parts : path or sequence of path
        A folder, whose files ``part-*.parquet`` are taken in order of their names, or the files
        themselves, in order.

    Raises
    ------
    FileNotFoundError
        When there is no such folder, or it holds no parts.

    Examples
    --------
    >>> import tempfile, weaklabel as wl
    >>> from weaklabel.matrix import VoteParts
    >>> L = wl.LabelMatrix.from_array([[0, 0, 1], [1, 1, -1], [0, 0, 0], [1, 1, 1]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     parts = VoteParts.write(folder, [L[:2], L[2:]])
    ...     len(parts), parts.n, parts[1].keys.tolist()
    ...     model = wl.LabelModel().fit(parts)
    ...     [labels.predict().tolist() for labels in model.label_parts(parts)]
    (2, 4, [2, 3])
    [[0, 1], [0, 1]]
    """

    def __init__(self, parts: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> None:
        if isinstance(parts, str | os.PathLike):
            self._paths = _parts_in(Path(parts))
        else:
            self._paths = tuple(Path(path) for path in parts)
            if not self._paths:
                raise FileNotFoundError("there are no files of votes; name at least one")
        self._first: dict[str, Any] | None = None

    @classmethod
    def write(
        cls,
        folder: str | os.PathLike[str],
        parts: Iterable[LabelMatrix],
        *,
        header: Mapping[str, Any] | None = None,
    ) -> Self:
        """Write label matrices as the files ``part-00000.parquet``, … of a folder.

        Parameters
        ----------
        folder : path
            Made where it is missing; it must not hold parts yet.
        parts : iterable of LabelMatrix
            Taken one at a time.
        header : mapping, optional
            As in `write_votes`; the same for all.

        Returns
        -------
        VoteParts
            What was written.

        Raises
        ------
        FileExistsError
            When the folder holds parts already.
        ValueError
            When there are no matrices, or LFs or classes differ.
        """
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        if old := sorted(target.glob(_PATTERN)):
            raise FileExistsError(
                f"{target} holds {len(old)} parts already, {old[0].name} the first; delete them, "
                "or choose another folder"
            )
        names = None
        for i, L in enumerate(parts):
            names = names or (L.lf_names, L.class_names)
            for what, got, expected in zip(
                ("LFs", "classes"), (L.lf_names, L.class_names), names, strict=True
            ):
                if got != expected:
                    raise ValueError(
                        f"part {i} has the {what} {listed(got)}, the first has {listed(expected)}; "
                        "all parts must have the same"
                    )
            write_votes(target / f"part-{i:05}.parquet", L, header=header)
        if names is None:
            raise ValueError("there are no label matrices to write; give at least one")
        return cls(target)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files, in order."""
        return self._paths

    @property
    def lf_names(self) -> tuple[str, ...]:
        """Names of the labeling functions, in column order."""
        return tuple(self._of_first()["lf_names"])

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes, in order of their codes."""
        return tuple(self._of_first()["class_names"])

    @property
    def n(self) -> int:
        """Number of rows of all parts; the ends of the files are read, not the votes."""
        return sum(_rows_and_header(path)[0] for path in self._paths)

    def header(self, i: int) -> dict[str, Any]:
        """Return what was given as ``header=`` when part `i` was written."""
        found: dict[str, Any] = _rows_and_header(self._paths[i])[1]["header"]
        return found

    def votes(self) -> Iterator[LabelMatrix]:
        """Yield the parts with positions for keys, which are not read: faster, where none is used.

        The next part is read while one is used.
        """
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(max_workers=1) as reader:
            coming = None
            for i in range(len(self)):
                now = coming or reader.submit(self._part, i, with_keys=False)
                coming = (
                    reader.submit(self._part, i + 1, with_keys=False) if i + 1 < len(self) else None
                )
                yield now.result()

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, i: int) -> LabelMatrix:
        return self._part(i, with_keys=True)

    def __iter__(self) -> Iterator[LabelMatrix]:
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        return (
            f"VoteParts: {len(self):,} parts in {self._paths[0].parent}, {len(self.lf_names):,} "
            f"LFs, classes {', '.join(self.class_names)}"
        )

    def _of_first(self) -> dict[str, Any]:
        if self._first is None:
            self._first = _rows_and_header(self._paths[0])[1]
        return self._first

    def _part(self, i: int, *, with_keys: bool) -> LabelMatrix:
        path = self._paths[i]
        L = _read(path, with_keys=with_keys)
        for what, got, expected in (
            ("LFs", L.lf_names, self.lf_names),
            ("classes", L.class_names, self.class_names),
        ):
            if got != expected:
                raise FileFormatError(
                    f"{path} has the {what} {listed(got)}, {self._paths[0]} has "
                    f"{listed(expected)}; all parts must come from the same run",
                    path=path,
                )
        return L


def _parts_in(folder: Path) -> tuple[Path, ...]:
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there is no folder {folder}; VoteParts takes a folder of files {_PATTERN}, or a list "
            "of files"
        )
    # The numbers of 100,000 parts and more have more digits.
    found = sorted(folder.glob(_PATTERN), key=lambda path: (len(path.name), path.name))
    if not found:
        raise FileNotFoundError(
            f"{folder} holds no files {_PATTERN}; write some with VoteParts.write(folder, parts)"
        )
    return tuple(found)


def _rows_and_header(path: Path) -> tuple[int, dict[str, Any]]:
    """Return the number of rows of a file, and what its header holds."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with damage_named(path, _KIND, also=(pa.ArrowException,)):
        file = pq.ParquetFile(path)
        with file:
            return file.metadata.num_rows, _header(file.schema_arrow, path)


def _header(schema: pa.Schema, path: Path) -> dict[str, Any]:
    text = (schema.metadata or {}).get(_METADATA)
    if text is None:
        raise FileFormatError(
            f"{path} is a Parquet file, but not one of votes; write those with "
            "VoteParts.write(folder, parts)",
            path=path,
        )
    return unsealed(text, path, kind=_KIND, version=_VERSION)[0]


def _read(path: Path, *, with_keys: bool) -> LabelMatrix:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with damage_named(path, _KIND, also=(pa.ArrowException,)):
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            header = _header(file.schema_arrow, path)
            names = file.schema_arrow.names
            # Arrow takes a name with a dot for a path, and gives every column below it.
            if with_keys or len(names) < 2 or any("." in name for name in names):
                table, keyed = file.read(), True
            else:
                table, keyed = file.read(names[1:]), False
        return _matrix(table, header, keyed=keyed, with_keys=with_keys)


def _matrix(
    table: pa.Table, header: Mapping[str, Any], *, keyed: bool, with_keys: bool
) -> LabelMatrix:
    """Return the matrix of a table of votes, which has its key column where `keyed`."""
    n, m = table.num_rows, len(header["lf_names"])
    n_codes = len(header["class_names"]) + len(header["class_sets"])
    weighed = header["confidence"]
    columns = table.columns[keyed:]
    if len(columns) != m + weighed:
        raise ValueError(f"{len(columns)} columns beside the keys for {m} labeling functions")
    types = [str(kind) for kind in table.schema.types[: keyed + m]]
    if n != header["n"] or types != header["types"][1 - keyed :]:
        raise ValueError("rows or types of columns are not what was written")
    codes = [column.to_numpy() for column in columns[:m]]
    if any(column.dtype.kind != "i" for column in codes):
        raise ValueError("votes that are missing")
    dense = np.empty((n, m), code_type(n_codes))
    for start in range(0, n, _TURNED):
        rows = slice(start, start + _TURNED)
        for j, column in enumerate(codes):
            dense[rows, j] = column[rows]
    if dense.size and not -1 <= int(dense.min()) <= int(dense.max()) < n_codes:
        raise ValueError("votes for unknown classes")
    votes = Votes.from_dense(dense, n_codes)
    if weighed:
        import pyarrow.compute as pc

        amounts = pc.list_flatten(columns[m]).to_numpy()
        csr = votes.csr()
        if not np.array_equal(pc.list_value_length(columns[m]).to_numpy(), np.diff(csr[0])):
            raise ValueError("confidences that are not one a vote")
        check_amounts(amounts, len(csr[2]))
        votes = Votes.from_csr(*csr, (n, m), n_codes, amounts)
    keys = column_keys(table.columns[0], header["keys"]) if with_keys else None
    key_of: Any = range(n) if keys is None else keys
    return LabelMatrix(
        votes,
        lf_names=header["lf_names"],
        class_names=header["class_names"],
        class_sets=header["class_sets"],
        keys=keys,
        faults=[
            Fault(**fault | {"key": _item(key_of[fault["row"]])}) for fault in header["faults"]
        ],
    )


def _item(key: Any) -> Any:
    return key.item() if isinstance(key, np.generic) else key


def _column_names(lf_names: Iterable[str]) -> list[str]:
    """Return column names: keys, LFs, confidences; told apart by place, so a name may be mended."""
    names = {"key": None}
    for name in (*lf_names, "confidence"):
        free = name.encode("utf-8", "backslashreplace").decode()
        while free in names:
            free += "_"
        names[free] = None
    return list(names)
