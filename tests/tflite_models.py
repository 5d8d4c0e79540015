"""Small TensorFlow Lite networks that several tests read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tflite_writer import graph, model, op, tensor, weight

from genescan.graph import Graph

IMAGE = tensor((1, 8, 8, 3))
CONV = {"padding": 0, "stride_w": 1, "stride_h": 1}


def only(kind: str, tensors: Mapping[str, Any], options: str = "", **given: Any) -> bytes:
    """A model of one operator from `x` and constants to `y`."""
    inputs = [name for name in tensors if name != "y"]
    row = op(kind, " ".join(inputs), "y", options, **given)
    return model(graph(tensors, [row], "x", "y"))


LOOP = op("WHILE", "i v w", "j y u", "While", cond_subgraph_index=1, body_subgraph_index=2)
SCALAR = tensor((), "int32")
CONDITION = graph({"i": SCALAR, "v": tensor((1, 4)), "w": tensor((4, 4)),
                   "n": tensor((), "int32", [3])}, [op("LESS", "i n", "c")], "i v w", "c",
                  "condition")  # fmt: skip
BODY = graph(
    {"i": SCALAR, "v": tensor((1, 4)), "w": tensor((4, 4)), "r": tensor((1, 4)),
     "one": tensor((), "int32", [1])},
    [op("ADD", "i one", "j", "Add"), op("FULLY_CONNECTED", "v w", "r", "FullyConnected"),
     op("TANH", "r", "s")], "i v w", "j s w", "body",
)  # fmt: skip


def lstm(kind: str, count: int, options: str, computed: bool = False, **given: Any) -> bytes:
    gates = " ".join(f"i{k}" for k in range(4)) + " " + " ".join(f"r{k}" for k in range(4))
    biases = " - - - " + " ".join(f"b{k}" for k in range(4)) + " - -"
    tensors = {"x": tensor((1, 7, 6)), "h": tensor((1, 4), is_variable=True),
               "c": tensor((1, 4), is_variable=True), "y": tensor((1, 7, 4 * count))}  # fmt: skip
    for k in range(4):
        tensors |= {f"i{k}": weight(4, 6), f"r{k}": weight(4, 4), f"b{k}": weight(4)}
    states = " ".join(["h c"] * count)
    row = op(kind, f"x {' '.join([gates + biases] * count)} {states}", "y", options, **given)
    made = [op("TANH", "a", "h"), op("TANH", "a", "c")] if computed else []
    tensors |= {"a": tensor((1, 4))} if computed else {}
    return model(graph(tensors, [*made, row], "x a" if computed else "x", "y"))


Read = Callable[..., Graph]
"""The fixture `read_tflite`: `read(data)`, or with limits."""
