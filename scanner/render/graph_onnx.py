"""A canonical graph as an ONNX file, to be looked at in Netron or read by other tools.

Operators that ONNX has, with operands as its specification demands, stay what they are. All
others (composites, and operators whose parameters the canonical form leaves out) are calls of
local functions in the domain `genescan`; where ONNX can say what they compute, their body does.
Weights have their shape and no values: each is a sparse tensor without entries.

Needs the package `onnx` (the extra of that name), which also checks the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from genescan.errors import GenescanError
from genescan.graph import Attr, Dims, Edge, Graph, Node, Operand, Tensor

if TYPE_CHECKING:
    import onnx

OPSET = 21
"""Of the standard operators: old enough for the tools that people have."""
DOMAIN = "genescan"
_OPAQUE = "genescan.opaque"
"""Domain of what stands in a function's body where ONNX has no words for it."""
_KEPT = 256
"""Characters of a name, and elements of a constant, that are written."""

_BODIES = {
    "Linear": "t = Transpose <perm = [1, 0]> (b)  y = MatMul (a, t)",
    "Embedding": "y = Gather <axis = 0> (b, a)",
    "LayerNormalization": "y = MeanVarianceNormalization <axes = [-1]> (a)",
    "InstanceNormalization": "y = MeanVarianceNormalization <axes = [-2, -1]> (a)",
    "RMSNormalization": "n = Constant <value_ints = [-1]> ()  s = Mul (a, a)"
    "  m = ReduceMean (s, n)  r = Sqrt (m)  y = Div (a, r)",
    "SDPA": "k = Transpose (b)  s = MatMul (a, k)  p = Softmax <axis = -1> (s)  y = MatMul (p, c)",
    "Swish": "s = Sigmoid (a)  y = Mul (a, s)",
    "QuickGelu": "f = Constant <value_float = 1.702> ()  m = Mul (a, f)  s = Sigmoid (m)"
    "  y = Mul (a, s)",
}
"""What some operators compute, in ONNX's own text syntax: operands a, b, c ..., result y. Sizes
of heads and the epsilon of norms are no part of a canonical graph, so these are outlines."""


def render(graph: Graph, name: str = "") -> bytes:
    """The bytes of an ONNX model.

    Raises:
        GenescanError: the package `onnx` is missing, or its checker refuses the result.
    """
    try:
        import onnx
    except ImportError:
        raise GenescanError(
            "writing ONNX files needs the package onnx: pip install 'genescan[onnx]'"
        ) from None
    writer = _Writer(graph)
    model = writer.model(name)
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:  # pragma: no cover  # would be our mistake
        raise GenescanError(f"not a valid ONNX model: {error}") from None
    return bytes(model.SerializeToString())


class _Writer:
    """Builds the protobuf messages of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.nodes: list[onnx.NodeProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.weights: list[onnx.TensorProto] = []
        self.sparse: list[onnx.SparseTensorProto] = []
        self.functions: dict[str, tuple[int, int, set[str]]] = {}
        self.constants: dict[int, str] = {}  # by identity: a tied weight is one object
        self.names: set[str] = set()
        self.values: dict[tuple[int, int], str] = {}

    def model(self, name: str) -> onnx.ModelProto:
        """The whole model."""
        from onnx import helper

        for index, node in enumerate(self.graph.nodes):
            if node.op == "Input":
                self._input(index, node)
            else:
                self._node(index, node)
        made = helper.make_graph(
            self.nodes, name or "canonical", self.inputs, list(self._outputs()), self.weights,
            sparse_initializer=self.sparse,
        )  # fmt: skip
        opsets = [helper.make_opsetid("", OPSET)]
        opsets += [helper.make_opsetid(d, 1) for d in (DOMAIN, _OPAQUE) if self.functions]
        model = helper.make_model(
            made, opset_imports=opsets, functions=[self._function(op) for op in self.functions],
            producer_name="genescan", ir_version=10,
        )  # fmt: skip
        for key, value in self.graph.meta.items():
            helper.set_model_props(model, {**_properties(model), key: value})
        return model

    def _unique(self, wanted: str) -> str:
        name, count = wanted[:_KEPT] or "value", 1
        while name in self.names:
            count += 1
            name = f"{wanted[:_KEPT]}_{count}"
        self.names.add(name)
        return name

    def _input(self, index: int, node: Node) -> None:
        name = self._unique(node.origin[0] if node.origin else "input")
        self.values[index, 0] = name
        dims = self.graph.shapes.get((index, 0))
        self.inputs.append(_value(name, str(node.attrs.get("dtype", "")), dims))

    def _outputs(self) -> Iterable[onnx.ValueInfoProto]:
        from onnx import helper

        for position, operand in enumerate(self.graph.outputs):
            given = self.graph.output_names
            name = self._unique(given[position] if position < len(given) else "output")
            self.nodes.append(helper.make_node("Identity", [self._operand(operand)], [name]))
            shape = None
            if isinstance(operand, Edge) and not operand.via:
                shape = self.graph.shapes.get((operand.source, operand.port))
            yield _value(name, "", shape)

    def _operand(self, operand: Operand) -> str:
        if operand is None:
            return ""
        if isinstance(operand, Edge):
            return self.values[operand.source, operand.port]
        if id(operand) not in self.constants:
            self.constants[id(operand)] = self._constant(operand)
        return self.constants[id(operand)]

    def _constant(self, tensor: Tensor) -> str:
        from onnx import TensorProto, helper

        name = self._unique(tensor.name or "constant")
        shape = [max(size or 1, 1) for size in tensor.shape or ()]
        numbers = tensor.data or ()
        if not shape:
            value = next((float(v) for v in numbers if v is not None), 0.0)
            self.weights.append(helper.make_tensor(name, TensorProto.FLOAT, [], [value]))
            return name
        values = helper.make_tensor(name, TensorProto.FLOAT, [0], [])
        indices = helper.make_tensor(f"{name}_indices", TensorProto.INT64, [0], [])
        self.sparse.append(helper.make_sparse_tensor(values, indices, shape))
        return name

    def _node(self, index: int, node: Node) -> None:
        from onnx import helper

        inputs = [self._operand(operand) for operand in node.inputs]
        outputs = []
        for port in range(node.outputs):
            self.values[index, port] = self._unique(f"{node.op}_{index}" + f".{port}" * bool(port))
            outputs.append(self.values[index, port])
        attrs = _attributes(node)
        known = _standard(node, attrs)
        domain, op = (DOMAIN, _identifier(node.op)) if known is None else ("", node.op)
        made = helper.make_node(op, inputs, outputs, name=outputs[0], domain=domain)
        for key, value in (attrs if known is None else known).items():
            made.attribute.append(helper.make_attribute(key, value))
        notes = {**node.marks, "origin": ", ".join(node.origin[:8])[:_KEPT]}
        notes |= {k: str(v) for k, v in attrs.items() if known is not None and k not in known}
        for position, operand in enumerate(node.inputs):
            if isinstance(operand, Edge) and operand.via:
                notes[f"operand {position} passed"] = " ".join(operand.via)[:_KEPT]
        for key, note in notes.items():
            made.metadata_props.add(key=key, value=note)
        self.nodes.append(made)
        if known is None:
            most, out, names = self.functions.get(op, (0, 0, set()))
            names = names | attrs.keys()
            self.functions[op] = (max(most, len(inputs)), max(out, node.outputs), names)

    def _function(self, op: str) -> onnx.FunctionProto:
        from onnx import helper, parser

        operands, results, names = self.functions[op]
        inputs = [chr(97 + i) if i < 20 else f"operand{i}" for i in range(operands)]
        outputs = ["y"] + [f"y{i}" for i in range(1, results)]
        opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_OPAQUE, 1)]
        body = _BODIES.get(op)
        if body is None or results != 1 or operands < _reads(body):
            nodes = [helper.make_node(op, inputs, outputs, domain=_OPAQUE)]
        else:
            arguments = ", ".join(inputs)
            text = f'<domain: "{DOMAIN}", opset_import: ["" : {OPSET}]> f ({arguments}) => (y)'
            nodes = list(parser.parse_function(f"{text} {{ {body} }}").node)
        return helper.make_function(
            DOMAIN, op, inputs, outputs, nodes, opsets, attributes=sorted(names)
        )


def _reads(body: str) -> int:
    """How many operands a body needs: those of a, b and c that it names."""
    words = set(body.replace("(", " ").replace(")", " ").replace(",", " ").split())
    return max((i + 1 for i, letter in enumerate("abc") if letter in words), default=0)


def _identifier(op: str) -> str:
    """An operator's name as an ONNX identifier: `Unknown:tflite:X` becomes `Unknown_tflite_X`."""
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in op)[:_KEPT]


def _attributes(node: Node) -> dict[str, object]:
    """A node's attributes as ONNX can hold them; a convolution's group as its number."""
    made: dict[str, object] = {}
    for name, value in node.attrs.items():
        if value is not None and not isinstance(value, Tensor):
            made[name] = _attribute(value)
    if "groups" in made:
        made["group"] = made.pop("groups")
    return made


def _attribute(value: Attr) -> object:
    if isinstance(value, bool):
        return int(value)
    if not isinstance(value, tuple):
        return value
    if value and all(isinstance(item, int) for item in value):
        return [int(item) for item in value if isinstance(item, int)]
    if value and all(isinstance(item, int | float) for item in value):
        return [float(item) for item in value if isinstance(item, int | float)]
    return ", ".join(map(str, value))


def _standard(node: Node, attrs: Mapping[str, object]) -> dict[str, object] | None:
    """The attributes under which ONNX knows the operator with these operands; None: it does not."""
    import onnx

    try:
        schema = onnx.defs.get_schema(node.op, OPSET)
    except onnx.defs.SchemaError:
        return None
    given = [operand is not None for operand in node.inputs]
    if not schema.min_input <= len(given) <= schema.max_input or schema.max_output < node.outputs:
        return None
    single = onnx.defs.OpSchema.FormalParameterOption.Single
    if any(not there and schema.inputs[min(i, len(schema.inputs) - 1)].option == single
           for i, there in enumerate(given)):  # fmt: skip
        return None
    kinds = {name: kind.type.name for name, kind in schema.attributes.items()}
    known = {k: v for k, v in attrs.items() if _KINDS.get(kinds.get(k, "")) is type(v)}
    required = {name for name, kind in schema.attributes.items() if kind.required}
    return known if required <= known.keys() else None


_KINDS: Mapping[str, type] = {
    "INT": int,
    "FLOAT": float,
    "STRING": str,
    "INTS": list,
    "FLOATS": list,
}
"""Python types of ONNX attributes."""


def _value(name: str, dtype: str, shape: Dims | None) -> onnx.ValueInfoProto:
    from onnx import TensorProto, helper

    spelling = {"float32": "float", "float64": "double"}.get(dtype, dtype).upper()
    element = dict(TensorProto.DataType.items()).get(spelling, TensorProto.FLOAT)
    unknown: list[int | str | None] = ["unknown"]  # the checker demands a shape
    return helper.make_tensor_value_info(name, element, unknown if shape is None else list(shape))


def _properties(model: onnx.ModelProto) -> dict[str, str]:
    return {entry.key: entry.value for entry in model.metadata_props}
