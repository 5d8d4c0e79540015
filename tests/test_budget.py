"""Files and functions stay small enough to read at once, and everything public is documented."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import ROOT

FILE, FUNCTION = 400, 40
"""Lines."""
LONGER = {
    "scanner/cli.py::build": "the tree of commands and options, read from top to bottom",
    "scanner/draft.py": "one class: every edit of a graph must keep the same books",
    "scanner/match.py::_quick_search": "an inner loop run million times, so it is one closure",
    "scanner/verdict.py::judge": "the report's fields in their order, a line each",
    "tests/match_support.py::sample": "one random walk with its options, told in one place",
    "tests/test_signature.py": "the life of a signature in its order, from text to lint",
}
"""Files and functions over the budget, each with the reason why a cut would not help."""
PLACES = ("scanner", "converters", "tests", "benchmarks", "fixtures")
PATHS = [
    path
    for place in PLACES
    for path in sorted((ROOT / place).rglob("*.py"))
    if "_schema" not in path.parts
]


def _names() -> list[str]:
    return [path.relative_to(ROOT).as_posix() for path in PATHS]


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def too_long(path: Path) -> Iterator[str]:
    name, text = path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")
    if (lines := text.count("\n")) > FILE:
        yield f"{name} ({lines})"
    for node in functions(ast.parse(text)):
        lines = (node.end_lineno or 0) - node.lineno + 1
        if lines > FUNCTION and "twins" not in path.parts:  # a network is one list of layers
            yield f"{name}::{node.name} ({lines})"


@pytest.mark.parametrize("path", PATHS, ids=_names())
def test_length(path: Path) -> None:
    found = [item for item in too_long(path) if item.rpartition(" ")[0] not in LONGER]
    assert found == [], f"budget: {FILE} lines a file, {FUNCTION} a function"


def test_every_exception_is_still_needed() -> None:
    found = {item.rpartition(" ")[0] for path in PATHS for item in too_long(path)}
    assert LONGER.keys() <= found


@pytest.mark.parametrize("path", PATHS, ids=_names())
def test_every_file_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not text or ast.get_docstring(ast.parse(text))


def undocumented(body: list[ast.stmt], prefix: str = "") -> Iterator[str]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if not ast.get_docstring(node):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from undocumented(node.body, f"{prefix}{node.name}.")


PROGRAM = [path for path in PATHS if path.relative_to(ROOT).parts[0] in ("scanner", "converters")]


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.stem)
def test_everything_public_is_documented(path: Path) -> None:
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert list(undocumented(body)) == []
