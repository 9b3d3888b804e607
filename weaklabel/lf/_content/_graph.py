"""A graph of values and its digests: what refers to itself has one too.

A value is a node; what it is made of are plain values and links to other nodes. The digest of a
node is made of its parts' digests. Nodes that refer to each other in a circle are written down
together, in the order in which a walk from the node meets them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from weaklabel.errors import WeakLabelError
from weaklabel.lf._content._atoms import Known, hashed, inline

_MOST_ROUNDS = 64
# An object may pretend to be made of ever new ones.
_MOST_NODES = 1_000_000


@final
class Unfingerprintable(WeakLabelError):  # noqa: N818 - it says what a value is
    """A value has no digest that another process would agree on.

    Parameters
    ----------
    why : str
        What it is, or which of its parts.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Content:
    """What a value is made of.

    Attributes
    ----------
    kind : str
        Kinds never share a digest.
    parts : list of (how, value)
        The parts; ``how`` tells a person what the part is, e.g. ``"closure variable 'n'"``.
    ordered : bool
        False when the order of the parts means nothing.
    """

    kind: str
    parts: list[tuple[str, Any]]
    ordered: bool = True


@dataclass(slots=True)
class _Node:
    kind: bytes = b""
    # Bytes of a plain value, or the number of a node.
    parts: list[bytes | int] = field(default_factory=list)
    ordered: bool = True
    how: dict[int, str] = field(default_factory=dict)
    fault: str = ""


def digests(
    values: Sequence[Any], contents: Callable[[Any], Content]
) -> list[bytes | Unfingerprintable]:
    """Return the digest of each value, or the reason why it has none.

    Parameters
    ----------
    values : sequence
        Any values; what they share is looked at once.
    contents : callable
        From a value to its `Content`; raises `Unfingerprintable`.

    Returns
    -------
    list of bytes or Unfingerprintable
        16 bytes each.
    """
    nodes, roots = _graph(values, contents)
    faults = {i for i, node in enumerate(nodes) if node.fault}
    whys = [_why(nodes, root, faults) if faults else "" for root in roots]
    if all(whys):
        return [Unfingerprintable(why) for why in whys]
    found = _digests(nodes, roots)
    return [
        Unfingerprintable(why) if why else found[root]
        for root, why in zip(roots, whys, strict=True)
    ]


def _graph(
    values: Sequence[Any], contents: Callable[[Any], Content]
) -> tuple[list[_Node], list[int]]:
    nodes: list[_Node] = []
    numbers: dict[int, int] = {}
    # Every value is held until the end, so that its id stands for it alone.
    met: list[Any] = []
    known: Known = {}

    def place(value: Any) -> int:
        number = numbers.get(id(value))
        if number is None:
            number = numbers[id(value)] = len(met)
            met.append(value)
            nodes.append(_Node())
        return number

    def part(node: _Node, how: str, value: Any) -> bytes | int:
        data = inline(value, known)
        if data is not None:
            return data
        number = place(value)
        node.how.setdefault(number, how)
        return number

    roots: list[int] = []
    for value in values:
        if inline(value, known) is None:
            roots.append(place(value))
        else:
            roots.append(place((value,)))  # a fresh tuple, no id of a value that others hold
    at = 0
    while at < len(met):
        node, value = nodes[at], met[at]
        at += 1
        if len(met) > _MOST_NODES:
            node.fault = f"one of more than {_MOST_NODES:,} objects"
            continue
        try:
            content = contents(value)
            node.kind, node.ordered = content.kind.encode(), content.ordered
            node.parts = [part(node, how, item) for how, item in content.parts]
        except Unfingerprintable as error:
            node.fault = error.why
        except Exception as error:  # noqa: BLE001 - an odd value may raise anything
            node.fault = f"a {type(value).__name__} ({type(error).__name__}: {error})"
    return nodes, roots


def _why(nodes: list[_Node], root: int, faults: set[int]) -> str:
    """Return the shortest way to what has no digest, in words; empty where there is none."""
    came: dict[int, int] = {root: root}
    queue = deque([root])
    while queue:
        at = queue.popleft()
        if at in faults:
            break
        for link in nodes[at].how:
            if link not in came:
                came[link] = at
                queue.append(link)
    else:
        return ""
    what, way = nodes[at].fault, []
    while at != root:
        way.append(nodes[came[at]].how[at])
        at = came[at]
    told = [f"its {how}" for how in reversed(way) if how]
    return f"{', '.join(told)} holds {what}" if told else f"it is {what}"


def _digests(nodes: list[_Node], roots: list[int]) -> list[bytes]:
    circles = list(_circles(nodes))
    circle_of = {i: c for c, circle in enumerate(circles) for i in circle}
    entries = set(roots)
    for i, node in enumerate(nodes):
        entries.update(link for link in node.how if circle_of[link] != circle_of[i])
    found: list[bytes] = [b""] * len(nodes)
    for circle in circles:
        if len(circle) == 1 and circle[0] not in nodes[circle[0]].how:
            found[circle[0]] = _written(nodes[circle[0]], lambda link: b"\1" + found[link])
            continue
        members = set(circle)
        colours = _colours(nodes, members, found)
        # Seen from each entry a circle is another one; only from these is it ever looked at.
        digests_of_entries = {
            i: _walked(nodes, i, members, found, colours) for i in circle if i in entries
        }
        for i, digest in digests_of_entries.items():
            found[i] = digest
    return found


def _written(node: _Node, of_link: Callable[[int], bytes]) -> bytes:
    parts = [b"\0" + part if type(part) is bytes else of_link(part) for part in node.parts]  # type: ignore[arg-type]
    if not node.ordered:
        parts.sort()
    return hashed(node.kind, *parts)


def _walked(
    nodes: list[_Node],
    start: int,
    members: set[int],
    found: list[bytes],
    colours: dict[int, bytes],
) -> bytes:
    """Return the digest of a circle as seen from one of its nodes."""
    number = {start: 0}
    stack, told = [start], []
    while stack:
        node = nodes[stack.pop()]
        links = [part for part in node.parts if type(part) is int and part in members]
        if not node.ordered:
            links.sort(key=lambda link: colours[link])
        fresh = [link for link in dict.fromkeys(links) if link not in number]
        for link in fresh:
            number[link] = len(number)
        stack += reversed(fresh)

        def of_link(link: int) -> bytes:
            return b"\1" + found[link] if link not in members else b"\2%d" % number[link]

        told.append(_written(node, of_link))
    return hashed(b"circle", *told)


def _colours(nodes: list[_Node], members: set[int], found: list[bytes]) -> dict[int, bytes]:
    """Return bytes that tell the nodes of a circle apart, whatever order they were met in."""
    colours = dict.fromkeys(members, b"")
    if all(nodes[i].ordered for i in members):
        return colours
    classes = 1
    for _ in range(_MOST_ROUNDS):

        def of_link(link: int) -> bytes:
            return b"\2" + colours[link] if link in members else b"\1" + found[link]  # noqa: B023

        colours = {i: _written(nodes[i], of_link) for i in members}
        before, classes = classes, len(set(colours.values()))
        if before == classes:
            break
    return colours


def _circles(nodes: list[_Node]) -> Iterator[list[int]]:
    """Yield the strongly connected components, what is referred to first (Tarjan)."""
    order = [0] * len(nodes)
    low = [0] * len(nodes)
    open_: list[int] = []
    is_open = [False] * len(nodes)
    count = 0
    for first in range(len(nodes)):
        if order[first]:
            continue
        walk: list[tuple[int, Iterator[int]]] = [(first, iter(nodes[first].how))]
        count += 1
        order[first] = low[first] = count
        open_.append(first)
        is_open[first] = True
        while walk:
            at, links = walk[-1]
            for link in links:
                if not order[link]:
                    count += 1
                    order[link] = low[link] = count
                    open_.append(link)
                    is_open[link] = True
                    walk.append((link, iter(nodes[link].how)))
                    break
                if is_open[link]:
                    low[at] = min(low[at], order[link])
            else:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[at])
                if low[at] == order[at]:
                    circle: list[int] = []
                    while not circle or circle[-1] != at:
                        circle.append(open_.pop())
                        is_open[circle[-1]] = False
                    yield circle
