"""Loops that write each step of a recurrent layer into a row of a table.

CoreML has no list of steps in such loops: the table has one row more than there are steps, for the
first state, and the loop counts where it writes. `restore_recurrence` drops the loop itself.
"""

from __future__ import annotations

from genescan.draft import Draft, Value
from genescan.graph import Tensor

LAYERS = ("LSTM", "GRU", "RNN")


def drop(draft: Draft) -> None:
    """Take tables of steps for the sequences that they are."""
    for node in draft.of("ScatterND"):
        _drop_store(draft, node)


def _drop_store(draft: Draft, node: Draft.Node) -> None:
    """A step that is written into a row of zeros, at the loop's own count: a sequence of steps.

    The first state may stand in the first row; who reads the sequence cuts it off.
    """
    if len(node.dynamic) != 1 or node.inputs[2] not in node.dynamic:
        return
    layer, loop = node.dynamic[0].node, node.out.sole_user
    if layer.op not in LAYERS or loop is None or loop.op not in ("Loop", "Scan"):
        return
    rows = node.inputs[0].shape if isinstance(node.inputs[0], Tensor) else None
    count = rows[0] if rows else None
    for value in loop.outputs:
        for user in _slices(value):
            if user.ints("starts") == (1,):
                _last_row(draft, layer, user.out, None if count is None else count - 1)
                draft.bypass(user, "row of the first state")
        _last_row(draft, layer, value, count)
    draft.bypass(node, "sequence of steps", 2)


def _slices(value: Value) -> list[Draft.Node]:
    """Who cuts a sequence along its first axis at one place."""
    found = [user for user in value.users if user.op == "Slice"]
    return [
        user for user in found
        if user.ints("axes") in (None, (0,)) and len(user.ints("starts") or ()) == 1
    ]  # fmt: skip


def _last_row(draft: Draft, layer: Draft.Node, value: Value, count: int | None) -> None:
    """The last of the steps that a layer made is its last state."""
    for user in _slices(value):
        starts = user.ints("starts")
        if user.ints("steps") == (-1,) and user.ints("ends") != (-2,):
            continue  # all of them, reversed
        if starts == (-1,) or (count is not None and starts == (count - 1,)):
            draft.replace(user.out, layer.outputs[1])
            draft.remove(user, heirs=(layer,))
