"""The workshop: what each command on signatures does."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from genescan import pipeline
from genescan.commands import (
    COMPLETE,
    INCOMPLETE,
    INVALID,
    PIN,
    USAGE,
    complain,
    limits_of,
    load_library,
    pack_digest,
    write,
)
from genescan.errors import GenescanError
from genescan.graph import Graph
from genescan.library import SUFFIX, Library
from genescan.limits import Limits
from genescan.render.clean import clean


def run(options: argparse.Namespace) -> int:
    """`genescan signatures ACTION`."""
    if options.action in _ON_FILES:
        return _ON_FILES[options.action](options)
    library = load_library(options)
    if library is None:
        return INVALID
    chosen = getattr(options, "ids", None) or ([options.id] if options.action == "show" else [])
    for name in chosen:
        if name not in library.signatures:
            complain(f"no signature {name}; see genescan signatures list")
            return USAGE
    return _ON_LIBRARY[options.action](library, chosen or sorted(library.signatures))


def _list(library: Library, ids: list[str]) -> int:
    width = max(map(len, ids), default=0)
    for name in ids:
        signature = library.signatures[name]
        sys.stdout.write(f"{name:<{width}}  {signature.level:<9}  {clean(signature.summary)}\n")
    return COMPLETE


def _show(library: Library, ids: list[str]) -> int:
    for name in ids:
        for line in library.signatures[name].source.splitlines():
            sys.stdout.write(clean(line, 500) + "\n")
    return COMPLETE


def _lint(library: Library, ids: list[str]) -> int:
    from genescan import lint

    failed = False
    for name in ids:
        for complaint in lint.check(library.signatures[name], library):
            failed = failed or complaint.severity == "error"
            sys.stdout.write(f"{clean(str(complaint), 500)}\n")
    return INVALID if failed else COMPLETE


def _test(library: Library, ids: list[str]) -> int:
    from genescan import selftest

    passed = failed = 0
    for name in ids:
        for outcome in selftest.run(library.signatures[name], library):
            passed += outcome.passed
            failed += not outcome.passed
            if not outcome.passed:
                sys.stdout.write(f"FAILED {clean(str(outcome), 2000)}\n")
    sys.stdout.write(f"{passed} passed, {failed} failed\n")
    return INVALID if failed else COMPLETE


def _near_misses(library: Library, ids: list[str]) -> int:
    """Say which one-step changes a signature accepts, and which constraints nothing needs."""
    from genescan import mutation, near_misses

    failed = False
    for name in ids:
        signature = library.signatures[name]
        misses = near_misses.derive(signature, library)
        result = mutation.check(signature, library)
        failed = failed or (signature.status == "stable" and bool(result.unneeded))
        refused = sum(not miss.accepted for miss in misses)
        sys.stdout.write(f"{name}: refuses {refused} of {len(misses)} near misses\n")
        for miss in misses:
            if miss.accepted and len(ids) == 1:
                sys.stdout.write(f"  accepts {clean(str(miss), 200)}\n")
        for what in result.unneeded:
            sys.stdout.write(f"  nothing needs {clean(what, 200)}\n")
        for pattern in result.unshown:
            sys.stdout.write(f"  no example shows {pattern}\n")
    return INVALID if failed else COMPLETE


_ON_LIBRARY: Mapping[str, Callable[[Library, list[str]], int]] = {
    "list": _list,
    "show": _show,
    "lint": _lint,
    "test": _test,
    "near-misses": _near_misses,
}


# --- files -------------------------------------------------------------------------------------


def _fmt(options: argparse.Namespace) -> int:
    from genescan.formatting import formatted

    changed = failed = 0
    for path in _files(options.paths):
        try:
            text = path.read_text(encoding="utf-8")
            new = formatted(text)
            if new != text:
                changed += 1
                sys.stdout.write(f"{'would change' if options.check else 'changed'} {path}\n")
                if not options.check:
                    path.write_text(new, encoding="utf-8")
        except (OSError, ValueError) as error:
            failed += 1
            complain(f"{path}: {error}")
    if failed:
        return INCOMPLETE
    return INVALID if options.check and changed else COMPLETE


def _files(paths: list[str]) -> list[Path]:
    """Signature files, those of folders included."""
    found: list[Path] = []
    for path in map(Path, paths):
        found += sorted(path.rglob(f"*{SUFFIX}")) if path.is_dir() else [path]
    return found


def _new(options: argparse.Namespace) -> int:
    from genescan.workshop import template

    return _deliver(template(options.id), options.output)


def _digest(options: argparse.Namespace) -> int:
    for path in options.paths:
        if not Path(path).exists():
            complain(f"{path}: no such file or folder")
            return USAGE
        sys.stdout.write(f"{clean(path)}{PIN}{pack_digest(path)}\n")
    return COMPLETE


_ON_FILES: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "fmt": _fmt,
    "new": _new,
    "digest": _digest,
}


def _deliver(text: str, output: str | None) -> int:
    """Write a new file, never over another one."""
    if output and Path(output).exists():
        complain(f"{output}: is already there")
        return USAGE
    return COMPLETE if write(text, output) else INCOMPLETE


# --- learn -------------------------------------------------------------------------------------


def learn_from(options: argparse.Namespace) -> int:
    """Draft a signature from models of one family; `--not` names models of others."""
    from genescan.learn import NothingShared, draft
    from genescan.workshop import drafted

    limits = limits_of(options)
    try:
        graphs = _load(options.models, limits)
        library = Library.load(limits=limits)
        made = draft(graphs, _load(options.others, limits), limits, library)
    except (GenescanError, NothingShared) as error:
        complain(str(error))
        return INCOMPLETE
    return _deliver(drafted(options.id, made, graphs, limits, library), options.output)


def _load(paths: list[str], limits: Limits) -> list[Graph]:
    return [pipeline.load(path, limits).graph for path in paths]
