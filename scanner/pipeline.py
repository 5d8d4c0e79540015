"""The story in one page: read, canonicalise, match, judge; for one file or many.

Whatever goes wrong with one file becomes that file's outcome; the others are still scanned.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import genescan
from genescan import converters, verdict
from genescan.canonical import Canonical, canonicalise
from genescan.collector import paused
from genescan.deadline import within
from genescan.errors import GenescanError, LimitExceeded, ModelError, Unsupported
from genescan.findings import Context
from genescan.folders import Found, files
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.report import SCHEMA_VERSION, Model, Report, Skipped

Scanner: TypeAlias = Callable[[Iterable[str]], Iterable[Model]]
"""Gives the verdicts on files, in their order."""

UNRECOGNISED = "unrecognised"
"""The kind of a file that is no model at all, as far as its content tells."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to scan."""

    limits: Limits = DEFAULT
    matches: bool = False
    """Keep every match in the report (evidence for people and for tools)."""


def load(path: str | os.PathLike[str], limits: Limits = DEFAULT) -> Canonical:
    """Read a model file and canonicalise its graph; raises `ModelError` or `PassError`."""
    return canonicalise(converters.read(path, limits), limits)


def scan_file(path: str, library: Library, options: Options = Options()) -> Model:  # immutable
    """The verdict on one file; never raises for what the file contains."""
    started = time.perf_counter()
    try:
        with within(options.limits.seconds), paused():
            canonical = load(path, options.limits)
            context = Context(library, Index(canonical.graph), options.limits)
            model = verdict.judge(canonical, context, matches=options.matches)
        model = replace(model, path=path)
    except Unsupported as error:
        model = Model(path, error.kind, "unsupported", errors=(str(error),))
    except LimitExceeded as error:
        error.path = error.path or path
        model = Model(path, "", "partial", errors=(str(error),), limits_hit=(error.limit,))
    except ModelError as error:
        model = Model(path, "", "unreadable", errors=(str(error),))
    except (GenescanError, RecursionError, MemoryError) as error:
        model = Model(path, "", "partial", errors=(f"{path}: {type(error).__name__}: {error}",))
    return replace(model, seconds=round(time.perf_counter() - started, 4))


def _left_out(model: Model) -> Skipped | None:
    """Why a file in a folder is no model to report on; None when it is one."""
    reason = model.errors[0] if model.errors else ""
    if model.outcome == "unsupported":
        return Skipped(model.path, reason, model.format != UNRECOGNISED)
    if reason.endswith("empty file"):
        return Skipped(model.path, "empty file", False)
    return None


def _verdicts(
    paths: Iterable[str], scanner: Scanner, progress: Callable[[str], None]
) -> Iterator[tuple[Found, Model]]:
    """Everything there is to scan, each with its verdict."""
    pending: deque[Found] = deque()

    def listed() -> Iterator[str]:
        for found in files(paths):
            pending.append(found)
            progress(found.path)
            yield found.path

    for model in scanner(listed()):
        yield pending.popleft(), model


def scan(
    paths: Iterable[str],
    library: Library,
    options: Options = Options(),  # immutable
    progress: Callable[[str], None] = lambda path: None,
    each: Callable[[Model], None] = lambda model: None,
    scanner: Scanner | None = None,
) -> Report:
    """Scan files and folders.

    Args:
        paths: files, folders, and folders that are one model.
        library: the signatures.
        options: how to scan.
        progress: called with every path before it is read.
        each: called with every verdict as it comes.
        scanner: gives the verdicts on paths in their order; the default scans in this process.
    """
    started = time.perf_counter()
    models: list[Model] = []
    skipped: list[Skipped] = []
    scanner = scanner or (lambda names: (scan_file(name, library, options) for name in names))
    for found, model in _verdicts(paths, scanner, progress):
        left_out = None if found.direct else _left_out(model)
        if left_out is None:
            models.append(model)
            each(model)
        elif left_out.model or not found.part:
            skipped.append(left_out)
    return Report(
        SCHEMA_VERSION,
        genescan.__version__,
        len(library.signatures),
        library.digest,
        tuple(models),
        tuple(skipped),
        tuple(str(error) for error in library.errors),
        round(time.perf_counter() - started, 4),
    )
