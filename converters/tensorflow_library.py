"""The functions of a TensorFlow file: who calls whom, and how large it all becomes.

Calls are inlined, so a few functions that call one another twice can describe a graph of any
size. Before anything is inlined the size is computed, each function once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from genescan.converters.base import Clock, quote
from genescan.converters.tensorflow_block import (
    Block,
    Ref,
    Row,
    Rows,
    count_ports,
    rows,
)
from genescan.converters.tensorflow_frames import structured
from genescan.converters.tensorflow_values import HANDLES, Values, dtype, text
from genescan.errors import LimitExceeded, ModelError
from genescan.limits import Limits

CALLS = frozenset(
    {"PartitionedCall", "StatefulPartitionedCall", "RemoteCall", "TPUPartitionedCall"}
)
"""Operators that call the function in their attribute `f`."""
_FUNCTIONS = ("f", "then_branch", "else_branch", "cond", "body")
_TWICE = frozenset({"cond"})
"""A loop's condition is asked before the loop and inside."""


class Library:
    """The functions of one file, parsed when they are first called.

    Args:
        functions: FunctionDef messages.
        values: converts shapes.
        limits: budgets for nodes and nesting.
        clock: wall time.
    """

    def __init__(
        self, functions: Iterable[Any], values: Values, limits: Limits, clock: Clock
    ) -> None:
        self._values, self._limits, self._clock = values, limits, clock
        self._protos: dict[str, Any] = {}
        for proto in functions:
            name = text(proto.signature.name)
            if name in self._protos:
                raise ModelError(f"function {quote(name)} is defined twice")
            self._protos[name] = proto
        self._named: Mapping[str, Sequence[str]] = {
            name: [text(arg.name) for arg in proto.signature.output_arg]
            for name, proto in self._protos.items()
        }
        self._blocks: dict[str, Block] = {}
        self._sizes: dict[Block, int] = {}
        self._looked = 0

    def __contains__(self, name: str) -> bool:
        return name in self._protos

    def __iter__(self) -> Iterator[str]:
        return iter(self._protos)

    def tick(self, count: int) -> None:
        """Count rows that were looked at.

        Raises:
            LimitExceeded: too many of them, or time is up.
        """
        self._looked += count + 1
        if self._looked > 8 * self._limits.nodes:
            raise LimitExceeded(f"{self._limits.nodes} nodes in functions and bodies")
        self._clock.check()

    def graph(self, nodes: Iterable[Any], results: Iterable[Ref] = ()) -> Rows:
        """The rows of the outermost graph."""
        made, _ = rows(nodes, False, self._named)
        count_ports(made, results)
        return structured(made, self.tick)

    def block(self, name: str) -> Block:
        """A function.

        Raises:
            ModelError: there is none of that name.
        """
        if name not in self._blocks:
            if name not in self._protos:
                raise ModelError(f"function {quote(name)} is not defined")
            self._blocks[name] = self._parse(name, self._protos[name])
        return self._blocks[name]

    def _parse(self, name: str, proto: Any) -> Block:
        signature = proto.signature
        arguments = [text(arg.name) for arg in signature.input_arg]
        args = {Ref(argument): i for i, argument in enumerate(arguments)}
        returned = {text(key): text(value) for key, value in proto.ret.items()}
        for output in self._named[name]:
            if output not in returned:
                raise ModelError(f"function {quote(name)} does not return {quote(output)}")
        wanted = [returned[output] for output in self._named[name]]
        made, results = rows(proto.node_def, True, self._named, wanted)
        if len(args) != len(arguments) or not made.keys().isdisjoint(arguments):
            raise ModelError(f"function {quote(name)} names two of its values alike")
        if len(results) != len(wanted):
            raise ModelError(f"function {quote(name)} returns what is no value")
        count_ports(made, results)
        shapes = []
        for index in range(len(arguments)):
            given = proto.arg_attr[index].attr if index in proto.arg_attr else {}
            known = (
                self._values.shapes(given["_output_shapes"]) if "_output_shapes" in given else []
            )
            shapes.append(known[0] if len(known) == 1 else None)
        handles = [i for i, a in enumerate(signature.input_arg) if dtype(a.type) in HANDLES]
        made = structured(made, self.tick)
        return Block(name, made, args, results, shapes, frozenset(handles))

    def called(self, row: Row) -> dict[str, Block]:
        """The blocks that a row runs, by the attribute that names each."""
        if row.blocks:
            return dict(row.blocks)
        if row.op in self._protos:
            return {"f": self.block(row.op)}
        found: dict[str, Block] = {}
        if row.op not in BODIES:
            return found
        for key in _FUNCTIONS:
            if key in row.attrs and row.attrs[key].HasField("func"):
                found[key] = self._function(row, text(row.attrs[key].func.name))
        if "branches" in row.attrs:
            for i, function in enumerate(row.attrs["branches"].list.func):
                found[str(i)] = self._function(row, text(function.name))
        return found

    def _function(self, row: Row, name: str) -> Block:
        try:
            return self.block(name)
        except ModelError as error:
            error.place = error.place or row.place
            raise

    def measure(self, block: Block, above: tuple[Block, ...] = ()) -> int:
        """How many rows a block has once all calls inside it are inlined.

        Raises:
            ModelError: a function calls itself.
            LimitExceeded: more rows than nodes are allowed, or too many levels.
        """
        if block in self._sizes:
            return self._sizes[block]
        if len(above) >= self._limits.depth:
            raise LimitExceeded(f"{self._limits.depth} levels of functions and bodies")
        size = 0
        for row in block.order(self.tick):
            size += 1
            for key, inner in self.called(row).items():
                if inner is block or inner in above:
                    cause = f"function {quote(inner.name)} calls itself"
                    raise ModelError(cause, place=row.place)
                size += self.measure(inner, (*above, block)) * (2 if key in _TWICE else 1)
            if size > self._limits.nodes:
                raise LimitExceeded(f"{self._limits.nodes} nodes after inlining functions")
        self._sizes[block] = size
        return size


BODIES = CALLS | {"If", "StatelessIf", "Case", "StatelessCase", "While", "StatelessWhile"}
"""Operators that run functions."""
