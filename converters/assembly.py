"""The graph of one file while its reader makes it: nodes in order, and the steps all readers need.

A reader walks its file, keeps what it calls its values by its own names, and asks the assembly to
`emit` vocabulary operators (ONNX names, ONNX operand order, channels first). Formats that store
channels last emit real transposes around an operator; later passes contract them, so a network
has one canonical graph whichever layout it came in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from genescan.converters.base import Clock
from genescan.errors import LimitExceeded
from genescan.graph import Attr, Dims, Edge, Graph, Node, Operand, Tensor
from genescan.limits import Limits

Perm: TypeAlias = "tuple[int, ...]"

_KERNELS = {
    "OIHW": (0, 1, 2, 3),
    "HWIO": (3, 2, 0, 1),
    "OHWI": (0, 3, 1, 2),
    "OIW": (0, 1, 2),
    "WIO": (2, 1, 0),
    "OWI": (0, 2, 1),
    "OIDHW": (0, 1, 2, 3, 4),
    "DHWIO": (4, 3, 0, 1, 2),
    "ODHWI": (0, 4, 1, 2, 3),
}
"""Layouts of convolution kernels, each with the permutation that makes it out, in, window."""
_CHECKED = 1_024
"""Nodes between two looks at the clock."""


def to_first(rank: int) -> Perm:
    """The permutation from channels last to channels first: (0, 3, 1, 2) for images."""
    return (0, rank - 1, *range(1, rank - 1))


def to_last(rank: int) -> Perm:
    """The permutation from channels first to channels last: (0, 2, 3, 1) for images."""
    return (0, *range(2, rank), 1)


def ints(values: Sequence[int], name: str = "") -> Tensor:
    """A list of integers as an operand (shapes, axes, bounds)."""
    return Tensor("int64", (len(values),), tuple(values), name)


def number(value: float, name: str = "") -> Tensor:
    """One number as an operand."""
    return Tensor("float32", (), (value,), name)


def turned(tensor: Tensor, perm: Perm) -> Tensor:
    """A constant with its axes permuted; its values too while they are known."""
    shape, data = tensor.shape, tensor.data
    if shape is None or sorted(perm) != list(range(len(shape))):
        return Tensor(tensor.dtype, None, None, tensor.name, tensor.payload)
    made = tuple(shape[axis] for axis in perm)
    known = [size for size in shape if size is not None]
    if data is None or len(known) != len(shape) or math.prod(known) != len(data):
        return Tensor(tensor.dtype, made, None, tensor.name, tensor.payload)
    steps = [math.prod(known[axis + 1 :]) for axis in range(len(known))]
    offsets = [0]
    for axis in perm:
        offsets = [at + i * steps[axis] for at in offsets for i in range(known[axis])]
    moved = tuple(data[at] for at in offsets)
    return Tensor(tensor.dtype, made, moved, tensor.name, tensor.payload)


def reshaped(tensor: Tensor, shape: Dims) -> Tensor:
    """A constant under another shape of as many elements."""
    return Tensor(tensor.dtype, shape, tensor.data, tensor.name, tensor.payload)


class Assembly:
    """Collects the nodes of one graph.

    Args:
        format: name of the format, for `Graph.format` and for `Unknown:<format>:<operator>`.
        limits: budgets for nodes and names.
        clock: wall time.
        spent: assemblies of the same file share the node budget through this list's one number.
    """

    def __init__(
        self, format: str, limits: Limits, clock: Clock, spent: list[int] | None = None
    ) -> None:
        self.format, self.limits, self.clock = format, limits, clock
        self.spent = [0] if spent is None else spent
        self.nodes: list[Node] = []
        self.shapes: dict[tuple[int, int], Dims] = {}

    def body(self) -> Assembly:
        """An empty assembly for a sub-graph, on the same budgets."""
        return Assembly(self.format, self.limits, self.clock, self.spent)

    def input(self, name: str, shape: Dims | None, dtype: str = "") -> Edge:
        """Add a graph input; all of them come before other nodes."""
        attrs: dict[str, Attr] = {}
        if dtype:
            attrs["dtype"] = dtype
        if shape is not None:
            attrs["shape"] = shape
        return self._append(Node("Input", (), attrs, origin=(self.name(name),)), (shape,))

    def emit(
        self,
        op: str,
        inputs: Sequence[Operand],
        attrs: Mapping[str, Attr] | None = None,
        *,
        name: str = "",
        outputs: int = 1,
        shapes: Sequence[Dims | None] = (),
        bodies: Mapping[str, Graph] | None = None,
    ) -> Edge:
        """Add a node; returns its first output, the others are `Edge(edge.source, port)`.

        Raises:
            LimitExceeded: the file has more nodes than the limits allow, or time is up.
        """
        node = Node(op, tuple(inputs), attrs or {}, outputs, (self.name(name),), {}, bodies or {})
        return self._append(node, shapes)

    def _append(self, node: Node, shapes: Sequence[Dims | None]) -> Edge:
        index = len(self.nodes)
        self.spent[0] += 1
        if self.spent[0] > self.limits.nodes:
            raise LimitExceeded(f"{self.limits.nodes} nodes")
        if not self.spent[0] % _CHECKED:
            self.clock.check()
        self.nodes.append(node)
        for port, shape in enumerate(shapes):
            if shape is not None:
                self.shapes[index, port] = shape
        return Edge(index)

    def name(self, name: str) -> str:
        """A name from the file, cut to the length that is kept."""
        return name[: self.limits.name_length]

    def shape(self, value: Operand) -> Dims | None:
        """What is known of an operand's shape."""
        if isinstance(value, Edge):
            return self.shapes.get((value.source, value.port))
        return None if value is None else value.shape

    def rank(self, value: Operand) -> int | None:
        """The number of an operand's dimensions, None when not known."""
        shape = self.shape(value)
        return None if shape is None else len(shape)

    def learn(self, value: Operand, shape: Dims | None) -> None:
        """Remember the declared shape of a value that has none yet."""
        if isinstance(value, Edge) and shape is not None:
            self.shapes.setdefault((value.source, value.port), shape)

    def known(self, edge: Edge) -> Mapping[str, Attr]:
        """Attributes of an `Input` that stands for this value inside a body."""
        source, shape = self.nodes[edge.source], self.shape(edge)
        if source.op == "Input":
            return source.attrs
        return {} if shape is None else {"shape": shape}

    def transpose(self, value: Operand, perm: Perm, name: str = "") -> Operand:
        """A value with its axes permuted; a constant is permuted at once."""
        if value is None or perm == tuple(range(len(perm))):
            return value
        if isinstance(value, Tensor):
            return turned(value, perm)
        shape = self.shape(value)
        fits = shape is not None and len(shape) == len(perm)
        made = tuple(shape[axis] for axis in perm) if shape is not None and fits else None
        return self.emit("Transpose", [value], {"perm": perm}, name=name, shapes=(made,))

    def channels_first(self, value: Operand, rank: int, name: str = "") -> Operand:
        """Transpose a channels-last value for an operator that wants channels first."""
        return self.transpose(value, to_first(rank), name)

    def channels_last(self, value: Operand, rank: int, name: str = "") -> Operand:
        """Transpose a channels-first result back to channels last."""
        return self.transpose(value, to_last(rank), name)

    def kernel(self, value: Operand, layout: str, name: str = "") -> Operand:
        """A convolution kernel stored as `layout` (such as HWIO) in ONNX order: out, in, window."""
        return self.transpose(value, _KERNELS[layout], name)

    def reshape(self, value: Operand, shape: Dims, name: str = "") -> Operand:
        """A value under another shape; unknown sizes stay unknown."""
        if value is None or isinstance(value, Tensor):
            return value if value is None else reshaped(value, shape)
        target = Tensor("int64", (len(shape),), shape)
        return self.emit("Reshape", [value, target], name=name, shapes=(shape,))

    def quantised(self, value: Operand, name: str = "", zero: Tensor | None = None) -> Operand:
        """A value that passes a quantiser and comes back as real numbers, scale unknown.

        Args:
            value: real numbers.
            name: of the operator.
            zero: the code that stands for zero, where it is known.
        """
        if not isinstance(value, Edge):
            return value
        shape = (self.shape(value),)
        rest = [] if zero is None else [Tensor("float32", ()), zero]
        codes = self.emit("QuantizeLinear", [value, *rest], name=name, shapes=shape)
        return self.emit("DequantizeLinear", [codes, *rest], name=name, shapes=shape)

    def unknown(
        self, kind: str, inputs: Sequence[Operand], *, name: str = "", outputs: int = 1,
        shapes: Sequence[Dims | None] = (),
    ) -> Edge:  # fmt: skip
        """Add an operator that the format's table has no row for: visible, counted, opaque."""
        op = f"Unknown:{self.format}:{self.name(kind)}"
        return self.emit(op, inputs, name=name, outputs=outputs, shapes=shapes)

    def graph(
        self,
        outputs: Sequence[tuple[str, Operand]],
        meta: Mapping[str, str] | None = None,
        captures: Sequence[str] = (),
    ) -> Graph:
        """The finished graph.

        Args:
            outputs: name and value of each graph output.
            meta: facts for the report.
            captures: of a body, names of the outer values that its last inputs stand for.
        """
        return Graph(
            nodes=tuple(self.nodes),
            outputs=tuple(value for _, value in outputs),
            output_names=tuple(self.name(name) for name, _ in outputs),
            format=self.format,
            meta=meta or {},
            shapes=self.shapes,
            captures=tuple(map(self.name, captures)),
        )
