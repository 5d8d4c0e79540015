"""Patterns from plain data and generated networks, for the tests and the benchmark of matching."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from genescan import ops
from genescan.graph import Edge, Graph, Node, Operand, Tensor
from genescan.pattern import (
    OperandTest,
    Pattern,
    PatternEdge,
    PatternNode,
    PatternPath,
    Predicate,
)

WEIGHT = Tensor(shape=(8, 8))


def equal(value: Any) -> Predicate:
    wanted = tuple(value) if isinstance(value, list) else value
    return Predicate(str(value), lambda found: found == wanted)


def operand_test(spec: Any) -> OperandTest:
    """`const`, a number (a scalar constant near it) or a list (a constant of that shape)."""
    if spec == "const":
        return OperandTest("const()", lambda o: isinstance(o, Tensor))
    if isinstance(spec, list):
        return OperandTest(f"w{spec}", lambda o: isinstance(o, Tensor) and o.shape == tuple(spec))

    def near(operand: Operand) -> bool:
        value = operand.scalar if isinstance(operand, Tensor) else None
        return value is not None and math.isclose(value, spec, rel_tol=1e-3)

    return OperandTest(f"approx({spec})", near)


def _node(name: str, spec: Any) -> PatternNode:
    data: Mapping[str, Any] = {"op": spec} if isinstance(spec, str) else spec
    consumers = data.get("consumers")
    return PatternNode(
        name,
        None if data["op"] == "*" else frozenset(data["op"].split("|")),
        tuple((key, equal(value)) for key, value in data.get("attrs", {}).items()),
        tuple(
            (None if position == "any" else position, operand_test(test))
            for position, test in data.get("operands", {}).items()
        ),
        None if consumers is None else equal(consumers),
    )


def _edge(text: str, numbers: Mapping[str, int]) -> PatternEdge:
    """`a -> b`: any operand; `a -> b:1`: that operand; `a[1] -> b`: that output of a."""
    left, right = (side.strip() for side in text.split("->"))
    source, _, output = left.removesuffix("]").partition("[")
    target, _, port = right.partition(":")
    return PatternEdge(
        numbers[source],
        numbers[target],
        int(port) if port else None,
        int(output) if output else None,
    )


def pattern(data: Mapping[str, Any]) -> Pattern:
    """A pattern from the plain data of a case file; the anchor is the last node by default."""
    numbers = {name: number for number, name in enumerate(data["nodes"])}
    return Pattern(
        data.get("name", "pattern"),
        tuple(_node(name, spec) for name, spec in data["nodes"].items()),
        tuple(_edge(text, numbers) for text in data.get("edges", ())),
        numbers[data.get("anchor", list(numbers)[-1])],
        tuple(
            PatternPath(
                numbers[path["from"]],
                numbers[path["to"]],
                None if path.get("through") is None else frozenset(path["through"]),
                path["at_most"],
            )
            for path in data.get("paths", ())
        ),
    )


class Net:
    """Writes down a network node by node; a weight stands where an operand is `WEIGHT`."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []

    def add(self, op: str, *operands: int | float | Edge | Tensor | None, **attrs: Any) -> int:
        inputs: list[Operand] = [
            Edge(o) if isinstance(o, int) else Tensor(data=(o,)) if isinstance(o, float) else o
            for o in operands
        ]
        outputs = attrs.pop("outputs", 1)
        self.nodes.append(Node(op, tuple(inputs), attrs, outputs, (f"{op}_{len(self.nodes)}",)))
        return len(self.nodes) - 1

    def conv(self, x: int, kernel: int, group: int = 1) -> int:
        y = self.add("Conv", x, WEIGHT, kernel_shape=(kernel, kernel), group=group)
        return self.add("BatchNormalization", y, WEIGHT, WEIGHT, WEIGHT, WEIGHT)

    def graph(self) -> Graph:
        read = {o.source for n in self.nodes for o in n.inputs if isinstance(o, Edge)}
        ends = tuple(Edge(i) for i in range(len(self.nodes)) if i not in read)
        return Graph(tuple(self.nodes), ends)


def resnet(stages: tuple[int, ...] = (3, 4, 6, 3)) -> Graph:
    net = Net()
    x = net.add("MaxPool", net.add("Relu", net.conv(net.add("Input"), 7)), kernel_shape=(3, 3))
    for blocks in stages:
        for block in range(blocks):
            y = net.add("Relu", net.conv(x, 1))
            y = net.conv(net.add("Relu", net.conv(y, 3)), 1)
            x = net.add("Relu", net.add("Add", y, x if block else net.conv(x, 1)))
    net.add("Linear", net.add("GlobalAveragePool", x), WEIGHT)
    return net.graph()


def densenet(blocks: tuple[int, ...] = (6, 12, 24, 16)) -> Graph:
    net = Net()
    x = net.conv(net.add("Input"), 7)
    for layers in blocks:
        made = [x]
        for _ in range(layers):
            y = net.add("Concat", *made, axis=1) if len(made) > 1 else x
            y = net.conv(net.add("Relu", y), 1)
            made.append(net.add("Conv", net.add("Relu", y), WEIGHT, kernel_shape=(3, 3), group=1))
        y = net.conv(net.add("Concat", *made, axis=1), 1)
        x = net.add("AveragePool", net.add("Relu", y), kernel_shape=(2, 2))
    net.add("Linear", x, WEIGHT)
    return net.graph()


def inception(blocks: int = 9) -> Graph:
    net = Net()
    x = net.add("Relu", net.conv(net.add("Input"), 7))
    for _ in range(blocks):
        ends = [net.add("Relu", net.conv(x, 1))]
        for kernel in (5, 3):
            y = net.add("Relu", net.conv(x, 1))
            ends.append(net.add("Relu", net.conv(y, kernel)))
        pooled = net.add("AveragePool", x, kernel_shape=(3, 3))
        x = net.add("Concat", *ends, net.add("Relu", net.conv(pooled, 1)), axis=1)
    net.add("Linear", net.add("GlobalAveragePool", x), WEIGHT)
    return net.graph()


def _heads(net: Net, x: int) -> int:
    y = net.add("Add", net.add("MatMul", x, WEIGHT), WEIGHT)
    return net.add("Transpose", net.add("Reshape", y, WEIGHT), perm=(0, 2, 1, 3))


def bert(layers: int = 12) -> Graph:
    net = Net()
    x, mask = net.add("Embedding", WEIGHT, net.add("Input")), net.add("Input")
    for _ in range(layers):
        q, k, v = _heads(net, x), _heads(net, x), _heads(net, x)
        s = net.add("MatMul", q, net.add("Transpose", k, perm=(0, 1, 3, 2)))
        s = net.add("Softmax", net.add("Add", net.add("Div", s, 8.0), mask), axis=-1)
        y = net.add("Transpose", net.add("MatMul", s, v), perm=(0, 2, 1, 3))
        y = net.add("MatMul", net.add("Reshape", y, WEIGHT), WEIGHT)
        x = net.add("LayerNormalization", net.add("Add", net.add("Add", y, WEIGHT), x), axis=-1)
        y = net.add("Gelu", net.add("Add", net.add("MatMul", x, WEIGHT), WEIGHT))
        y = net.add("Add", net.add("MatMul", y, WEIGHT), WEIGHT)
        x = net.add("LayerNormalization", net.add("Add", y, x), axis=-1)
    return net.graph()


def _rotate(net: Net, x: int, cos: int, sin: int) -> int:
    first, second = net.add("Slice", x, 0.0), net.add("Slice", x, 1.0)
    turned = net.add("Concat", net.add("Neg", second), first, axis=-1)
    return net.add("Add", net.add("Mul", x, cos), net.add("Mul", turned, sin))


def _swiglu(net: Net, x: int) -> int:
    gate = net.add("MatMul", x, WEIGHT)
    gate = net.add("Mul", gate, net.add("Sigmoid", gate))
    return net.add("MatMul", net.add("Mul", gate, net.add("MatMul", x, WEIGHT)), WEIGHT)


def llama(layers: int = 16) -> Graph:
    net = Net()
    x, angles = net.add("Embedding", WEIGHT, net.add("Input")), net.add("Input")
    cos, sin, mask = net.add("Cos", angles), net.add("Sin", angles), net.add("Input")
    for _ in range(layers):
        y = net.add("RMSNormalization", x, WEIGHT)
        q, k, v = (
            net.add(
                "Transpose", net.add("Reshape", net.add("MatMul", y, WEIGHT)), perm=(0, 2, 1, 3)
            )
            for _ in range(3)
        )
        q, k = _rotate(net, q, cos, sin), _rotate(net, k, cos, sin)
        k, v = (net.add("Reshape", net.add("Expand", net.add("Unsqueeze", z))) for z in (k, v))
        s = net.add("Mul", net.add("MatMul", q, net.add("Transpose", k)), 0.125)
        s = net.add("MatMul", net.add("Softmax", net.add("Add", s, mask), axis=-1), v)
        y = net.add("MatMul", net.add("Reshape", net.add("Transpose", s)), WEIGHT)
        x = net.add("Add", x, y)
        x = net.add("Add", x, _swiglu(net, net.add("RMSNormalization", x, WEIGHT)))
    net.add("MatMul", net.add("RMSNormalization", x, WEIGHT), WEIGHT)
    return net.graph()


def moe(layers: int = 4, experts: int = 16) -> Graph:
    net = Net()
    x = net.add("Embedding", WEIGHT, net.add("Input"))
    for _ in range(layers):
        y = net.add("RMSNormalization", x, WEIGHT)
        routes = net.add("Softmax", net.add("MatMul", y, WEIGHT), axis=-1)
        for _ in range(experts):
            part = net.add("Mul", _swiglu(net, y), net.add("Gather", routes, WEIGHT))
            x = net.add("Add", x, part)
    return net.graph()


def scrambled(rng: random.Random, size: int) -> Graph:
    """A random graph with hubs, parallel edges, gaps among the operands and several outputs."""
    net = Net()
    kinds = ["Relu", "Add", "Concat", "Split", "Conv"]
    for number in range(size):
        op = rng.choice(kinds)
        operands: list[Edge | Tensor | None] = []
        for _ in range(min(number, rng.choice([0, 1, 1, 1, 2, 2, 3]))):
            near = max(0, number - 1 - int(rng.expovariate(0.3)))
            source = 0 if rng.random() < 0.1 else near
            operands.append(Edge(source, rng.choice([0, 0, 1])))
            if rng.random() < 0.15:
                operands.append(rng.choice([WEIGHT, None, Tensor(data=(0.5,)), operands[-1]]))
        attrs = {"group": rng.choice([1, 2])} if op == "Conv" else {}
        net.add(op if operands else rng.choice(["Input", op]), *operands, outputs=2, **attrs)
    return net.graph()


def sample(
    graph: Graph,
    rng: random.Random,
    size: int,
    *,
    wild: float = 0.1,
    noise: float = 0.2,
    free_ports: float = 0.3,
    widest: int = 10_000,
) -> Pattern:
    """A random connected part of `graph` as a pattern, some of it loosened, some made wrong.

    Growth does not leave a node through its consumers when it has more than `widest` of them:
    real rules describe one block, not several joined by a table that all blocks share.
    """
    consumers: list[list[int]] = [[] for _ in graph.nodes]
    edges = [
        (o.source, v, p, o.port)
        for v, node in enumerate(graph.nodes)
        for p, o in enumerate(node.inputs)
        if isinstance(o, Edge)
    ]
    for source, target, _, _ in edges:
        consumers[source].append(target)
    chosen = dict.fromkeys([rng.randrange(len(graph))])
    while len(chosen) < size:
        near = {
            u
            for v in chosen
            for u in (
                *(o.source for o in graph.nodes[v].inputs if isinstance(o, Edge)),
                *(consumers[v][:6] if len(consumers[v]) <= widest else ()),
            )
        }
        if not (fresh := sorted(near - chosen.keys())):
            break
        chosen[rng.choice(fresh)] = None
    numbers = {v: i for i, v in enumerate(chosen)}
    every_op = sorted({node.op for node in graph.nodes})
    nodes = []
    for v in chosen:
        node, dice = graph.nodes[v], rng.random()
        names = {node.op} | ({rng.choice(every_op)} if dice < wild + 0.12 else set())
        if rng.random() < noise / size:
            names = {rng.choice(every_op)}
        attrs = tuple((k, equal(a)) for k, a in sorted(node.attrs.items()) if rng.random() < 0.5)
        wildcard = dice < wild
        nodes.append(
            PatternNode(f"v{v}", None if wildcard else frozenset(names), () if wildcard else attrs)
        )
    links = [
        PatternEdge(
            numbers[u],
            numbers[v],
            None if ops.commutative(graph.nodes[v].op) or rng.random() < free_ports else p,
            o if rng.random() < free_ports / 2 else None,
        )
        for u, v, p, o in edges
        if u in numbers and v in numbers
    ]
    return Pattern("sample", tuple(nodes), tuple(links), rng.randrange(len(nodes)))
