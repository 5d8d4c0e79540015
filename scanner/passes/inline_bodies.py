"""Inline the sub-graphs of If, Loop and Scan: one branch, both branches, or one iteration.

An If with a known condition becomes its branch; another If becomes both branches joined by an
`If` node that reads the condition and all branch outputs. Loop and Scan become one iteration
whose results feed the `Loop` or `Scan` node. So nothing in a body escapes a rule.

Before:
    y = If(c, then_branch=lambda: Relu(x), else_branch=lambda: Tanh(x))

After:
    y = If(c, Relu(x), Tanh(x))
"""

from __future__ import annotations

from genescan.draft import Arg, Draft, Value
from genescan.errors import LimitExceeded
from genescan.graph import Edge, Graph, Tensor
from genescan.limits import DEFAULT
from genescan.passes.unify_spellings import scalar


def run(draft: Draft) -> None:
    """Inline until no body is left; nested bodies come up as their owners are inlined."""
    pending = [node for node in draft if node.bodies]
    depth = 0
    while pending:
        depth += 1
        if depth > DEFAULT.depth:
            raise LimitExceeded("nesting of sub-graphs")
        # a branch that is never taken may have taken inner owners with it
        pending = [made for node in pending if node.alive for made in _inline(draft, node)]
        if draft.size > DEFAULT.nodes:
            raise LimitExceeded("nodes after inlining sub-graphs")


def _inline(draft: Draft, node: Draft.Node) -> list[Draft.Node]:
    """Inline one owner; returns the owners found inside."""
    bodies = dict(node.bodies)
    captured = sum(len(body.captures) for body in bodies.values())
    own = node.inputs[: len(node.inputs) - captured]
    position, found = len(own), []
    results: dict[str, list[Arg]] = {}
    for name, body in bodies.items():
        args = node.inputs[position : position + len(body.captures)]
        position += len(body.captures)
        outputs, inner = _splice(draft, node, body, _formals(node, body, own), args)
        results[name] = outputs
        found += inner
        if node.op == "Loop":
            _note_steps(own[2:], outputs[1:])
    node.bodies = {}
    if node.op == "If":
        _join_branches(draft, node, own, results)
    else:
        _join_iteration(draft, node, own, [arg for args in results.values() for arg in args])
    return found


def _formals(node: Draft.Node, body: Graph, own: list[Arg]) -> list[Arg]:
    """What a body's own inputs read in its one iteration: the owner's operands."""
    count = len(body.inputs) - len(body.captures)
    if node.op == "Loop":  # M, condition, carried ... -> iteration, condition, carried ...
        args: list[Arg] = [Tensor("int64", ()), Tensor("bool", ()), *own[2:]]
    else:
        args = list(own)
    return (args + [Tensor("float32", None)] * count)[:count]


def _splice(
    draft: Draft, owner: Draft.Node, body: Graph, formals: list[Arg], captured: list[Arg]
) -> tuple[list[Arg], list[Draft.Node]]:
    """Copy a body's nodes before its owner; returns the body's outputs and inner owners."""
    values: list[list[Arg]] = []
    args = iter([*formals, *captured])
    found = []
    for index, source in enumerate(body.nodes):
        if source.op == "Input":
            values.append([next(args, None)])
            continue
        shapes = [body.shapes.get((index, port)) for port in range(source.outputs)]
        made = draft.add(source.op, [], source.attrs, before=owner, shapes=shapes)
        draft.adopt(made, source.origin)
        made.bodies = source.bodies
        inputs = [
            values[arg.source][arg.port] if isinstance(arg, Edge) else arg for arg in source.inputs
        ]
        draft.set_inputs(made, inputs)
        values.append(list(made.outputs))
        if made.bodies:
            found.append(made)
    outputs = [
        values[arg.source][arg.port] if isinstance(arg, Edge) else arg for arg in body.outputs
    ]
    return outputs, found


def _note_steps(states: list[Arg], results: list[Arg]) -> None:
    """Mark h' = act(W x + U h), where h is a constant at first: U h is about to be folded."""
    for state, result in zip(states, results, strict=False):
        act = result.node if isinstance(result, Value) else None
        if act is None or act.op not in ("Tanh", "Relu") or not isinstance(state, Tensor):
            continue
        total = act.inputs[0]
        while isinstance(total, Value) and total.node.op == "Add" and len(total.node.dynamic) < 3:
            products = [value.node for value in total.node.dynamic if _of(value.node, state)]
            if products:
                act.marks["decomposed"] = "step"
            following = [value for value in total.node.dynamic if value.node not in products]
            total = following[0] if len(following) == 1 else None


def _of(product: Draft.Node, state: Tensor) -> bool:
    """Whether a node multiplies a state with weights."""
    weighed = product.op in ("MatMul", "Gemm") and product.inputs[0] is state
    return weighed and isinstance(product.arg(1), Tensor)


def _join_branches(
    draft: Draft, node: Draft.Node, own: list[Arg], results: dict[str, list[Arg]]
) -> None:
    condition = own[0] if own else None
    known = scalar(condition) if isinstance(condition, Tensor) else None
    branches = [results.get("then_branch", []), results.get("else_branch", [])]
    if known is not None:
        chosen = branches[0] if known else branches[1]
        for value, result in zip(node.outputs, chosen, strict=False):
            draft.replace(value, result)
        rest = node.dynamic
        draft.remove(node, "branch with a known condition")
        draft.prune([*rest, *branches[0], *branches[1]], "branch that is never taken")
        return
    draft.set_inputs(node, [condition, *branches[0], *branches[1]])


def _join_iteration(draft: Draft, node: Draft.Node, own: list[Arg], results: list[Arg]) -> None:
    dynamic = [arg for arg in results if isinstance(arg, Value)]
    first = [arg for arg in own if isinstance(arg, Value) and arg not in dynamic]
    draft.set_inputs(node, [*dynamic, *first])
    if node.op == "Loop" and len(dynamic) == len(results):  # each result stands behind its place
        draft.retype(node, node.op, {**node.attrs, "carried": len(own) - 2})
