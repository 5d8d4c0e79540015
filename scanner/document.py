"""YAML text to nodes that remember their place; nothing is constructed, resolved or aliased.

Every scalar stays the text it was written as: what a value means is the business of whoever
reads it. Events are read one by one and put together here, without recursion, because PyYAML's
own composer overflows the C stack on deeply nested input.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

import yaml

from genescan.errors import Problem

try:
    from yaml import CBaseLoader as _Loader
except ImportError:  # PyYAML built without libyaml: slower, same events
    from yaml import BaseLoader as _Loader  # type: ignore[assignment]

MAX_DEPTH = 16
"""Nesting of collections; honest signatures nest five deep."""


class Scalar(NamedTuple):
    """A text value."""

    value: str
    line: int
    column: int
    """Where it starts (for a block scalar: its `|`), counted from 1."""
    style: str = ""
    """How it is quoted: '', "'", '"', '|' or '>'."""


class Sequence(NamedTuple):
    """A list."""

    items: list[Node]
    line: int
    column: int


class Mapping(NamedTuple):
    """Keys and values in the order of the file."""

    items: list[tuple[Scalar, Node]]
    line: int
    column: int


Node: TypeAlias = Scalar | Sequence | Mapping


class DocumentError(Exception):
    """The text is not one plain YAML document; `problem` says where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.problem = Problem(line, column, message)


class _Composer:
    """Puts events together; `open` is the stack of unfinished collections."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.open: list[Sequence | Mapping] = []
        self.keys: list[Scalar | None] = []

    def place(self, node: Node) -> None:
        """Put a finished scalar, or a collection just begun, where it belongs."""
        if not self.open:
            self.root = node
            return
        parent = self.open[-1]
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self.keys[-1]
        if key is not None:
            parent.items.append((key, node))
            self.keys[-1] = None
        elif isinstance(node, Scalar):
            if any(node.value == other.value for other, _ in parent.items):
                raise DocumentError(f"{node.value!r} appears twice", node.line, node.column)
            self.keys[-1] = node
        else:
            raise DocumentError("a key must be a single word", node.line, node.column)

    def begin(self, node: Sequence | Mapping) -> None:
        self.place(node)
        self.open.append(node)
        self.keys.append(None)
        if len(self.open) > MAX_DEPTH:
            raise DocumentError(f"nested more than {MAX_DEPTH} deep", node.line, node.column)

    def take(self, event: yaml.Event) -> None:
        line, column = _place(event.start_mark)
        if isinstance(event, yaml.NodeEvent) and (event.anchor or getattr(event, "tag", None)):
            raise DocumentError("anchors, aliases and tags are not supported", line, column)
        if isinstance(event, yaml.ScalarEvent):
            self.place(Scalar(event.value, line, column, event.style or ""))
        elif isinstance(event, yaml.MappingStartEvent):
            self.begin(Mapping([], line, column))
        elif isinstance(event, yaml.SequenceStartEvent):
            self.begin(Sequence([], line, column))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.open.pop()
            self.keys.pop()
        elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
            raise DocumentError("one file holds one document", line, column)


def _place(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _events(text: str) -> Iterator[yaml.Event]:
    loader = _Loader(text)
    try:
        while (event := loader.get_event()) is not None:
            yield event
    finally:
        loader.dispose()


def compose(text: str) -> Node:
    """Read one YAML document; raises `DocumentError` with line and column."""
    composer = _Composer()
    try:
        for event in _events(text):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        raise DocumentError(f"not YAML: {error.problem}", *_place(error.problem_mark)) from None
    except (yaml.YAMLError, UnicodeError) as error:
        reason = getattr(error, "reason", "unreadable characters")
        raise DocumentError(f"not YAML: {reason}", 1, 1) from None
    if composer.root is None:
        raise DocumentError("the file is empty", 1, 1)
    return composer.root


def locate(source: str, scalar: Scalar, line: int, column: int) -> tuple[int, int]:
    """The place in the file of a place (both from 1) inside a scalar's value.

    YAML folds and indents, but keeps every character that is not white space in order; so the
    n-th visible character of the value is the n-th one of the source after the scalar's start.
    """
    lines = scalar.value.split("\n")
    before = "".join(lines[: line - 1]) + "".join(lines[line - 1 : line])[: column - 1]
    visible = sum(not c.isspace() for c in before)
    row, start = scalar.line - 1, scalar.column - 1
    if scalar.style in ("|", ">"):
        row, start = row + 1, 0
    elif scalar.style:
        start += 1
    for number, text in enumerate(source.split("\n")[row:], row + 1):
        for position, char in enumerate(text[start:], start + 1):
            if char.isspace():
                continue
            if not visible:
                return number, position
            visible -= 1
        start = 0
    return scalar.line, scalar.column
