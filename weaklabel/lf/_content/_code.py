"""What a code object does, whatever its lines, file and docstring; and which names it reads.

The instructions are written down in the order in which control reaches them. A compiler keeps
placeholders and moves or merges jumps by how a text is broken into lines; on this walk neither
shows.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from weaklabel.lf._content._atoms import hashed, inline

# What a function is, apart from where it stands and which __future__ its file has.
_FLAGS = (
    inspect.CO_VARARGS
    | inspect.CO_VARKEYWORDS
    | inspect.CO_GENERATOR
    | inspect.CO_COROUTINE
    | inspect.CO_ITERABLE_COROUTINE
    | inspect.CO_ASYNC_GENERATOR
)
_NOTHING = frozenset({"NOP", "CACHE", "EXTENDED_ARG", "NOT_TAKEN"})
_JUMPS = frozenset({"JUMP", "JUMP_FORWARD", "JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"})
_ENDS = frozenset({"RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE"})
# Python 3.13 joins two that stand in one line.
_PAIRS = {
    f"{one}_{two}": (one, two)
    for one in ("LOAD_FAST", "STORE_FAST", "LOAD_FAST_BORROW")
    for two in ("LOAD_FAST", "STORE_FAST", "LOAD_FAST_BORROW")
}
# What a test looks for, and whether it drops what it looked at on both ways.
_TESTS = {
    "JUMP_IF_FALSE_OR_POP": ("IF_FALSE", False),
    "JUMP_IF_TRUE_OR_POP": ("IF_TRUE", False),
    "POP_JUMP_FORWARD_IF_FALSE": ("IF_FALSE", True),
    "POP_JUMP_BACKWARD_IF_FALSE": ("IF_FALSE", True),
    "POP_JUMP_FORWARD_IF_TRUE": ("IF_TRUE", True),
    "POP_JUMP_BACKWARD_IF_TRUE": ("IF_TRUE", True),
}
_OR_POP = frozenset({"JUMP_IF_FALSE_OR_POP", "JUMP_IF_TRUE_OR_POP"})
_JUMPING = frozenset({*dis.hasjrel, *dis.hasjabs})
_CONSTANTS = frozenset(dis.hasconst)
_ATTRIBUTES = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_CLOSURES = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
_GLOBALS = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
# What the body of a class stores of its place in the file.
_OF_THE_PLACE = frozenset(
    {"__doc__", "__qualname__", "__module__", "__firstlineno__", "__static_attributes__"}
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that code reads, and the attributes that it reads of it at once.

    Attributes
    ----------
    scope : {"global", "closure", "import"}
    name : str
        For an import, that of the module.
    attributes : tuple of str
        ``("linalg", "norm")`` for ``np.linalg.norm``; for an import the imported names.
    level : int
        Number of leading dots of an import.
    """

    scope: str
    name: str
    attributes: tuple[str, ...] = ()
    level: int = 0


@dataclass(frozen=True, slots=True)
class CodeContent:
    """Digest of a code object and everything that it reads, in a fixed order."""

    digest: bytes
    references: tuple[Reference, ...]


_known: WeakKeyDictionary[CodeType, CodeContent] = WeakKeyDictionary()


def code_content(code: CodeType) -> CodeContent:
    """Return what a code object does and reads, its nested functions included."""
    content = _known.get(code)
    if content is None:
        content = _known[code] = _content(code)
    return content


def _content(code: CodeType) -> CodeContent:
    instructions = _instructions(code)
    nested = [code_content(const) for const in code.co_consts if isinstance(const, CodeType)]
    references = dict.fromkeys(_references(instructions, code))
    for content in nested:
        references.update(dict.fromkeys(content.references))
    arguments = code.co_argcount + code.co_kwonlyargcount
    arguments += bool(code.co_flags & inspect.CO_VARARGS)
    arguments += bool(code.co_flags & inspect.CO_VARKEYWORDS)
    layout = (
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_flags & _FLAGS,
        code.co_varnames[:arguments],
    )
    return CodeContent(
        hashed(inline(layout, {}) or b"", *_walked(instructions, code)), tuple(references)
    )


def _instructions(code: CodeType) -> list[dis.Instruction]:
    """Return the instructions that do something, none of them two in one."""
    instructions = []
    for instruction in dis.get_instructions(code):
        pair = _PAIRS.get(instruction.opname)
        if pair is not None:
            for opname, name in zip(pair, instruction.argval, strict=True):
                single = instruction._replace(opname=opname, argval=name, argrepr=name)
                instructions.append(single)
        elif instruction.opname not in _NOTHING:
            instructions.append(instruction)
    return instructions


def _walked(instructions: list[dis.Instruction], code: CodeType) -> list[bytes]:
    """Return the instructions as bytes, in the order in which control reaches them."""
    at = _positions(instructions, code)
    stores = [i for i, instruction in enumerate(instructions) if _stores_the_place(instruction)]
    skipped = {*stores, *(i - 1 for i in stores)}

    def settled(i: int) -> int:
        """Return the next instruction that does something."""
        passed = set()
        while i < len(instructions) and i not in passed:
            passed.add(i)
            instruction = instructions[i]
            if instruction.opname in _JUMPS:
                i = at[instruction.argval]
            elif i in skipped:
                i += 1
            else:
                break
        return i

    handlers = _handlers(instructions, code)
    number = {settled(0): 0}
    stack, told = list(number), []
    while stack:
        i = stack.pop()
        if i >= len(instructions):
            continue
        instruction = instructions[i]
        name, ways = _name_and_ways(instruction, i, at)
        ways = [settled(way) for way in ways]
        while name in _OR_POP and ways[0] < len(instructions):
            # A chain of "and" and "or" jumps from test to test, or over those that are decided.
            target = instructions[ways[0]]
            then, jumps = _TESTS.get(target.opname, ("", False))
            if not then:
                break
            same = then == _TESTS[name][0]
            ways[0] = settled(at[target.argval] if same else ways[0] + 1)
            if jumps or not same:
                name = f"POP_JUMP_{_TESTS[name][0]}"
        if name == "POP_JUMP_IF_FALSE":
            name, ways = "POP_JUMP_IF_TRUE", ways[::-1]
        handler = handlers.get(i)
        if handler is not None:
            ways.append(settled(at[handler[0]]))
        fresh = [way for way in dict.fromkeys(ways) if way not in number]
        for way in fresh:
            number[way] = len(number)
        stack += reversed(fresh)
        places = " ".join(str(number[way]) for way in ways)
        caught = "" if handler is None else f"{handler[1:]}"
        told.append(
            hashed(name.encode(), _argument(instruction, code), f"{places}{caught}".encode())
        )
    return told


def _positions(instructions: list[dis.Instruction], code: CodeType) -> dict[int, int]:
    """Return for every offset the number of the first instruction from there on."""
    positions, at = {}, 0
    for offset in range(0, len(code.co_code) + 2, 2):
        while at < len(instructions) and instructions[at].offset < offset:
            at += 1
        positions[offset] = at
    return positions


def _name_and_ways(
    instruction: dis.Instruction, i: int, at: dict[int, int]
) -> tuple[str, list[int]]:
    """Return what an instruction does and which ones may be next, in an order that is fixed."""
    name = instruction.opname
    if name in _ENDS:
        return name, []
    if not _is_jump(instruction):
        return name, [i + 1]
    name = name.replace("_FORWARD", "").replace("_BACKWARD", "")
    ways = [at[instruction.argval], i + 1]
    # One and the same branch is written in two ways; which one is left to the layout.
    if name == "POP_JUMP_IF_NONE":
        return "POP_JUMP_IF_NOT_NONE", ways[::-1]
    return name, ways


def _is_jump(instruction: dis.Instruction) -> bool:
    return instruction.opcode in _JUMPING


def _argument(instruction: dis.Instruction, code: CodeType) -> bytes:
    if instruction.arg is None or _is_jump(instruction):
        return b""
    value = instruction.argval
    if instruction.opcode in _CONSTANTS:
        # Not argval, which is unknown for the names of keyword arguments.
        return _constant(code.co_consts[instruction.arg])
    if isinstance(value, str | tuple):
        # The text tells more than the value where bits of the argument are flags.
        return f"{value} {instruction.argrepr}".encode("utf-8", "surrogatepass")
    return b"%d" % instruction.arg


def _constant(value: Any) -> bytes:
    """Return the bytes of a constant: a plain value, a code object, or a tuple with one in it."""
    if isinstance(value, CodeType):
        return b"code" + code_content(value).digest
    data = inline(value, {}, deepest=100)
    if data is not None:
        return data
    if isinstance(value, tuple):
        return b"tuple" + hashed(*map(_constant, value))
    return b"other" + repr(value).encode()


def _handlers(
    instructions: Sequence[dis.Instruction], code: CodeType
) -> dict[int, tuple[int, int, bool]]:
    """Return for each instruction inside a ``try`` where its exceptions go."""
    entries = dis.Bytecode(code).exception_entries  # type: ignore[attr-defined]
    handlers = {}
    for entry in entries:
        for i, instruction in enumerate(instructions):
            if entry.start <= instruction.offset < entry.end:
                handlers[i] = (entry.target, entry.depth, entry.lasti)
    return handlers


def _references(instructions: list[dis.Instruction], code: CodeType) -> list[Reference]:
    found = []
    for i, instruction in enumerate(instructions):
        name = instruction.opname
        if name == "IMPORT_NAME":
            level, names = instructions[i - 2].argval, instructions[i - 1].argval
            found.append(Reference("import", instruction.argval, tuple(names or ()), level))
        elif name in _GLOBALS or (name in _CLOSURES and instruction.argval in code.co_freevars):
            if i + 1 < len(instructions) and _stores_the_place(instructions[i + 1]):
                continue
            attributes = []
            for following in instructions[i + 1 :]:
                if following.opname not in _ATTRIBUTES:
                    break
                attributes.append(following.argval)
            scope = "global" if name in _GLOBALS else "closure"
            found.append(Reference(scope, instruction.argval, tuple(attributes)))
    return found


def _stores_the_place(instruction: dis.Instruction) -> bool:
    return instruction.opname == "STORE_NAME" and instruction.argval in _OF_THE_PLACE
