"""The story in one page: read, canonicalise, match, judge; for one file or many.

Whatever goes wrong with one file becomes that file's outcome; the others are still scanned.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import genescan
from genescan import converters, verdict
from genescan.canonical import Canonical, canonicalise
from genescan.collector import paused
from genescan.deadline import within
from genescan.errors import GenescanError, LimitExceeded, ModelError, Unsupported
from genescan.findings import Context
from genescan.index import Index
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.report import SCHEMA_VERSION, Model, Report, Skipped

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


def files(paths: Iterable[str]) -> Iterator[tuple[str, bool]]:
    """Regular files below the given paths in sorted order; True for those named directly.

    Symbolic links inside folders are not followed. A path that does not exist is yielded, so
    that reading it reports the error.
    """
    for path in paths:
        if not Path(path).is_dir():
            yield path, True
            continue
        for folder, inner, names in os.walk(path):
            inner.sort()
            for name in sorted(names):
                full = os.path.join(folder, name)  # noqa: PTH118  # keeps the user's spelling
                if not os.path.islink(full):  # noqa: PTH114  # as above
                    yield full, False


def scan(
    paths: Iterable[str],
    library: Library,
    options: Options = Options(),  # immutable
    progress: Callable[[str], None] = lambda path: None,
    each: Callable[[Model], None] = lambda model: None,
) -> Report:
    """Scan files and folders; `each` is called with every verdict as it comes."""
    started = time.perf_counter()
    models: list[Model] = []
    skipped: list[Skipped] = []
    for path, direct in files(paths):
        progress(path)
        model = scan_file(path, library, options)
        if not direct and model.outcome == "unsupported":
            reason = model.errors[0] if model.errors else "unsupported"
            skipped.append(Skipped(path, reason, model.format != UNRECOGNISED))
        elif not direct and model.errors and model.errors[0].endswith("empty file"):
            skipped.append(Skipped(path, "empty file", False))
        else:
            models.append(model)
            each(model)
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
