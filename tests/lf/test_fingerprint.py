from __future__ import annotations

import collections
import contextvars
import copy
import ctypes
import dataclasses
import datetime
import decimal
import enum
import functools
import importlib
import io
import math
import os
import re
import socket
import subprocess
import sys
import textwrap
import threading
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import weaklabel as wl
from weaklabel.lf import (
    ColumnRule,
    Fingerprint,
    LabelingFunction,
    Preprocessor,
    Resource,
    Unfingerprintable,
    digest_of,
    fingerprint,
    fingerprint_all,
    preprocessor_fingerprint,
)

Modules = Callable[..., types.ModuleType]


def digest(f: Any, **declared: Any) -> str:
    found = fingerprint(LabelingFunction(f, name="f", **declared))
    assert found.digest is not None, found.why
    return found.digest


def made(source: str, name: str = "f", **names: Any) -> Any:
    """What a script defines."""
    namespace = {"__name__": "__main__", **names}
    exec(textwrap.dedent(source), namespace)  # noqa: S102
    return namespace[name]


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Modules]:
    """Modules of a project, from their texts."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    sys.dont_write_bytecode = True

    def load(**sources: str) -> types.ModuleType:
        for name in set(sys.modules) - before:
            del sys.modules[name]
        for name, source in sources.items():
            (tmp_path / f"{name}.py").write_text(textwrap.dedent(source))
        importlib.invalidate_caches()
        return __import__(next(iter(sources)))

    yield load
    sys.dont_write_bytecode = False
    for name in set(sys.modules) - before:
        del sys.modules[name]


# What does not matter

PLAIN = """
LIMIT = 3

def helper(text):
    return text.count("a") > LIMIT or any(word.isupper() for word in text.split())

def f(x):
    try:
        found = helper(x.text) and "b" in x.text
    except ValueError:
        found = False
    return 1 if found or x.n > 2 and not x.text else -1
"""

REFORMATTED = '''
# A file of another shape.



LIMIT = (
    3
)
OTHER = 7

def helper(text,
           ):
    """Say something about the text."""

    # and why
    return (
        text.count("a")
        > LIMIT
        or any(
            word.isupper()
            for word in text.split()
        )
    )


def f(x):
    r"""Vote."""
    try:
        found = (
            helper(x.text)
            and
            "b" in x.text
        )
    except ValueError:
        pass
        found = False
    return (
        1
        if found
        or x.n > 2
        and not x.text
        else -1
    )
'''


def test_comments_whitespace_docstrings_and_lines_do_not_matter() -> None:
    assert digest(made(PLAIN)) == digest(made(REFORMATTED))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("return (a and b) or c", "return (\n  (a\n  and b)\n  or c)"),
        ("return a and (b or c)", "return (a\n  and\n (b\n or c))"),
        ("for i in a:\n  if i: b()", "for i in a:\n\n  if (\n i\n):\n   b(\n)"),
        ("return [i for i in a if i]", "return [\n i\n for i in a\n if i]"),
        ("a = b; c(a, b)", "a = b\n\n  # why\n c(\n a,\n b)"),
        ("while a:\n  if b: continue\n  c()", "while (\n a\n):\n  if b:\n    continue\n  c()"),
        ("return a or b and c or a", "return (a or\n b and\n c or\n a)"),
        ("return (a or b) and c and (a or c)", "return ((a\n or b)\n and c and (\n a or\n c))"),
        ("pass", '"""Say nothing."""'),
        ("class C:\n  x = 1\n return C().x", 'class C:\n  """Doc."""\n\n  x = 1\n return C().x'),
        ("return 1 if a else 2", 'r"""Doc."""\n return (1\n if a\n else 2)'),
        ("def g():\n  return None\n return g()", 'def g():\n  "Doc."\n  return None\n return g()'),
    ],
)
def test_a_text_broken_into_other_lines_is_the_same_code(one: str, other: str) -> None:
    both = [made(f"def f(a, b, c):\n {body}") for body in (one, other)]
    assert digest(both[0]) == digest(both[1])
    assert digest(both[0]) != digest(made("def f(a, b, c): return b"))


def test_most_of_a_library_keeps_its_digests_when_it_is_formatted_anew() -> None:
    import ast

    from weaklabel.lf._content._code import code_content

    def codes(code: types.CodeType) -> Iterator[types.CodeType]:
        for const in code.co_consts:
            if isinstance(const, types.CodeType):
                yield const
                yield from codes(const)

    count = 0
    for module in (collections, functools, re, textwrap, dataclasses, datetime, enum, subprocess):
        source = Path(str(module.__file__)).read_text()
        ours = compile(source, "one.py", "exec", dont_inherit=True)
        anew = compile(ast.unparse(ast.parse(source)), "two.py", "exec", dont_inherit=True)
        for one, two in zip(codes(ours), codes(anew), strict=True):
            assert code_content(one).digest == code_content(two).digest, one.co_qualname
            count += 1
    assert count > 500


def test_the_name_does_not_matter() -> None:
    def f(x: Any) -> int:
        return 1

    def g(x: Any) -> int:
        return 1

    assert digest(f) == digest(g)
    one, two = LabelingFunction(f, name="one"), LabelingFunction(f, name="two")
    assert fingerprint(one) == fingerprint(two)
    assert len(str(fingerprint(one).digest)) == 32


def test_examples_do_not_matter() -> None:
    def f(x: Any) -> bool:
        return True

    assert digest(f, votes=1) == digest(f, votes=1, examples={"a": 1})


def test_a_file_that_was_renamed_or_moved_is_the_same_code(modules: Modules) -> None:
    one = digest(modules(early=PLAIN).f)
    assert one == digest(modules(late="\n\n\n" + PLAIN).f) == digest(made(PLAIN))


def test_the_order_of_definitions_does_not_matter() -> None:
    upside_down = "\n\n".join(reversed(textwrap.dedent(PLAIN).split("\n\n")))
    assert digest(made(PLAIN)) == digest(made(upside_down))


SCRIPT = """
import enum, re
import weaklabel as wl
from weaklabel.lf import fingerprint, digest_of

class Area(enum.Enum):
    SPAM = 0
    HAM = 1

WORDS = {"free", "cash", "win", "now", "a", "b", "c"}
PATTERN = re.compile("x+", re.IGNORECASE)
NUMBERS = frozenset({1, 1.5, None, "x", (1, "y")})

class Judge:
    def __init__(self, words):
        self.words = words
        self.seen = {Area.SPAM, Area.HAM, "other"}

    def __call__(self, x):
        return self.judge(x) or Area.HAM

    def judge(self, x):
        return Area.SPAM if self.words & set(x.text.split()) else None

def second(text):
    return bool(WORDS & set(text.split())) or first(text[1:], 2)

def first(text, depth=1, *, last=(1, {"k": WORDS})):
    return depth < 3 and second(text) and PATTERN.search(text) and NUMBERS

@wl.preprocessor
def lower(x):
    return x.text.lower()

lfs = [
    wl.LabelingFunction(lambda x: first(x.text), name="a", votes=Area.SPAM, pre=lower),
    wl.LabelingFunction(Judge(WORDS), name="b"),
    wl.LabelingFunction(lambda x: x.text in {"p", "q", "r"}, name="c", votes=wl.any_of(0, 2)),
]
"""


def outputs(tmp_path: Path, script: str, *, seed: str, command: tuple[str, ...] = ()) -> list[str]:
    path = tmp_path / f"script_{seed}.py"
    path.write_text(script)
    done = subprocess.run(  # noqa: S603
        [sys.executable, *command, str(path)],
        env={**os.environ, "PYTHONHASHSEED": seed, "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_another_process_finds_the_same(tmp_path: Path) -> None:
    told = textwrap.dedent(SCRIPT)
    asked = told + "\nprint(*[fingerprint(lf).digest for lf in lfs], digest_of([WORDS, NUMBERS]))\n"
    one = outputs(tmp_path, asked, seed="1")
    assert one == outputs(tmp_path, "\n\n# moved\n" + asked, seed="2")
    assert one == outputs(tmp_path, asked, seed="3", command=("-m", "IPython", "--quick"))
    namespace: dict[str, Any] = {"__name__": "a_notebook"}
    exec(told, namespace)  # noqa: S102
    here = [fingerprint(lf).digest for lf in namespace["lfs"]]
    assert one == [*here, digest_of([namespace["WORDS"], namespace["NUMBERS"]])]
    assert len(set(one)) == 4
    assert "None" not in one


# What matters: the code

BODIES = [
    "return x.text == 'a'",
    "return x.text == 'b'",
    "return x.text != 'a'",
    "return x.body == 'a'",
    "return x.text == b'a'",
    "return x.text == ('a',)",
    "return x.text == 1",
    "return x.text == 1.0",
    "return x.text == True",
    "return x.text == -0.0",
    "return x.text == 0.0",
    "return x.text in {'a'}",
    "return x.text in ('a',)",
    "return not x.text == 'a'",
    "return [t for t in x.text]",
    "return [t for t in x.text if t]",
    "return {t for t in x.text}",
    "return (lambda: x.text)()",
    "return (lambda: x.text + 'a')()",
    "return x.text == 'a' or None",
    "return x.text == 'a' and None",
    "def g(): return x.text\n return g()",
    "def g(): return x.text * 2\n return g()",
    "def g(y=1): return x.text * y\n return g()",
    "def g(y=2): return x.text * y\n return g()",
    "class C: z = 1\n return C.z",
    "class C: z = 2\n return C.z",
    "try:\n  return x.text\n except KeyError:\n  return 1",
    "try:\n  return x.text\n except KeyError:\n  return 2",
    "try:\n  return x.text\n except ValueError:\n  return 1",
    "try:\n  return x.text\n finally:\n  return 1",
    "for i in x.text:\n  if i: break\n return i",
    "for i in x.text:\n  if i: continue\n return i",
    "for i in x.text:\n  if not i: break\n return i",
    "while x.text: x()\n return 1",
    "return x.text[1:2]",
    "return x.text[1:3]",
    "return f'{x.text}'",
    "return f'{x.text!r}'",
    "return x.f(a=1)",
    "return x.f(b=1)",
    "yield x",
]


def test_each_change_of_the_code_changes_the_digest() -> None:
    found = [digest(made(f"def f(x):\n {body}")) for body in BODIES]
    assert len(set(found)) == len(BODIES)


@pytest.mark.parametrize(
    "arguments", ["x", "x, y=1", "x, y=2", "x, *, y=1", "x, *, y=2", "*x", "**x", "x, /", "x, *y"]
)
def test_the_arguments_matter(arguments: str) -> None:
    others = {"x", "x, y=1", "x, y=2", "x, *, y=1", "x, *, y=2", "*x", "**x", "x, /", "x, *y"}
    mine = digest(made(f"def f({arguments}): return 1"))
    for other in others - {arguments}:
        assert mine != digest(made(f"def f({other}): return 1")), other


DEEP = """
import weaklabel as wl
LIMIT = 3
def innermost(text, limit=2):
    return len(text) > LIMIT + limit
def inner(text):
    return innermost(text) or outer_loop(text)
def outer_loop(text):
    return text and inner(text[1:])
class Known:
    words = ("a", "b")
    def has(self, text):
        return text in self.words
KNOWN = Known()
def f(x):
    return inner(x.text) and KNOWN.has(x.text)
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3.0"),
        ("LIMIT = 3", "LIMIT = True"),
        ("limit=2", "limit=1"),
        ("len(text) >", "len(text) <"),
        ("innermost(text) or", "innermost(text) and"),
        ("text[1:]", "text[2:]"),
        ('("a", "b")', '("a", "c")'),
        ("text in self.words", "text not in self.words"),
        ("KNOWN.has(x.text)", "KNOWN.has(x.body)"),
    ],
)
def test_what_a_function_reads_of_its_project_matters(old: str, new: str) -> None:
    assert old in DEEP
    assert digest(made(DEEP)) != digest(made(DEEP.replace(old, new)))
    assert digest(made(DEEP)) == digest(made(DEEP.replace("KNOWN = Known()", "KNOWN = Known() ")))


@pytest.mark.parametrize(
    "reading",
    [
        "import tools\ndef f(x): return tools.helper(x)",
        "import tools as t\ndef f(x): return t.helper(x)",
        "from tools import helper\ndef f(x): return helper(x)",
        "from tools import helper as h\ndef f(x): return [h(y) for y in x]",
        "import tools\ndef f(x): return tools.deeper.helper(x)",
        "import tools\ndef f(x): return getattr(tools, 'helper')(x)",
        "import tools\ndef f(x):\n from tools import helper\n return helper(x)",
        "import tools\ndef f(x):\n import tools\n return tools.helper(x)",
        "import tools\ndef made():\n import tools as t\n return lambda x: t.helper(x)\nf = made()",
        "import tools, functools\nf = functools.partial(tools.helper)",
        "import tools\nclass C:\n def __call__(self, x): return tools.helper(x)\nf = C()",
    ],
)
def test_a_helper_in_another_module_matters(modules: Modules, reading: str) -> None:
    tools = "import deeper\ndef helper(x): return deeper.helper(x) + 1\nunused = {}"
    deeper = "def helper(x): return deepest(x)\ndef deepest(x): return x * 2"
    mine = digest(modules(lfs=reading, tools=tools, deeper=deeper).f)
    assert mine == digest(modules(lfs="\n" + reading, tools="#\n" + tools, deeper=deeper).f)
    assert mine != digest(modules(lfs=reading, tools=tools, deeper=deeper.replace("2", "3")).f)
    if "tools.deeper" not in reading:
        assert mine != digest(modules(lfs=reading, tools=tools.replace("1", "2"), deeper=deeper).f)


def test_what_a_function_does_not_read_does_not_matter(modules: Modules) -> None:
    reading = "import tools\ndef f(x): return tools.helper(x)"
    tools = "def helper(x): return x\nOTHER = 1\ndef other(): return 1"
    mine = digest(modules(lfs=reading, tools=tools).f)
    assert mine == digest(modules(lfs=reading, tools=tools.replace("1", "2")).f)


def test_a_module_that_is_imported_in_the_function_must_be_loaded(modules: Modules) -> None:
    lfs = modules(lfs="def f(x):\n from tools import helper\n return helper(x)", tools="helper = 1")
    found = fingerprint(LabelingFunction(lfs.f, name="f"))
    assert found == Fingerprint(
        None,
        "its import of 'tools.helper' holds a module that is loaded in the function; import it at "
        "the top of the file",
    )
    __import__("tools")
    assert fingerprint(LabelingFunction(lfs.f, name="f")).digest is not None


def test_libraries_count_by_name_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    from weaklabel.lf._content import _origin

    source = "import numpy as np, json\ndef f(x): return np.linalg.norm(json.loads(x.text))"
    mine = digest(made(source))
    assert mine == digest(made(source))
    assert mine != digest(made(source.replace("norm", "det")))
    assert mine != digest(made(source.replace("loads", "load")))
    _origin._origin.cache_clear()
    monkeypatch.setattr(_origin, "_version", lambda package: "99.9")
    assert mine != digest(made(source))
    monkeypatch.undo()
    _origin._origin.cache_clear()
    assert mine == digest(made(source))


def test_recursion_has_a_digest() -> None:
    source = "def f(x): return x and (g(x[1:]) or f(x[2:]))\ndef g(x): return f(x) + NUMBER"
    mine = digest(made(source, NUMBER=1))
    assert mine == digest(made(source, NUMBER=1)) != digest(made(source, NUMBER=2))
    assert mine != digest(made(source, "g", NUMBER=1))
    lf = made(
        "@wl.labeling_function\ndef f(x): return f(x[1:]) if x else 1", wl=wl
    )  # its own name is the labeling function
    assert fingerprint(lf).digest


def test_a_name_that_is_not_there_yet_matters_once_it_is() -> None:
    source = "def f(x): return later(x)"
    assert digest(made(source)) != digest(made(source, later=len))


# What matters: what a function holds


def scaled(factor: Any) -> Callable[[Any], Any]:
    return lambda x: x * factor


def wrapped(f: Any, *, by: int) -> Any:
    @functools.wraps(f)
    def call(x: Any) -> Any:
        return f(x) + by

    return call


def double(x: Any) -> Any:
    return 2 * x


def triple(x: Any) -> Any:
    return 3 * x


class Counter:
    step = 1

    def __init__(self, start: int, *, friend: Counter | None = None) -> None:
        self.start = start
        self.friend = friend or self

    def __call__(self, x: Any) -> Any:
        return self.more(x)

    def more(self, x: Any) -> Any:
        return x + self.start + self.step

    @functools.cached_property
    def slow(self) -> int:
        return 1


class Stepper(Counter):
    step = 2


class Other(Counter):
    def more(self, x: Any) -> Any:
        return x - self.start


def attributed(value: int) -> Any:
    def f(x: Any) -> Any:
        return f.limit  # type: ignore[attr-defined]

    f.limit = value  # type: ignore[attr-defined]
    return f


@pytest.mark.parametrize(
    "functions",
    [
        [scaled(1), scaled(2), scaled(1.0), scaled(True), scaled(None), scaled("1")],
        [scaled(double), scaled(triple), scaled(len), scaled(np.sum)],
        [wrapped(double, by=1), wrapped(double, by=2), wrapped(triple, by=1)],
        [functools.partial(pow, 2), functools.partial(pow, 3), functools.partial(divmod, 2)],
        [functools.partial(int, base=2), functools.partial(int, base=3), functools.partial(int)],
        [Counter(1), Counter(2), Stepper(1), Other(1), Counter(1, friend=Counter(2))],
        [Counter(1).more, Counter(2).more, Other(1).more, Stepper(1).more],
        [{"a": 1}.get, {"a": 2}.get, [1].__contains__, re.compile("a").search],
        [re.compile("a").search, re.compile("a", re.I).search, re.compile("a").match],
        [functools.lru_cache(double), functools.lru_cache(triple), double],
        [attributed(1), attributed(2)],
        [str.lower, str.upper],
    ],
)
def test_what_a_function_holds_matters(functions: list[Any]) -> None:
    found = [digest(f) for f in functions]
    assert len(set(found)) == len(functions)
    assert found == [digest(f) for f in functions]


def test_equal_objects_with_circles_have_equal_digests() -> None:
    one = Counter(1, friend=Counter(2))
    assert digest(one) == digest(copy.deepcopy(one))
    one.friend.friend = one
    again = copy.deepcopy(one)
    assert digest(one) == digest(again)
    again.friend.start = 3
    assert digest(one) != digest(again)


def test_circles_through_sets_do_not_depend_on_their_order() -> None:
    def ring(order: list[int]) -> Any:
        top = Counter(0)
        members = [Counter(i, friend=top) for i in range(8)]
        top.friend = {members[i] for i in order}  # type: ignore[assignment]
        return top

    assert digest(ring(list(range(8)))) == digest(ring([5, 3, 7, 1, 0, 2, 4, 6]))


def test_what_a_cached_function_keeps_does_not_matter() -> None:
    cached = functools.lru_cache(double)
    before = digest(cached)
    cached(3)
    assert digest(cached) == before


def test_what_a_cached_property_keeps_matters_for_it_is_given_back() -> None:
    class Limit:
        def __init__(self, start: int) -> None:
            self.start = start

        @functools.cached_property
        def double(self) -> int:
            return 2 * self.start

        def __call__(self, x: Any) -> bool:
            return bool(x > self.double)

    one, other = Limit(1), Limit(2)
    assert (one.double, other.double) == (2, 4)
    other.start = 1
    assert other.double == 4
    assert len({digest(one), digest(other), digest(Limit(1))}) == 3


ENUM = """
    import enum, functools
    class E(enum.Enum):
        A = 1
        B = 2
        {body}
    {after}
    def f(x): return E.A
"""
CLASS = """
    import dataclasses, functools, operator
    {before}
    class C{bases}:
        {body}
        def m(self, x, limit=0): return x > limit
    {after}
    held = C()
    def f(x): return held(x)
"""
SOURCES = {
    "members made by __new__": """
        import enum
        class E(enum.Enum):
            def __new__(cls, value, limit):
                o = object.__new__(cls)
                o._value_, o.limit = value, limit + L
                return o
            A = 1, 10
        def f(x): return x > E.A.limit
    """,
    "what __new__ sets": """
        import enum
        limits = {1: L}
        def new(cls, value):
            o = object.__new__(cls)
            o._value_, o.limit = value, limits[value]
            return o
        class E(enum.Enum):
            locals()["__new__"] = new
            A = 1
        del new, limits
        E.__new_member__ = E._new_member_ = None
        def f(x): return x > E.A.limit
    """,
    "text of a member": """
        import enum
        class E(str, enum.Enum):
            A = "a"
            def __new__(cls, value):
                o = str.__new__(cls, str(L))
                o._value_ = value
                return o
        def f(x): return x == E.A
    """,
    "private name of an Enum": ENUM.format(body="__limit = L", after=""),
    "cached method of an Enum": ENUM.format(
        body="m = functools.lru_cache(lambda self, x: x > L)", after=""
    ),
    "attribute of a member": ENUM.format(body="", after="E.A.limit = L"),
    "attribute of an Enum": ENUM.format(body="", after="E.limit = L"),
    "alias of a value": ENUM.format(body="", after="E._value2member_map_[9] = list(E)[L % 2]"),
    "cached __call__": CLASS.format(
        before="",
        bases="",
        after="",
        body="__call__ = functools.lru_cache(lambda self, x: x > L)",
    ),
    "cached __contains__": CLASS.format(
        before="",
        bases="",
        after="",
        body="__contains__ = functools.lru_cache(lambda self, x: x > L)",
    ),
    "dunder constant": CLASS.format(before="", bases="", after="", body="__limit__ = L"),
    "partial method": CLASS.format(
        before="", bases="", after="C.__call__ = functools.partialmethod(C.m, L)", body=""
    ),
    "function of Python": CLASS.format(
        before="",
        bases="",
        after="",
        body="__call__ = [operator.gt, operator.lt][L % 2]",
    ),
    "__match_args__": CLASS.format(
        before="", bases="", after="", body="__match_args__ = (['a', 'b'][L % 2],)"
    ),
    "__annotations__": CLASS.format(
        before="",
        bases="",
        after="C.__annotations__ = {'a': [int, 'list[C]'][L % 2]}",
        body="",
    ),
    "__init_subclass__": """
        class B:
            def __init_subclass__(cls, lim): cls.__lim__ = lim
        class C(B, lim=L): pass
        def f(x): return x > C.__lim__
    """,
    "metadata of a field": """
        import dataclasses
        @dataclasses.dataclass
        class C:
            a: int = dataclasses.field(default=1, metadata={"limit": L})
        def f(x): return x > dataclasses.fields(C)[0].metadata["limit"]
    """,
    "dunder attribute of a function": """
        def g(): pass
        g.__limit__ = L
        def f(x): return x > g.__limit__
    """,
    "what a function says that it wraps": """
        def g(): pass
        g.__wrapped__ = [str, int][L % 2]
        def f(x): return g.__wrapped__(x)
    """,
    "attribute of a cached function": """
        import functools
        @functools.lru_cache
        def g(): pass
        g.limit = L
        def f(x): return x > g.limit
    """,
    "attribute of a partial": """
        import functools
        g = functools.partial(int)
        g.limit = L
        def f(x): return x > g.limit
    """,
    "attribute of a function by type": """
        import functools
        @functools.singledispatch
        def g(x): pass
        g.limit = L
        def f(x): return x > g.limit
    """,
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_all_that_stands_in_a_class_or_on_a_function_matters(source: str) -> None:
    found = [digest(made(f"L = {limit}\n{textwrap.dedent(source)}")) for limit in (4, 5)]
    again = [digest(made(f"L = {limit}\n{textwrap.dedent(source)}")) for limit in (4, 5)]
    assert found == again
    assert found[0] != found[1]


def test_what_is_no_member_of_an_enum_matters() -> None:
    source = ENUM.format(body="LIMIT = enum.nonmember({})", after="")
    assert digest(made(source.replace("{}", "4"))) != digest(made(source.replace("{}", "5")))


def test_a_dunder_name_of_a_module_that_is_a_value_matters(modules: Modules) -> None:
    source = "import words\nheld = [words]\ndef f(x): return held"
    found = [digest(modules(lfs=source, words=f"__limit__ = {n}").f) for n in (1, 2, 1)]
    assert found[0] == found[2] != found[1]


def test_flags_that_were_combined_do_not_matter() -> None:
    source = """
    import enum
    class E(enum.Flag):
        A = 1
        B = 2
    def f(x): return E.A
    """
    f = made(source)
    before = digest(f)
    flags = f.__globals__["E"]
    assert ~flags.A is flags.B
    assert (flags.A | flags.B).value == 3
    assert digest(f) == before
    assert digest(made("def f(y): return x", x=flags.A | flags.B)) != digest(
        made("def f(y): return x", x=flags.A)
    )


def test_what_python_notes_in_a_class_as_it_is_used_does_not_matter() -> None:
    class C:
        pass

    before = digest_of(C)
    copy.copy(C())
    assert C.__annotations__ == {}
    assert {"__slotnames__", "__annotations__"} & set(vars(C))
    assert digest_of(C) == before


CLASSES = """
import abc, collections, dataclasses, enum, functools, typing
import attrs
from weaklabel.lf import digest_of

T = typing.TypeVar("T")

class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self) -> "Shape": ...
    @property
    @abc.abstractmethod
    def b(self): ...

class Speaks(typing.Protocol):
    name: str
    def speak(self, a: "list[Shape]") -> int: ...

class Box(typing.Generic[T]):
    item: typing.List["Box[int]"]
    def __eq__(self, other): return self is other

class Pair(typing.NamedTuple):
    a: int
    b: str = "x"

class Told(typing.TypedDict, total=False):
    a: int
    b: typing.Required[str]

@dataclasses.dataclass(order=True)
class Point(Box[int]):
    x: int
    names: set = dataclasses.field(default_factory=lambda: {"a", "b", "c"})

@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Slotted:
    x: "int | None" = None

@attrs.define
class Attrs:
    x: int = attrs.field(default=1, validator=attrs.validators.instance_of(int))

class Size(str, enum.Enum):
    SMALL = "s"
    LARGE = "l"
    BIG = "l"
    @functools.lru_cache
    def half(self): return {"a", "b"}

class Mode(enum.IntFlag):
    R = enum.auto()
    W = enum.auto()
    RW = R | W

Old = collections.namedtuple("Old", "a b")
ALL = [Shape, Speaks, Box, Pair, Told, Point, Slotted, Attrs, Size, Mode, Old]
"""


def test_classes_of_all_kinds_have_the_same_digests_in_another_process(tmp_path: Path) -> None:
    asked = CLASSES + "\nprint(*map(digest_of, ALL))\n"
    one = outputs(tmp_path, asked, seed="1")
    assert one == outputs(tmp_path, "# moved\n\n" + asked, seed="2")
    assert len(set(one)) == len(one) == 11


def test_a_function_by_type_has_its_implementations(modules: Modules) -> None:
    source = """
    import functools
    @functools.singledispatch
    def f(x): return 1
    @f.register
    def _(x: str): return 2
    """
    mine = modules(lfs=source).f
    before = digest(mine)
    mine("a")
    assert digest(mine) == before != digest(modules(lfs=source.replace("2", "3")).f)


def test_numba_functions_count_by_their_code() -> None:
    import numba

    compiled = [numba.njit(f) for f in (double, triple)]
    found = [digest(f) for f in compiled]
    assert compiled[0](3) == 6
    assert found[0] == digest(compiled[0]) == digest(numba.njit(double))
    assert found[0] != found[1]


# What matters: what is declared


class Area(enum.Enum):
    HAM = 0
    SPAM = 1


def upper(x: Any) -> Any:
    return x.text.upper()


def as_pre(f: Any = upper, **declared: Any) -> Preprocessor:
    return Preprocessor(f, name=declared.pop("name", "upper"), **declared)


DECLARED: list[dict[str, Any]] = [
    {},
    {"votes": 0},
    {"votes": 1},
    {"votes": Area.SPAM},
    {"votes": "SPAM", "classes": ("HAM", "SPAM")},
    {"votes": "SPAM", "classes": ("SPAM", "HAM")},
    {"votes": wl.any_of(0, 1)},
    {"votes": wl.any_of(0, 2)},
    {"votes": wl.none_of("HAM"), "classes": ("HAM", "SPAM")},
    {"classes": ("HAM", "SPAM")},
    {"classes": ("HAM", "EGGS")},
    {"batch": True},
    {"columns": "text"},
    {"columns": ("text", "n")},
    {"version": 1},
    {"version": 2},
    {"version": "1"},
    {"version": 1.0},
    {"resources": {"words": {"a"}}},
    {"resources": {"words": {"b"}}},
    {"resources": {"names": {"a"}}},
    {"resources": {"words": Resource(double)}},
    {"resources": {"words": Resource(triple)}},
    {"resources": {"words": Resource(double, 1)}},
    {"resources": {"words": Resource(double, 2)}},
    {"resources": {"words": Resource(double, version=1)}},
    {"resources": {"words": Resource(double, version=2)}},
    {"pre": as_pre()},
    {"pre": as_pre(name="other")},
    {"pre": as_pre(double)},
    {"pre": as_pre(version=1)},
    {"pre": as_pre(batch=True)},
    {"pre": as_pre(resources={"a": 1})},
    {"pre": as_pre(resources={"a": Resource(double)})},
    {"pre": as_pre(pre=as_pre(name="deep"))},
    {"pre": as_pre(pre=as_pre(double, name="deep"))},
    {"pre": [as_pre(name="one"), as_pre(name="two")]},
    {"pre": [as_pre(name="two"), as_pre(name="one")]},
]


def test_each_declaration_matters() -> None:
    found = [digest(upper, **declared) for declared in DECLARED]
    assert len(set(found)) == len(DECLARED)
    assert found == [digest(upper, **declared) for declared in DECLARED]


def test_the_order_of_resources_does_not_matter() -> None:
    one = digest(upper, resources={"a": 1, "b": 2})
    assert one == digest(upper, resources={"b": 2, "a": 1})


def test_a_rule_matters() -> None:
    def rule(**fields: Any) -> ColumnRule:
        return ColumnRule(**{"column": "text", "holds": double, **fields})

    rules = [
        rule(),
        rule(column="body"),
        rule(holds=triple),
        rule(literals=("a",)),
        rule(literals=("b",)),
        rule(literals=("a",), fold=True),
    ]
    found = [
        fingerprint(LabelingFunction(rule=r, votes=1, name="f", columns="text")) for r in rules
    ]
    again = fingerprint(LabelingFunction(rule=rule(), votes=1, name="g", columns="text"))
    assert len({one.digest for one in found}) == len(rules)
    assert found[0] == again


def test_a_preprocessor_has_a_fingerprint_apart_from_its_name() -> None:
    found = preprocessor_fingerprint(as_pre())
    assert found == preprocessor_fingerprint(as_pre(name="other"))
    assert found != preprocessor_fingerprint(as_pre(double))
    assert preprocessor_fingerprint(as_pre(scaled(threading.Lock()))) == Fingerprint(
        None, "its closure variable 'factor' holds a lock"
    )


def test_many_at_once_are_the_same_as_each_alone() -> None:
    pack = wl.load_pack("scipy_docs")
    found = fingerprint_all(pack.lfs)
    assert found == [fingerprint(lf) for lf in pack.lfs]
    assert len({one.digest for one in found} - {None}) == len(pack.lfs)
    assert fingerprint_all([]) == []


def test_one_that_has_none_does_not_spoil_the_others() -> None:
    lock = scaled(threading.Lock())
    lfs = [LabelingFunction(f, name="f") for f in (double, lock, triple)]
    found = fingerprint_all(lfs)
    assert [one.digest is None for one in found] == [False, True, False]
    assert found[0] == fingerprint(lfs[0])


# Values

ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.dates(),
    st.datetimes(timezones=st.timezones()),
    st.timedeltas(),
    st.fractions(),
    st.uuids(),
    st.sampled_from([Area.HAM, Area.SPAM, Area, range(3), slice(1, 2), Path("a"), ...]),
)
KEYS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.dates())
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner),
        st.sets(KEYS),
        st.frozensets(KEYS),
    ),
    max_leaves=12,
)


@given(value=VALUES)
def test_equal_values_have_equal_digests(value: Any) -> None:
    assert digest_of(value) == digest_of(copy.deepcopy(value)) == digest_of(value)
    assert digest_of([value]) != digest_of(value)


def identity(value: Any) -> Any:
    """By what two values are the same: as ``==`` has it, but 1, 1.0 and True apart."""
    if isinstance(value, float):
        return ("float", "nan" if math.isnan(value) else value.hex())
    if isinstance(value, complex):
        return ("complex", identity(value.real), identity(value.imag))
    if isinstance(value, dict):
        return ("dict", [(identity(key), identity(item)) for key, item in value.items()])
    if isinstance(value, list | tuple):
        return (type(value), [identity(item) for item in value])
    if isinstance(value, set | frozenset):
        return (type(value), sorted(repr(identity(item)) for item in value))
    if isinstance(value, decimal.Decimal | datetime.datetime):
        return (type(value), repr(value))
    return (type(value), repr(value))


@given(one=VALUES, two=VALUES)
def test_different_values_have_different_digests(one: Any, two: Any) -> None:
    assert (digest_of(one) == digest_of(two)) == (identity(one) == identity(two))


@given(items=st.lists(KEYS, unique_by=lambda key: (type(key), key)), data=st.data())
def test_the_order_of_a_set_is_free_and_that_of_a_dict_is_not(items: list[Any], data: Any) -> None:
    items = list(dict.fromkeys(items))
    other = data.draw(st.permutations(items))
    assert digest_of(set(items)) == digest_of(set(other))
    assert digest_of(frozenset(items)) == digest_of(frozenset(other))
    same = digest_of(dict.fromkeys(items)) == digest_of(dict.fromkeys(other))
    assert same == (items == other)


@given(texts=st.lists(st.text(max_size=3), min_size=60, max_size=70))
def test_many_texts_are_told_apart_where_one_ends(texts: list[str]) -> None:
    moved = [texts[0] + texts[1], "", *texts[2:]]
    assert digest_of(texts) == digest_of(list(texts))
    assert (digest_of(texts) == digest_of(moved)) == (texts == moved)
    assert digest_of(set(texts)) == digest_of({*texts[::-1]})
    assert digest_of(tuple(texts)) != digest_of(texts)


class Flag(enum.Flag):
    A = 1
    B = 2


class Same(enum.IntEnum):
    HAM = 0
    SPAM = 1


class Text(str):
    __slots__ = ()


Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Plain:
    x: int = 1
    y: list[int] = dataclasses.field(default_factory=list)


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: int = 1


FRAME = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
TABLE = pa.table({"a": [1, None], "b": ["x", "y"]})

DIFFERENT: list[list[Any]] = [
    [1, 1.0, True, "1", b"1", 1 + 0j, np.int64(1), np.float64(1), np.int8(1), Same.SPAM, Flag.A],
    [0.0, -0.0, math.nan, math.inf, 0, False, None, "", b"", ()],
    [[], (), {}, set(), frozenset(), collections.OrderedDict(), collections.deque(), bytearray()],
    [["ab", "c"], ["a", "bc"], ["abc"], [["ab"], "c"], "abc", ("ab", "c"), {"ab": "c"}],
    [Area.HAM, Area.SPAM, Same.HAM, Flag.A, Flag.B, Flag.A | Flag.B, Area, Same, Flag],
    [Text("a"), "a", b"a", re.compile("a"), re.compile(b"a"), re.compile("a", re.I), Path("a")],
    [Path("a/b"), Path("a/c"), "a/b"],
    [range(3), range(1, 3), [0, 1, 2], slice(3), slice(0, 3), slice(0, 3, 1)],
    [Point(1, 2), Point(1, 3), (1, 2)],
    [Plain(), Plain(2), Plain(1, [1]), Frozen(), Frozen(2), Plain, Frozen],
    [collections.Counter("aab"), collections.Counter("ab"), {"a": 2, "b": 1}],
    [collections.defaultdict(list), collections.defaultdict(set), {}],
    [collections.deque([1]), collections.deque([1], 3), [1]],
    [wl.any_of("A"), wl.any_of("B"), wl.none_of("A"), wl.any_of("A", "B"), frozenset("A")],
    [int, float, list[int], list[float], int | str, int | float, math, re, np, len, abs],
    [double, triple, scaled(1), scaled(2), Counter, Stepper, Other, np.sum, np.add, np.multiply],
    [datetime.date(2020, 1, 1), datetime.datetime(2020, 1, 1), pd.Timestamp("2020"), "2020"],
    [
        np.arange(3),
        np.arange(3.0),
        np.arange(3, dtype="i4"),
        np.arange(3).reshape(3, 1),
        np.arange(4),
        [0, 1, 2],
        np.ma.array([0, 1, 2], mask=[False, False, True]),
        np.array([0, 1, 2], object),
        np.array(["0", "1", "2"]),
        np.array([0, 1, 2], "M8[D]"),
        np.array([0, 1, 2], "M8[s]"),
        np.array([(0,), (1,), (2,)], [("a", "i8")]),
        np.array([(0,), (1,), (2,)], [("b", "i8")]),
    ],
    [
        FRAME,
        FRAME.rename(columns={"a": "c"}),
        FRAME.set_axis([1, 2]),
        FRAME[["b", "a"]],
        FRAME.astype({"a": float}),
        FRAME.fillna("y"),
        FRAME.astype({"b": "category"}),
        FRAME.astype({"a": "Int64"}),
        FRAME["a"],
        FRAME["a"].rename("c"),
        FRAME["b"],
        FRAME.set_index(["a", "b"]),
    ],
    [
        TABLE,
        TABLE.slice(1),
        TABLE.rename_columns(["a", "c"]),
        TABLE.cast(pa.schema([("a", pa.int32()), ("b", pa.string())])),
        TABLE["a"],
        TABLE["b"],
        TABLE["b"].chunk(0),
        TABLE.schema,
        pa.scalar(1),
        pa.scalar(1.0),
        pa.int64(),
        pa.int32(),
    ],
    [np.random.default_rng(1), np.random.default_rng(2), np.random.RandomState(1)],
]


def copied(value: Any) -> Any:
    return value if isinstance(value, types.ModuleType) else copy.deepcopy(value)


@pytest.mark.parametrize("values", DIFFERENT)
def test_values_that_differ_in_type_or_content_have_other_digests(values: list[Any]) -> None:
    found = [digest_of(value) for value in values]
    repeated = [i for i, one in enumerate(found) if found.index(one) != i]
    assert not repeated, [values[i] for i in repeated]
    assert found == [digest_of(value) for value in map(copied, values)]


def test_the_form_in_memory_does_not_matter() -> None:
    array = np.arange(12).reshape(3, 4)
    assert digest_of(array) == digest_of(np.asfortranarray(array))
    assert digest_of(array[:, ::2]) == digest_of(array[:, ::2].copy())
    assert digest_of(np.array([math.nan])) == digest_of(-np.array([math.nan]))
    assert digest_of(math.nan) == digest_of(-math.nan)
    parts = pa.chunked_array([[1], [2, None]])
    assert digest_of(parts) == digest_of(pa.chunked_array([[1, 2, None]]))
    assert digest_of(TABLE.slice(1)) == digest_of(pa.table({"a": [None], "b": ["y"]}, TABLE.schema))


def test_any_depth_has_a_digest() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    digest_of(deep)
    circle: list[Any] = [1]
    circle.append(circle)
    other: list[Any] = [2]
    other.append(other)
    assert digest_of(circle) != digest_of(other)


def test_a_class_counts_by_its_code(modules: Modules) -> None:
    source = "class C:\n    step = 1\n    def more(self): return helper()\ndef helper(): return 2"
    mine = digest_of(modules(one=source).C())
    assert mine == digest_of(modules(two="\n" + source).C())
    assert mine != digest_of(modules(one=source.replace("1", "3")).C())
    assert mine != digest_of(modules(one=source.replace("2", "3")).C())


def test_an_estimator_has_the_digest_of_what_it_learned() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    def fitted(y: list[int]) -> Any:
        model = make_pipeline(TfidfVectorizer(stop_words=["a"]), LogisticRegression())
        return model.fit(["free money", "hello you", "buy now", "see you"], y)

    model = fitted([1, 0, 1, 0])
    before = digest_of(model)
    model.predict(["free", "you"])
    assert digest_of(model) == before == digest_of(fitted([1, 0, 1, 0]))
    assert before != digest_of(fitted([1, 0, 0, 1]))


def test_a_network_has_the_digest_of_its_weights() -> None:
    torch = pytest.importorskip("torch")
    network = torch.nn.Linear(2, 1)
    again = copy.deepcopy(network)
    assert digest_of(network) == digest_of(again)
    with torch.no_grad():
        again.weight[0, 0] += 1
    assert digest_of(network) != digest_of(again)
    assert digest_of(torch.zeros(2)) != digest_of(torch.zeros(2, dtype=torch.int32))
    assert digest_of(torch.zeros(2, dtype=torch.bfloat16)) != digest_of(torch.zeros(2))


def test_a_pipeline_has_the_digest_of_what_it_does() -> None:
    spacy = pytest.importorskip("spacy")

    def pipeline(word: str) -> Any:
        nlp = spacy.blank("en")
        nlp.add_pipe("sentencizer")
        nlp.add_pipe("entity_ruler").add_patterns([{"label": "A", "pattern": word}])
        return nlp

    nlp = pipeline("free")
    before = digest_of(nlp)
    list(nlp.pipe(["a text of unheard words", "free money", "another wörd"]))
    assert digest_of(nlp) == before == digest_of(pipeline("free"))
    assert before != digest_of(pipeline("cash"))
    assert digest_of(nlp("one two")) != digest_of(nlp("one three"))
    assert digest_of(nlp("one two")) == digest_of(pipeline("free")("one two"))


def test_a_pipeline_has_the_same_digest_in_another_process(tmp_path: Path) -> None:
    pytest.importorskip("spacy")
    script = """
import spacy
from weaklabel.lf import digest_of, fingerprint
from weaklabel_lfs import nlp
english = spacy.blank("en")
english.add_pipe("sentencizer")
english.add_pipe("entity_ruler").add_patterns([{"label": "A", "pattern": "free"}])
win = nlp.spacy_matcher(1, "claim now", [{"LOWER": "win"}], nlp=english, name="win")
print(digest_of(english), fingerprint(win).digest, digest_of(english("free to go")))
"""
    one = outputs(tmp_path, script, seed="1")
    assert one == outputs(tmp_path, script, seed="2")
    assert "None" not in one


# What has no fingerprint


def generator() -> Iterator[int]:
    yield 1


class Client:
    def __init__(self) -> None:
        self.lock = threading.Lock()


class Refusing:
    def __reduce_ex__(self, protocol: Any) -> Any:
        raise ZeroDivisionError("not today")


class Lying:
    def __reduce_ex__(self, protocol: Any) -> Any:
        return 3

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: threading.Lock(), "it is a lock"),
        (lambda: Client(), "its attribute 'lock' holds a lock"),
        (lambda: [1, {"a": threading.Lock()}], "its item 1, its item 'a' holds a lock"),
        (lambda: generator(), "it is a generator"),
        (lambda: iter([1]), "it is a list_iterator"),
        (lambda: map(len, []), "it is a map"),
        (lambda: io.StringIO("x"), "it is an open file"),
        (lambda: ctypes.c_int(3), "it is a c_int of ctypes"),
        (lambda: contextvars.ContextVar("x"), "it is a ContextVar"),
        (lambda: Refusing(), "it is a Refusing (ZeroDivisionError: not today)"),
        (lambda: Lying(), "it is a Lying (it says that it is 3)"),
        (lambda: functools.partial(double, threading.Lock()), "its argument 0 holds a lock"),
        (
            lambda: scaled([Client()]),
            "its closure variable 'factor', its item 0, its attribute 'lock'",
        ),
    ],
)
def test_what_cannot_be_fingerprinted_is_named(make: Callable[[], Any], why: str) -> None:
    value = make()
    with pytest.raises(Unfingerprintable, match=re.escape(why)) as raised:
        digest_of(value)
    assert str(raised.value) == raised.value.why
    found = fingerprint(LabelingFunction(scaled(value), name="f"))
    assert found.digest is None
    assert found.why.startswith("its closure variable 'factor'")


class Endless:
    def __reduce__(self) -> Any:
        return Endless, (Endless(),)


def test_a_class_that_an_installed_package_made_is_named() -> None:
    import pydantic

    class Model(pydantic.BaseModel):
        limit: int = pydantic.Field(default=3, le=4)

    @pydantic.dataclasses.dataclass
    class Data:
        limit: int = 3

    def checked(value: Any) -> Any:
        return LabelingFunction(lambda x: value, name="f", votes=1)

    for value in (Model, Model()):
        found = fingerprint(checked(value))
        assert found.digest is None
        assert "holds the class Model, made by pydantic" in found.why
        assert found.why.endswith("; what that keeps in a class is not known")
    assert "holds the class Data, made by pydantic;" in fingerprint(checked(Data)).why


def test_an_object_of_ever_new_objects_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("weaklabel.lf._content._graph._MOST_NODES", 1000)
    with pytest.raises(Unfingerprintable, match=r"holds one of more than 1,000 objects$"):
        digest_of(Endless())


def test_an_open_socket_or_file_is_named(tmp_path: Path) -> None:
    with socket.socket() as connection, (tmp_path / "a").open("w") as file:
        lfs = [
            made("def f(x): return client.send(x)", client=connection),
            made("def f(x): return log.write(x)", log=file),
        ]
        found = [fingerprint(LabelingFunction(f, name="f")) for f in lfs]
    assert [one.why for one in found] == [
        "its global 'client' holds a socket",
        "its global 'log' holds an open file",
    ]


def test_a_resource_stands_for_what_cannot_be_fingerprinted() -> None:
    declared = {"resources": {"client": Resource(Client)}}
    assert digest(upper, **declared)
    assert Resource(Client).value.lock


def test_a_global_that_changes_counts_by_its_present_value() -> None:
    namespace: dict[str, Any] = {"__name__": "__main__", "seen": []}
    exec("def f(x): seen.append(x); return 1", namespace)  # noqa: S102
    before = digest(namespace["f"])
    assert digest(namespace["f"]) == before
    namespace["f"]("a")
    assert digest(namespace["f"]) != before


def test_a_snorkel_function_keeps_its_fingerprint_when_it_has_run() -> None:
    pytest.importorskip("snorkel")
    from snorkel.labeling import labeling_function
    from snorkel.preprocess import preprocessor

    from weaklabel.lf import as_labeling_function

    @preprocessor(memoize=True)  # type: ignore[untyped-decorator, unused-ignore]
    def lower(x: Any) -> Any:
        x.low = x.text.lower()
        return x

    @labeling_function(pre=[lower], resources={"word": "free"})  # type: ignore[untyped-decorator, unused-ignore]
    def has(x: Any, word: str) -> int:
        return 1 if word in x.low else -1

    ours = as_labeling_function(has)
    before = fingerprint(ours)
    assert before.digest
    wl.apply_lfs([ours], ["Free", "b"], progress=False)
    assert fingerprint(ours) == before
