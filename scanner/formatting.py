"""One layout for signature files: `genescan signatures fmt`.

Fields stand in one order, each with the comment lines above it; no trailing blanks, no empty
lines between fields, one line feed at the end. Texts, patterns and tests stay as they were written.
"""

from __future__ import annotations

import re

ORDER = (
    "id", "title", "level", "status", "min_engine", "fallback", "summary", "why", "misses",
    "modality", "task", "role", "references", "aliases", "indistinguishable", "relatives",
    "supersedes", "uses", "patterns", "anchors", "condition", "variants", "tests", "models",
)  # fmt: skip
"""Fields as a reader meets them: what it is, what it says, how it is found, how it is tested."""

_FIELD = re.compile(r"([A-Za-z_]\w*)\s*:")


def formatted(text: str) -> str:
    """The text of a signature file in the one layout; unknown fields come last."""
    pending: list[str] = []
    fields: list[tuple[str, list[str]]] = []
    for line in (line.rstrip() for line in text.splitlines()):
        start = _FIELD.match(line)
        if start:
            fields.append((start[1], [*pending, line]))
            pending = []
        elif line.startswith("#") or not fields:
            pending.append(line)
        else:
            if pending and line:  # a comment inside the field
                fields[-1][1].extend(pending)
                pending = []
            fields[-1][1].append(line)
    place = {name: number for number, name in enumerate(ORDER)}
    fields.sort(key=lambda field: place.get(field[0], len(ORDER)))
    lines = [line for _, block in fields for line in _trimmed(block)]
    return "\n".join([*lines, *filter(None, pending)]) + "\n"


def _trimmed(block: list[str]) -> list[str]:
    """A field without empty lines around it."""
    lines = list(block)
    while lines and not lines[-1]:
        lines.pop()
    while lines and not lines[0]:
        lines.pop(0)
    return lines
