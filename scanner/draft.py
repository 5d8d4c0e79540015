"""A graph under rewriting: the mutable working copy that passes edit, with live use-lists.

`Graph` is immutable; a pipeline opens one `Draft`, runs its passes over it and freezes it once
(a copy per pass was measured too slow at 100,000 nodes). Every edit keeps producer and user
lists exact, so each costs what it touches and nothing more.

The draft also keeps the books against silent loss: a node that leaves must name its heirs
(whose `origin` takes over its own) or a reason, else it is a *loss*; the same for graph inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from genescan import ops
from genescan.graph import Attr, Dims, Edge, Graph, Node, Operand, Tensor

Via: TypeAlias = "tuple[str, ...]"
Arg: TypeAlias = "Value | Tensor | None"
"""An operand while rewriting."""


class Value:
    """One output of a node, with its readers."""

    __slots__ = ("node", "outputs", "port", "shape", "users")

    def __init__(self, node: Draft.Node, port: int, shape: Dims | None = None) -> None:
        self.node = node
        self.port = port
        self.shape = shape
        """Known dimensions, None when not even the rank is known."""
        self.users: dict[Draft.Node, int] = {}
        """Reading nodes, each with the number of operand positions."""
        self.outputs = 0
        """How often it is a graph output."""

    @property
    def rank(self) -> int | None:
        """Number of dimensions if known."""
        return None if self.shape is None else len(self.shape)

    @property
    def dead(self) -> bool:
        """Nobody reads it."""
        return not self.users and not self.outputs

    @property
    def sole_user(self) -> Draft.Node | None:
        """The only node that reads it, None when there are more, or a graph output."""
        return next(iter(self.users)) if len(self.users) == 1 and not self.outputs else None


class Draft:
    """A mutable graph; create with `Draft(graph)`, finish with `freeze()`."""

    class Node:
        """A node of a draft; edit its wiring through the draft only."""

        __slots__ = (
            "alive", "attrs", "bodies", "found", "inputs", "marks", "next", "op", "origin",
            "outputs", "prev", "via",
        )  # fmt: skip

        def __init__(self, op: str, attrs: Mapping[str, Attr]) -> None:
            self.op = op
            self.attrs: dict[str, Attr] = dict(attrs)
            self.inputs: list[Arg] = []
            self.outputs: list[Value] = []
            self.origin: frozenset[int] | tuple[int, ...] = ()
            self.marks: dict[str, str] = {}
            self.bodies: Mapping[str, Graph] = {}
            self.via: dict[int, Via] = {}
            self.prev: Draft.Node | None = None
            self.next: Draft.Node | None = None
            self.alive = True
            self.found = 0
            """Where an operand was last looked for: the next one is seldom far."""

        @property
        def out(self) -> Value:
            """Its first output."""
            return self.outputs[0]

        @property
        def dynamic(self) -> list[Value]:
            """Operands that depend on the graph's inputs, in order."""
            return [arg for arg in self.inputs if isinstance(arg, Value)]

        def arg(self, position: int) -> Arg:
            """The operand at a position, None when left out."""
            return self.inputs[position] if position < len(self.inputs) else None

        def ints(self, name: str) -> tuple[int, ...] | None:
            """An attribute that is a list of known integers, None otherwise."""
            value = self.attrs.get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                return (value,)
            if isinstance(value, tuple) and all(isinstance(item, int) for item in value):
                return value  # type: ignore[return-value]  # every item was just checked
            return None

        def number(self, name: str, default: float = 0.0) -> float:
            """A numeric attribute."""
            value = self.attrs.get(name)
            return float(value) if isinstance(value, int | float) else default

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.names: list[str] = []
        """Source node names by source id; `Node.origin` holds such ids."""
        self.losses: list[str] = []
        """Names of compute nodes that left without heir or reason."""
        self.drops: dict[int, str] = {}
        """Reason by source id for what left on purpose."""
        self.cut_inputs: dict[str, str] = {}
        """Reason by name for graph inputs that were cut off on purpose."""
        self.edits = 0
        """Counts edits; unchanged means that a pass did nothing."""
        self.folded = -1
        """The count of edits when constants were last folded."""
        self.touched: set[Draft.Node] = set()
        """Nodes whose wiring changed since somebody last cleared it."""
        self._head: Draft.Node | None = None
        self._tail: Draft.Node | None = None
        self._by_op: dict[str, dict[Draft.Node, None]] = {}
        self.size = 0
        self._open(graph)

    def _open(self, graph: Graph) -> None:
        made: list[Draft.Node] = []

        def wire(operand: Operand) -> Arg:
            return (
                made[operand.source].outputs[operand.port] if isinstance(operand, Edge) else operand
            )

        for index, source in enumerate(graph.nodes):
            node = Draft.Node(source.op, source.attrs)
            node.marks, node.bodies = dict(source.marks), source.bodies
            node.origin = (len(self.names),)
            self.names.append(source.origin[0] if source.origin else source.op)
            node.outputs = [
                Value(node, p, graph.shapes.get((index, p))) for p in range(source.outputs)
            ]
            if source.op == "Input" and node.outputs[0].shape is None:
                shape = source.attrs.get("shape")
                node.outputs[0].shape = shape if isinstance(shape, tuple) else None  # type: ignore[assignment]
            made.append(node)
            self._link(node, None)
            for position, operand in enumerate(source.inputs):
                arg = wire(operand)
                node.inputs.append(arg)
                if isinstance(arg, Value):
                    arg.users[node] = arg.users.get(node, 0) + 1
                if isinstance(operand, Edge) and operand.via:
                    node.via[position] = operand.via
        self.outputs: list[Arg] = [wire(operand) for operand in graph.outputs]
        for output in self.outputs:
            if isinstance(output, Value):
                output.outputs += 1
        self.edits = 0

    # --- reading -------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Node]:
        """Live nodes in topological order; nodes that die on the way are skipped."""
        node, snapshot = self._head, []
        while node is not None:
            snapshot.append(node)
            node = node.next
        return (node for node in snapshot if node.alive)

    def of(self, *names: str) -> Iterator[Node]:
        """Live nodes of the given operators."""
        snapshot = [node for name in names for node in self._by_op.get(name, ())]
        return (node for node in snapshot if node.alive)

    def has(self, *names: str) -> bool:
        """Whether any node of the given operators is left."""
        return any(self._by_op.get(name) for name in names)

    def operators(self) -> list[str]:
        """Operators that occur."""
        return [op for op, nodes in self._by_op.items() if nodes]

    # --- editing -------------------------------------------------------------------------

    def add(
        self,
        op: str,
        inputs: Sequence[Arg],
        attrs: Mapping[str, Attr] | None = None,
        *,
        before: Node | None,
        origin: Iterable[Node] = (),
        shapes: Sequence[Dims | None] = (None,),
        marks: Mapping[str, str] | None = None,
    ) -> Node:
        """Insert a node before another (None: at the end).

        It takes over the origins of the nodes in `origin`.
        """
        node = Draft.Node(op, attrs or {})
        node.marks = dict(marks or {})
        node.outputs = [Value(node, port, shape) for port, shape in enumerate(shapes)]
        self._inherit(node, origin)
        self._link(node, before)
        self.set_inputs(node, inputs)
        return node

    def set_inputs(
        self, node: Node, inputs: Sequence[Arg], via: Mapping[int, Via] | None = None
    ) -> None:
        """Rewire all operands of a node."""
        for arg in node.inputs:
            if isinstance(arg, Value):
                self._forget(arg, node)
        node.inputs = list(inputs)
        node.via = dict(via or {})
        for arg in node.inputs:
            if isinstance(arg, Value):
                arg.users[node] = arg.users.get(node, 0) + 1
        self._edited(node)

    def set_input(self, node: Node, position: int, arg: Arg) -> None:
        """Rewire one operand."""
        old = node.inputs[position]
        if isinstance(old, Value):
            self._forget(old, node)
        node.inputs[position] = arg
        if isinstance(arg, Value):
            arg.users[node] = arg.users.get(node, 0) + 1
        self._edited(node)

    def retype(self, node: Node, op: str, attrs: Mapping[str, Attr] | None = None) -> None:
        """Change a node's operator, and its attributes when given."""
        if op != node.op:
            self._by_op[node.op].pop(node, None)
            self._by_op.setdefault(op, {})[node] = None
            node.op = op
        if attrs is not None:
            node.attrs = dict(attrs)
        self.edits += 1

    def replace(self, old: Value, new: Arg, via: Via = ()) -> None:
        """Let every reader of `old` read `new`; `via` is what the value passed on the way."""
        if old is new:
            return
        for node in list(old.users):
            for _ in range(old.users[node]):
                position = _find(node, old)
                node.inputs[position] = new
                if via:
                    node.via[position] = via + node.via.get(position, ())
            if isinstance(new, Value):
                new.users[node] = new.users.get(node, 0) + old.users[node]
            self.touched.add(node)
        old.users = {}
        if old.outputs:
            self.outputs = [new if output is old else output for output in self.outputs]
            if isinstance(new, Value):
                new.outputs += old.outputs
            old.outputs = 0
        self.edits += 1

    def remove(self, node: Node, reason: str | None = None, heirs: Sequence[Node] = ()) -> None:
        """Take out a node that nobody reads; its producers may become dead, see `prune`."""
        for heir in heirs:
            self._inherit(heir, (node,))
        if not heirs:
            self._record(node, reason)
        for arg in node.inputs:
            if isinstance(arg, Value):
                self._forget(arg, node)
        self._unlink(node)

    def prune(
        self, start: Iterable[Arg], reason: str | None = None, heirs: Sequence[Node] = ()
    ) -> None:
        """Remove the producers of dead values, and theirs in turn."""
        stack = [arg.node for arg in start if isinstance(arg, Value)]
        while stack:
            node = stack.pop()
            if not node.alive or not all(value.dead for value in node.outputs):
                continue
            if node.op == "Input":  # stays: it is part of the model's interface
                self._record(node, reason or ("fused" if heirs else None))
                continue
            stack.extend(value.node for value in node.dynamic)
            self.remove(node, reason, heirs)

    def fuse(
        self,
        region: Iterable[Node],
        result: Value,
        op: str,
        inputs: Sequence[Arg],
        attrs: Mapping[str, Attr] | None = None,
        *,
        marks: Mapping[str, str] | None = None,
        via: Mapping[int, Via] | None = None,
    ) -> Node:
        """Put one node in place of a region that computes `result`; the region becomes its origin.

        Region nodes that others still read stay.
        """
        region = list(region)
        node = self.add(op, inputs, attrs, before=result.node, shapes=(result.shape,), marks=marks)
        if via:
            node.via = dict(via)
        self.replace(result, node.out)
        live = set(region)
        while dying := [n for n in live if all(value.dead for value in n.outputs)]:
            for dead in dying:
                live.discard(dead)
                self.remove(dead, heirs=(node,))
        for stays in live:
            self._inherit(node, (stays,))
        return node

    def bypass(self, node: Node, reason: str, position: int = 0, via: Via = ()) -> None:
        """Remove a node by letting its readers read its operand at `position`."""
        arg = node.inputs[position]
        self.replace(node.out, arg, node.via.get(position, ()) + via)
        rest = [other for other in node.dynamic if other is not arg]
        self.remove(node, reason)
        self.prune(rest, reason)

    def freeze(self) -> Graph:
        """The current state as an immutable graph."""
        order = list(self)
        index = {node: i for i, node in enumerate(order)}

        def operand(arg: Arg, via: Via = ()) -> Operand:
            return Edge(index[arg.node], arg.port, via) if isinstance(arg, Value) else arg

        nodes = tuple(
            Node(
                node.op,
                tuple(operand(arg, node.via.get(i, ())) for i, arg in enumerate(node.inputs)),
                node.attrs,
                len(node.outputs),
                tuple(self.names[i] for i in sorted(node.origin)),
                node.marks,
                node.bodies,
            )
            for node in order
        )
        shapes = {
            (i, value.port): value.shape
            for i, node in enumerate(order)
            for value in node.outputs
            if value.shape is not None
        }
        graph = self.graph
        return Graph(
            nodes, tuple(operand(arg) for arg in self.outputs), graph.output_names, graph.format,
            graph.meta, shapes=shapes, left_out=graph.left_out,
        )  # fmt: skip

    def widen(self, node: Node, outputs: int) -> None:
        """Give a node at least so many outputs."""
        while len(node.outputs) < outputs:
            node.outputs.append(Value(node, len(node.outputs)))

    def narrow(self, node: Node) -> None:
        """Drop the last outputs of a node while nobody reads them; the first one stays."""
        while len(node.outputs) > 1 and node.outputs[-1].dead:
            node.outputs.pop()

    def adopt(self, node: Node, origin: Sequence[str]) -> None:
        """Register a node that comes from a sub-graph as a source node of its own."""
        node.origin = (len(self.names),)
        self.names.append(origin[0] if origin else node.op)

    # --- bookkeeping ---------------------------------------------------------------------

    def _inherit(self, heir: Node, nodes: Iterable[Node]) -> None:
        origin = heir.origin
        for node in nodes:
            if len(origin) + len(node.origin) > 256 and origin:
                # keep heirs cheap: what a huge region came from is told by its first nodes
                for source in node.origin:
                    self.drops.setdefault(source, f"part of {heir.op}")
                continue
            origin = frozenset(origin).union(node.origin) if origin else node.origin
        heir.origin = origin

    def _record(self, node: Node, reason: str | None) -> None:
        if node.op == "Input":
            if reason is not None:
                self.cut_inputs[self.names[next(iter(node.origin))]] = reason
        elif reason is None and ops.computes(node.op):
            self.losses.extend(self.names[i] for i in node.origin)
        for source in node.origin:
            self.drops.setdefault(source, reason or "unused")

    def _edited(self, node: Node) -> None:
        self.touched.add(node)
        self.edits += 1

    def _forget(self, value: Value, node: Node) -> None:
        count = value.users.get(node, 0)
        if count > 1:
            value.users[node] = count - 1
        else:
            value.users.pop(node, None)

    def _link(self, node: Node, before: Node | None) -> None:
        self._by_op.setdefault(node.op, {})[node] = None
        previous = self._tail if before is None else before.prev
        node.prev, node.next = previous, before
        if previous is None:
            self._head = node
        else:
            previous.next = node
        if before is None:
            self._tail = node
        else:
            before.prev = node
        self.size += 1
        self.edits += 1

    def _unlink(self, node: Node) -> None:
        node.alive = False
        self._by_op[node.op].pop(node, None)
        if node.prev is None:
            self._head = node.next
        else:
            node.prev.next = node.next
        if node.next is None:
            self._tail = node.prev
        else:
            node.next.prev = node.prev
        self.size -= 1
        self.edits += 1


def _find(node: Draft.Node, value: Value) -> int:
    """A position at which a node reads a value."""
    try:
        node.found = node.inputs.index(value, node.found)
    except ValueError:
        node.found = node.inputs.index(value)
    return node.found
