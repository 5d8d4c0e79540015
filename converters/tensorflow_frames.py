"""Loops and branches of TensorFlow 1, found among the rows and given bodies.

TensorFlow 1 spells control flow with dataflow: a loop variable enters a frame (`Enter`), meets
its next value (`Merge`, `NextIteration`), and goes on into the body or leaves (`Switch`, `Exit`),
which is a circle in the graph. A branch sends values one way or the other (`Switch`) and takes
what arrives (`Merge`). Both become the `While` and `If` that TensorFlow 2 has, whose bodies are
blocks over the same rows, so that everything after this knows one kind of control flow.
Source: Yu et al., Dynamic Control Flow in Large-Scale Machine Learning, EuroSys 2018.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from genescan.converters.tensorflow_block import Block, Ref, Row, Rows
from genescan.converters.tensorflow_values import text
from genescan.errors import ModelError

_ENTER = frozenset({"Enter", "RefEnter"})
_EXIT = frozenset({"Exit", "RefExit"})
_NEXT = frozenset({"NextIteration", "RefNextIteration"})
_MERGE = frozenset({"Merge", "RefMerge"})
_SWITCH = frozenset({"Switch", "RefSwitch"})
PASSING = frozenset(
    {
        "Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "EnsureShape",
        "DisableCopyOnRead", "PlaceholderWithDefault", "RefIdentity", "CheckNumericsV2",
        "ReadVariableOp", "OptimizationBarrier", "XlaOptimizationBarrier", "Exit",
    }
)  # fmt: skip
"""Operators that hand on their first operand."""

Tick = Callable[[int], None]


def structured(rows: Rows, tick: Tick) -> Rows:
    """The rows with every loop and branch in one row of its own."""
    kinds = {row.op for row in rows.values()}
    if kinds & _NEXT:
        _loops(rows)
    if kinds & _MERGE:
        _branches(rows, tick)
    return rows


def source(rows: Rows, ref: Ref) -> Ref:
    """Where a value comes from, seen through rows that hand it on."""
    seen = set()
    while (row := rows.get(ref.name)) is not None and row.op in PASSING and row.inputs:
        if ref in seen:
            break
        seen.add(ref)
        ref = row.inputs[0]
    return ref


@dataclass(slots=True)
class _Variable:
    """One loop variable."""

    enter: Row
    merge: Row
    following: Row
    switch: Row | None = None


@dataclass(slots=True)
class _Loop:
    """A frame."""

    condition: Row
    variables: list[_Variable] = field(default_factory=list)
    constants: list[Row] = field(default_factory=list)


def _loops(rows: Rows) -> None:
    """Replace each frame by one `While`."""
    switches: dict[str, Row] = {}
    for row in rows.values():
        if row.op in _SWITCH and len(row.inputs) == 2 and _loop_condition(rows, row) is not None:
            switches.setdefault(row.inputs[0].name, row)
    frames: dict[str, list[_Variable]] = defaultdict(list)
    for row in rows.values():
        variable = _variable(rows, row)
        if variable is not None:
            variable.switch = switches.get(row.name)
            frames[_frame(variable.enter)].append(variable)
    entered = {v.enter.name for variables in frames.values() for v in variables}
    constants: dict[str, list[Row]] = defaultdict(list)
    for row in rows.values():
        if row.op in _ENTER and row.name not in entered:
            constants[_frame(row)].append(row)
    left: dict[str, Ref] = {}
    for name, variables in frames.items():
        for loop in _told_apart(rows, variables, constants[name]):
            left.update(_restore(rows, loop))
    for row in list(rows.values()):
        if row.op in _EXIT and row.inputs and row.inputs[0].name in left:
            rows[row.name] = Row(row.name, "Exit", (left[row.inputs[0].name],))


def _frame(enter: Row) -> str:
    return text(enter.attrs["frame_name"].s) if "frame_name" in enter.attrs else ""


def _loop_condition(rows: Rows, switch: Row) -> Row | None:
    made = rows.get(source(rows, switch.inputs[1]).name)
    return made if made is not None and made.op == "LoopCond" and made.inputs else None


def _variable(rows: Rows, merge: Row) -> _Variable | None:
    """The loop variable of a `Merge`; None for one that joins branches."""
    if merge.op not in _MERGE or len(merge.inputs) != 2:
        return None
    made = [rows.get(ref.name) for ref in merge.inputs]
    following = next((row for row in made if row is not None and row.op in _NEXT), None)
    enter = next((row for row in made if row is not None and row.op in _ENTER), None)
    if following is None or enter is None or not enter.inputs or not following.inputs:
        return None
    return _Variable(enter, merge, following)


def _told_apart(rows: Rows, variables: list[_Variable], constants: list[Row]) -> Iterable[_Loop]:
    """The loops of one frame name: usually one, more where a graph was copied."""
    found: dict[str, _Loop] = {}
    for variable in variables:
        condition = None if variable.switch is None else _loop_condition(rows, variable.switch)
        if condition is not None:
            found.setdefault(condition.name, _Loop(condition, [], constants))
            found[condition.name].variables.append(variable)
    if not found:
        raise ModelError("a loop without a condition", place=variables[0].merge.place)
    if len(found) == 1:  # a variable that only the condition reads has no switch
        loop = next(iter(found.values()))
        loop.variables = variables
    return found.values()


def _restore(rows: Rows, loop: _Loop) -> dict[str, Ref]:
    """Put a `While` in the place of the loop's condition; returns what leaves at each switch."""
    count, name = len(loop.variables), loop.condition.name
    constant = {Ref(row.name): count + i for i, row in enumerate(loop.constants)}
    merged = {Ref(v.merge.name): i for i, v in enumerate(loop.variables)}
    inside = {Ref(v.switch.name, 1): i for i, v in enumerate(loop.variables) if v.switch}
    following = [v.following.inputs[0] for v in loop.variables]
    asked = loop.condition.inputs[0]
    blocks = {
        "cond": Block(f"{name} (condition)", rows, {**merged, **constant}, [asked]),
        "body": Block(f"{name} (body)", rows, {**merged, **inside, **constant},
                      [*following, *constant]),
    }  # fmt: skip
    entered = [*(v.enter for v in loop.variables), *loop.constants]
    inputs = tuple(row.inputs[0] for row in entered if row.inputs)
    if len(inputs) != len(entered):
        raise ModelError("a loop variable without a value", place=loop.condition.place)
    rows[name] = Row(name, "While", inputs, ports=len(inputs), blocks=blocks)
    return {v.switch.name: Ref(name, i) for i, v in enumerate(loop.variables) if v.switch}


@dataclass(slots=True)
class _Join:
    """A `Merge` of branches."""

    merge: Row
    condition: Ref
    taken: dict[int, Ref]
    """What arrives, by the side that it comes from."""
    switches: dict[str, Row]


def _branches(rows: Rows, tick: Tick) -> None:
    """Replace every `Merge` of two branches by an `If`; those of one condition share it."""
    level: dict[str, int] = {}
    groups: dict[tuple[Ref, int], list[_Join]] = {}
    for row in _in_order(rows, tick):
        join = _join(rows, row, tick) if row.op in _MERGE else None
        inputs = row.inputs
        if join is not None:
            inputs = (join.condition, *(switch.inputs[0] for switch in join.switches.values()))
        depth = max((level.get(ref.name, 0) for ref in inputs), default=0)
        level[row.name] = depth
        if join is not None:
            level[row.name] = depth + 1
            groups.setdefault((join.condition, depth), []).append(join)
            _if(rows, [join])  # joins around this one look through it
    for joins in groups.values():
        if len(joins) > 1:
            _if(rows, joins)


def _in_order(rows: Rows, tick: Tick) -> list[Row]:
    """All rows, those that are read first; circles are told later."""
    order: list[Row] = []
    seen: set[str] = set()
    for first in rows.values():
        stack = [(first, False)]
        while stack:
            row, done = stack.pop()
            if done:
                order.append(row)
            elif row.name not in seen:
                seen.add(row.name)
                stack.append((row, True))
                before = (rows.get(ref.name) for ref in row.inputs)
                stack += [(made, False) for made in before if made is not None]
    tick(len(order))
    return order


def _join(rows: Rows, merge: Row, tick: Tick) -> _Join | None:
    """What decides between the two values of a `Merge`."""
    if len(merge.inputs) != 2 or merge.ports > 1:  # somebody asks which of the two it was
        return None
    found = [_sides(rows, ref, tick) for ref in merge.inputs]
    for condition in found[0]:
        sides = [side.get(condition, {}) for side in found]
        if not all(len(side) == 1 for side in sides) or sides[0].keys() == sides[1].keys():
            continue
        taken = {next(iter(s)): ref for s, ref in zip(sides, merge.inputs, strict=True)}
        switches = {row.name: row for s in sides for gates in s.values() for row in gates}
        return _Join(merge, condition, taken, switches)
    return None


def _sides(rows: Rows, ref: Ref, tick: Tick) -> dict[Ref, dict[int, list[Row]]]:
    """The switches that a value comes through: by condition, then by side."""
    found: dict[Ref, dict[int, list[Row]]] = {}
    stack, seen = [ref], set()
    while stack:
        ref = stack.pop()
        row = rows.get(ref.name)
        if row is None or ref in seen:
            continue
        seen.add(ref)
        if row.op in _SWITCH and len(row.inputs) == 2:
            condition = source(rows, row.inputs[1])
            found.setdefault(condition, {}).setdefault(ref.port, []).append(row)
            continue
        stack += row.inputs
        stack += [Ref(name) for name in row.controls]
    tick(len(seen))
    return found


def _if(rows: Rows, joins: list[_Join]) -> None:
    """Put an `If` in the place of the first `Merge`; the others read it."""
    name, condition = joins[0].merge.name, joins[0].condition
    switches = {key: row for join in joins for key, row in join.switches.items()}
    given = tuple(row.inputs[0] for row in switches.values())
    blocks = {}
    for side, key in ((1, "then_branch"), (0, "else_branch")):
        args = {Ref(switch, side): i for i, switch in enumerate(switches)}
        results = [join.taken[side] for join in joins]
        blocks[key] = Block(f"{name} ({key})", rows, args, results)
    inputs = (condition, *given)
    rows[name] = Row(name, "If", inputs, ports=len(joins), blocks=blocks)
    for index, join in enumerate(joins[1:], 1):
        rows[join.merge.name] = Row(join.merge.name, "Identity", (Ref(name, index),))
