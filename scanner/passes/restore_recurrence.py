"""Recognise recurrent layers that were decomposed, unrolled, looped or split by direction.

A cell is found by its state equations: an LSTM's c' = f*c + i*tanh(g) and h' = o*tanh(c'), a
GRU's h' = (1 - z)*n + z*h, or (h - n)*z + n, with n = tanh(.. + r*..); the gates are sigmoids. A
step without gates, h' = tanh(W x + U h), counts only where several such steps share U.
Cells that feed one another over the same sequence are one layer, the loop around a cell goes, and
two layers over one sequence whose results are joined are one bidirectional layer.
Source: Hochreiter and Schmidhuber 1997; Cho et al., arXiv:1406.1078.

Before:
    f = LSTM(x, w[1, 64, 8], w[1, 64, 16])
    b = LSTM(x, w[1, 64, 8], w[1, 64, 16], direction="reverse")
    y = Concat(f, b)

After:
    y = LSTM(x, w[1, 64, 8], w[1, 64, 16], direction="bidirectional")
"""

from __future__ import annotations

from genescan import ops
from genescan.draft import Arg, Draft, Value
from genescan.graph import Tensor
from genescan.passes import layer_directions, plain_steps, stored_steps
from genescan.passes.regions import is_open
from genescan.passes.unify_spellings import scalar

_MOST = 64
"""Nodes walked back from the gates of one cell."""
_JOINED = 3
"""Operands of one step joined before its projection: input, state, attention context."""
_LAYERS = ("LSTM", "GRU", "RNN")


def run(draft: Draft) -> None:
    """Cells first, then what joins them."""
    for node in draft.of("Tanh"):
        _lstm_cell(draft, node)
    for node in draft.of("Add"):
        _gru_cell(draft, node)
    for op in ("LSTM", "GRU"):
        for node in draft.of(op):
            _merge_steps(draft, node)
    plain_steps.join(draft)
    for node in draft.of("Tanh", "Relu"):
        if node.marks.get("decomposed") == "step":
            _cell(draft, "RNN", [node], [node], (node.out,), None)
    for node in draft.of("Where"):
        _unmask(draft, node)
    for node in draft.of("Loop"):
        _name_states(draft, node)
    for node in draft.of("SequenceInsert"):
        if _made_by(node.inputs[0], "SequenceEmpty") is not None:
            draft.bypass(node, "sequence of steps", 1)
    stored_steps.drop(draft)
    for node in draft.of("Loop", "Scan"):
        _drop_loop(draft, node)
    layer_directions.join(draft)


def _made_by(arg: Arg, op: str) -> Draft.Node | None:
    return arg.node if isinstance(arg, Value) and arg.node.op == op else None


def _split(node: Draft.Node, op: str) -> tuple[Draft.Node, Arg] | None:
    """For a binary node: the operand made by `op`, and the other one."""
    if len(node.inputs) != 2:
        return None
    for this, other in (node.inputs, node.inputs[::-1]):
        made = _made_by(this, op)
        if made is not None:
            return made, other
    return None


def _lstm_cell(draft: Draft, tanh: Draft.Node) -> None:
    total = _made_by(tanh.inputs[0], "Add")
    if not tanh.alive or total is None or len(total.inputs) != 2:
        return
    products = [_made_by(arg, "Mul") for arg in total.inputs]
    gates, state = [], None
    for product in products:
        split = None if product is None else _split(product, "Sigmoid")
        if product is None or split is None:
            return
        gates.append(split[0])
        inner = _made_by(split[1], "Tanh")
        if inner is None:
            state = split[1]
        else:
            gates.append(inner)
    outputs = [u for u in tanh.out.users if u.op == "Mul" and _split(u, "Sigmoid") is not None]
    if len(gates) != 3 or len(outputs) != 1:
        return
    last = outputs[0]
    opened = _split(last, "Sigmoid")
    if opened is None:
        return
    gates.append(opened[0])
    region = [n for n in (last, tanh, total, *products, *gates) if n is not None]
    _cell(draft, "LSTM", gates, region, (last.out, total.out), state)


def _gru_cell(draft: Draft, total: Draft.Node) -> None:
    if not total.alive or len(total.inputs) != 2:
        return
    direct = _interpolated(total)
    if direct is not None:
        gate, fresh_state, difference, state = direct
        scaled = [v.node for v in total.dynamic if v.node is not fresh_state]
        region = [total, *scaled, difference, gate, fresh_state]
        _cell(draft, "GRU", [gate, fresh_state], region, (total.out,), state)
        return
    for kept, fresh in (total.inputs, total.inputs[::-1]):
        keep, new = _made_by(kept, "Mul"), _made_by(fresh, "Mul")
        if keep is None or new is None:
            continue
        candidate = _split(new, "Tanh")
        update = None if candidate is None else _split(keep, "Sigmoid") or _crossed(keep, new)
        if update is None or candidate is None:
            continue
        if _made_by(candidate[1], "Sigmoid") is update[0]:  # z*n + (1 - z)*h
            left = next(v.node for v in keep.dynamic if v.node.op in ("Sub", "Add"))
            region = [total, keep, new, left, update[0], candidate[0]]
            _cell(draft, "GRU", [update[0], candidate[0]], region, (total.out,), update[1])
            return
        rest = _made_by(candidate[1], "Sub") or _made_by(candidate[1], "Add")
        if rest is None or not _complement(rest, update[0]):
            continue
        gates = [update[0], candidate[0]]
        negated = [v.node for v in rest.dynamic if v.node.op == "Neg"]
        region = [total, keep, new, rest, *negated, *gates]
        _cell(draft, "GRU", gates, region, (total.out,), update[1])
        return


def _crossed(keep: Draft.Node, new: Draft.Node) -> tuple[Draft.Node, Arg] | None:
    """The gate z of z*n, where (1 - z)*h is kept, and the state h."""
    gate = _split(new, "Sigmoid")
    for op in ("Sub", "Add"):
        rest = _split(keep, op)
        if gate is not None and rest is not None and _complement(rest[0], gate[0]):
            return gate[0], rest[1]
    return None


def _interpolated(total: Draft.Node) -> tuple[Draft.Node, Draft.Node, Draft.Node, Arg] | None:
    """(h - n)*z + n: the gate z, the candidate n, the inner nodes and the state h."""
    for product, candidate in (total.inputs, total.inputs[::-1]):
        scaled, new = _made_by(product, "Mul"), _made_by(candidate, "Tanh")
        gate = None if scaled is None else _split(scaled, "Sigmoid")
        difference = None if gate is None else _made_by(gate[1], "Sub")
        if scaled is None or new is None or gate is None or difference is None:
            continue
        if difference.inputs[1] is new.out:
            return gate[0], new, difference, difference.inputs[0]
    return None


def _complement(node: Draft.Node, gate: Draft.Node) -> bool:
    """1 - z, as Sub(1, z) or Add(Neg(z), 1)."""
    if node.op == "Sub":
        one = scalar(node.inputs[0]) == 1.0 or is_open(node.inputs[0])
        return one and node.inputs[1] is gate.out
    negative = next((v.node for v in node.dynamic if v.node.op == "Neg"), None)
    return negative is not None and negative.inputs[0] is gate.out


def _sources(gates: list[Draft.Node]) -> tuple[list[Value], list[Draft.Node], list[Tensor]]:
    """What the gates are computed from: leaves, nodes on the way, and the weights."""
    leaves: dict[Value, None] = {}
    inner: dict[Draft.Node, None] = {}
    weights: list[Tensor] = []
    stack = [(v, False) for gate in gates for v in gate.dynamic]
    while stack and len(inner) < _MOST:
        value, projected = stack.pop()
        node = value.node
        if node.op == "Linear" and not projected:
            weights += [arg for arg in node.inputs if isinstance(arg, Tensor)]
            following = [(v, True) for v in node.dynamic]
        elif node.op == "Concat" and len(node.inputs) > _JOINED:
            leaves[value] = None  # a sequence of steps, not one step's input beside its state
            continue
        elif node.op in ("Concat", "Pad", "Slice") or (
            node.op in ("Add", "Mul", "Sigmoid") and not projected
        ):
            following = [(v, projected) for v in node.dynamic]
        elif node.op == "Mul" and _split(node, "Sigmoid") is not None:
            following = [(v, v.node.op != "Sigmoid") for v in node.dynamic]  # a state reset first
        else:
            leaves[value] = None
            continue
        if node not in inner:
            inner[node] = None
            stack += following
    return list(leaves), list(inner), weights


def _cell(
    draft: Draft, op: str, gates: list[Draft.Node], region: list[Draft.Node],
    results: tuple[Value, ...], state: Arg,
) -> None:  # fmt: skip
    leaves, inner, weights = _sources(gates)
    if not leaves or not weights:
        return
    first = results[-1]  # of an LSTM the cell state, which others may read before the output
    carried = [v for v in leaves if v.node.op in _LAYERS or v is state] or _looped(results, leaves)
    if len(leaves) == 1 and state not in leaves:  # a layer upon a layer, from a constant state
        carried = []
    sequence = [v for v in leaves if v not in carried] or leaves
    states = [*carried[:1], *([state] if isinstance(state, Value) and state not in carried else [])]
    shape = weights[0].shape
    kernel = Tensor("float32", None if shape is None else (1, *shape), None, weights[0].name)
    source = sequence[0]
    if len(sequence) > 1:  # an attention context beside the input, for one
        join = draft.add("Concat", sequence, {"axis": -1}, before=first.node, origin=(first.node,))
        source = join.out
    made = draft.fuse(
        dict.fromkeys([*region, *inner]), first, op, [source, kernel, kernel, *states],
        {"direction": "forward"}, marks={"decomposed": "cell"},
    )  # fmt: skip
    draft.widen(made, 3 if op == "LSTM" else 2)
    if len(results) > 1:
        draft.replace(made.out, made.outputs[2])
        draft.replace(results[0], made.out)
    draft.prune([v for node in (*region, *inner) for v in node.outputs], heirs=(made,))


def _looped(results: tuple[Value, ...], leaves: list[Value]) -> list[Value]:
    """Computed first states: what the loop starts from that also goes on from a cell's results."""
    loops = {user for value in results for user in value.users if user.op in ("Loop", "Scan")}
    found = [leaf for leaf in leaves if any(leaf in loop.inputs for loop in loops)]
    return found if len(found) < len(leaves) else []


def _merge_steps(draft: Draft, node: Draft.Node) -> None:
    """A step whose state comes from a step over the same sequence continues the same layer."""
    if "decomposed" not in node.marks:
        return
    previous = next((v.node for v in node.dynamic[1:] if v.node.op == node.op), None)
    if previous is None or "decomposed" not in previous.marks or previous is node:
        return
    if not _same_source(previous.inputs[0], node.inputs[0]):
        return
    for value, earlier in zip(node.outputs, previous.outputs, strict=True):
        draft.replace(value, earlier)
    source = node.dynamic
    draft.remove(node, heirs=(previous,))
    draft.prune(source, heirs=(previous,))


def _same_source(a: Arg, b: Arg) -> bool:
    if isinstance(a, Value) and isinstance(b, Value) and a.node.op == b.node.op == "Concat":
        return a.node.inputs == b.node.inputs
    return a is b


def _unmask(draft: Draft, node: Draft.Node) -> None:
    """A step of padding keeps the state before it: lengths of sequences, which no layer keeps."""
    if not node.alive or len(node.inputs) != 3 or node.out.outputs or not node.out.users:
        return
    stepped, kept = node.inputs[1:]
    layer = stepped.node if isinstance(stepped, Value) else None
    if layer is None or layer.op not in _LAYERS or "decomposed" not in layer.marks:
        return
    inside = all(user.op in ("Loop", "Scan", "SequenceInsert") for user in node.out.users)
    state = not isinstance(kept, Value) or kept.node is layer or kept in layer.inputs[1:]
    if inside and state:
        draft.bypass(node, "mask of padded steps", 1)


def _name_states(draft: Draft, node: Draft.Node) -> None:
    """The last states that a loop gives back are the layer's own, not its sequence."""
    count = node.attrs.get("carried")
    carried = node.outputs[: count if isinstance(count, int) else 0]
    for value, arg in zip(carried, node.inputs[1:], strict=False):
        if not isinstance(arg, Value) or arg.node.op not in _LAYERS:
            continue
        if "decomposed" in arg.node.marks:
            draft.replace(value, arg.node.outputs[max(1, arg.port)])


def _drop_loop(draft: Draft, node: Draft.Node) -> None:
    """The loop around one cell is part of the layer."""
    made = {v.node for v in node.dynamic if v.node.op in _LAYERS}
    first = {arg for layer in made for arg in layer.inputs[1:] if isinstance(arg, Value)}
    layers = {v.node for v in node.dynamic if v.node in made and v not in first}
    rest = [v for v in node.dynamic if v.node not in layers]
    if len(layers) != 1 or any(ops.computes(v.node.op) for v in rest if v not in first):
        return
    layer = layers.pop()
    for value in node.outputs:
        for user in list(value.users):
            if user.op == "ConcatFromSequence":
                draft.bypass(user, "sequence of steps")
        draft.replace(value, layer.out)
    draft.remove(node, heirs=(layer,))
    draft.prune(rest, heirs=(layer,))
