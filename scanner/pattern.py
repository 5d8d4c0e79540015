"""Patterns: small labelled graphs with free ends, the form in which a signature is matched.

A pattern says which operators must be there and how they feed one another. Matching is *edge
monomorphism*: every pattern edge must exist in the graph, two pattern nodes never share a graph
node, and whatever else the graph has is free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from genescan.graph import Attr, Operand


@dataclass(frozen=True, slots=True)
class Predicate:
    """A test on one attribute value; `text` is how the signature spelt it."""

    text: str
    test: Callable[[Attr | None], bool] = field(compare=False)

    def __call__(self, value: Attr | None) -> bool:
        """Whether an attribute's value passes; None stands for an absent one."""
        return self.test(value)


@dataclass(frozen=True, slots=True)
class OperandTest:
    """A test on an operand that need not be made by a node, such as `const()` or `approx(0.5)`."""

    text: str
    test: Callable[[Operand], bool] = field(compare=False)

    def __call__(self, operand: Operand) -> bool:
        """Whether an operand passes; None stands for one left out."""
        return self.test(operand)


@dataclass(frozen=True, slots=True)
class PatternNode:
    """A pattern's node: which graph nodes it may stand for."""

    name: str
    """The variable it binds; nameless inner nodes get a generated one starting with `_`."""
    ops: frozenset[str] | None = None
    """Allowed operators; None allows any node, graph inputs included (a free variable)."""
    attrs: tuple[tuple[str, Predicate], ...] = ()
    operands: tuple[tuple[int | None, OperandTest], ...] = ()
    """Tests on operands by position; position None: some operand passes."""
    consumers: Predicate | None = None
    """Test on the number of distinct nodes that read it; a graph output counts as one more."""


@dataclass(frozen=True, slots=True)
class PatternEdge:
    """`source` feeds `target`; ends are indices into `Pattern.nodes`."""

    source: int
    target: int
    port: int | None = None
    """Operand position at the target; None: any (commutative operators)."""
    output: int | None = None
    """Which output of the source; None: any."""


@dataclass(frozen=True, slots=True)
class PatternPath:
    """`target` is reached from `source` through at most `at_most` nodes of the given operators."""

    source: int
    target: int
    through: frozenset[str] | None
    """Operators allowed in between; None allows any."""
    at_most: int


@dataclass(frozen=True, slots=True)
class Pattern:
    """One fully expanded pattern (optional nodes resolved)."""

    name: str
    nodes: tuple[PatternNode, ...]
    edges: tuple[PatternEdge, ...]
    anchor: int
    """The node that is counted: one match per graph node it can stand for."""
    paths: tuple[PatternPath, ...] = ()
