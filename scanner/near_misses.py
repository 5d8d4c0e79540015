"""Near misses of a signature, and whether every constraint in it is needed by one.

A near miss is an example with one thing changed: an operator, an attribute, an operand, a node
taken away. A mutant is the signature with one constraint loosened: any operator, an attribute or
operand that is not asked for, a clause of the condition dropped. A constraint is *needed* when
some near miss is refused by the signature and accepted by the mutant; one that nothing needs is a
constraint that nobody can break, or an example that is missing.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from genescan import edits, ops, selftest
from genescan.condition import parse as parse_condition
from genescan.edits import EditError
from genescan.errors import NotationError
from genescan.facts import Ref
from genescan.findings import Context
from genescan.graph import Attr, Edge, Graph, Node, Tensor
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.notation import Apply, Body, Check, Either, Expr, Maybe, Name, Path, Step
from genescan.signature import Example, Signature
from genescan.unroll import base

_OTHER: Mapping[str, tuple[str, ...]] = {
    "Activation": ("Softsign", "Tanh"),
    "Normalization": ("LpNormalization", "RMSNormalization"),
    "Contraction": ("Einsum", "ConvTranspose"),
    "Pool": ("LpPool", "GlobalLpPool"),
    "Elementwise": ("Atan", "Mul"),
    "Attention": ("LinearAttention", "Embedding"),
    "Recurrent": ("SSMScan", "RNN"),
    "Structure": ("Pad", "Concat"),
    "Reduce": ("ReduceLogSum", "ReduceMax"),
}
"""What a node of each class is changed into: first something rare, then something common."""
_LOOP = re.compile(r"range\(\d+\)")
_MANY = 400
"""Near misses of one signature."""


@dataclass(frozen=True, slots=True)
class Miss:
    """One example with one change."""

    example: str
    edit: str
    """As under `set` in a test; `a(0)` is the first operand of `a`, which has no name."""
    graph: Graph
    accepted: bool
    """Whether the signature's condition is still true."""

    def __str__(self) -> str:
        return f"{{edit: {self.example}, set: {{{self.edit}}}}}"


def derive(signature: Signature, library: Library, limits: Limits = DEFAULT) -> tuple[Miss, ...]:
    """All one-step changes of the signature's examples; loops change in every round."""
    found: list[Miss] = []
    for example in signature.match:
        graph = selftest.graph(example, signature.source)
        for edit, changed in [*_once(signature, example), *_changes(graph)]:
            accepted = _holds(signature, library, Index(changed), limits)
            found.append(Miss(example.name, edit, changed, accepted))
            if len(found) >= _MANY:
                return tuple(found)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Mutation:
    """What the mutation check says of a signature."""

    unneeded: tuple[str, ...]
    """Constraints that no near miss needs, its own tests and derived ones together."""
    unshown: tuple[str, ...]
    """Patterns that occur in no example: nothing can be said of their constraints."""


def check(signature: Signature, library: Library, limits: Limits = DEFAULT) -> Mutation:
    """Loosen each constraint and ask whether a near miss notices."""
    misses = derive(signature, library, limits)
    refused = [Index(miss.graph) for miss in misses if not miss.accepted]
    kept = [Index(selftest.graph(example, signature.source)) for example in signature.match]
    kept += [Index(miss.graph) for miss in misses if miss.accepted]
    graphs = [*(Index(graph) for graph in _stored(signature)), *refused]
    shown = _shown(signature, library, kept[: len(signature.match)], limits)
    left = []
    for pattern, what, mutant in mutants(signature):
        if pattern and pattern not in shown:
            continue
        changed = _exchanged(library, mutant)
        if any(_holds(mutant, changed, index, limits) for index in graphs):
            continue
        if all(_holds(mutant, changed, index, limits) for index in kept):
            left.append(what)  # else it asks for more: a chain without links, a thing to be absent
    binding = {ref.pattern or signature.main for ref in _binding(signature) if not ref.alias}
    return Mutation(tuple(left), tuple(sorted(binding - shown)))


def _shown(
    signature: Signature, library: Library, examples: Sequence[Index], limits: Limits
) -> set[str]:
    """The patterns that occur in some example."""
    found: set[str] = set()
    for index in examples:
        context = Context(library, index, limits)
        for name in signature.patterns:
            if context.search(library.linked(signature, Ref("", name))).matches:
                found.add(name)
    return found


def _exchanged(library: Library, mutant: Signature) -> Library:
    """The library with a mutant in the place of its original."""
    linked = {key: value for key, value in library._linked.items() if key[0] != mutant.id}
    return replace(library, signatures={**library.signatures, mutant.id: mutant}, _linked=linked)


def _holds(signature: Signature, library: Library, index: Index, limits: Limits) -> bool:
    return Context(library, index, limits).finding(signature).truth == "true"


def _stored(signature: Signature) -> Iterator[Graph]:
    """The counter-examples that the signature carries."""
    examples = {example.name: example for example in signature.match}
    for test in signature.no_match:
        try:
            if isinstance(test, Example):
                yield selftest.graph(test, signature.source)
            else:
                graph = selftest.graph(examples[test.edit], signature.source)
                yield edits.apply(graph, test.set)
        except (EditError, NotationError):
            continue  # the self-test says so


# --- near misses -------------------------------------------------------------------------------

_Key: TypeAlias = tuple[str | int, ...]
"""A variable of the example, then operand positions down to a node that has no name."""


def _places(graph: Graph) -> dict[_Key, list[int]]:
    """The nodes of each written operator: a loop makes several of one."""
    keys: dict[int, _Key] = {}
    for index in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[index]
        if node.origin:
            keys[index] = (base(node.origin[0]),)
        for position, operand in enumerate(node.inputs):
            if not isinstance(operand, Edge) or index not in keys:
                continue
            if not graph.nodes[operand.source].origin:
                keys[operand.source] = (*keys[index], position)
    places: dict[_Key, list[int]] = defaultdict(list)
    for index in sorted(keys):
        if graph.nodes[index].op != "Input":
            places[keys[index]].append(index)
    return places


def _once(signature: Signature, example: Example) -> Iterator[tuple[str, Graph]]:
    """The example with every loop run once."""
    single = example._replace(text=_LOOP.sub("range(1)", example.text))
    if single.text != example.text:
        yield "loops: 1", selftest.graph(single, signature.source)


def _changes(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """One change for each operator, attribute and operand of a graph."""
    for key, indices in _places(graph).items():
        node = graph.nodes[indices[0]]
        name = str(key[0]) + "".join(f"({position})" for position in key[1:])
        others = [op for op in _OTHER.get(ops.kind(node.op), ("Atan",)) if op != node.op]
        for op in others:
            yield f"{name}.op: {op}", _with(graph, indices, op=op)
        yield f"{name}.op: null", edits.without(graph, set(indices))
        for attr in node.attrs:
            for value in _values(node, attr):
                yield f"{name}.{attr}: {value}", _with(graph, indices, attr=(attr, value))
        for position in range(len(node.inputs)):
            yield f"{name}.{position}: w[1]", _with(graph, indices, position=position)


def _with(
    graph: Graph,
    indices: Sequence[int],
    op: str = "",
    attr: tuple[str, Attr] | None = None,
    position: int | None = None,
) -> Graph:
    """The graph with some of its nodes changed."""
    nodes = list(graph.nodes)
    for index in indices:
        node = nodes[index]
        attrs = {**node.attrs, attr[0]: attr[1]} if attr else dict(node.attrs)
        inputs = list(node.inputs)
        if position is not None and position < len(inputs):
            constant = not isinstance(inputs[position], Edge)
            inputs[position] = None if constant else Tensor("float32", (1,))
        changed = replace(node, op=op or node.op, attrs=attrs, inputs=tuple(inputs))
        nodes[index] = replace(changed, attrs=ops.complete(changed.op, changed.attrs))
    return replace(graph, nodes=tuple(nodes))


def _values(node: Node, attr: str) -> Iterator[Attr]:
    """Other values of an attribute."""
    value = node.attrs[attr]
    if attr == "group":
        yield from (word for word in (1, "grouped", "depthwise") if word != value)
    elif attr == "direction":
        yield "forward" if value != "forward" else "bidirectional"
    elif isinstance(value, tuple):
        numbers = tuple(item for item in value if isinstance(item, int))
        yield tuple(item + (2 if attr == "kernel_shape" else 1) for item in numbers)
        if any(item != 1 for item in numbers):
            yield (1,) * len(numbers)
    elif isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
        yield value * 7 + 5
    elif isinstance(value, str):
        yield "other"


# --- mutants -----------------------------------------------------------------------------------


def mutants(signature: Signature) -> Iterator[tuple[str, str, Signature]]:
    """Pattern (empty for the condition), what is loosened, and the signature without it."""
    asked = {ref.pattern or signature.main for ref in _binding(signature) if not ref.alias}
    for name in sorted(asked & signature.patterns.keys()):
        body = signature.patterns[name]
        for variable, expr in body.assigned.items():
            for what, loosened in _loosened(expr, body):
                if loosened is None:
                    continue
                made = replace(body, assigned={**body.assigned, variable: loosened})
                patterns = {**signature.patterns, name: made}
                mutant = replace(signature, patterns=patterns)
                yield name, f"{name}.{variable}: {what}", mutant
    for clause, mutant in _clauses(signature):
        yield "", f"condition: {clause}", mutant


def _conjuncts(signature: Signature) -> list[str]:
    """The clauses of a condition."""
    tree = ast.parse(f"({signature.condition.text.strip()})", mode="eval").body
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return [ast.unparse(value) for value in tree.values]
    return [ast.unparse(tree)]


def _asks(clause: str) -> bool:
    """Whether it asks for a pattern: `>= 0` only counts matches as explained."""
    return not clause.endswith((">= 0", "== 0")) and not clause.startswith("not ")


def _binding(signature: Signature) -> frozenset[Ref]:
    """The patterns that the condition depends on."""
    text = " and ".join(f"({clause})" for clause in _conjuncts(signature) if _asks(clause))
    return parse_condition(text, signature.patterns, frozenset(signature.uses)).refs


def _clauses(signature: Signature) -> Iterator[tuple[str, Signature]]:
    """Each clause of the condition left out."""
    clauses = _conjuncts(signature)
    for left_out in clauses:
        text = " and ".join(f"({clause})" for clause in clauses if clause is not left_out)
        if text and not left_out.endswith(">= 0"):
            aliases = frozenset(signature.uses)
            condition = parse_condition(text, signature.patterns, aliases)
            yield left_out, replace(signature, condition=condition)


def _loosened(expr: Expr | None, body: Body) -> Iterator[tuple[str, Expr | None]]:
    """An expression with one constraint loosened."""
    if isinstance(expr, Apply):
        yield from _head(expr)
        for args, what in _arguments(expr.args, body):
            yield what, expr._replace(args=args)
    elif isinstance(expr, Maybe):
        for args, what in _arguments(expr.args, body):
            yield what, expr._replace(args=args)
    elif isinstance(expr, Either):
        for place, option in enumerate(expr.options):
            for what, loosened in _loosened(option, body):
                if loosened is not None:
                    options = (*expr.options[:place], loosened, *expr.options[place + 1 :])
                    yield what, Either(options)
    elif isinstance(expr, Path):
        for what, loosened in _loosened(expr.source, body):
            if loosened is not None:
                yield what, expr._replace(source=loosened)


def _head(expr: Apply) -> Iterator[tuple[str, Expr]]:
    head = expr.head
    if not isinstance(head, Step):
        return
    if head.ops is not None:
        wanted = " | ".join(sorted(head.ops)[:3])
        yield f"any operator for {wanted}", expr._replace(head=head._replace(ops=None))
    for place, (attr, test) in enumerate(head.attrs):
        rest = (*head.attrs[:place], *head.attrs[place + 1 :])
        yield f"without {attr}={test.text}", expr._replace(head=head._replace(attrs=rest))
    if head.consumers is not None:
        yield "without consumers", expr._replace(head=head._replace(consumers=None))


def _arguments(
    args: Sequence[Expr | None], body: Body
) -> Iterator[tuple[tuple[Expr | None, ...], str]]:
    for place, arg in enumerate(args):
        before, after = tuple(args[:place]), tuple(args[place + 1 :])
        if isinstance(arg, Check) or (isinstance(arg, Name) and _joined(arg, body)):
            yield (*before, None, *after), f"any operand {place}"
        elif arg is not None and not isinstance(arg, Name):
            yield (*before, None, *after), f"any operand {place}"
            for what, loosened in _loosened(arg, body):
                yield (*before, loosened, *after), what


def _joined(name: Name, body: Body) -> bool:
    """Whether a variable says something: it is assigned, or read in several places."""
    return name.name in body.assigned or body.reads.get(name.name, 0) > 1
