"""Local functions of an ONNX file: found by key, and measured before anything is inlined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from genescan.converters.base import quote
from genescan.converters.onnx_block import Block, BlockReader, Key, Row, undefined
from genescan.errors import LimitExceeded, ModelError
from genescan.limits import Limits

_PARTS_PER_NODE = 8
"""A node costs as much as this many operands or attributes: the price of endless lists."""


class _Extent(NamedTuple):
    """What a block grows to when everything in it is inlined."""

    nodes: int
    height: int
    """Levels of calls and sub-graphs below it."""


class Library:
    """The local functions of one file; a function is read when something first calls it."""

    def __init__(self, protos: Mapping[Key, Any], reader: BlockReader, limits: Limits) -> None:
        self._protos, self._reader, self._limits = protos, reader, limits
        self._blocks: dict[Key, Block] = {}
        self._extents: dict[Key, _Extent] = {}
        self._open: list[Key] = []

    def find(self, key: Key) -> Block | None:
        """The body of a function, None when the operator is not a local function."""
        if key not in self._protos:
            return None
        if key not in self._blocks:
            block = self._reader.function(self._protos[key])
            undefined(block)
            self._blocks[key] = block
        return self._blocks[key]

    def measure(self, block: Block) -> int:
        """How many nodes `block` has with its sub-graphs and calls expanded.

        Raises:
            ModelError: a function calls itself, directly or through others.
            LimitExceeded: more nodes or levels than the limits allow.
        """
        extent = self._block(block, 0)
        if extent.nodes > self._limits.nodes:
            raise LimitExceeded(f"{self._limits.nodes} nodes after inlining functions")
        return extent.nodes

    def _block(self, block: Block, depth: int) -> _Extent:
        if depth > self._limits.depth:
            raise self._too_deep()
        nodes = len(block.inputs) + (len(block.free) + len(block.defaults)) // _PARTS_PER_NODE
        height = 0
        for row in block.rows:
            parts = len(row.inputs) + len(row.outputs) + len(row.attrs) + len(row.refs)
            nodes += 1 + parts // _PARTS_PER_NODE
            for inner in self._inner(row, depth + 1):
                nodes += inner.nodes
                height = max(height, inner.height + 1)
        return _Extent(nodes, height)

    def _inner(self, row: Row, depth: int) -> list[_Extent]:
        if row.key in self._protos:
            return [self._call(row, depth)]
        return [self._block(body, depth) for body in row.bodies.values()]

    def _call(self, row: Row, depth: int) -> _Extent:
        key = row.key
        if key in self._open:
            raise ModelError(f"function {quote(key.name)} calls itself", place=row.place)
        if key not in self._extents:
            block = self.find(key)
            assert block is not None
            self._open.append(key)
            self._extents[key] = self._block(block, depth)
            self._open.pop()
        extent = self._extents[key]
        if depth + extent.height > self._limits.depth:
            raise self._too_deep()
        return extent

    def _too_deep(self) -> LimitExceeded:
        return LimitExceeded(f"{self._limits.depth} levels of functions and sub-graphs")
