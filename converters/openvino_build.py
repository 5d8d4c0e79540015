"""From layers to a graph: ports become edges, sub-networks become bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from genescan.converters import (
    openvino_legacy,
    openvino_legacy_rules,
    openvino_ops,
    openvino_rules,
)
from genescan.converters.assembly import Assembly
from genescan.converters.base import Clock
from genescan.converters.openvino_axes import told
from genescan.converters.openvino_bodies import PARAMETERS, Wiring, wiring
from genescan.converters.openvino_order import arrange
from genescan.converters.openvino_values import attributes, blob, constant, dtype
from genescan.converters.openvino_xml import Layer, Network
from genescan.converters.table import Call, translate
from genescan.errors import ModelError
from genescan.graph import Edge, Graph, Operand
from genescan.limits import Limits

_MODERN = 10
"""From this version on the file spells opsets; before, layers of Caffe with weights inside."""
_OWN = ("opset", "ie_internal_opset", "experimental", "util")
"""What the version of OpenVINO's own operators begins with; others are extensions."""
_BLOBS = ("weights", "biases")

Outputs = list[tuple[str, Operand]]


class Builder:
    """Builds the graph of one file.

    Args:
        version: of the IR.
        file: name of the `.bin` file, for the places of constants.
        limits: budgets for names, nodes and constants.
        clock: wall time.
    """

    def __init__(self, version: int, file: str, limits: Limits, clock: Clock) -> None:
        self.modern = version >= _MODERN
        self.file = file
        self._assembly = Assembly("openvino", limits, clock)

    def graph(self, network: Network, meta: Mapping[str, str]) -> Graph:
        """The graph of the outermost network."""
        block = _Block(self, network, self._assembly)
        order = arrange(network)
        for layer in order:
            if layer.kind in PARAMETERS:
                block.parameter(layer)
        block.read_states(order)
        block.run(order)
        outputs = list(block.results.values()) + block.states
        if not self.modern and not outputs:
            outputs = block.unread(order)
        if not outputs:
            raise ModelError("the network has no outputs")
        return self._assembly.graph(outputs, meta)


class _Block:
    """One network under construction: the outermost one or a body."""

    def __init__(self, builder: Builder, network: Network, assembly: Assembly) -> None:
        self.builder, self.network, self.assembly = builder, network, assembly
        self.values: dict[tuple[int, int], Operand] = {}
        self.names: dict[tuple[int, int], str] = {}
        """What the file calls the values, where it names them."""
        self.results: dict[int, tuple[str, Operand]] = {}
        """Name and value of each output, by the id of its Result."""
        self.states: Outputs = []
        """What variables hold at the end, and at the start where that is computed."""
        self.variables: dict[str, Edge] = {}
        self.axes = told(network)

    def operand(self, layer: Layer, position: int) -> Operand:
        """What an input port reads."""
        return self.values[self.network.sources[layer.id, layer.inputs[position].id]]

    def bind(self, layer: Layer, values: Sequence[Operand]) -> None:
        """Define a layer's outputs."""
        for port, value in zip(layer.outputs, values, strict=True):
            self.values[layer.id, port.id] = value
            if port.names:
                self.names[layer.id, port.id] = port.names.partition(",")[0]

    def parameter(self, layer: Layer) -> None:
        """Make a graph input."""
        if len(layer.outputs) != 1:
            raise ModelError("an input has one output port", place=layer.place)
        port = layer.outputs[0]
        kind = layer.data.get("element_type") or port.precision or layer.precision
        shape = port.shape if port.dims or layer.data.get("shape") else ()
        self.bind(layer, [self.assembly.input(layer.name, shape, dtype(kind))])

    def read_states(self, order: Sequence[Layer]) -> None:
        """Make what variables hold at the start graph inputs, as without state."""
        for layer in order:
            if _reads_state(layer):
                name = _variable(layer)
                shape = layer.outputs[0].shape
                if name not in self.variables:
                    self.variables[name] = self.assembly.input(name, shape)
                self.bind(layer, [self.variables[name]] * len(layer.outputs))

    def run(self, order: Sequence[Layer]) -> None:
        """Emit the layers."""
        for index, layer in enumerate(order):
            if not index % 1_024:
                self.assembly.clock.check(layer.place)
            if layer.kind in PARAMETERS:
                continue
            try:
                self._layer(layer)
            except ModelError as error:
                error.place = error.place or layer.place
                raise

    def _layer(self, layer: Layer) -> None:
        if layer.kind == "Result":
            self._result(layer)
        elif layer.kind == "Const":
            if len(layer.outputs) != 1:
                raise ModelError("a constant has one output port", place=layer.place)
            name = self.assembly.name(layer.name)
            self.bind(layer, [constant(layer, attributes(layer), self.builder.file, name)])
        elif _reads_state(layer) and _variable(layer) in self.variables:
            if layer.inputs and isinstance(start := self.operand(layer, 0), Edge):
                self.states.append((f"{_variable(layer)}:initial", start))
        elif _writes_state(layer) and _variable(layer) in self.variables:
            self.states.append((_variable(layer), self.operand(layer, 0)))
            self.bind(layer, [self.operand(layer, 0)] * len(layer.outputs))
        elif layer.bodies:
            self.bind(layer, self._with_bodies(layer))
        else:
            self.bind(layer, self._translate(layer))

    def _result(self, layer: Layer) -> None:
        if len(layer.inputs) != 1:
            raise ModelError("a result has one input port", place=layer.place)
        source, port = self.network.sources[layer.id, layer.inputs[0].id]
        name = self.names.get((source, port)) or self.network.layers[source].name
        self.results[layer.id] = name, self.operand(layer, 0)

    def unread(self, order: Sequence[Layer]) -> Outputs:
        """Before there were Results: what no layer reads is an output."""
        read = set(self.network.sources.values())
        return [
            (layer.name, self.values[layer.id, port.id])
            for layer in order
            for port in layer.outputs
            if (layer.id, port.id) not in read and layer.kind != "Const"
        ]

    def _translate(self, layer: Layer) -> list[Operand]:
        inputs = [self.operand(layer, position) for position in range(len(layer.inputs))]
        slots = [str(position) for position in range(len(inputs))]
        attrs = attributes(layer)
        attrs["opset"] = layer.version
        attrs["told"] = self.axes.get(layer.id, ())
        attrs["type"] = attrs.get("type", "")
        precision = layer.outputs[0].precision if layer.outputs else layer.precision
        attrs["element"] = dtype(precision or layer.precision)
        for name in _BLOBS:
            found = blob(layer, name, None, self.builder.file)
            if found is not None:
                inputs.append(found)
                slots.append(name)
        call = Call(
            layer.kind, layer.name, inputs, slots, attrs, [port.shape for port in layer.outputs]
        )
        if layer.version and not layer.version.startswith(_OWN):
            return translate(self.assembly, call, {}, {})
        if self.builder.modern:
            return translate(self.assembly, call, openvino_ops.TABLE, openvino_rules.RULES)
        return translate(self.assembly, call, openvino_legacy.TABLE, openvino_legacy_rules.RULES)

    def _with_bodies(self, layer: Layer) -> list[Operand]:
        """A TensorIterator as a Scan, a Loop or an If."""
        maps = {name: wiring(layer, name) for name in layer.bodies}
        bodies: dict[str, Graph] = {}
        operands = self._own(layer, maps)
        for name, made in maps.items():
            inner = _Block(self.builder, layer.bodies[name], self.assembly.body())
            captured = inner.enter(layer, self, made)
            order = arrange(inner.network)
            inner.run(order)
            bodies[_BRANCHES.get(name, name)] = inner.leave(layer, made, captured)
            operands += [self._at(layer, port) for port, _ in captured]
        op = {"TensorIterator": "Scan"}.get(layer.kind, layer.kind)
        if op not in ("Scan", "Loop", "If"):
            raise ModelError(f"a {layer.kind} with a body", place=layer.place)
        made_node = self.assembly.emit(
            op, operands, name=layer.name, outputs=len(layer.outputs),
            shapes=[port.shape for port in layer.outputs], bodies=bodies,
        )  # fmt: skip
        return [Edge(made_node.source, port) for port in range(len(layer.outputs))]

    def _at(self, layer: Layer, port: int) -> Operand:
        return self.values[self.network.sources[layer.id, port]]

    def _own(self, layer: Layer, maps: Mapping[str, Wiring]) -> list[Operand]:
        """The owner's operands before those that its bodies capture."""
        if layer.kind == "If":
            if "then_body" not in maps or "else_body" not in maps or not layer.inputs:
                raise ModelError("an If needs a condition and two branches", place=layer.place)
            return [self.operand(layer, 0)]
        if "body" not in maps:
            raise ModelError("a loop needs a body", place=layer.place)
        carried = [self._at(layer, port) for port, _ in maps["body"].carried]
        if layer.kind == "Loop":
            if len(layer.inputs) < 2:
                raise ModelError("a Loop needs a count and a condition", place=layer.place)
            return [self.operand(layer, 0), self.operand(layer, 1), *carried]
        return carried

    def enter(self, layer: Layer, outer: _Block, made: Wiring) -> list[tuple[int, int]]:
        """Make the inputs of a body; returns the captures among them that are no constants."""
        counters: list[Edge] = []
        if layer.kind == "Loop":
            counters = [self.assembly.input(name, (), kind) for name, kind in _COUNTERS]
        for _, inner in made.carried:
            self.parameter(self.network.layers[inner])
        captured = []
        for port, inner in made.captured:
            value = outer._at(layer, port)
            if isinstance(value, Edge):
                self.parameter(self.network.layers[inner])
                captured.append((port, inner))
            else:
                self.bind(self.network.layers[inner], [value])
        for inner in made.counters:
            if not counters:
                raise ModelError("only a Loop counts its steps", place=layer.place)
            self.bind(self.network.layers[inner], counters[:1])
        return captured

    def leave(self, layer: Layer, made: Wiring, captured: Sequence[tuple[int, int]]) -> Graph:
        """The finished body: first what leaves the owner, then what goes to the next step."""
        ends = [made.outputs[port.id] for port in layer.outputs]
        listed = set(ends)
        ends += [end for end in dict.fromkeys(made.returned) if end not in listed]
        names = [self.network.layers[inner].name for _, inner in captured]
        return self.assembly.graph([self.results[end] for end in ends], captures=names)


_BRANCHES = {"then_body": "then_branch", "else_body": "else_branch"}
_COUNTERS: tuple[tuple[str, str], ...] = (("iteration", "int64"), ("condition", "bool"))


def _reads_state(layer: Layer) -> bool:
    return layer.kind == "ReadValue" or (layer.kind == "Memory" and not layer.inputs)


def _writes_state(layer: Layer) -> bool:
    return layer.kind == "Assign" or (layer.kind == "Memory" and bool(layer.inputs))


def _variable(layer: Layer) -> str:
    name = layer.data.get("variable_id") or layer.data.get("id")
    if not name or not (layer.outputs or layer.inputs):
        raise ModelError("a state without a name", place=layer.place)
    return name
