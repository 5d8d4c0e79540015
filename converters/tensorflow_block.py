"""Nodes of a TensorFlow graph or function as rows, and blocks of rows in order.

A reference names a row and the number of one of its outputs. Inside a function TensorFlow counts
outputs per named argument (`split:output:2`), so the names of operators with several arguments
stand here. A block is a way to look at rows: what it is given, what it must give back, and the
rows between, in topological order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, NamedTuple

from genescan.converters.base import quote
from genescan.converters.tensorflow_values import text
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Dims

PORTS = 65_536
"""Outputs of one node."""
_NOTHING: Mapping[str, Any] = {}

_OUTPUTS = {
    "TopK": "values indices",
    "TopKV2": "values indices",
    "ApproxTopK": "values indices",
    "FusedBatchNorm": "y batch_mean batch_variance reserve_space_1 reserve_space_2",
    "FusedBatchNormV2": "y batch_mean batch_variance reserve_space_1 reserve_space_2",
    "FusedBatchNormV3": "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_3",
    "_FusedBatchNormEx": "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_3",
    "MaxPoolWithArgmax": "output argmax",
    "Unique": "y idx",
    "UniqueV2": "y idx",
    "UniqueWithCounts": "y idx count",
    "UniqueWithCountsV2": "y idx count",
    "ListDiff": "out idx",
    "Switch": "output_false output_true",
    "RefSwitch": "output_false output_true",
    "Merge": "output value_index",
    "RefMerge": "output value_index",
    "NonMaxSuppressionV4": "selected_indices valid_outputs",
    "NonMaxSuppressionV5": "selected_indices selected_scores valid_outputs",
    "CombinedNonMaxSuppression": "nmsed_boxes nmsed_scores nmsed_classes valid_detections",
    "TensorArrayV3": "handle flow",
    "TensorArrayConcatV3": "value lengths",
    "TensorListPopBack": "output_handle tensor",
    "TensorListConcat": "tensor lengths",
    "TensorListConcatV2": "tensor lengths",
    "BlockLSTM": "i cs f o ci co h",
    "BlockLSTMV2": "i cs f o ci co h",
    "LSTMBlockCell": "i cs f o ci co h",
    "GRUBlockCell": "r u c h",
    "CudnnRNN": "output output_h output_c reserve_space",
    "CudnnRNNV2": "output output_h output_c reserve_space host_reserved",
    "CudnnRNNV3": "output output_h output_c reserve_space host_reserved",
    "SoftmaxCrossEntropyWithLogits": "loss backprop",
    "SparseSoftmaxCrossEntropyWithLogits": "loss backprop",
    "Moments": "mean variance",
    "StringSplit": "indices values shape",
    "StringSplitV2": "indices values shape",
    "SparseFillEmptyRows": ("output_indices output_values empty_row_indicator reverse_index_map"),
    "SparseReshape": "output_indices output_shape",
    "SparseSlice": "output_indices output_values output_shape",
    "SparseConcat": "output_indices output_values output_shape",
    "QuantizeV2": "output output_min output_max",
    "QuantizedConv2D": "output min_output max_output",
    "QuantizedMatMul": "out min_out max_out",
    "Requantize": "output output_min output_max",
    "RequantizationRange": "output_min output_max",
    "QuantizedRelu": "activations min_activations max_activations",
    "QuantizedBiasAdd": "output min_out max_out",
    "QuantizedMaxPool": "output min_output max_output",
    "QuantizedAvgPool": "output min_output max_output",
    "StatelessRandomGetKeyCounter": "key counter",
    "DecodeWav": "audio sample_rate",
}
"""Operators with several named outputs of one value each, in their order."""
_SINGLE = frozenset({"Conv2D", "MatMul", "Relu", "BiasAdd", "Const", "Placeholder", "Reshape"})
"""A few operators whose one output is checked even where no rule looks."""


class Ref(NamedTuple):
    """One output of one row, or an argument of a function."""

    name: str
    port: int = 0


@dataclass(slots=True)
class Row:
    """One node."""

    name: str
    op: str
    inputs: tuple[Ref, ...] = ()
    controls: tuple[str, ...] = ()
    """Rows that must run before it: only their reaching it matters, not their values."""
    attrs: Mapping[str, Any] = field(default_factory=dict)
    """AttrValue messages."""
    ports: int = 1
    """How many outputs it has, as far as anybody reads them."""
    blocks: Mapping[str, Block] = field(default_factory=dict)
    """Bodies that were found among the rows (loops and branches of TensorFlow 1)."""

    @property
    def place(self) -> str:
        """Where an error is."""
        return f"node {quote(self.name)}"


Rows = dict[str, Row]


@dataclass(slots=True, eq=False)
class Block:
    """A part of a graph that runs as one: the graph itself, a function, a loop's body."""

    name: str
    rows: Rows
    args: Mapping[Ref, int]
    """What is given from outside, by position."""
    results: Sequence[Ref]
    shapes: Sequence[Dims | None] = ()
    """Declared shapes of the arguments, as many as are known."""
    handles: frozenset[int] = frozenset()
    """Arguments that are handles of variables and tables."""
    _order: list[Row] | None = None
    _used: frozenset[int] = frozenset()

    def order(self, tick: Callable[[int], None]) -> list[Row]:
        """The rows that the results need, each after what it reads.

        Args:
            tick: told how many rows were looked at.

        Raises:
            ModelError: rows read one another in a circle, or something that is not there.
        """
        if self._order is None:
            self._order, used = _sorted(self)
            self._used = frozenset(used)
            tick(len(self._order))
        return self._order

    def used(self, tick: Callable[[int], None]) -> frozenset[int]:
        """The arguments that the results need."""
        self.order(tick)
        return self._used


def _sorted(block: Block) -> tuple[list[Row], set[int]]:
    rows, args = block.rows, block.args
    used = {args[ref] for ref in block.results if ref in args}
    order: list[Row] = []
    state: dict[str, bool] = {}  # False: begun, True: done
    begin = [ref.name for ref in block.results if ref not in args]
    stack = [(_row(rows, name, "the outputs"), False) for name in reversed(begin)]
    while stack:
        row, done = stack.pop()
        if done:
            state[row.name] = True
            order.append(row)
            continue
        if state.get(row.name) is not None:
            continue
        state[row.name] = False
        stack.append((row, True))
        for ref in reversed(row.inputs):
            if ref in args:
                used.add(args[ref])
            elif (known := state.get(ref.name)) is None:
                stack.append((_row(rows, ref.name, row.place), False))
            elif not known:
                raise ModelError("cyclic graph", place=row.place)
    return order, used


def _row(rows: Rows, name: str, place: str) -> Row:
    if name not in rows:
        raise ModelError(f"{quote(name)} is not defined", place=place)
    return rows[name]


def references(spelt: Iterable[str], inside: bool) -> tuple[list[tuple[str, str, int]], list[str]]:
    """The values and the control inputs of a node: (name, output's name, number) each.

    Args:
        spelt: as the node lists them.
        inside: within a function, where outputs have names.
    """
    values: list[tuple[str, str, int]] = []
    controls: list[str] = []
    for spelling in spelt:
        if spelling.startswith("^"):
            controls.append(spelling[1:])
            continue
        name, *rest = spelling.split(":")
        number = rest[-1] if rest else "0"
        if not (number.isascii() and number.isdigit() and len(number) < 7):
            raise ModelError(f"{quote(spelling)} is no reference to a value")
        if len(rest) > (2 if inside else 1) or int(number) >= PORTS:
            raise ModelError(f"{quote(spelling)} is no reference to a value")
        values.append((name, rest[0] if len(rest) == 2 else "", int(number)))
    return values, controls


def rows(
    nodes: Iterable[Any], inside: bool, named: Mapping[str, Sequence[str]],
    results: Iterable[str] = (),
) -> tuple[Rows, list[Ref]]:  # fmt: skip
    """The rows of a graph or of a function's body, and what its results refer to.

    Args:
        nodes: NodeDef messages.
        inside: whether it is a function's body.
        named: for functions that are called by name, the names of their outputs.
        results: references to what a function returns.

    Raises:
        ModelError: two nodes have one name, or a reference is no reference.
    """
    protos: dict[str, Any] = {}
    for node in nodes:
        name = text(node.name)
        if not name:
            raise ModelError("a node without a name")
        if name in protos:
            raise ModelError("two nodes have this name", place=f"node {quote(name)}")
        protos[name] = node
    spelt: dict[str, tuple[list[tuple[str, str, int]], list[str]]] = {}
    for name, node in protos.items():
        try:
            spelt[name] = references(map(text, node.input), inside)
        except ModelError as error:
            error.place = error.place or f"node {quote(name)}"
            raise
    returned, _ = references(results, inside)
    ports = _Ports(protos, named)
    for values in (*(values for values, _ in spelt.values()), returned):
        ports.meet(values)
    made = {
        name: Row(name, text(node.op), ports.refs(spelt[name][0]), tuple(spelt[name][1]), node.attr)
        for name, node in protos.items()
    }
    return made, [*ports.refs(returned)]


class _Ports:
    """Numbers of outputs that are spelt by name, among all of their node's.

    Args:
        protos: NodeDef messages by name.
        named: outputs of functions that are called by name.
    """

    def __init__(self, protos: Mapping[str, Any], named: Mapping[str, Sequence[str]]) -> None:
        self._protos, self._named = protos, named
        self._known: dict[str, dict[str, int]] = {}
        self._met: dict[str, dict[str, int]] = {}
        """Of outputs that no table here knows: how many values each has, by node and name."""
        self._begins: dict[str, dict[str, int]] = {}

    def _names(self, op: str) -> dict[str, int]:
        """The outputs of an operator with their numbers, as far as they are known here."""
        if op not in self._known:
            names = self._named.get(op) or _OUTPUTS.get(op, "").split()
            self._known[op] = {name: number for number, name in enumerate(names)}
        return self._known[op]

    def meet(self, values: Iterable[tuple[str, str, int]]) -> None:
        """Take note of outputs that are read, before any of them is numbered."""
        for source, output, number in values:
            node = self._protos.get(source)
            if node is not None and output and output not in self._names(text(node.op)):
                met = self._met.setdefault(source, {})
                met[output] = max(met.get(output, 0), number + 1)

    def refs(self, values: Iterable[tuple[str, str, int]]) -> tuple[Ref, ...]:
        """References by number."""
        return tuple(Ref(value[0], self._port(*value)) for value in values)

    def _port(self, source: str, output: str, number: int) -> int:
        node = self._protos.get(source)
        if node is None or not output:
            return number
        known = self._names(text(node.op))
        if output in known:
            return known[output] + number
        if source not in self._begins:  # one output follows the other, in the order of reading
            sizes = self._met[source]
            ends = accumulate(sizes.values(), initial=len(known))
            self._begins[source] = dict(zip(sizes, ends, strict=False))
        return self._begins[source][output] + number


def count_ports(made: Rows, results: Iterable[Ref]) -> None:
    """Let every row know how many outputs are read.

    Raises:
        ModelError: an output that the operator does not have.
    """
    refs = [(ref, row.place) for row in made.values() for ref in row.inputs]
    for ref, place in [*refs, *((ref, "the outputs") for ref in results)]:
        row = made.get(ref.name)
        if row is None:
            continue
        most = len(_OUTPUTS[row.op].split()) if row.op in _OUTPUTS else PORTS
        if ref.port >= (1 if row.op in _SINGLE else most):
            raise ModelError(f"{quote(row.name)} has no output {ref.port}", place=place)
        row.ports = max(row.ports, ref.port + 1)
    if sum(row.ports for row in made.values()) > 16 * len(made) + PORTS:
        raise LimitExceeded(f"{PORTS} outputs")
