"""The error types of genescan; every one names a file, a place and a cause.

GenescanError
├── ModelError        a model file could not be read as what it claims to be
│   ├── Unsupported   a recognised kind of file that no reader handles
│   └── LimitExceeded a budget of `genescan.limits` ran out while reading
├── PassError         a canonicalisation pass broke an invariant
├── NotationError     text in the graph notation is wrong (line, column)
└── SignatureError    a signature file is wrong; holds every problem found
"""

from __future__ import annotations

from dataclasses import dataclass


class GenescanError(Exception):
    """Base of everything that genescan raises on purpose."""


class ModelError(GenescanError):
    """A model file is malformed: `cause` says why, `place` where inside the file."""

    def __init__(self, cause: str, *, place: str = "", path: str = "") -> None:
        super().__init__(cause)
        self.cause, self.place, self.path = cause, place, path

    def __str__(self) -> str:
        return ": ".join(part for part in (self.path, self.place, self.cause) if part)


class Unsupported(ModelError):
    """The file is of a known kind that genescan does not read; `kind` names it."""

    def __init__(self, cause: str, *, kind: str, place: str = "", path: str = "") -> None:
        super().__init__(cause, place=place, path=path)
        self.kind = kind


class LimitExceeded(ModelError):
    """A budget ran out: the file was not fully read, so it must never look clean."""

    def __init__(self, limit: str, *, place: str = "", path: str = "") -> None:
        super().__init__(f"limit exceeded: {limit}", place=place, path=path)
        self.limit = limit


class PassError(GenescanError):
    """A pass left the graph in a state that `genescan.verify` rejects."""


class NotationError(GenescanError):
    """Text in the graph notation is wrong; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message, self.line, self.column = message, line, column

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a signature file."""

    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.message}" + (
            f" ({self.hint})" if self.hint else ""
        )


class SignatureError(GenescanError):
    """A signature file is wrong; all its problems are reported together."""

    def __init__(self, path: str, problems: tuple[Problem, ...]) -> None:
        super().__init__(path)
        self.path, self.problems = path, problems

    def __str__(self) -> str:
        return "\n".join(f"{self.path}:{problem}" for problem in self.problems)
