"""Signature files: YAML to `Signature`, with every problem at its line and column.

A signature stands alone here: `genescan.library` links it to the components it uses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from genescan import document, notation
from genescan.condition import Condition
from genescan.condition import parse as parse_condition
from genescan.document import DocumentError, Node, Scalar
from genescan.errors import NotationError, Problem, SignatureError
from genescan.fields import Fields
from genescan.limits import DEFAULT, Limits
from genescan.suggest import hint

ENGINE = (0, 1)
"""Version of the signature language that this engine understands."""

Level: TypeAlias = Literal["family", "component", "threat"]
LEVELS: tuple[Level, ...] = ("family", "component", "threat")
STATUSES = ("nursery", "stable", "deprecated")

_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}")


class Example(NamedTuple):
    """An inline graph that the signature must match (or, as a plain counter-example, must not)."""

    name: str
    text: str
    variant: str = ""
    """Which variant it must be; empty when that does not matter."""
    scalar: Scalar | None = None
    """Where the text stands in the file."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """An edit of an example that must no longer match."""

    name: str
    edit: str
    """The example's name."""
    set: tuple[tuple[str, str], ...]
    """`variable.op`, `variable.attribute` or `variable.<position>`, and the new value as text."""
    because: str = ""
    """What an explanation must blame: a variable, or `variable.attribute`."""
    line: int = field(default=1, compare=False)
    column: int = field(default=1, compare=False)


class Model(NamedTuple):
    """A fixture that must match or must not, by stem."""

    stem: str
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature as its file says it."""

    id: str
    title: str
    level: Level
    condition: Condition
    status: str = "nursery"
    summary: str = ""
    why: str = ""
    misses: str = ""
    role: str = ""
    """What part of a model it is: backbone, encoder, decoder, head, neck ..."""
    modality: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    relatives: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other names of the family itself, for look-ups and benchmarks."""
    indistinguishable: tuple[str, ...] = ()
    """Names of families whose graph is the same."""
    supersedes: tuple[str, ...] = ()
    """Ids of families whose finding is implied by this one and yields to it."""
    fallback: bool = False
    """Never outranks a specific family."""
    uses: Mapping[str, str] = field(default_factory=dict)
    """Ids of components by alias."""
    patterns: Mapping[str, notation.Body] = field(default_factory=dict)
    variants: tuple[tuple[str, Condition], ...] = ()
    """Specific model types; the first whose condition holds is reported."""
    match: tuple[Example, ...] = ()
    no_match: tuple[Example | NearMiss, ...] = ()
    models: tuple[Model, ...] = ()
    not_models: tuple[Model, ...] = ()
    path: str = ""
    places: Mapping[str, tuple[int, int]] = field(default_factory=dict, compare=False)
    """Line and column of fields and patterns (`patterns.name`), for lints."""
    source: str = field(default="", compare=False, repr=False)

    @property
    def main(self) -> str:
        """The pattern that stands for it as a component: `main`, or the first."""
        return "main" if "main" in self.patterns else next(iter(self.patterns), "")


class _Reader(Fields):
    """Reads one file."""

    def __init__(self, source: str, path: str) -> None:
        super().__init__(source)
        self.path = path
        self.places: dict[str, tuple[int, int]] = {}

    def uses(self, node: Node) -> dict[str, str]:
        return {
            self.variable(key, "a component"): self.identifier(value)
            for key, value in self.mapping(node)
        }

    def anchors(self, node: Node, patterns: Iterable[str]) -> dict[str, str]:
        return {name: self.text(value) for name, value in self.fields(node, patterns).items()}

    def patterns(
        self, node: Node, anchors: Mapping[str, str], aliases: frozenset[str]
    ) -> dict[str, notation.Body | None]:
        found: dict[str, notation.Body | None] = {}
        for key, value in self.mapping(node):
            name = self.variable(key, "a pattern")
            self.places[f"patterns.{name}"] = key.line, key.column
            if name in aliases:
                self.problem(key, f"{name} already names a component")
            if not isinstance(value, Scalar):
                self.problem(value, "expected a text")
                continue
            found[name], errors = notation.parse(value.value, aliases, anchors.get(name, ""))
            for error in errors:
                self.inside(value, error)
        return found

    def condition(
        self, node: Node, patterns: Mapping[str, notation.Body | None], aliases: frozenset[str]
    ) -> Condition | None:
        if not isinstance(node, Scalar):
            self.problem(node, "expected a text")
            return None
        try:
            return parse_condition(node.value, patterns, aliases)
        except NotationError as error:
            self.inside(node, error)
            return None

    def example(self, key: Scalar, node: Node) -> Example | None:
        if isinstance(node, Scalar):
            return Example(key.value, node.value, "", node)
        found = self.fields(node, ("graph", "variant"))
        graph = found.get("graph")
        if not isinstance(graph, Scalar):
            self.problem(node, "expected the text of a graph")
            return None
        variant = self.text(found["variant"]) if "variant" in found else ""
        return Example(key.value, graph.value, variant, graph)

    def near_miss(self, key: Scalar, node: Node, examples: Iterable[str]) -> NearMiss:
        found = self.fields(node, ("edit", "set", "because"))
        edit = self.text(found["edit"]) if "edit" in found else ""
        if edit not in examples:
            wrong = found.get("edit", node)
            self.problem(wrong, f"no example {edit!r} under match", hint(edit, examples))
        changes = self.mapping(found["set"]) if "set" in found else []
        if not changes:
            self.problem(node, "set: says what is changed")
        for change, _ in changes:
            if "." not in change.value:
                self.problem(change, "write variable.op, variable.attribute or variable.0")
        because = self.text(found["because"]) if "because" in found else ""
        edits = tuple((change.value, self.value(value)) for change, value in changes)
        return NearMiss(key.value, edit, edits, because, key.line, key.column)

    def tests(self, node: Node) -> tuple[tuple[Example, ...], tuple[Example | NearMiss, ...]]:
        found = self.fields(node, ("match", "no_match"))
        match: list[Example] = []
        for key, value in self.mapping(found["match"]) if "match" in found else ():
            example = self.example(key, value)
            if example is not None:
                match.append(example)
        names = [example.name for example in match]
        no_match: list[Example | NearMiss] = []
        for key, value in self.mapping(found["no_match"]) if "no_match" in found else ():
            if isinstance(value, Scalar):
                no_match.append(Example(key.value, value.value, "", value))
            else:
                no_match.append(self.near_miss(key, value, names))
        return tuple(match), tuple(no_match)

    def models(self, node: Node) -> tuple[Model, ...]:
        if isinstance(node, document.Mapping):
            return tuple(Model(key.value, self.text(value)) for key, value in node.items)
        return tuple(Model(stem) for stem in self.texts(node))


_TEXTS = ("title", "summary", "why", "misses", "role")
_LISTS = ("modality", "task", "references", "aliases", "indistinguishable")
_IDS = ("relatives", "supersedes")
KEYS = (
    *("id", *_TEXTS[:1], "level", "status", "min_engine", *_TEXTS[1:], *_LISTS, *_IDS),
    *("fallback", "uses", "patterns", "anchors", "condition", "variants", "tests", "models"),
)
"""Every key of a signature file."""


class TooNew(NamedTuple):
    """A signature written for a later engine: skipped with a notice, not wrong."""

    path: str
    needs: str

    def __str__(self) -> str:
        have = ".".join(map(str, ENGINE))
        return f"{self.path}: skipped, needs engine {self.needs} (this is {have})"


def parse(source: str, path: str = "<signature>", limits: Limits = DEFAULT) -> Signature | TooNew:
    """Read a signature; raises `SignatureError` with every problem found.

    Args:
        source: The YAML text.
        path: Where it comes from, for messages.
        limits: Budgets; `yaml_bytes` bounds the text.
    """
    reader = _Reader(source, path)
    if len(source) > limits.yaml_bytes:
        problem = Problem(1, 1, f"longer than {limits.yaml_bytes} bytes")
        raise SignatureError(path, (problem,))
    try:
        root = document.compose(source)
    except DocumentError as error:
        raise SignatureError(path, (error.problem,)) from None
    if not isinstance(root, document.Mapping):
        problem = Problem(root.line, root.column, "a signature is keys and values")
        raise SignatureError(path, (problem,))
    newer = _newer(reader, root)
    if newer and not reader.problems:
        return TooNew(path, newer)
    signature = _signature(reader, root)
    if reader.problems or signature is None:
        ordered = sorted(dict.fromkeys(reader.problems), key=lambda p: (p.line, p.column))
        raise SignatureError(path, tuple(ordered))
    return signature


def _version(text: str) -> tuple[int, ...]:
    """The numbers of a version without trailing zeros, so that 0.1 and 0.1.0 are equal."""
    numbers = [int(part) for part in text.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def _newer(reader: _Reader, root: document.Mapping) -> str:
    """The engine that the file asks for, if this one is older."""
    for key, value in root.items:
        if key.value == "min_engine":
            wanted = reader.text(value)
            if not _VERSION.fullmatch(wanted):
                reader.problem(value, 'expected a version such as "0.1"')
            elif _version(wanted) > ENGINE:
                return wanted
    return ""


def _signature(reader: _Reader, root: Node) -> Signature | None:
    found = reader.fields(root, KEYS)
    reader.places.update({name: (node.line, node.column) for name, node in found.items()})
    for name in ("id", "title", "level"):
        if name not in found:
            reader.problem(root, f"{name} is missing")
    uses = reader.uses(found["uses"]) if "uses" in found else {}
    aliases = frozenset(uses)
    body = found.get("patterns")
    names = [key.value for key, _ in body.items] if isinstance(body, document.Mapping) else []
    anchors = reader.anchors(found["anchors"], names) if "anchors" in found else {}
    patterns = reader.patterns(body, anchors, aliases) if body is not None else {}
    condition = _condition(reader, root, found, patterns, aliases)
    variants = _variants(reader, found.get("variants"), patterns, aliases)
    match, no_match = reader.tests(found["tests"]) if "tests" in found else ((), ())
    _check_variants(reader, match, [name for name, _ in variants])
    models = reader.fields(found["models"], ("match", "no_match")) if "models" in found else {}
    stems = {name: reader.models(node) for name, node in models.items()}
    plain = _plain(reader, found)
    if reader.problems or condition is None:
        return None
    return Signature(
        condition=condition,
        uses=uses,
        patterns={name: body for name, body in patterns.items() if body is not None},
        variants=variants,
        match=match,
        no_match=no_match,
        models=stems.get("match", ()),
        not_models=stems.get("no_match", ()),
        path=reader.path,
        places=reader.places,
        source=reader.source,
        **plain,  # type: ignore[arg-type]  # read by the table in _plain
    )


def _variants(
    reader: _Reader,
    node: Node | None,
    patterns: Mapping[str, notation.Body | None],
    aliases: frozenset[str],
) -> tuple[tuple[str, Condition], ...]:
    found: list[tuple[str, Condition]] = []
    for key, value in reader.mapping(node) if node is not None else ():
        condition = reader.condition(value, patterns, aliases)
        if condition is not None:
            found.append((key.value, condition))
    return tuple(found)


def _check_variants(reader: _Reader, match: Iterable[Example], known: list[str]) -> None:
    for example in match:
        if example.variant and example.variant not in known and example.scalar:
            suggestion = hint(example.variant, known)
            reader.problem(example.scalar, f"no variant {example.variant}", suggestion)


def _plain(reader: _Reader, found: Mapping[str, Node]) -> dict[str, object]:
    """The fields that need nothing but themselves."""
    readers: dict[str, Callable[[Node], object]] = {
        "id": reader.identifier,
        "level": lambda node: reader.choice(node, LEVELS),
        "status": lambda node: reader.choice(node, STATUSES),
        "fallback": reader.flag,
        **dict.fromkeys(_TEXTS, reader.text),
        **dict.fromkeys(_LISTS, reader.texts),
        **dict.fromkeys(_IDS, reader.identifiers),
    }
    return {name: read(found[name]) for name, read in readers.items() if name in found}


def _condition(
    reader: _Reader,
    root: Node,
    found: Mapping[str, Node],
    patterns: Mapping[str, notation.Body | None],
    aliases: frozenset[str],
) -> Condition | None:
    """The condition; a signature of a single pattern may leave it out."""
    if "condition" in found:
        return reader.condition(found["condition"], patterns, aliases)
    if len(patterns) == 1:
        name = next(iter(patterns))
        return parse_condition(f"count({name}) >= 1", patterns, aliases)
    reader.problem(root, "condition is missing")
    return None
