"""An assembly that infers shapes and lets signatures share what they compute alike.

A SavedModel has a function for each signature, and most of them say the same. Whatever a later
signature computes as an earlier one did, from the same inputs and variables, is not emitted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genescan import shapes as shape_rules
from genescan.converters.assembly import Assembly
from genescan.converters.tensorflow_layout import constant
from genescan.graph import Attr, Dims, Edge, Graph, Operand, Tensor

_AXES = 64
"""Numbers of a shape that is put together."""


class TfAssembly(Assembly):
    """See the module."""

    _seen: dict[object, int] | None = None
    """The first node of each kind that computes alike."""
    _alike: dict[int, int]
    """For each node the first that computes the same."""
    _earlier = 0

    def body(self) -> TfAssembly:
        """An empty assembly for a sub-graph, on the same budgets."""
        return TfAssembly(self.format, self.limits, self.clock, self.spent)

    def share(self) -> None:
        """A new signature begins: what was emitted so far may stand for its nodes."""
        if self._seen is None:
            self._seen, self._alike = {}, {}
        self._earlier = len(self.nodes)

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
        """Add a node, its shapes as declared, else as its operator implies."""
        given, key = attrs or {}, None
        if self._seen is not None:
            key = _key(op, [*map(self._first, inputs)], given, outputs, bodies or {})
            known = self._seen.get(key)
            if known is not None and known < self._earlier:
                return Edge(known)
        edge = super().emit(
            op, inputs, given, name=name, outputs=outputs, shapes=shapes, bodies=bodies
        )
        if self._seen is not None:
            self._alike[edge.source] = self._seen.setdefault(key, edge.source)
        self._infer(edge, inputs, given, outputs)
        return edge

    def _first(self, value: Operand) -> Operand:
        """The first value that is computed like this one."""
        if not isinstance(value, Edge):
            return value
        return Edge(self._alike.get(value.source, value.source), value.port)

    def _infer(
        self, edge: Edge, inputs: Sequence[Operand], attrs: Mapping[str, Attr], outputs: int
    ) -> None:
        if all((edge.source, port) in self.shapes for port in range(outputs)):
            return
        node = self.nodes[edge.source]
        if node.op == "Reshape" and len(inputs) > 1 and isinstance(inputs[1], Edge):
            self.learn(edge, self._listed(inputs[1]))
        known = [self.shape(value) for value in inputs]
        constants = [value if isinstance(value, Tensor) else None for value in inputs]
        extra = {**attrs, "outputs": outputs} if node.op == "Split" else attrs
        inferred = shape_rules.infer(node.op, extra, known, constants)
        for port, shape in zip(range(outputs), inferred, strict=False):
            self.learn(Edge(edge.source, port), shape)

    def _listed(self, value: Edge) -> Dims | None:
        """A shape that is put together from known numbers and computed ones."""
        node, sizes = self.nodes[value.source], list[int | None]()
        for part in node.inputs if node.op == "Concat" else ():
            count = self.shape(part)
            if count is None or len(count) != 1 or count[0] is None or count[0] > _AXES:
                return None
            known = constant(part) or (None,) * count[0]
            sizes += (None if size is None or size < 1 else size for size in known)
        return tuple(sizes) if 0 < len(sizes) <= _AXES else None


def _key(
    op: str, inputs: Sequence[Operand], attrs: Mapping[str, Attr], outputs: int,
    bodies: Mapping[str, Graph],
) -> object:  # fmt: skip
    """Equal for nodes that compute the same from the same; names of nodes take no part."""
    inner = tuple((name, _graph_key(graph)) for name, graph in sorted(bodies.items()))
    return op, tuple(inputs), frozenset(attrs.items()), outputs, inner


def _graph_key(graph: Graph) -> object:
    nodes = (
        _key(node.op, node.inputs, node.attrs, node.outputs, node.bodies) for node in graph.nodes
    )
    return tuple(nodes), graph.outputs
