"""Every budget in one place; a hostile file meets one of these before it hurts.

Defaults come from measurements on real models (the largest honest graphs have some
ten thousand nodes) with an order of magnitude to spare.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets for one file; exceeding one gives an error or an *unknown*, never a silent no."""

    skeleton_bytes: int = 32 << 20
    """Bytes of structure kept after payloads are dropped (upb can amplify these ~100x)."""
    wire_fields: int = 20_000_000
    """Protobuf fields walked."""
    xml_bytes: int = 64 << 20
    """Size of an XML file; networks of a thousand layers have less than one mebibyte."""
    nodes: int = 500_000
    """Nodes after local functions and sub-graphs are inlined."""
    calls: int = 64
    """How many times over calls may repeat the nodes of a TensorFlow file, past ten thousand."""
    depth: int = 64
    """Nesting of sub-graphs, functions and wire messages."""
    name_length: int = 4_096
    """Characters of one name that are kept."""
    string_bytes: int = 1 << 20
    """Bytes of one string field."""
    fold_elements: int = 1_024
    """Elements of a constant that are kept and computed with."""
    tensor_rank: int = 64
    """Dimensions of one tensor."""
    seconds: float = 60.0
    """Wall time for reading and canonicalising one file."""
    memory_bytes: int = 4 << 30
    """Address space of a process that scans for another one."""
    match_states: int = 200_000
    """Search states per pattern anchor before its answer becomes *unknown*."""
    variants: int = 64
    """Expansions of the optional nodes of one pattern."""
    yaml_bytes: int = 1 << 20
    """Size of one signature file."""


DEFAULT = Limits()
