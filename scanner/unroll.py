"""Loops in the inline graphs of tests: `for _ in range(4):` with a body that assigns names anew.

    for _ in range(4):
        a = Relu(Conv(x, w[64, 64, 3, 3]))
        x = Relu(Add(Conv(a, w[64, 64, 3, 3]), x))

becomes the same statements four times, each assignment with a name of its own (`x`, then `x__2`
...) and each reading of a name with the latest. Only tests have loops; a model's text has none.
"""

from __future__ import annotations

import ast
import re

from genescan.errors import NotationError
from genescan.text import fail, syntax_tree

MAX_ROUNDS = 200
MAX_STATEMENTS = 5_000

_VERSION = re.compile(r"__\d+$")


def base(name: str) -> str:
    """The name as the author wrote it, without the number that a loop gave it."""
    return _VERSION.sub("", name)


class _Renamer(ast.NodeTransformer):
    """Writes out statements; every name is read in its latest version."""

    def __init__(self) -> None:
        self.latest: dict[str, str] = {}
        self.count: dict[str, int] = {}
        self.lines: list[str] = []
        self.sources: list[int] = []

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Rename in operands; the operator's own name is none of the variables."""
        node.args = [self.visit(argument) for argument in node.args]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """The latest version of a variable."""
        if node.id == "w":
            return node
        self.count.setdefault(node.id, 1)
        return ast.copy_location(ast.Name(self.latest.get(node.id, node.id), node.ctx), node)

    def assign(self, name: str, looping: bool) -> str:
        """The name under which this assignment is written; outside loops it stays as it is."""
        self.count[name] = count = self.count.get(name, 0) + 1
        self.latest[name] = f"{name}__{count}" if looping and count > 1 else name
        return self.latest[name]

    def block(self, statements: list[ast.stmt], looping: bool) -> None:
        for statement in statements:
            if isinstance(statement, ast.For):
                for _ in range(_rounds(statement)):
                    self.block(statement.body, True)
                continue
            if len(self.lines) >= MAX_STATEMENTS:
                raise fail(statement, f"more than {MAX_STATEMENTS} statements")
            self.lines.append(self.statement(statement, looping))
            self.sources.append(statement.lineno)

    def statement(self, statement: ast.stmt, looping: bool) -> str:
        copy = ast.parse(ast.unparse(statement)).body[0]  # the next round needs the original
        if isinstance(copy, ast.Assign) and isinstance(copy.targets[0], ast.Name):
            value = ast.unparse(self.visit(copy.value))
            return f"{self.assign(copy.targets[0].id, looping)} = {value}"
        if isinstance(copy, ast.Expr):
            return ast.unparse(self.visit(copy.value))
        raise fail(statement, "expected 'name = Operator(...)' or 'for _ in range(n):'")


def _rounds(loop: ast.For) -> int:
    call = loop.iter
    plain = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and not call.keywords
    if (
        not isinstance(call, ast.Call)
        or not plain
        or ast.unparse(call.func) != "range"
        or len(call.args) != 1
        or loop.orelse
    ):
        raise fail(loop, "write for _ in range(n):")
    count = call.args[0]
    if not isinstance(count, ast.Constant) or type(count.value) is not int:
        raise fail(count, "range takes a number")
    if not 0 <= count.value <= MAX_ROUNDS:
        raise fail(count, f"a loop runs 0 to {MAX_ROUNDS} times")
    return count.value


def unroll(text: str) -> tuple[str, tuple[int, ...]]:
    """Write out every loop; also gives the line of `text` for each line of the result.

    Text without loops comes back unchanged, with no lines. Raises `NotationError`.
    """
    tree = syntax_tree(text)
    if not any(isinstance(statement, ast.For) for statement in tree.body):
        return text, ()
    renamer = _Renamer()
    try:
        renamer.block(tree.body, False)
    except RecursionError:
        raise NotationError("too deeply nested", 1, 1) from None
    return "\n".join(renamer.lines) + "\n", tuple(renamer.sources)
