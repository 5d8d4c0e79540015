"""From blocks to a graph: references become operands, functions are inlined, loops get bodies.

Variables are constants of their declared shape: a handle stands for the value that it will have,
and reading it hands it on, through as many calls as there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from genescan.converters.assembly import ints
from genescan.converters.base import Clock, quote
from genescan.converters.table import Call, translate
from genescan.converters.tensorflow_assembly import TfAssembly
from genescan.converters.tensorflow_block import Block, Ref, Row
from genescan.converters.tensorflow_folding import folded
from genescan.converters.tensorflow_frames import source
from genescan.converters.tensorflow_library import CALLS, Library
from genescan.converters.tensorflow_ops import LEAST, TABLE
from genescan.converters.tensorflow_rules import RULES
from genescan.converters.tensorflow_values import Values, dtype
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Attr, Dims, Edge, Graph, Operand, Tensor
from genescan.limits import Limits

FED = frozenset({"Placeholder", "PlaceholderV2"})
"""Operators that the outside gives a value."""
_DATA = frozenset(
    {
        "IteratorGetNext", "QueueDequeue", "QueueDequeueV2", "QueueDequeueMany",
        "QueueDequeueManyV2", "QueueDequeueUpToV2", "ReaderReadV2", "_Arg",
    }
)  # fmt: skip
"""Operators that take the next values of a data set."""
_VARIABLES = frozenset({"VarHandleOp", "Variable", "VariableV2", "AutoReloadVariable"})
_TABLES = frozenset(
    {
        "HashTable", "HashTableV2", "MutableHashTableV2", "AnonymousHashTable",
        "MutableDenseHashTableV2", "MutableHashTableOfTensorsV2",
    }
)  # fmt: skip
_INLINED_NAME = 256
"""Characters kept of a name with calls before it: inlining repeats names without bound."""

Body: TypeAlias = Callable[["TfAssembly", list[Operand]], list[Operand]]
_Own: TypeAlias = "tuple[str, Dims | None]"


@dataclass(slots=True)
class _Frame:
    """One use of a block: what its references stand for."""

    block: Block
    assembly: TfAssembly
    values: dict[Ref, Operand] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Attributes of the call, to which the function's own may refer."""
    prefix: str = ""
    depth: int = 0

    def operand(self, ref: Ref) -> Operand:
        """What a reference stands for; an output that nobody described is an unknown constant."""
        return self.values.get(ref, Tensor("undefined", None))

    def name(self, row: Row) -> str:
        """A row's name, with the calls that led to it."""
        return (self.prefix + row.name)[:_INLINED_NAME] if self.prefix else row.name


@dataclass(frozen=True, slots=True)
class Entry:
    """A block that the outside runs, with names for what goes in and comes out."""

    name: str
    block: Block
    inputs: Sequence[tuple[str, Dims | None, str]]
    """Name, shape and element type of each argument."""
    outputs: Sequence[str]


class Builder:
    """Builds the graph of one file.

    Args:
        library: the functions; the entries were measured by it.
        values: converts constants and attributes.
        limits: budgets for names and nesting.
        clock: wall time.
    """

    def __init__(self, library: Library, values: Values, limits: Limits, clock: Clock) -> None:
        self._library, self._values, self._limits, self._clock = library, values, limits, clock
        self._variables: dict[str, Tensor] = {}

    def graph(self, entries: Sequence[Entry], meta: Mapping[str, str]) -> Graph:
        """The graph of all entries; inputs that are equal by name, shape and type are one."""
        assembly = TfAssembly("tensorflow", self._limits, self._clock)
        inputs: dict[object, Edge] = {}
        data: dict[Ref, Operand] = {}
        for entry in entries:
            for key in entry.inputs:
                if key not in inputs:
                    inputs[key] = assembly.input(*key)
            self._data(entry.block, assembly, data)
        made: dict[tuple[Operand, ...], Entry] = {}
        for entry in entries:
            assembly.share()
            frame = _Frame(entry.block, assembly, dict(data))
            given = [inputs[key] for key in entry.inputs]
            frame.values.update({ref: given[i] for ref, i in entry.block.args.items()})
            self._run(frame)
            # an entry that gives back what an earlier one does is that one under another name
            made.setdefault(tuple(map(frame.operand, entry.block.results)), entry)
        outputs = [
            (f"{entry.name}/{name}" if len(made) > 1 else name, value)
            for values, entry in made.items()
            for name, value in zip(entry.outputs, values, strict=True)
        ]
        return assembly.graph(outputs, meta)

    def _data(self, block: Block, assembly: TfAssembly, data: dict[Ref, Operand]) -> None:
        """Inputs for what an entry takes from the outside without naming it."""
        for row in block.order(self._library.tick):
            if row.op not in FED and row.op not in _DATA and not self._unfed(row, block):
                continue
            shapes = self._shapes(row)
            element = next((row.attrs[k].type for k in ("dtype", "T") if k in row.attrs), 0)
            for port in range(row.ports):
                ref, name = (
                    Ref(row.name, port),
                    row.name if row.ports == 1 else f"{row.name}:{port}",
                )
                if ref not in data and ref not in block.args:
                    known = dtype(element) if element else ""
                    data[ref] = assembly.input(name, shapes[port], known)

    def _unfed(self, row: Row, block: Block) -> bool:
        """A placeholder whose default is no single number: the outside is meant to give it."""
        if row.op != "PlaceholderWithDefault" or "shape" not in row.attrs:
            return False
        return self._values.dims(row.attrs["shape"].shape) != ()

    def _run(self, frame: _Frame) -> None:
        """Emit the rows that a block's results need."""
        for row in frame.block.order(self._library.tick):
            if Ref(row.name) in frame.values:
                continue
            made = self._row(frame, row)
            if len(made) < row.ports and self._library.called(row):
                raise ModelError(f"has {len(made)} outputs, not {row.ports}", place=row.place)
            for port, value in enumerate(made):
                frame.values[Ref(row.name, port)] = value

    def _row(self, frame: _Frame, row: Row) -> list[Operand]:
        if row.op == "Const" and "value" in row.attrs:
            return [self._values.tensor(row.attrs["value"].tensor, frame.name(row))]
        if row.op in _VARIABLES or row.op in _TABLES:
            return [self._variable(frame, row)]
        called = self._library.called(row)
        if "body" in called and "cond" in called:
            return self._loop(frame, row, called)
        if "then_branch" in called and "else_branch" in called:
            return self._if(frame, row, called)
        if row.op in ("Case", "StatelessCase") and called:
            return self._case(frame, row, called)
        if "f" in called and (row.op in CALLS or row.op in self._library):
            args = [*map(frame.operand, row.inputs)]
            return self._call(frame.assembly, called["f"], args, frame, row)
        return self._operator(frame, row)

    def _variable(self, frame: _Frame, row: Row) -> Tensor:
        """A variable is a constant of its declared shape, one object however often it is read."""
        name = frame.name(row)
        if name not in self._variables:
            shape = self._values.dims(row.attrs["shape"].shape) if "shape" in row.attrs else None
            kind = "resource" if row.op in _TABLES else "float32"
            if kind != "resource" and "dtype" in row.attrs:
                kind = dtype(row.attrs["dtype"].type)
            self._variables[name] = Tensor(kind, shape, None, self._values.name(name))
        return self._variables[name]

    def _shapes(self, row: Row) -> list[Dims | None]:
        """Declared shapes of a row's outputs, as many as it has."""
        known: list[Dims | None] = []
        for key in ("_output_shapes", "output_shapes"):
            if not known and key in row.attrs:
                known = self._values.shapes(row.attrs[key])
        if not known and "shape" in row.attrs and row.op in (*FED, "PlaceholderWithDefault"):
            known = [self._values.dims(row.attrs["shape"].shape)]
        return (known + [None] * row.ports)[: row.ports]

    def _attrs(self, frame: _Frame, row: Row) -> dict[str, Attr]:
        made: dict[str, Attr] = {}
        for key, proto in row.attrs.items():
            if proto.WhichOneof("value") == "placeholder":
                proto = frame.arguments.get(proto.placeholder, proto)
            value = self._values.attribute(proto)
            if value is not None:
                made[key] = value
        return made

    def _operator(self, frame: _Frame, row: Row) -> list[Operand]:
        inputs = [*map(frame.operand, row.inputs)]
        if len(inputs) < LEAST.get(row.op, 0):
            raise ModelError(f"fewer operands than {quote(row.op)} has", place=row.place)
        known = folded(row.op, inputs)
        if known is not None:
            return [known]
        call = Call(row.op, frame.name(row), inputs, (), self._attrs(frame, row), self._shapes(row))
        try:
            made = translate(frame.assembly, call, TABLE, RULES)
        except ModelError as error:
            error.place = error.place or row.place
            raise
        except (LookupError, TypeError, ValueError, ArithmeticError) as error:
            cause = f"operands or attributes that {quote(row.op)} does not have"
            raise ModelError(cause, place=row.place) from error
        for value, shape in zip(made, call.shapes, strict=False):
            frame.assembly.learn(value, shape)
        return made

    def _call(
        self, assembly: TfAssembly, block: Block, args: Sequence[Operand], outer: _Frame, row: Row,
    ) -> list[Operand]:  # fmt: skip
        """Emit a block in place of its call."""
        if outer.depth >= self._limits.depth:
            raise LimitExceeded(f"{self._limits.depth} levels of functions and bodies")
        prefix = f"{outer.prefix}{row.name}/"[:_INLINED_NAME]
        arguments = row.attrs if row.attrs else outer.arguments
        frame = _Frame(block, assembly, {}, arguments, prefix, outer.depth + 1)
        for ref, index in block.args.items():
            if index >= len(args):
                raise ModelError("fewer operands than the function has", place=row.place)
            frame.values[ref] = args[index]
            if index < len(block.shapes):
                assembly.learn(args[index], block.shapes[index])
        self._run(frame)
        return [*map(frame.operand, block.results)]

    def _enclosed(
        self, outer: TfAssembly, operands: Sequence[Operand], own: Sequence[_Own],
        run: Body,
    ) -> tuple[Graph, list[Operand]]:  # fmt: skip
        """A body, and what it captures: of its operands those that are no constants."""
        inner = outer.body()
        formals: list[Operand] = [inner.input(name, shape) for name, shape in own]
        captured: list[Operand] = []
        names: list[str] = []
        for operand in operands:
            if isinstance(operand, Edge):
                known, shape = outer.known(operand), outer.shape(operand)
                name = outer.nodes[operand.source].origin[0] or f"capture {len(names)}"
                formals.append(inner.input(name, shape, str(known.get("dtype", ""))))
                captured.append(operand)
                names.append(name)
            else:
                formals.append(operand)
        results = run(inner, formals)
        outputs = [(f"{index}", value) for index, value in enumerate(results)]
        return inner.graph(outputs, captures=names), captured

    def _branch(
        self, outer: TfAssembly, block: Block, args: Sequence[Operand], frame: _Frame, row: Row
    ) -> tuple[Graph, list[Operand]]:
        """The body of one branch, which captures only what it reads."""
        used = sorted(block.used(self._library.tick))
        if used and used[-1] >= len(args):
            raise ModelError("fewer operands than the branch has", place=row.place)
        place = {index: position for position, index in enumerate(used)}

        def run(inner: TfAssembly, formals: list[Operand]) -> list[Operand]:
            given = [formals[place[i]] if i in place else None for i in range(len(args))]
            return self._call(inner, block, given, frame, row)

        return self._enclosed(outer, [args[i] for i in used], (), run)

    def _if(self, frame: _Frame, row: Row, called: Mapping[str, Block]) -> list[Operand]:
        condition, *args = map(frame.operand, row.inputs) if row.inputs else [None]
        branches = [called["then_branch"], called["else_branch"]]
        chosen = condition.scalar if isinstance(condition, Tensor) else None
        if chosen is not None:
            return self._call(frame.assembly, branches[not chosen], args, frame, row)
        return self._choice(frame.assembly, condition, branches, args, frame, row)

    def _choice(
        self, assembly: TfAssembly, condition: Operand, branches: Sequence[Block],
        args: Sequence[Operand], frame: _Frame, row: Row,
    ) -> list[Operand]:  # fmt: skip
        """An `If` with two bodies."""
        bodies, operands = {}, [condition]
        for key, block in zip(("then_branch", "else_branch"), branches, strict=True):
            bodies[key], captured = self._branch(assembly, block, args, frame, row)
            operands += captured
        count = len(branches[0].results)
        if len(branches[1].results) != count:
            raise ModelError("branches of different numbers of results", place=row.place)
        shapes = (self._shapes(row) + [None] * count)[:count]
        edge = assembly.emit(
            "If", operands, name=frame.name(row), outputs=count, shapes=shapes, bodies=bodies
        )
        return [Edge(edge.source, port) for port in range(count)]

    def _case(self, frame: _Frame, row: Row, called: Mapping[str, Block]) -> list[Operand]:
        """A choice among many: questions one after the other, all branches side by side."""
        index, *args = map(frame.operand, row.inputs) if row.inputs else [None]
        blocks = [*called.values()]
        chosen = index.scalar if isinstance(index, Tensor) else None
        if chosen is not None:
            taken = int(chosen) if 0 <= chosen < len(blocks) else len(blocks) - 1
            return self._call(frame.assembly, blocks[taken], args, frame, row)
        if len({len(block.results) for block in blocks}) != 1:
            raise ModelError("branches of different numbers of results", place=row.place)
        made = [self._call(frame.assembly, block, args, frame, row) for block in blocks]
        results = made.pop()
        for number in reversed(range(len(made))):
            asked = frame.assembly.emit("Equal", [index, ints((number,))], name=frame.name(row))
            results = self._joined(frame.assembly, asked, made[number], results, frame.name(row))
        return results

    def _joined(
        self, assembly: TfAssembly, condition: Operand, chosen: Sequence[Operand],
        otherwise: Sequence[Operand], name: str,
    ) -> list[Operand]:  # fmt: skip
        """An `If` between values that are both there."""
        bodies, operands = {}, [condition]
        for key, values in (("then_branch", chosen), ("else_branch", otherwise)):
            bodies[key], captured = self._enclosed(assembly, values, (), lambda _, given: given)
            operands += captured
        edge = assembly.emit("If", operands, name=name, outputs=len(chosen), bodies=bodies)
        return [Edge(edge.source, port) for port in range(len(chosen))]

    def _loop(self, frame: _Frame, row: Row, called: Mapping[str, Block]) -> list[Operand]:
        """A `Loop`: what the body hands on unchanged is captured, the rest is carried."""
        assembly, body, condition = frame.assembly, called["body"], called["cond"]
        args = [*map(frame.operand, row.inputs)]
        if not len(args) == len(body.results) or not condition.results:
            raise ModelError("a loop whose body has another number of values", place=row.place)
        carried = [i for i, ref in enumerate(body.results) if not _fixed(body, ref, i)]
        changing = frozenset(carried)
        fixed = [i for i in range(len(args)) if i not in changing]
        shapes = (self._shapes(row) + [None] * len(args))[: len(args)]
        own: list[_Own] = [("iteration", ()), ("condition", ())]
        for i in carried:
            rank = assembly.rank(args[i])
            own.append((f"carried {i}", shapes[i] or (None if rank is None else (None,) * rank)))

        def run(inner: TfAssembly, formals: list[Operand]) -> list[Operand]:
            given = dict(zip((*carried, *fixed), formals[2:], strict=True))
            made = self._call(inner, body, [given[i] for i in range(len(args))], frame, row)
            following = [made[i] if i in changing else given[i] for i in range(len(args))]
            asked = self._call(inner, condition, following, frame, row)
            return [asked[0], *(made[i] for i in carried)]

        first = self._call(assembly, condition, args, frame, row)[0]
        graph, captured = self._enclosed(assembly, [args[i] for i in fixed], own, run)
        edge = assembly.emit(
            "Loop", [None, first, *(args[i] for i in carried), *captured], name=frame.name(row),
            outputs=len(carried), shapes=[shapes[i] for i in carried], bodies={"body": graph},
        )  # fmt: skip
        results = list(args)
        for port, i in enumerate(carried):
            results[i] = Edge(edge.source, port)
        return results


def _fixed(body: Block, ref: Ref, index: int) -> bool:
    """Whether a loop's body hands its argument on as it is."""
    return body.args.get(ref if ref in body.args else source(body.rows, ref)) == index
