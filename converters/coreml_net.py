"""From the layers of a CoreML neural network to a graph.

Up to specification 3 every value has five axes: sequence, batch, channel, height, width. One
prediction has one batch, so those networks are built over (sequence, channel, height, width),
where ONNX wants its images to be. Later networks have values of any rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from genescan import shapes as shape_rules
from genescan.converters.assembly import Assembly
from genescan.converters.base import quote
from genescan.converters.coreml_control import Names, branch, loop
from genescan.converters.coreml_emit import real
from genescan.converters.coreml_mil_ops import TABLE as MIL_TABLE
from genescan.converters.coreml_net_ops import ALIASES, TABLE, Alias
from genescan.converters.coreml_net_rules import RULES
from genescan.converters.coreml_params import Params
from genescan.converters.coreml_rules import RULES as MIL_RULES
from genescan.converters.coreml_values import Values, text
from genescan.converters.table import Call, translate
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Attr, Dims, Edge, Operand, Tensor

_PARTS_PER_NODE = 16


class Scope:
    """What the names of one network stand for."""

    def __init__(self, assembly: Assembly, depth: int = 0, needed: Iterable[str] = ()) -> None:
        self.assembly, self.depth = assembly, depth
        self.needed = frozenset(needed)
        """Names that are read when the network is through."""
        self.values: dict[str, Operand] = {}

    def inside(self, needed: Iterable[str]) -> Scope:
        """The scope of a network inside this one, which sees nothing yet."""
        return Scope(self.assembly.body(), self.depth + 1, needed)


class NetBuilder:
    """Builds the neural networks of one file.

    Args:
        values: converts weights.
        assembly: where the nodes go.
    """

    def __init__(self, values: Values, assembly: Assembly) -> None:
        self.values, self._assembly = values, assembly
        self._left = values.limits.nodes * _PARTS_PER_NODE
        self.legacy = False
        self.names = Names()

    def is_legacy(self, net: Any) -> bool:
        """Whether the network's arrays have five axes however they are declared."""
        return not net.arrayInputShapeMapping

    def build(
        self, net: Any, description: Any, inputs: Mapping[str, Operand]
    ) -> dict[str, Operand]:
        """Emit one network over its inputs; returns all that its layers make, in their order."""
        self.legacy = self.is_legacy(net)
        needed = [text(feature.name) for feature in description.output]
        needed.append(text(getattr(net, "labelProbabilityLayerName", "")))
        scope = Scope(self._assembly, 0, needed)
        for feature in description.input:
            name = text(feature.name)
            if inputs.get(name) is not None:
                scope.values[name] = inputs[name]
        for step in net.preprocessing:
            self._preprocess(step, scope)
        given = dict(scope.values)
        self.run(net, scope)
        made = {name: v for name, v in scope.values.items() if given.get(name) is not v}
        probabilities = needed[-1]
        if probabilities in made:  # stands last: what a label is read off
            made[probabilities] = made.pop(probabilities)
        return given | made

    def run(self, net: Any, scope: Scope) -> None:
        """Emit the layers of a network or of one inside it."""
        if scope.depth > self.values.limits.depth:
            raise LimitExceeded(f"{scope.depth} nested networks")
        self._charge(len(net.layers) * 4)
        lasting = self.names.later(net.layers, scope.needed)
        for index, layer in enumerate(net.layers):
            if layer.WhichOneof("layer") == "loop":
                name, inputs = text(layer.name), self._inputs(layer, text(layer.name), scope)
                loop(self, layer.loop, inputs, scope, name, lasting[index])
            else:
                self._layer(layer, scope)

    def _charge(self, parts: int) -> None:
        self._left -= parts
        if self._left < 0:
            raise LimitExceeded(f"{self.values.limits.nodes} nodes with what belongs to them")

    def _preprocess(self, step: Any, scope: Scope) -> None:
        """Scale and shift of an image, before the first layer."""
        images = [n for n in scope.values if n == text(step.featureName)] or list(scope.values)[:1]
        a, kind = scope.assembly, step.WhichOneof("preprocessor")
        for name in images:
            value = scope.values[name]
            if kind == "scaler":
                scaler, shape = step.scaler, a.shape(value)
                gray = shape is not None and len(shape) == 4 and shape[1] == 1
                bias: tuple[float, ...] = (scaler.redBias, scaler.greenBias, scaler.blueBias)
                bias = (scaler.grayBias,) if gray else bias
                if scaler.channelScale not in (0.0, 1.0):
                    value = a.emit("Mul", [value, real(scaler.channelScale)], shapes=(shape,))
                if any(bias):
                    tensor = Tensor("float32", (len(bias), 1, 1), bias)
                    value = a.emit("Add", [value, tensor], shapes=(shape,))
            elif kind == "meanImage":
                shape = a.shape(value)
                mean = Tensor("float32", None if shape is None else shape[1:])
                value = a.emit("Sub", [value, mean], shapes=(shape,))
            scope.values[name] = value

    def _layer(self, layer: Any, scope: Scope) -> None:
        kind = layer.WhichOneof("layer")
        names = [text(name) for name in layer.output]
        name = text(layer.name) or next(iter(names), kind or "layer")
        place = f"layer {quote(name)}"
        if kind is None:
            raise ModelError("of a kind that the schema does not know, or of none", place=place)
        self._charge(len(names))
        inputs = self._inputs(layer, name, scope)
        if kind == "branch":
            branch(self, layer.branch, inputs, scope, name)
            return
        if kind in ("loopBreak", "loopContinue"):
            raise ModelError(f"{quote(kind)}: a jump out of an iteration", place=place)
        taken = [output for output in names if output in scope.values and kind != "copy"]
        if (taken and not scope.depth) or len(set(names)) < len(names):
            raise ModelError(f"output {quote((taken or names)[0])} is defined twice", place=place)
        outputs = self._emit(kind, layer, name, inputs, scope)
        if len(outputs) != len(names):
            raise ModelError(f"{len(names)} outputs where {kind} has {len(outputs)}", place=place)
        for output, operand in zip(names, outputs, strict=True):
            self.learn(scope.assembly, operand)
            scope.values[output] = operand

    def _inputs(self, layer: Any, name: str, scope: Scope) -> list[Operand]:
        self._charge(len(layer.input))
        inputs = []
        for source in map(text, layer.input):
            if source not in scope.values:
                place = f"layer {quote(name)}"
                raise ModelError(f"{quote(source)} is not defined", place=place)
            inputs.append(scope.values[source])
        return inputs

    def _emit(
        self, kind: str, layer: Any, name: str, inputs: list[Operand], scope: Scope
    ) -> list[Operand]:
        params = Params(getattr(layer, kind), self.values, name)
        a, shapes = scope.assembly, self._declared(layer)
        if alias := ALIASES.get(kind):
            call = _aliased(alias, name, inputs, params.attrs, shapes)
            return translate(a, call, MIL_TABLE, MIL_RULES)
        if kind == "custom":
            kind = f"custom:{params.attrs.get('className', '')}"
        slots = ["x"] * len(inputs) + list(params.weights)
        attrs: dict[str, Attr] = {**params.attrs, "legacy": self.legacy}
        operands = [*inputs, *params.weights.values()]
        return translate(a, Call(kind, name, operands, slots, attrs, shapes), TABLE, RULES)

    def _declared(self, layer: Any) -> list[Dims | None]:
        """Shapes of the outputs, where a layer declares them for all."""
        tensors = layer.outputTensor
        shapes: list[Dims | None] = [None] * len(layer.output)
        if len(tensors) == len(shapes) and not self.legacy:
            for index, tensor in enumerate(tensors):
                if len(tensor.dimValue) == tensor.rank:
                    shapes[index] = self.values.dims(tensor.dimValue, "a declared shape")
        return shapes

    def learn(self, a: Assembly, value: Operand) -> None:
        """Infer the shape of a value that has none: layers seldom declare theirs."""
        if not isinstance(value, Edge) or a.shape(value) is not None:
            return
        node = a.nodes[value.source]
        constants = [arg if isinstance(arg, Tensor) else None for arg in node.inputs]
        known = shape_rules.infer(node.op, node.attrs, [a.shape(v) for v in node.inputs], constants)
        if value.port < len(known):
            a.learn(value, known[value.port])


def _aliased(
    alias: Alias, name: str, inputs: list[Operand], params: Mapping[str, Attr],
    shapes: list[Dims | None],
) -> Call:  # fmt: skip
    """The call of MIL that a layer stands for; small constants are attributes there."""
    slots = list(alias.slots[: len(inputs)])
    if slots and slots[-1].endswith("*"):
        slots = [slots[-1][:-1]] * len(inputs)
    if len(slots) != len(inputs):
        raise ModelError(f"{len(inputs)} inputs", place=f"layer {quote(name)}")
    operands, attrs = list(inputs), dict(alias.implied)
    for slot, operand in zip(slots, inputs, strict=True):
        if isinstance(operand, Tensor) and operand.data is not None and slots.count(slot) == 1:
            data = tuple(v for v in operand.data if v is not None)
            whole = all(float(v).is_integer() and abs(v) < 1 << 62 for v in data)
            data = tuple(map(int, data)) if whole else data
            attrs[slot] = data[0] if operand.shape == () and data else data
    for old, new in alias.attrs.items():
        value = params.get(old)
        if value is None or new in slots:
            continue
        if isinstance(value, str):
            value = value.removeprefix("SCATTER_").lower() if "SCATTER_" in value else value
        else:
            slots.append(new)
            operands.append(_constant(value))
        attrs[new] = value
    return Call(alias.kind, name, operands, slots, attrs, shapes)


def _constant(value: Attr) -> Tensor:
    """A parameter as an operand."""
    data = value if isinstance(value, tuple) else (value,)
    numbers = tuple(v for v in data if isinstance(v, int | float))
    floating = any(isinstance(v, float) for v in numbers)
    shape = (len(numbers),) if isinstance(value, tuple) else ()
    return Tensor("float32" if floating else "int64", shape, numbers)
