"""The result document: what a scan found, as plain immutable data that every renderer reads.

`to_json` gives the versioned JSON form, whose schema is `report.schema.json`; `from_json` reads it
back, so that a stored report can be rendered again in any format.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

SCHEMA_VERSION = "1.1"

Outcome: TypeAlias = Literal[
    "identified", "ambiguous", "unknown", "unsupported", "unreadable", "partial"
]


@dataclass(frozen=True, slots=True)
class Family:
    """A family that a graph belongs to."""

    id: str
    title: str
    variant: str | None
    confidence: float
    """0 to 1; `reasons` says what raised and lowered it."""
    reasons: tuple[str, ...] = ()
    indistinguishable: tuple[str, ...] = ()
    """Other names whose graph is the same: the graph alone cannot tell them apart."""


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the network that a signature found."""

    id: str
    title: str
    role: str
    level: str
    """`family` for a whole architecture used as a part, else `component`."""
    variant: str | None
    count: int
    """How many matches it has."""
    coverage: float
    """Share of the graph's compute nodes that it explains, 0 to 1."""
    nodes: tuple[int, int]
    """First and last node in the canonical graph."""
    first: str
    """Source name of the first node."""
    last: str


@dataclass(frozen=True, slots=True)
class Relative:
    """A family that shares parts with the one found."""

    id: str
    through: tuple[str, ...]
    """Shared components; empty when the signature names the relative itself."""


@dataclass(frozen=True, slots=True)
class Near:
    """A family whose patterns occur in a graph that does not fulfil its condition."""

    id: str
    coverage: float
    reasons: tuple[str, ...]
    blocks: tuple[str, ...] = ()
    """Digests of the repeated blocks that its patterns explain."""


@dataclass(frozen=True, slots=True)
class Region:
    """Unexplained nodes that hang together."""

    size: int
    """How many compute nodes."""
    nodes: tuple[int, int]
    """First and last node in the canonical graph."""
    first: str
    """Source name of the first node."""
    last: str
    operators: Mapping[str, int] = field(default_factory=dict)
    """Most frequent first."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A block that occurs several times, found without any signature."""

    count: int
    size: int
    """Nodes of one occurrence."""
    coverage: float
    """Share of the compute nodes in all occurrences, 0 to 1."""
    digest: str
    """Identity of the block: equal blocks of other models have the same."""
    operators: tuple[str, ...]
    first: str
    """Source name of the first node of the first occurrence."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """What no signature accounts for."""

    share: float
    """Of the compute nodes, 0 to 1."""
    nodes: int
    operators: Mapping[str, int] = field(default_factory=dict)
    """Unexplained compute nodes by operator, most frequent first."""
    regions: tuple[Region, ...] = ()
    """The largest parts, largest first."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A claim about the model with its reason."""

    claim: str
    because: str


@dataclass(frozen=True, slots=True)
class Match:
    """One place where a pattern of a reported signature was found."""

    signature: str
    pattern: str
    anchor: int
    bindings: Mapping[str, str]
    """Source name of the node that each variable stands for."""


@dataclass(frozen=True, slots=True)
class Model:
    """The verdict on one file."""

    path: str
    format: str = ""
    outcome: Outcome = "unreadable"
    digest: str = ""
    """Identity of the architecture: operators, edges, defining attributes."""
    sized_digest: str = ""
    """As `digest`, with the shapes of all parameters."""
    nodes: int = 0
    """Nodes of the canonical graph, graph inputs not counted."""
    compute_nodes: int = 0
    family: Family | None = None
    candidates: tuple[Family, ...] = ()
    """Families between which an ambiguous graph cannot decide."""
    components: tuple[Component, ...] = ()
    modality: tuple[str, ...] = ()
    task: tuple[str, ...] = ()
    relatives: tuple[Relative, ...] = ()
    nearest: tuple[Near, ...] = ()
    """For an unknown graph: families that come closest."""
    repeated: tuple[Repeated, ...] = ()
    """For an unknown graph: the blocks it is made of."""
    unexplained: Unexplained = Unexplained(1.0, 0)
    unknown_operators: Mapping[str, int] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    matches: tuple[Match, ...] = ()
    """Only when asked for."""
    errors: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    """Parts of the file that were left out, with the reason."""
    limits_hit: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    """What the file says of itself (producer, opsets): never used for the verdict."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is no model, or of a kind that is not read."""

    path: str
    reason: str
    model: bool
    """It is known to be a model: leaving it out makes the coverage incomplete."""


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one run."""

    schema_version: str
    version: str
    """Of genescan."""
    signatures: int
    signatures_digest: str
    models: tuple[Model, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    errors: tuple[str, ...] = ()
    seconds: float = 0.0


def to_json(report: Report | Model) -> dict[str, Any]:
    """A JSON-ready dictionary."""
    return asdict(report)


def from_json(data: Mapping[str, Any]) -> Report:
    """Read a report back; raises `ValueError` for another major version or a wrong shape."""
    version = str(data.get("schema_version", ""))
    if version.split(".")[0] != SCHEMA_VERSION.split(".")[0]:
        raise ValueError(f"report schema {version or 'missing'}, expected {SCHEMA_VERSION}")
    try:
        result = _build(Report, data)
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a report: {error}") from None
    assert isinstance(result, Report)
    return result


def model_from_json(data: Mapping[str, Any]) -> Model:
    """Read one verdict back; raises `KeyError` or `TypeError` for a wrong shape."""
    result = _build(Model, data)
    assert isinstance(result, Model)
    return result


def _build(kind: Any, value: Any) -> Any:
    """Rebuild a typed value from its JSON form."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is UnionType:
        if value is None and NoneType in inner:
            return None
        return _build(next(arm for arm in inner if arm is not NoneType), value)
    if origin is tuple:
        return tuple(_build(inner[0], item) for item in value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        known = {f.name for f in fields(kind)}
        return kind(**{name: _build(hints[name], value[name]) for name in value if name in known})
    return dict(value) if isinstance(value, Mapping) else value
