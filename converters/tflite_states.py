"""Variables of TensorFlow Lite files: what each is called, and which are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from genescan.converters.tflite_model import Block, Row
from genescan.converters.tflite_values import Value

MEMORY = 4
"""Which operand of an SVDF is its memory."""
_INLINED = ("CALL", "STABLEHLO_COMPOSITE")
"""Operators that stand for a sub-graph in the same run."""


def variable(row: Row) -> str:
    """The name of a variable or table."""
    parts = (row.attrs.get("container", ""), row.attrs.get("shared_name", ""))
    return "/".join(str(part) for part in parts if part) or f"table {row.attrs.get('table_id')}"


def state(block: Block, row: Row) -> str:
    """The name of an SVDF's memory; tensors may share a name."""
    index = row.inputs[MEMORY] if len(row.inputs) > MEMORY else -1
    return f"{block.values[index].name}#{index}" if index >= 0 else row.name


def written(blocks: Sequence[Block], block: Block) -> Iterator[tuple[str, Value]]:
    """Variables that a sub-graph and those that it calls write, each with a value of its shape."""
    stack: list[tuple[Block, dict[int, str]]] = [(block, {})]
    while stack:
        block, handles = stack.pop()
        for row in block.rows:
            if row.kind == "VAR_HANDLE" and row.outputs:
                handles[row.outputs[0]] = variable(row)
            elif row.kind == "ASSIGN_VARIABLE" and len(row.inputs) == 2 and row.inputs[1] >= 0:
                if row.inputs[0] in handles:
                    yield handles[row.inputs[0]], block.values[row.inputs[1]]
            elif row.kind == "SVDF" and len(row.inputs) > MEMORY and row.inputs[MEMORY] >= 0:
                yield state(block, row), block.values[row.inputs[MEMORY]]
            elif row.kind in _INLINED and row.calls:
                inner = blocks[row.calls[0]]
                given = zip(inner.inputs, row.inputs, strict=False)
                stack.append((inner, {to: handles[own] for to, own in given if own in handles}))
