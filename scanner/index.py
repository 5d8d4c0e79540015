"""A graph prepared for matching: built once in linear time, asked by every pattern.

Nodes are interned into *labels* (operator, attributes, which operands are edges), so that a
predicate is evaluated once per label and not once per node; a real network of thousands of
nodes has some tens of labels. Sets of labels are Python integers used as bitsets. The answers
are remembered here, because the patterns of one scan ask the same questions again and again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from genescan.collector import paused
from genescan.graph import Attr, Edge, Graph, Node, Operand, Tensor
from genescan.pattern import OperandTest, PatternNode

MAX_LABELS = 2_048
"""Above this many labels their adjacency is not used: bitsets would cost more than they save."""

MAX_REFINED = 512
"""Above this many labels neighbours are not told: most graphs repeat and have far fewer."""

_LARGE = 20_000
"""Above this many nodes telling neighbours costs more than it saves."""

_NEAR = 8
"""Operands and readers of a node that its label tells."""

_SMALL = 8
"""Up to this many distinct producers a tuple is searched faster than a dict."""

_OperandTests: TypeAlias = "tuple[tuple[int | None, OperandTest], ...]"


def bitset(members: Iterable[int], size: int) -> int:
    """The bitset of some numbers below `size`, in time linear in both."""
    cells = bytearray((size >> 3) + 1)
    for member in members:
        cells[member >> 3] |= 1 << (member & 7)
    return int.from_bytes(cells, "little")


def elements(mask: int) -> list[int]:
    """The numbers in a bitset, ascending, in time linear in its width."""
    return [number for number, digit in enumerate(bin(mask)[:1:-1]) if digit == "1"]


def _attr_key(value: Attr) -> object:
    """Equal for attribute values that no predicate may tell apart (1 and True differ)."""
    if isinstance(value, Tensor):
        return Tensor, value.dtype, value.shape, value.data
    return value.__class__, value


def _operand_key(operand: Operand) -> object:
    """Equal for operands that no test may tell apart: who makes an edge is not asked."""
    if isinstance(operand, Tensor):
        return Tensor, operand.dtype, operand.shape, operand.data
    return None if operand is None else operand[1:]


def _label_key(node: Node) -> object:
    layout = tuple(map(type, node.inputs))
    attrs = node.attrs
    if not attrs:
        return node.op, layout
    return node.op, layout, tuple([(name, _attr_key(attrs[name])) for name in sorted(attrs)])


class Index:
    """The matching view of one graph; all lists are by node number unless said otherwise."""

    __slots__ = (
        "_fan_outs",
        "_following",
        "_images",
        "_kind_labels",
        "_label_sets",
        "_masks",
        "_members",
        "_operand_classes",
        "_pair_counts",
        "_preceding",
        "_preimages",
        "_sizes",
        "consumers",
        "graph",
        "histogram",
        "label_nodes",
        "labels",
        "op_edges",
        "op_kinds",
        "ops",
        "outputs",
        "producers",
        "sources",
        "states",
    )

    def __init__(self, graph: Graph) -> None:
        """Index `graph`; the garbage collector rests meanwhile (it would triple the time)."""
        self.graph = graph
        self.labels: list[int] = []
        self.label_nodes: list[list[int]] = []
        """The nodes of each label, ascending; the first stands for the label."""
        self.sources: list[tuple[int, ...]] = []
        """Producers by operand position; -1 where the operand is no edge."""
        self.producers: list[Collection[int]] = []
        """Distinct producers in operand order."""
        self.consumers: list[list[int]] = []
        """Distinct consumers, ascending."""
        self.outputs = frozenset(o.source for o in graph.outputs if isinstance(o, Edge))
        """Nodes that make a graph output."""
        self.op_kinds: dict[str, list[int]] = {}
        """The kinds (operator, attributes, operand layout) of each operator."""
        self.states = 0
        """Search states that all patterns together have spent on this graph."""
        with paused():
            pairs = self._connect()
        representative = [graph.nodes[members[0]].op for members in self.label_nodes]
        self.histogram = Counter(node.op for node in graph.nodes)
        self.ops = frozenset(self.histogram)
        self.op_edges = {(representative[a], representative[b]) for a, b in pairs}
        """Operator pairs of which the first somewhere feeds the second."""
        self._tabulate(pairs)

    def _connect(self) -> dict[tuple[int, int], int]:
        """Fill labels and adjacency; returns how often one label feeds another."""
        kinds: dict[object, int] = {}
        own: list[int] = []
        consumers = self.consumers = [[] for _ in self.graph.nodes]
        for number, node in enumerate(self.graph.nodes):
            key = _label_key(node)
            kind = kinds.get(key)
            if kind is None:
                kind = kinds[key] = len(kinds)
            own.append(kind)
            row = tuple([o[0] if isinstance(o, Edge) else -1 for o in node.inputs])
            distinct = dict.fromkeys(row)
            distinct.pop(-1, None)
            self.sources.append(row)
            self.producers.append(tuple(distinct) if len(distinct) <= _SMALL else distinct)
            for source in distinct:
                consumers[source].append(number)
        self.labels = (self._refine(own) if len(own) <= _LARGE else []) or own
        return self._group(own, len(kinds))

    def _refine(self, own: list[int]) -> list[int]:
        """Labels that also tell the kinds of a node's neighbours, unless they get too many.

        They rule out most dead ends before the search meets them.
        """
        numbers: dict[object, int] = {}
        labels = []
        for row, readers, kind in zip(self.sources, self.consumers, own, strict=True):
            above = tuple([own[source] if source >= 0 else -1 for source in row[:_NEAR]])
            below = frozenset([own[reader] for reader in readers[:_NEAR]])
            labels.append(numbers.setdefault((kind, above, below), len(numbers)))
        return labels if len(numbers) <= MAX_REFINED else []

    def _group(self, own: list[int], kinds: int) -> dict[tuple[int, int], int]:
        """Nodes by label and labels by operator; returns how often one label feeds another."""
        labels = self.labels
        self.label_nodes = [[] for _ in range(max(labels, default=-1) + 1)]
        self._kind_labels: list[list[int]] = [[] for _ in range(kinds)]
        pairs: dict[tuple[int, int], int] = {}
        for number, label in enumerate(labels):
            members = self.label_nodes[label]
            if not members:
                kind = own[number]
                if not self._kind_labels[kind]:
                    self.op_kinds.setdefault(self.graph.nodes[number].op, []).append(kind)
                self._kind_labels[kind].append(label)
            members.append(number)
            for source in self.producers[number]:
                pair = labels[source], label
                pairs[pair] = pairs.get(pair, 0) + 1
        return pairs

    def _tabulate(self, pairs: dict[tuple[int, int], int]) -> None:
        """Turn label pairs into successor and predecessor bitsets, and open the memos."""
        count = len(self.label_nodes) if len(self.label_nodes) <= MAX_LABELS else 0
        self._following, self._preceding = [0] * count, [0] * count
        self._pair_counts: list[dict[int, int]] = [{} for _ in range(count)]
        for (a, b), times in pairs.items() if count else ():
            self._following[a] |= 1 << b
            self._preceding[b] |= 1 << a
            self._pair_counts[a][b] = times
        self._images: dict[int, int] = {}
        self._preimages: dict[int, int] = {}
        self._sizes: dict[int, int] = {}
        self._label_sets: dict[int, frozenset[int]] = {}
        self._fan_outs: dict[tuple[int, int], float] = {}
        self._masks: dict[object, int] = {}
        self._members: dict[object, tuple[frozenset[int], int]] = {}
        self._operand_classes: tuple[list[int], list[tuple[Operand, ...]]] | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def everything(self) -> int:
        """The bitset of all labels."""
        return (1 << len(self.label_nodes)) - 1

    @property
    def has_label_adjacency(self) -> bool:
        """False when the graph has too many labels for their adjacency to be of use."""
        return bool(self._following)

    def readers(self, number: int) -> int:
        """How many distinct nodes read node `number`; a graph output counts as one more."""
        return len(self.consumers[number]) + (number in self.outputs)

    def is_last(self, number: int) -> bool:
        """Whether no node reads node `number`: `consumers=0` means this."""
        return not self.consumers[number]

    def mask(self, node: PatternNode, ports: frozenset[int], edges: int) -> int:
        """Labels that `node` may stand for, as far as operator, attributes and operands say.

        Args:
            node: The pattern node.
            ports: Operand positions that must be edges.
            edges: How many operands must be edges.
        """
        key = node.ops, node.attrs, ports, edges
        found = self._masks.get(key)
        if found is None:
            if node.ops is None:
                kinds: Iterable[int] = range(len(self._kind_labels))
            else:
                kinds = [kind for op in node.ops for kind in self.op_kinds.get(op, ())]
            groups = (self._kind_labels[kind] for kind in kinds)
            fits = [
                n for labels in groups if self._fits(labels[0], node, ports, edges) for n in labels
            ]
            found = self._masks[key] = bitset(fits, len(self.label_nodes))
        return found

    def _fits(self, label: int, node: PatternNode, ports: frozenset[int], edges: int) -> bool:
        members = self.label_nodes[label]
        row, attrs = self.sources[members[0]], self.graph.nodes[members[0]].attrs
        if edges and (
            len(row) - row.count(-1) < edges or any(p >= len(row) or row[p] < 0 for p in ports)
        ):
            return False
        return all(predicate(attrs.get(name)) for name, predicate in node.attrs)

    def members(self, node: PatternNode, mask: int) -> tuple[frozenset[int], int] | None:
        """Nodes of `mask` that also pass tests on operands and consumers, and their labels.

        None when `node` has no such test, so that every node of the mask will do.
        """
        if not node.operands and node.consumers is None:
            return None
        key = mask, node.operands, node.consumers
        found = self._members.get(key)
        if found is None:
            nodes: Sequence[int] = self.nodes(mask)
            if node.operands:
                nodes = self._with_operands(nodes, node.operands)
            if node.consumers is not None:
                verdicts = {n: node.consumers(n) for n in {0, *map(self.readers, nodes)}}
                nodes = [
                    v
                    for v in nodes
                    if verdicts[self.readers(v)] or (verdicts[0] and self.is_last(v))
                ]
            labels = bitset({self.labels[v] for v in nodes}, len(self.label_nodes))
            found = self._members[key] = frozenset(nodes), labels
        return found

    def _with_operands(self, nodes: Iterable[int], tests: _OperandTests) -> list[int]:
        """The nodes whose operands pass `tests`; each test runs once per distinct operands."""
        if self._operand_classes is None:
            numbers: dict[object, int] = {}
            inputs: list[tuple[Operand, ...]] = []
            classes = []
            for node in self.graph.nodes:
                key = tuple(map(_operand_key, node.inputs))
                if key not in numbers:
                    numbers[key] = len(inputs)
                    inputs.append(node.inputs)
                classes.append(numbers[key])
            self._operand_classes = classes, inputs
        classes, inputs = self._operand_classes
        verdicts = {c: operands_pass(inputs[c], tests) for c in {classes[v] for v in nodes}}
        return [v for v in nodes if verdicts[classes[v]]]

    def nodes(self, mask: int) -> list[int]:
        """The nodes whose label is in `mask`, label by label."""
        return [v for label in elements(mask) for v in self.label_nodes[label]]

    def label_set(self, mask: int) -> frozenset[int]:
        """The labels in `mask`, as a set to ask in a loop."""
        found = self._label_sets.get(mask)
        if found is None:
            found = self._label_sets[mask] = frozenset(elements(mask))
        return found

    def size(self, mask: int) -> int:
        """How many nodes have a label in `mask`."""
        found = self._sizes.get(mask)
        if found is None:
            found = self._sizes[mask] = sum(len(self.label_nodes[i]) for i in elements(mask))
        return found

    def after(self, mask: int) -> int:
        """Labels of which some node reads a node of `mask`."""
        return self._image(mask, self._following, self._images)

    def before(self, mask: int) -> int:
        """Labels of which some node is read by a node of `mask`."""
        return self._image(mask, self._preceding, self._preimages)

    def _image(self, mask: int, table: list[int], memo: dict[int, int]) -> int:
        if not table:
            return self.everything
        found = memo.get(mask)
        if found is None:
            found = 0
            for label in elements(mask):
                found |= table[label]
            memo[mask] = found
        return found

    def fan_out(self, source: int, target: int) -> float:
        """Mean number of consumers in mask `target` that a node of mask `source` has."""
        if not self._pair_counts:
            return 2.0
        found = self._fan_outs.get((source, target))
        if found is None:
            edges = sum(
                times
                for label in elements(source)
                for other, times in self._pair_counts[label].items()
                if target >> other & 1
            )
            found = self._fan_outs[source, target] = edges / max(1, self.size(source))
        return found


def operands_pass(operands: tuple[Operand, ...], tests: _OperandTests) -> bool:
    """Whether operands pass tests by position; a position beyond the last holds None."""
    for position, test in tests:
        if position is None:
            if not any(map(test, operands)):
                return False
        elif not test(operands[position] if position < len(operands) else None):
            return False
    return True
