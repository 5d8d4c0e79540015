"""The textual notation of graphs: one operator a line, valid Python syntax, never evaluated.

    x = Input(shape=[None, 3, 224, 224])
    a = Conv(x, w[64, 3, 7, 7], kernel_shape=[7, 7], strides=[2, 2])
    b = Relu(BatchNormalization(a))
    Output(b)

Operands are names, `name[1]` (the second output of a node), nested operators, `w[64, 3]` (a
constant of that shape; `w[...]` when not even the rank is known), numbers (scalar constants),
`int64([0, -1])` or `uint8(0)` (constants of a type) and None (an operand left out). Names that
are never assigned are graph inputs. Without an `Output` line the values that nobody reads are the
outputs. Attributes that equal their default are not printed; in the text of a canonical graph only
defining attributes are. Operators outside the vocabulary are `Op(x, op="com.microsoft:Gelu")` and
`Unknown(x, op="domain:Name")`; a sub-graph is a lambda that reads outer names where it needs them:
`If(c, then_branch=lambda: Relu(x), else_branch=lambda: Tanh(x))`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from genescan import ops
from genescan.errors import NotationError
from genescan.graph import Attr, Edge, Graph, Node, Operand, Tensor

DTYPES = frozenset(
    {
        "bool", "int4", "uint4", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64",
        "uint64", "float16", "bfloat16", "float32", "float64",
    }
)  # fmt: skip
"""Names that write a constant of that type when called."""

_UNSAFE = re.compile(r"\W", re.ASCII)
"""What attribute names cannot contain here; a file's author chooses those of unknown operators."""


def fail(node: ast.AST, message: str) -> NotationError:
    """An error at the place of a syntax node."""
    return NotationError(message, getattr(node, "lineno", 1), getattr(node, "col_offset", 0) + 1)


def syntax_tree(text: str) -> ast.Module:
    """Parse notation text; a Python syntax error becomes a `NotationError` with its place."""
    try:
        return ast.parse(text)
    except SyntaxError as error:
        raise NotationError(error.msg, error.lineno or 1, error.offset or 1) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotationError(f"unreadable text: {error}", 1, 1) from None


def literal(node: ast.expr) -> Attr | None:
    """The value of a literal: number, string, bool, None, or a flat list or tuple of these."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | str | bool | None):
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = literal(node.operand)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return -value
    if isinstance(node, ast.List | ast.Tuple):
        values = [literal(item) for item in node.elts]
        if not any(isinstance(value, tuple | Tensor) for value in values):
            return tuple(values)  # type: ignore[arg-type]  # tuples and tensors excluded above
    raise fail(node, "expected a number, a string or a flat list of them")


class _Builder:
    """Builds a graph from statements; one per text."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.names: dict[str, int] = {}

    def add(
        self,
        op: str,
        inputs: list[Operand],
        attrs: dict[str, Attr],
        name: str,
        bodies: Mapping[str, Graph] | None = None,
    ) -> int:
        count = attrs.pop("outputs", 1)
        if not isinstance(count, int) or count < 1:
            raise NotationError("outputs must be a positive number", 1, 1)
        origin = (name,) if name else ()
        attrs = ops.complete(op, attrs)
        self.nodes.append(Node(op, tuple(inputs), attrs, count, origin, bodies=bodies or {}))
        return len(self.nodes) - 1

    def call(self, node: ast.Call, name: str = "") -> int:
        if not isinstance(node.func, ast.Name):
            raise fail(node.func, "expected an operator name")
        op = node.func.id
        inputs = [self.operand(argument) for argument in node.args]
        attrs: dict[str, Attr] = {}
        bodies: dict[str, Graph] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise fail(keyword.value, "'**' has no meaning here")
            if isinstance(keyword.value, ast.Lambda):
                body = bodies[keyword.arg] = _body(keyword.value)
                inputs += [Edge(self.lookup(captured)) for captured in body.captures]
            elif (value := literal(keyword.value)) is not None:
                attrs[keyword.arg] = value
        if op == "Unknown":
            op = f"Unknown:{attrs.pop('op', '')}"
        elif op == "Op":
            op = str(attrs.pop("op", ""))
        elif op not in ops.VOCABULARY:
            raise fail(node.func, f"unknown operator {op}")
        return self.add(op, inputs, attrs, name, bodies)

    def operand(self, node: ast.expr) -> Operand:
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name) and node.func.id in DTYPES:
                return _typed(node, node.func.id)
            return Edge(self.call(node))
        if isinstance(node, ast.Name):
            return Edge(self.lookup(node.id))
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            index = node.slice
            if node.value.id == "w":
                return _weight(index)
            port = literal(index)
            if not isinstance(port, int):
                raise fail(index, "expected an output number")
            return Edge(self.lookup(node.value.id), port)
        value = literal(node)
        if value is None:
            return None
        if isinstance(value, int | float):
            dtype = "bool" if isinstance(value, bool) else "float32"
            return Tensor(dtype, (), (value,))
        raise fail(node, "expected an operand")

    def lookup(self, name: str) -> int:
        if name not in self.names:
            self.names[name] = self.add("Input", [], {}, name)
        return self.names[name]


def _weight(index: ast.expr) -> Tensor:
    if isinstance(index, ast.Constant) and index.value is ...:
        return Tensor(shape=None)
    value = literal(index)
    dims = value if isinstance(value, tuple) else (value,)
    if not all(d is None or (isinstance(d, int) and d >= 0) for d in dims):
        raise fail(index, "a shape is a list of sizes")
    return Tensor(shape=tuple(None if d is None else int(d) for d in dims))  # type: ignore[arg-type]


def _typed(node: ast.Call, dtype: str) -> Tensor:
    """`uint8(0)` is a scalar, `int64([0, -1])` a vector."""
    value = literal(node.args[0]) if len(node.args) == 1 and not node.keywords else None
    data = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(number, int | float) for number in data):
        raise fail(node, "expected a number or a list of numbers")
    shape = (len(data),) if isinstance(value, tuple) else ()
    return Tensor(dtype, shape, data)  # type: ignore[arg-type]  # numbers, as just checked


def _body(node: ast.Lambda) -> Graph:
    """A sub-graph; names that are none of its arguments are captured from outside."""
    builder = _Builder()
    formals = [argument.arg for argument in node.args.args]
    for name in formals:
        builder.lookup(name)
    results = node.body.elts if isinstance(node.body, ast.List | ast.Tuple) else [node.body]
    outputs = tuple(builder.operand(result) for result in results)
    captures = tuple(name for name in builder.names if name not in formals)
    return Graph(tuple(builder.nodes), outputs, format="text", captures=captures)


def parse(text: str) -> Graph:
    """Read notation text into a graph; raises `NotationError` with line and column."""
    builder = _Builder()
    outputs: list[Operand] | None = None
    for statement in syntax_tree(text).body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            name = statement.targets[0].id
            if name in builder.names or name == "w":
                raise fail(statement, f"{name} is already taken")
            if not isinstance(statement.value, ast.Call):
                raise fail(statement.value, "expected an operator")
            builder.names[name] = builder.call(statement.value, name)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            if isinstance(call.func, ast.Name) and call.func.id == "Output":
                outputs = [builder.operand(argument) for argument in call.args]
            else:
                builder.call(call)
        else:
            raise fail(statement, "expected 'name = Operator(...)' or 'Output(...)'")
    nodes = tuple(builder.nodes)
    if outputs is None:
        read = {edge.source for node in nodes for edge in node.inputs if isinstance(edge, Edge)}
        outputs = [Edge(i) for i in range(len(nodes)) if i not in read]
    return Graph(nodes, tuple(outputs), format="text")


def _show(value: Attr | None) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(_show(item) for item in value) + "]"
    if isinstance(value, Tensor):
        return _operand(value, {})
    return repr(value)


def _operand(operand: Operand, names: Mapping[int, str]) -> str:
    if operand is None:
        return "None"
    if isinstance(operand, Edge):
        name = names[operand.source]
        return f"{name}[{operand.port}]" if operand.port else name
    if operand.shape is None:
        return "w[...]"
    if not operand.shape:
        return "w[()]"
    return "w[" + ", ".join(str(d) for d in operand.shape) + "]"


def _lines(graph: Graph, all_attrs: bool) -> Iterator[str]:
    names: dict[int, str] = {}
    inputs = 0
    for index, node in enumerate(graph.nodes):
        if node.op == "Input":
            names[index] = f"x{inputs}"
            inputs += 1
        else:
            names[index] = f"n{index - inputs + 1}"
        op, attrs = node.op, node.attrs
        parts = [_operand(operand, names) for operand in node.inputs]
        if op.startswith("Unknown:"):
            parts.append(f"op={op.removeprefix('Unknown:')!r}")
            op = "Unknown"
        elif op not in ops.VOCABULARY:
            parts.append(f"op={op!r}")
            op = "Op"
        wanted = attrs if all_attrs or op in ("Input", "Op", "Unknown") else ops.info(op).attrs
        parts += [
            f"{_UNSAFE.sub('_', key)}={_show(attrs[key])}"
            for key in wanted
            if key in attrs and (all_attrs or attrs[key] != ops.default(op, key, attrs))
        ]
        if node.outputs > 1:
            parts.append(f"outputs={node.outputs}")
        yield f"{names[index]} = {op}({', '.join(parts)})"
    yield f"Output({', '.join(_operand(operand, names) for operand in graph.outputs)})"


def render(graph: Graph, *, all_attrs: bool = False) -> str:
    """Print a graph in the notation; `all_attrs` adds the attributes outside equality."""
    return "\n".join(_lines(graph, all_attrs)) + "\n"
