"""The labeling function itself: a Python function with a name, what it needs and what it votes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, final, overload

from weaklabel._checks import shorten
from weaklabel._classes import ClassTable
from weaklabel.errors import LFError
from weaklabel.lf._preprocessor import Preprocessor, as_preprocessors, with_preprocessors
from weaklabel.lf._resource import called_with, checked_version, holds_resource, loaded
from weaklabel.lf._row import Batch, BatchContractError, Row, TextRow, as_row, only
from weaklabel.lf._rule import ColumnRule, row_function
from weaklabel.lf._votes import VoteCoder
from weaklabel.types import Classes, ClassSet

if TYPE_CHECKING:
    from weaklabel.analysis import Preview

Examples = Mapping[str, Any] | Sequence[tuple[Any, Any]]
Matched = Callable[[str], Iterable[tuple[int, int]]]


@final
class LabelingFunction:
    """A function of a data point that votes for a class or abstains.

    Made by `labeling_function`; the constructor takes the same arguments.

    Attributes
    ----------
    name : str
        Its name in tables and messages.
    votes : object
        What True means, None when it does not vote by bool.
    classes : ClassTable or None
        The classes it votes on, where it declares them.
    pre : tuple of Preprocessor
        What is computed for it before it runs.
    resources : dict
        Keyword arguments for the function.
    examples : tuple of (data point, vote)
        What `check` runs.
    batch : bool
        True when it takes a `Batch` and returns one vote a row.
    columns : tuple of str
        The columns it reads, where it says so: they are checked before the run.
    rule : ColumnRule or None
        What it was made of, when not of a function. Beside it the constructor takes ``matched=``,
        from a text to the (start, end) of the pieces that it votes for; see `matched`.
    version : str, int, float or None
        Its declared version.
    """

    def __init__(
        self,
        f: Callable[..., Any] | None = None,
        *,
        rule: ColumnRule | None = None,
        name: str | None = None,
        votes: Any = None,
        classes: Classes | None = None,
        resources: Mapping[str, Any] | None = None,
        pre: Preprocessor | Sequence[Preprocessor] = (),
        examples: Examples | None = None,
        batch: bool = False,
        columns: Sequence[str] | str = (),
        version: str | float | None = None,
        matched: Matched | None = None,
    ) -> None:
        if rule is not None:
            _check_rule(rule, f=f, votes=votes, batch=batch, resources=resources)
            f, columns = row_function(rule), columns or rule.column
        if matched is not None and (rule is None or not callable(matched)):
            raise TypeError(f"matched= takes a function of a value beside rule=, got {matched!r}")
        if not callable(f):
            raise TypeError(f"a labeling function wraps a function, got {f!r}")
        self.rule = rule
        own: Any = name if name is not None else str(getattr(f, "__name__", type(f).__name__))
        if not isinstance(own, str) or not own:
            raise TypeError(f"the name of a labeling function must be a text, got {name!r}")
        self.name = own
        self.votes = votes
        self.classes = _declared(self.name, classes, votes)
        self.resources = dict(resources or {})
        self.pre = as_preprocessors(pre)
        self.batch = batch
        self.version = checked_version(version)
        self.columns = (columns,) if isinstance(columns, str) else tuple(columns)
        self.examples = self._read_examples(examples)
        self._f = f
        self._matched = matched
        # The name and the docstring; not what else a callable object holds, it would overwrite
        # what was set above.
        functools.update_wrapper(self, f, updated=())
        # A function that calls itself by its module name would find this object, not the function.
        self.__dict__.pop("__wrapped__", None)

    def __call__(self, x: Any) -> int | ClassSet:
        """Return the vote on one data point.

        Parameters
        ----------
        x : mapping, str or object
            A dict, a text, or anything with attributes.

        Returns
        -------
        int or ClassSet
            The code of the class, -1 for abstain, or the set of classes of a partial vote.

        Raises
        ------
        LFError
            When it votes something illegal, or declares ``votes=`` a name and nothing says what
            the classes are. Its own exceptions pass through.
        """
        return self._vote(x, self.classes)

    def _vote(self, x: Any, table: ClassTable | None) -> int | ClassSet:
        what = f"labeling function {self.name!r}"
        try:
            coder = VoteCoder(table, self.votes)
        except ValueError as error:
            raise LFError(f"{what} declares votes={self.votes!r}: {error}", lf=self.name) from None
        row = with_preprocessors(as_row(x), self.pre)
        try:
            vote = only(self.on_batch, row, what) if self.batch else self.on_row(row)
        except BatchContractError as error:
            raise LFError(str(error), lf=self.name) from None
        try:
            code = coder.code(vote)
        except ValueError as error:
            raise LFError(f"{what} {error}", lf=self.name) from None
        return code if code >= -1 else ClassSet(frozenset(coder.sets[-2 - code]))

    def on_row(self, row: Any) -> Any:
        """Return the raw vote on a row that already has what `pre` computes."""
        return self._f(row, **loaded(self.resources))

    def on_batch(self, batch: Batch) -> Sequence[Any]:
        """Return the raw votes on a batch whose rows already have what `pre` computes."""
        votes: Sequence[Any] = self._f(batch, **loaded(self.resources))
        return votes

    @property
    def function(self) -> Callable[[Any], Any]:
        """The bare function of a row, resources bound: what the engine calls in its inner loop."""
        if holds_resource(self.resources):
            # Loaded by the call: what fails to load is a fault of the row, with its traceback.
            return functools.partial(called_with, self._f, self.resources)
        return functools.partial(self._f, **self.resources) if self.resources else self._f

    def matched(self, x: Any) -> list[tuple[int, int]]:
        """Return the pieces of a text for which it votes.

        Parameters
        ----------
        x : mapping, str or object
            A data point.

        Returns
        -------
        list of (int, int)
            Start and end of each piece in the text of the one column that it reads; empty where
            it cannot say: it is made of a function, or the value is no text.

        Examples
        --------
        >>> from weaklabel_lfs import text
        >>> text.keyword(1, "free").matched("free tea, free milk")
        [(0, 4), (10, 14)]
        """
        if self._matched is None or self.rule is None:
            return []
        value = getattr(as_row(x), self.rule.column)
        return [(int(a), int(b)) for a, b in self._matched(value)] if isinstance(value, str) else []

    def preview(
        self,
        data: Any,
        n: int = 20,
        *,
        classes: Classes | None = None,
        text: str | None = None,
        seed: int = 0,
    ) -> Preview:
        """Try it on a few rows: its votes, its time a row, and its first fault.

        Parameters
        ----------
        data : table, sequence or iterable
            What `apply_lfs` takes.
        n : int, optional
            Rows to try it on at most: a sample that is spread over the data.
        classes : Enum type or sequence of str, optional
            The classes, where the LF declares none itself.
        text : str, optional
            The column or field of the data that holds the texts; default ``text``, else the only
            one.
        seed : int, optional
            Of the sample.

        Returns
        -------
        Preview
            Prints as text.

        Raises
        ------
        ValueError, TypeError
            When the data is none, lacks a declared column, or an argument is not as above.

        Examples
        --------
        >>> import weaklabel as wl
        >>> @wl.labeling_function(votes="SPAM", classes=("HAM", "SPAM"))
        ... def says_free(x):
        ...     return "free" in x.text
        >>> tried = says_free.preview(["free tea", "hello"])
        >>> tried.share, tried.n_faults
        (0.5, 0)
        """
        from weaklabel.analysis import preview

        return preview(self, data, n, classes=classes, text=text, seed=seed)

    def check(self, classes: Classes | None = None) -> None:
        """Run the examples.

        Parameters
        ----------
        classes : Enum type or sequence of str, optional
            The classes, where the LF declares none itself.

        Raises
        ------
        LFError
            When a vote differs from the expected one, or a call fails; all of them are listed.

        Examples
        --------
        >>> import weaklabel as wl
        >>> @wl.labeling_function(votes=1, examples={"free money": 1, "hello": wl.ABSTAIN})
        ... def says_free(x):
        ...     return "free" in x.text
        >>> says_free.check()
        """
        given = None if classes is None else ClassTable.of(classes)
        table = self.classes or given or self._named_classes()
        wrong: list[str] = []
        for x, expected in self.examples:
            try:
                coder = VoteCoder(table, self.votes if isinstance(expected, bool) else None)
                want = self._shown(coder.code(expected), coder)
                got = self._shown(coder.code(self._vote(x, table)), coder)
            except Exception as error:  # noqa: BLE001 - reported as a failed example
                wrong.append(f"{shorten(x)}: {type(error).__name__}: {error}")
                continue
            if got != want:
                wrong.append(f"{shorten(x)}: expected {want}, voted {got}")
        if wrong:
            raise LFError(
                f"labeling function {self.name!r} fails {len(wrong)} of {len(self.examples)} "
                "examples:\n  " + "\n  ".join(wrong),
                lf=self.name,
            )

    def _named_classes(self) -> ClassTable | None:
        """Return the class names that the LF and its examples mention, to check by before a run.

        An LF that votes by name learns its classes from ``apply_lfs(classes=...)``, later.
        """
        names: set[str] = set()
        for vote in (self.votes, *(expected for _, expected in self.examples)):
            members = vote.members if isinstance(vote, ClassSet) else (vote,)
            names |= {member for member in members if isinstance(member, str)}
        return ClassTable((*sorted(names), "(any other class)")) if names else None

    def _shown(self, code: int, coder: VoteCoder) -> str:
        if code == -1:
            return "abstain"
        codes = [code] if code >= 0 else sorted(coder.sets[-2 - code])
        table = coder.table or (coder.learned[0] if coder.learned else None)
        names = [table.names[c] if table and c < table.k else str(c) for c in codes]
        return names[0] if len(names) == 1 else f"any_of({', '.join(names)})"

    def _read_examples(self, examples: Examples | None) -> tuple[tuple[Any, Any], ...]:
        if examples is None:
            return ()
        pairs: list[Any] = list(examples.items() if isinstance(examples, Mapping) else examples)
        if bad := [p for p in pairs if not isinstance(p, tuple | list) or len(p) != 2]:
            raise TypeError(
                f"examples of {self.name!r} must be a mapping or (data point, vote) pairs, got "
                f"{shorten(bad[0])}"
            )
        field = self.columns[0] if len(self.columns) == 1 else "text"
        return tuple((self._example_row(x, field), expected) for x, expected in pairs)

    @staticmethod
    def _example_row(x: Any, field: str) -> Any:
        if not isinstance(x, str):
            return as_row(x)
        return TextRow(x) if field == "text" else Row({field: x})

    def __repr__(self) -> str:
        return f"LabelingFunction({self.name!r})"


def _check_rule(rule: object, *, f: object, votes: object, batch: bool, resources: object) -> None:
    if not isinstance(rule, ColumnRule):
        raise TypeError(f"rule= takes a ColumnRule, got {rule!r}")
    if f is not None or batch or resources:
        raise TypeError("a labeling function with rule= takes no function, batch= or resources=")
    if votes is None:
        raise TypeError("a labeling function with rule= needs votes=, the class that True means")


def _declared(name: str, classes: Classes | None, votes: Any) -> ClassTable | None:
    table = None if classes is None else ClassTable.of(classes)
    try:
        return VoteCoder(table, votes).table
    except ValueError as error:
        if table is None and isinstance(votes, str | ClassSet) and not isinstance(votes, Enum):
            return None  # a name may still find its class in apply_lfs(classes=...)
        raise ValueError(f"labeling function {name!r} declares votes={votes!r}: {error}") from None


@overload
def labeling_function(f: Callable[..., Any], /) -> LabelingFunction: ...


@overload
def labeling_function(
    *,
    name: str | None = None,
    votes: Any = None,
    classes: Classes | None = None,
    resources: Mapping[str, Any] | None = None,
    pre: Preprocessor | Sequence[Preprocessor] = (),
    examples: Examples | None = None,
    batch: bool = False,
    columns: Sequence[str] | str = (),
    version: str | float | None = None,
) -> Callable[[Callable[..., Any]], LabelingFunction]: ...


def labeling_function(
    f: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    votes: Any = None,
    classes: Classes | None = None,
    resources: Mapping[str, Any] | None = None,
    pre: Preprocessor | Sequence[Preprocessor] = (),
    examples: Examples | None = None,
    batch: bool = False,
    columns: Sequence[str] | str = (),
    version: str | float | None = None,
) -> LabelingFunction | Callable[[Callable[..., Any]], LabelingFunction]:
    """Turn a function of a data point into a labeling function.

    The function returns a class (an Enum member, its name, or its code 0..k-1), ``None`` or
    `ABSTAIN` to abstain, or a partial vote (`any_of`, `none_of`). With ``votes=`` it may return a
    bool: True votes that class, False abstains. Anything else is an `LFError`.

    Parameters
    ----------
    f : callable
        From a row ``x`` (``x.text`` or ``x["text"]``) to a vote.
    name : str, optional
        Default: the function's name.
    votes : class or ClassSet, optional
        What True votes.
    classes : Enum type or sequence of str, optional
        The classes; needed to vote by name when ``apply_lfs(classes=...)`` does not give them.
    resources : mapping, optional
        Passed to the function as keyword arguments; a `Resource` is loaded first.
    pre : Preprocessor or sequence of Preprocessor, optional
        Values the function reads as ``x.<preprocessor name>``.
    examples : mapping of str to vote, or sequence of (data point, vote), optional
        Unit tests that ``lf.check()`` runs. A text stands for a row whose ``text`` (or whose one
        declared column) it is.
    batch : bool, optional
        True when the function takes a `Batch` (``x.text`` is a pandas Series) and returns a
        sequence with one vote a row. It sees some thousand rows at a time, so what it votes on a
        row must not depend on the others.
    columns : str or sequence of str, optional
        The columns it reads: a table that lacks one is refused before the run.
    version : str, int or float, optional
        Of what a fingerprint cannot see, e.g. a service it asks: votes in a store are computed
        anew when it changes.

    Returns
    -------
    LabelingFunction
        Callable on one data point; `apply_lfs` runs many on many.

    Raises
    ------
    TypeError, ValueError
        When an argument is not what it should be.

    Examples
    --------
    >>> import weaklabel as wl
    >>> HAM, SPAM = 0, 1
    >>> @wl.labeling_function
    ... def has_link(x):
    ...     return SPAM if "http" in x.text else wl.ABSTAIN
    >>> has_link({"text": "see http://x.y"}), has_link({"text": "hello"})
    (1, -1)
    """

    def decorate(function: Callable[..., Any]) -> LabelingFunction:
        return LabelingFunction(
            function,
            name=name,
            votes=votes,
            classes=classes,
            resources=resources,
            pre=pre,
            examples=examples,
            batch=batch,
            columns=columns,
            version=version,
        )

    return decorate if f is None else decorate(f)
