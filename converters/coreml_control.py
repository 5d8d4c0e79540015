"""Branches and loops of CoreML neural networks as If and Loop.

Networks inside a layer have no inputs and outputs: they read and overwrite the values of the
network around them. What they overwrite becomes the outputs of If and Loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from typing import TYPE_CHECKING, Any

from genescan.converters.assembly import Assembly
from genescan.converters.base import quote
from genescan.converters.coreml_values import text
from genescan.errors import ModelError
from genescan.graph import Dims, Edge, Graph, Operand, Tensor

if TYPE_CHECKING:
    from genescan.converters.coreml_net import NetBuilder, Scope

_PARTS = {"branch": ("ifBranch", "elseBranch"), "loop": ("conditionNetwork", "bodyNetwork")}


def branch(
    builder: NetBuilder, proto: Any, inputs: Sequence[Operand], scope: Scope, name: str
) -> None:
    """Emit a branch; names that either side overwrites, or both define, mean its outputs."""
    sides = (proto.ifBranch, proto.elseBranch)
    made = [builder.names.assigned(side) for side in sides]
    results = [n for n in made[0] if n in made[1] or n in scope.values]
    results += [n for n in made[1] if n not in made[0] and n in scope.values]
    if not inputs:
        raise ModelError("a branch without condition", place=f"layer {quote(name)}")
    operands: list[Operand] = [inputs[0]]
    inside: list[tuple[Scope, dict[str, Operand]]] = []
    for side in sides:
        inner = scope.inside(results)
        wanted = [*builder.names.reads(side), *(n for n in results if n in scope.values)]
        captured = _captured(wanted, scope, inner)
        builder.run(side, inner)
        inside.append((inner, captured))
        operands += captured.values()
    # what only a branch inside a side defines has no value after it
    results = [n for n in results if all(n in inner.values for inner, _ in inside)]
    if not results:
        raise ModelError("a branch without effect", place=f"layer {quote(name)}")
    bodies: dict[str, Graph] = {}
    for key, (inner, captured) in zip(("then_branch", "else_branch"), inside, strict=True):
        outputs = [(n, inner.values[n]) for n in results]
        bodies[key] = inner.assembly.graph(outputs, captures=list(captured))
    made_node = scope.assembly.emit("If", operands, name=name, outputs=len(results), bodies=bodies)
    for port, result in enumerate(results):
        scope.values[result] = Edge(made_node.source, port)


def loop(
    builder: NetBuilder,
    proto: Any,
    inputs: Sequence[Operand],
    scope: Scope,
    name: str,
    later: Set[str],
) -> None:
    """Emit a loop; its condition is computed once before it and after each turn.

    It carries what a turn reads of the turn before, and what is read when it is over (`later`).
    """
    condition: Operand = Tensor("bool", (), (True,))
    if proto.HasField("conditionNetwork"):
        builder.run(proto.conditionNetwork, scope)
        condition = _condition(proto, scope, name)
    names = builder.names
    assigned = {**names.assigned(proto.bodyNetwork), **names.assigned(proto.conditionNetwork)}
    wanted = names.turn(proto)
    carried = [n for n in assigned if n in scope.values and (n in wanted or n in later)]
    if not carried:
        raise ModelError("a loop without effect", place=f"layer {quote(name)}")
    inner = scope.inside(carried)
    graph, captured = _turn(builder, proto, scope, inner, carried, name)
    most = inputs[0] if inputs else None
    if not inputs and proto.maxLoopIterations:
        most = Tensor("int64", (), (proto.maxLoopIterations,))
    first = [scope.values[n] for n in carried]
    made = scope.assembly.emit(
        "Loop",
        [most, condition, *first, *captured.values()],
        name=name,
        outputs=len(carried),
        shapes=[_steady(scope, inner, n) for n in carried],
        bodies={"body": graph},
    )
    for port, value in enumerate(carried):
        scope.values[value] = Edge(made.source, port)


def _turn(
    builder: NetBuilder, proto: Any, scope: Scope, inner: Scope, carried: list[str], name: str
) -> tuple[Graph, dict[str, Operand]]:
    """One turn of a loop with the condition of the next, and the outer values that it reads."""
    body = inner.assembly
    body.input("iteration", (), "int64")
    body.input("condition", (), "bool")
    for value in carried:
        inner.values[value] = body.input(value, scope.assembly.shape(scope.values[value]))
    outer = (n for n in builder.names.turn(proto) if n not in carried)
    captured = _captured(outer, scope, inner)
    builder.run(proto.bodyNetwork, inner)
    again: Operand = Tensor("bool", (), (True,))
    if proto.HasField("conditionNetwork"):
        builder.run(proto.conditionNetwork, inner)
        again = _condition(proto, inner, name)
    outputs = [("condition", again), *((n, inner.values[n]) for n in carried)]
    return body.graph(outputs, captures=list(captured)), captured


def _steady(scope: Scope, inner: Scope, name: str) -> Dims | None:
    """What of a carried value's shape is the same before and after a turn."""
    before = scope.assembly.shape(scope.values[name])
    after = inner.assembly.shape(inner.values[name])
    if before is None or after is None or len(before) != len(after):
        return None
    return tuple(a if a == b else None for a, b in zip(before, after, strict=True))


def _condition(proto: Any, scope: Scope, name: str) -> Operand:
    wanted = text(proto.conditionVar)
    if wanted not in scope.values:
        raise ModelError(f"{quote(wanted)} is not defined", place=f"layer {quote(name)}")
    return scope.values[wanted]


def _captured(names: Iterable[str], scope: Scope, inner: Scope) -> dict[str, Operand]:
    """Make outer values known inside a body; returns those that become its last inputs."""
    captured: dict[str, Operand] = {}
    outer: Assembly = scope.assembly
    for name in dict.fromkeys(names):
        value = scope.values.get(name)
        if isinstance(value, Edge):
            captured[name] = value
            inner.values[name] = inner.assembly.input(name, outer.shape(value))
        elif name in scope.values:
            inner.values[name] = value
    return captured


class Names:
    """What networks inside layers read and overwrite; each is looked through once."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Any, dict[str, None], dict[str, None]]] = {}
        """By identity of the message, which is kept so that it stays its own."""

    def reads(self, net: Any) -> dict[str, None]:
        """The names that a network may read of what was before it."""
        return self._look(net)[1]

    def assigned(self, net: Any) -> dict[str, None]:
        """The names that a network gives a value, at any depth."""
        return self._look(net)[2]

    def turn(self, loop: Any) -> dict[str, None]:
        """The names that one turn of a loop and the condition behind it may read."""
        body, test = loop.bodyNetwork, loop.conditionNetwork
        made = {text(name) for layer in body.layers for name in layer.output}
        after = (name for name in self.reads(test) if name not in made)
        return self.reads(body) | dict.fromkeys(after)

    def later(self, layers: Sequence[Any], needed: Set[str]) -> dict[int, frozenset[str]]:
        """For each loop among layers, what it overwrites that is read when it is over."""
        if not any(layer.WhichOneof("layer") == "loop" for layer in layers):
            return {}
        found: dict[int, frozenset[str]] = {}
        wanted = set(needed)
        for index in reversed(range(len(layers))):
            layer = layers[index]
            if layer.WhichOneof("layer") == "loop":
                made = (name for part in _networks(layer) for name in self.assigned(part))
                found[index] = frozenset(n for n in made if n in wanted or n in needed)
            wanted.difference_update(map(text, layer.output))
            wanted.update(self._layer(layer))
        return found

    def _layer(self, layer: Any) -> Iterator[str]:
        """The names that a layer may read; what is inside may not be overwritten every time."""
        yield from map(text, layer.input)
        for part in _networks(layer):
            yield from self.reads(part)
            yield from self.assigned(part)

    def _look(self, net: Any) -> tuple[Any, dict[str, None], dict[str, None]]:
        if id(net) not in self._seen:
            reads: dict[str, None] = {}
            assigned: dict[str, None] = {}
            known: set[str] = set()
            for layer in net.layers:
                reads.update(dict.fromkeys(n for n in self._layer(layer) if n not in known))
                known.update(map(text, layer.output))
                assigned.update(dict.fromkeys(map(text, layer.output)))
                for part in _networks(layer):
                    assigned.update(self.assigned(part))
            self._seen[id(net)] = net, reads, assigned
        return self._seen[id(net)]


def _networks(layer: Any) -> list[Any]:
    """The networks inside a layer."""
    kind = layer.WhichOneof("layer")
    return [getattr(getattr(layer, kind), part) for part in _PARTS.get(kind or "", ())]
