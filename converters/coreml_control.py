"""Branches and loops of CoreML neural networks as If and Loop.

Networks inside a layer have no inputs and outputs: they read and overwrite the values of the
network around them. What they overwrite becomes the outputs of If and Loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
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
    made = [_assigned(side) for side in sides]
    results = [n for n in made[0] if n in made[1] or n in scope.values]
    results += [n for n in made[1] if n not in made[0] and n in scope.values]
    if not inputs or not results:
        raise ModelError("a branch without condition or effect", place=f"layer {quote(name)}")
    operands: list[Operand] = [inputs[0]]
    bodies: dict[str, Graph] = {}
    for key, side in zip(("then_branch", "else_branch"), sides, strict=True):
        inner = scope.inside(results)
        wanted = [*read_by(side.layers), *(n for n in results if n in scope.values)]
        captured = _captured(wanted, scope, inner)
        builder.run(side, inner)
        outputs = [(n, inner.values[n]) for n in results]
        bodies[key] = inner.assembly.graph(outputs, captures=list(captured))
        operands += captured.values()
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
    assigned = [*_assigned(proto.bodyNetwork), *_assigned(proto.conditionNetwork)]
    wanted = read_by([*proto.bodyNetwork.layers, *proto.conditionNetwork.layers])
    kept = wanted.keys() | later
    carried = [n for n in dict.fromkeys(assigned) if n in scope.values and n in kept]
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
    wanted = read_by([*proto.bodyNetwork.layers, *proto.conditionNetwork.layers])
    captured = _captured((n for n in wanted if n not in carried), scope, inner)
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


def _assigned(net: Any) -> dict[str, None]:
    """The names that a network gives a value, at any depth."""
    names: dict[str, None] = {}
    for layer in net.layers:
        names.update(dict.fromkeys(map(text, layer.output)))
        for part in _networks(layer):
            names.update(_assigned(part))
    return names


def read_by(layers: Iterable[Any]) -> dict[str, None]:
    """The names that some layers may read of what was before them."""
    names: dict[str, None] = {}
    known: set[str] = set()
    for layer in layers:
        names.update(dict.fromkeys(n for n in map(text, layer.input) if n not in known))
        for part in _networks(layer):
            names.update(dict.fromkeys(n for n in read_by(part.layers) if n not in known))
            names.update(dict.fromkeys(n for n in _assigned(part) if n not in known))
        known.update(map(text, layer.output))
    return names


def _networks(layer: Any) -> list[Any]:
    """The networks inside a layer."""
    kind = layer.WhichOneof("layer")
    return [getattr(getattr(layer, kind), part) for part in _PARTS.get(kind or "", ())]
