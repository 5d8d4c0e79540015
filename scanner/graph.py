"""The computational graph as plain immutable data: what readers make and patterns match.

It does not rewrite itself: passes edit a `genescan.draft.Draft` and freeze it into a `Graph`.

A `Graph` is a topologically ordered tuple of nodes. Graph inputs are nodes with operator
`Input`. A node's operands stand in the operator's own order (ONNX order where ONNX has the
operator) and are either an `Edge` to an earlier node, a `Tensor` (a constant), or None (an
optional operand left out).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

Attr: TypeAlias = "int | float | str | bool | tuple[int | float | str | bool | None, ...] | Tensor"
Dims: TypeAlias = "tuple[int | None, ...]"
"""A shape: known sizes, None for an unknown or symbolic one."""


class Payload(NamedTuple):
    """Where a constant's bytes lie; never opened while a graph is read."""

    file: str
    """Empty for the model file itself, else the external location as the model spells it."""
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """A constant operand: a weight, or a small constant whose values were kept."""

    dtype: str = "float32"
    shape: Dims | None = None
    """None when not even the rank is known (a constant computed at run time)."""
    data: tuple[float | int | bool | None, ...] | None = None
    """Flat values in row-major order when small; None inside it marks an unknown element."""
    name: str = ""
    payload: Payload | None = None
    fill: float | None = None
    """The number that it holds throughout, where it is too large for its values to be kept."""

    @property
    def scalar(self) -> float | int | bool | None:
        """The only value of a one-element constant, None when unknown or not alone."""
        return self.data[0] if self.data is not None and len(self.data) == 1 else None

    @property
    def squeezed(self) -> Dims | None:
        """The shape without its ones: what is left of it under broadcasting."""
        return None if self.shape is None else tuple(d for d in self.shape if d != 1)


class Edge(NamedTuple):
    """An operand made by an earlier node."""

    source: int
    """Index of the producer in `Graph.nodes`."""
    port: int = 0
    """Which output of the producer."""
    via: tuple[str, ...] = ()
    """Movement, casts and quantisation contracted onto this edge, producer first."""


Operand: TypeAlias = Edge | Tensor | None


@dataclass(frozen=True, slots=True)
class Node:
    """One operator application."""

    op: str
    inputs: tuple[Operand, ...] = ()
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    outputs: int = 1
    """How many outputs it has."""
    origin: tuple[str, ...] = ()
    """Names of the source nodes that it stands for, kept through every pass."""
    marks: Mapping[str, str] = field(default_factory=dict)
    """Evidence (restored, decomposed ...): informs reports, never equality."""
    bodies: Mapping[str, Graph] = field(default_factory=dict)
    """Sub-graphs of If, Loop and Scan, by attribute name."""


@dataclass(frozen=True, slots=True)
class Graph:
    """A network; `nodes` is in topological order and edges point to earlier nodes only."""

    nodes: tuple[Node, ...]
    outputs: tuple[Operand, ...] = ()
    output_names: tuple[str, ...] = ()
    format: str = ""
    """Which reader made it: onnx, coreml, tensorflow, openvino or text."""
    meta: Mapping[str, str] = field(default_factory=dict)
    """Facts for the report (producer, opsets); nothing here may influence a verdict."""
    shapes: Mapping[tuple[int, int], Dims] = field(default_factory=dict)
    """Known shapes of values, by (node index, output port)."""
    left_out: tuple[str, ...] = ()
    """Parts of the file that are not in the graph, with the reason: a verdict is then partial."""
    captures: tuple[str, ...] = ()
    """For a sub-graph: names of outer values it reads, as its trailing `Input` nodes in order."""

    @property
    def inputs(self) -> tuple[int, ...]:
        """Indices of the `Input` nodes, in declaration order."""
        return tuple(i for i, node in enumerate(self.nodes) if node.op == "Input")

    def __len__(self) -> int:
        return len(self.nodes)
