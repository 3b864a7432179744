"""YAML read to nodes that know where they stand, in bounded time and memory.

Scalars stay the text that was written: no ``yes`` becomes a truth value and no ``4:30`` a number of
seconds. Aliases, tags, duplicate keys, deep nesting and long files are refused.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import TypeVar

import yaml
from yaml import events

from .bounded import read_bounded
from .errors import AnacrusisError, FileFormatError, PlanError
from .wording import did_you_mean

MAX_BYTES = 1_000_000
MAX_DEPTH = 8
MAX_NODES = 40_000

Value = TypeVar("Value")

_NULLS = ("", "~", "null", "Null", "NULL")


class LocatedError(PlanError):
    """A plan error that already says its file, line and column."""


@dataclass(frozen=True)
class Node:
    """A value of a YAML file: text, a list of nodes, or a mapping of words to nodes.

    line, column: counted from 1. path: keys that lead here, list entries counted from 1
    (``sections[2].chords``). plain: text without quotes. key_at: line and column of its key.
    """

    source: str
    line: int
    column: int
    path: str
    text: str | None = None
    items: tuple["Node", ...] | None = None
    entries: dict[str, "Node"] | None = None
    plain: bool = False
    key_at: tuple[int, int] | None = None

    @property
    def is_null(self) -> bool:
        """Whether the value is left out (nothing, ``~`` or ``null`` without quotes)."""
        return self.plain and self.text in _NULLS

    def error(self, message: str) -> LocatedError:
        """An error at this place."""
        path = f"{self.path}: " if self.path else ""
        return LocatedError(f"{self.source}:{self.line}:{self.column}: {path}{message}")

    @property
    def key(self) -> "Node":
        """The place of the key whose value this is (its own place for a list entry)."""
        line, column = self.key_at or (self.line, self.column)
        return Node(self.source, line, column, self.path)

    def scalar(self, example: str, limit: int = 120) -> str:
        """The text, or an error that asks for something like `example`."""
        if self.text is None:
            raise self.error(f"a {self.kind} stands here; write a single value like {example}")
        if len(self.text) > limit:
            raise self.error(
                f"{self.text[:40]!r}... has {len(self.text)} characters; allowed: up to {limit}"
            )
        return self.text

    @property
    def kind(self) -> str:
        """What the node is, in words."""
        if self.text is not None:
            return "single value"
        return "list" if self.items is not None else "mapping"

    def fields(self, allowed: Sequence[str], example: str) -> dict[str, "Node"]:
        """The entries that are given, all of them among `allowed`."""
        if self.entries is None:
            raise self.error(f"a {self.kind} stands here; write a mapping like {example}")
        for name, node in self.entries.items():
            if name not in allowed:
                raise node.key.error(
                    f"{name[:60]!r} is not known here; {did_you_mean(name, allowed)}"
                    f"allowed: {', '.join(allowed)}"
                )
        return {name: node for name, node in self.entries.items() if not node.is_null}


@contextmanager
def located(node: Node) -> Iterator[None]:
    """Give the errors raised inside the place of `node`, unless they have one."""
    try:
        yield
    except LocatedError:
        raise
    except AnacrusisError as error:
        raise node.error(str(error)) from error


def named_entries(
    node: Node, keys: Sequence[str], example: str
) -> Iterator[tuple[str | None, Node]]:
    """Entries of a list or mapping as (name, value): ``- verse: 8``, ``verse: 8`` or ``- word``."""
    if node.entries is not None:
        yield from node.entries.items()
        return
    if node.items is None:
        raise node.error(f"a {node.kind} stands here; write a list, one entry a line: {example}")
    for item in node.items:
        entries = item.entries or {}
        if len(entries) == 1 and not set(entries) & set(keys):
            yield from entries.items()
        else:
            yield None, item


def value_of(
    given: dict[str, Node], name: str, example: str, read: Callable[[str], Value], limit: int = 120
) -> Value | None:
    """What `read` makes of an entry's text, its errors placed; None where it is not given."""
    node = given.get(name)
    if node is None:
        return None
    with located(node):
        return read(node.scalar(example, limit))


def first_refused(nodes: Sequence[Node], build: Callable[[int], object]) -> Node | None:
    """The first node with which `build` raises, where all longer rows raise as well.

    build: makes something of so many of them.
    """

    def refused(count: int) -> bool:
        try:
            build(count)
        except AnacrusisError:
            return True
        return False

    if not nodes or not refused(len(nodes)):
        return None
    return nodes[bisect_left(range(1, len(nodes) + 1), True, key=refused)]


def read_text(path: str | PathLike[str]) -> str:
    """Text of a UTF-8 file of at most `MAX_BYTES`; `FileFormatError` for anything else."""
    target = Path(path)
    try:
        if not target.is_file():
            state = "is not a file" if target.exists() else "does not exist"
            raise FileFormatError(f"{target} {state}; give the path of a plan (a YAML file)")
        data = read_bounded(target, MAX_BYTES, "a plan is a short text")
    except OSError as error:
        raise FileFormatError(f"cannot read {target}: {error.strerror or error}") from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(
            f"{target} is not UTF-8 text (byte {error.start + 1}); a plan is a YAML text"
        ) from error


def compose(text: str, source: str) -> Node:
    """The root node of a YAML text; `PlanError` with file, line and column where it is broken."""
    start = Node(source, 1, 1, "")
    if not isinstance(text, str):
        raise start.error(f"a plan is YAML text, and this is a {type(text).__name__}")
    if len(text) > MAX_BYTES:
        raise start.error(f"the text is over {MAX_BYTES // 1000} kB; a plan is a short text")
    try:
        stream = yaml.parse(text, Loader=yaml.SafeLoader)
        return _Composer(source, stream).document(start)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = start if mark is None else Node(source, mark.line + 1, mark.column + 1, "")
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise where.error(f"this is not YAML: {said}") from error
    except yaml.YAMLError as error:
        said = str(error).splitlines()[0]
        raise start.error(f"this is not YAML: {said}") from error


class _Composer:
    """Builds nodes from parser events, counting as it goes."""

    def __init__(self, source: str, stream: Iterable[events.Event]) -> None:
        self.source = source
        self.stream = iter(stream)
        self.count = 0

    def document(self, start: Node) -> Node:
        root = None
        for event in self.stream:
            if isinstance(event, events.DocumentStartEvent):
                if root is not None:
                    raise self._at(event, "").error("a second document starts; keep to one")
                root = self._node(next(self.stream), "", 0)
        if root is None or root.is_null:
            raise start.error("the plan is empty; `anacrusis plan new` writes an example")
        return root

    def _at(self, event: events.Event, path: str) -> Node:
        mark = event.start_mark
        if mark is None:
            return Node(self.source, 1, 1, path)
        return Node(self.source, mark.line + 1, mark.column + 1, path)

    def _node(self, event: events.Event, path: str, depth: int) -> Node:
        at = self._at(event, path)
        self.count += 1
        if self.count > MAX_NODES:
            raise at.error(f"the file holds over {MAX_NODES} values; a plan is a short text")
        if depth > MAX_DEPTH:
            raise at.error(f"nested over {MAX_DEPTH} levels deep; a plan needs 4")
        if not isinstance(event, events.NodeEvent) or isinstance(event, events.AliasEvent):
            raise at.error("anchors and aliases (& and *) are not allowed; write the value out")
        if event.anchor is not None:
            raise at.error("anchors and aliases (& and *) are not allowed; write the value out")
        if getattr(event, "tag", None) is not None:
            raise at.error("tags (!) are not allowed; put the value in quotes if it starts with !")
        if isinstance(event, events.ScalarEvent):
            return Node(
                self.source, at.line, at.column, path, event.value, plain=event.style is None
            )
        if isinstance(event, events.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(event := next(self.stream), events.SequenceEndEvent):
                items.append(self._node(event, f"{path}[{len(items) + 1}]", depth + 1))
            return Node(self.source, at.line, at.column, path, items=tuple(items))
        return self._mapping(at, depth)

    def _mapping(self, at: Node, depth: int) -> Node:
        entries: dict[str, Node] = {}
        while not isinstance(event := next(self.stream), events.MappingEndEvent):
            key = self._node(event, at.path, depth + 1)
            if key.text is None:
                raise key.error(f"a {key.kind} stands where a key should be; write key: value")
            path = f"{at.path}.{key.text[:60]}" if at.path else key.text[:60]
            value = self._node(next(self.stream), path, depth + 1)
            if key.text in entries:
                first = entries[key.text].line
                raise Node(self.source, key.line, key.column, path).error(
                    f"{key.text[:60]!r} is given twice (first on line {first}); keep one"
                )
            entries[key.text] = replace(value, key_at=(key.line, key.column))
        return Node(self.source, at.line, at.column, at.path, entries=entries)
