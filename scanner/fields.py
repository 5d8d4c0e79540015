"""YAML nodes as typed fields: a wrong one is a problem at its place, and the reading goes on."""

from __future__ import annotations

import re
from collections.abc import Iterable

from genescan import document
from genescan.document import Node, Scalar, Sequence
from genescan.errors import NotationError, Problem
from genescan.suggest import hint

ID = re.compile(r"[a-z0-9]+(?:[-.][a-z0-9]+)*(?:/[a-z0-9]+(?:[-.][a-z0-9]+)*)*")
"""Ids of signatures: the path of the file without its suffix."""


def printable(text: str) -> str:
    """Text with everything escaped that could move a cursor or reverse a line."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


class Fields:
    """Reads nodes of one file as texts, lists, mappings and ids."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.problems: list[Problem] = []

    def problem(self, node: Node, message: str, suggestion: str = "") -> None:
        """Note a problem at a node."""
        place = node.line, node.column
        self.problems.append(Problem(*place, printable(message), printable(suggestion)))

    def inside(self, scalar: Scalar, error: NotationError) -> None:
        """A problem inside the text of a scalar, at its place in the file."""
        place = document.locate(self.source, scalar, error.line, error.column)
        self.problems.append(Problem(*place, printable(error.message)))

    def text(self, node: Node) -> str:
        """A text without the white space around it."""
        if isinstance(node, Scalar):
            return node.value.strip()
        self.problem(node, "expected a text")
        return ""

    def value(self, node: Node) -> str:
        """A text or a flat list of texts, as the notation spells it."""
        if isinstance(node, Sequence):
            return "[" + ", ".join(self.text(item) for item in node.items) + "]"
        return self.text(node)

    def texts(self, node: Node) -> tuple[str, ...]:
        """A list of texts; a single text is a list of one."""
        items = node.items if isinstance(node, Sequence) else [node]
        return tuple(text for item in items if (text := self.text(item)))

    def mapping(self, node: Node) -> list[tuple[Scalar, Node]]:
        """Keys and values; a key without anything is an empty mapping."""
        if isinstance(node, document.Mapping):
            return node.items
        if not (isinstance(node, Scalar) and not node.value):
            self.problem(node, "expected keys and values")
        return []

    def fields(self, node: Node, known: Iterable[str]) -> dict[str, Node]:
        """A mapping whose keys are known."""
        found: dict[str, Node] = {}
        for key, value in self.mapping(node):
            if key.value in known:
                found[key.value] = value
            else:
                self.problem(key, f"unknown key {key.value!r}", hint(key.value, known))
        return found

    def choice(self, node: Node, allowed: tuple[str, ...]) -> str:
        """One of a few words."""
        value = self.text(node)
        if value not in allowed:
            self.problem(node, f"expected one of {', '.join(allowed)}", hint(value, allowed))
        return value

    def flag(self, node: Node) -> bool:
        """True or false."""
        return self.choice(node, ("true", "false")) == "true"

    def identifier(self, node: Node) -> str:
        """The id of a signature."""
        value = self.text(node)
        if not ID.fullmatch(value):
            self.problem(node, "an id is lower-case words joined by '-', in areas joined by '/'")
        return value

    def identifiers(self, node: Node) -> tuple[str, ...]:
        """A list of ids; a single one is a list of one."""
        items = node.items if isinstance(node, Sequence) else [node]
        return tuple(self.identifier(item) for item in items)

    def variable(self, key: Scalar, what: str) -> str:
        """A key that conditions and patterns read as a name."""
        if not key.value.isidentifier():
            self.problem(key, f"{what} is named like a variable: letters, digits and '_'")
        return key.value
