"""What a network is for: modality and task, each with the reason.

Families say what they are usually for; inputs and the end of the graph say what this one does.
"""

from __future__ import annotations

from collections.abc import Sequence, Set

from genescan import ops
from genescan.graph import Edge, Graph, Node, Tensor
from genescan.report import Evidence
from genescan.signature import Signature

Told = tuple[tuple[str, ...], tuple[str, ...], tuple[Evidence, ...]]
"""Modalities, tasks, and the evidence for both."""

_PASSING = frozenset({"Softmax", "LogSoftmax", "Sigmoid", "Slice", "ArgMax", "Concat", "Clip"})
_SCORING = frozenset({"Softmax", "LogSoftmax", "Sigmoid", "ArgMax"})
_NUMBERS = ("float", "bfloat", "uint8", "int8")
"""Types of inputs that are measured; quantised models take codes."""
_DENSE = frozenset({"DepthToSpace", "ConvTranspose", "Resize"})


def read(graph: Graph, signatures: Sequence[Signature]) -> Told:
    """Modality and task of a canonical graph, given the families that it belongs to."""
    evidence: list[Evidence] = []
    modality = dict.fromkeys(name for s in signatures for name in s.modality)
    for signature in signatures:
        evidence += [
            Evidence(f"modality: {m}", f"usual for {signature.title}") for m in signature.modality
        ]
    for index, first in _readers(graph).items():
        guess = _input(graph.nodes[index], first)
        if guess is not None and (not modality or guess.claim.split(": ")[1] in modality):
            modality.setdefault(guess.claim.split(": ")[1])
            evidence.append(guess)
    head = _head(graph)
    usual = dict.fromkeys(name for s in signatures for name in s.task)
    for signature in signatures:
        evidence += [Evidence(f"task: {t}", f"usual for {signature.title}") for t in signature.task]
    if head is not None:
        evidence.append(head)
        seen = head.claim.split(": ")[1]
        # what the end of the graph shows comes first; what it excludes, the usual list keeps
        usual = dict.fromkeys([seen, *usual])
    return tuple(modality), tuple(usual), tuple(evidence)


def _readers(graph: Graph) -> dict[int, set[str]]:
    """What operators read each input."""
    found: dict[int, set[str]] = {index: set() for index in graph.inputs}
    for node in graph.nodes:
        for operand in node.inputs:
            if isinstance(operand, Edge) and operand.source in found:
                found[operand.source].add(node.op)
    return found


def _input(node: Node, first: Set[str]) -> Evidence | None:
    shape, dtype = node.attrs.get("shape"), str(node.attrs.get("dtype", ""))
    name = node.origin[0] if node.origin else "input"
    dims = (
        "x".join("?" if d is None else str(d) for d in shape) if isinstance(shape, tuple) else "?"
    )
    what = f"input {name} is {dtype} {dims}"
    if "Embedding" in first and dtype.startswith(("int", "uint")):
        return Evidence("modality: text", f"{what} and is looked up in an embedding table")
    if not isinstance(shape, tuple):
        return None
    if len(shape) == 4 and dtype.startswith(_NUMBERS):
        planes = ((shape[1], shape[2:]), (shape[3], shape[1:3]))  # channels first, or last
        channels = [depth for depth, plane in planes if depth in (1, 3, 4) and 1 not in plane]
        if channels:
            return Evidence("modality: image", f"{what} with {channels[0]} channels")
    if len(shape) == 5 and dtype.startswith(_NUMBERS):
        return Evidence("modality: video", f"{what}: volumes or frames")
    if len(shape) in (2, 3) and "Conv" in first:
        return Evidence("modality: signal", f"{what} and is convolved along one axis")
    if len(shape) == 2 and dtype.startswith(_NUMBERS) and first <= {"Linear", "Add", "Mul", "Neg"}:
        return Evidence("modality: tabular", f"{what} and feeds dense layers")
    return None


def _head(graph: Graph) -> Evidence | None:
    """The task that the last computing node of the first output shows."""
    vocabulary = {
        operand.shape[0]
        for node in graph.nodes
        if node.op == "Embedding"
        for operand in node.inputs
        if isinstance(operand, Tensor) and operand.shape
    } - {None}
    for output in graph.outputs[:1]:
        if not isinstance(output, Edge):
            return None
        node, passed = graph.nodes[output.source], []
        while node.op in _PASSING and node.inputs and isinstance(node.inputs[0], Edge):
            passed.append(node.op)
            output = node.inputs[0]
            node = graph.nodes[output.source]
        pixel = (graph.shapes.get((output.source, output.port)) or ())[2:]
        return _task(graph, node, passed, vocabulary, bool(pixel) and set(pixel) == {1})
    return None


def _task(
    graph: Graph, node: Node, passed: list[str], vocabulary: set[int | None], pixel: bool
) -> Evidence | None:
    """The task of a network that ends in a node, whose result may be an image of one pixel."""
    weight = next((o for o in node.inputs if isinstance(o, Tensor) and o.shape), None)
    size = weight.shape[0] if weight is not None and weight.shape else None
    if node.op == "Linear" and isinstance(size, int):
        if size in vocabulary and size > 64:
            return Evidence(
                "task: language-modelling", f"last Linear has {size} outputs, the vocabulary"
            )
        scored = bool(_SCORING & set(passed))
        # one of several outputs may be coordinates as well as scores
        told = scored or size == 1 or len(graph.outputs) == 1
        if told and _pooled(graph, node):
            what = "classification" if size > 1 or scored else "regression"
            return Evidence(f"task: {what}", f"last Linear has {size} outputs on pooled features")
    if pixel:
        return None
    if node.op in _DENSE or (node.op in ("BatchNormalization", "Conv") and _upsampled(graph)):
        return Evidence("task: dense-prediction", f"the graph ends in {node.op} after upsampling")
    return None


def _pooled(graph: Graph, node: Node) -> bool:
    """Whether a dense head stands on pooled or flattened image features."""
    for _ in range(12):
        source = next((o for o in node.inputs if isinstance(o, Edge)), None)
        if source is None:
            return False
        node = graph.nodes[source.source]
        if ops.kind(node.op) in ("Recurrent", "Attention"):
            return False
        if any(label.startswith(("Flatten", "Reshape")) for label in source.via):
            return any(n.op in ("Conv", "MaxPool") for n in graph.nodes)
        if (
            node.op in ("GlobalAveragePool", "GlobalMaxPool", "Slice")
            or ops.kind(node.op) == "Pool"
        ):
            return True
        if ops.kind(node.op) not in ("Activation", "Normalization") and node.op not in (
            "Linear",
            "Add",
        ):
            return False
    return False


def _upsampled(graph: Graph) -> bool:
    return any(node.op in _DENSE for node in graph.nodes)
