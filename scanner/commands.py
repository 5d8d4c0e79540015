"""What each command does; only here is anything written to the terminal or to a file."""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from fnmatch import fnmatchcase
from importlib import import_module
from pathlib import Path

from genescan import canonical, converters, pipeline
from genescan.errors import GenescanError
from genescan.folders import files
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.render import GRAPHS, REPORTS
from genescan.render.clean import clean
from genescan.report import Model, Report

PIN = "@sha256:"
"""Between the path of a signature pack and the digest that it must have."""
COMPLETE, FAILED, INCOMPLETE, NOTHING, USAGE, INVALID = range(6)
"""Exit codes, see `genescan.cli`."""

_OUTCOMES = ("identified", "ambiguous", "unknown", "unsupported", "unreadable", "partial")


def run(options: argparse.Namespace) -> int:
    """Run the command that was parsed; returns the exit code."""
    return _COMMANDS[options.command](options)


def complain(message: str) -> None:
    """Say what went wrong on standard error, made safe for a terminal."""
    sys.stderr.write(f"genescan: {clean(message, 2000)}\n")


def write(text: str, output: str | None) -> bool:
    """Write to a file or to standard output; False, with the reason printed, where that fails."""
    if not output:
        sys.stdout.write(text)
        return True
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        complain(f"{output}: {error.strerror}")
        return False
    return True


def limits_of(options: argparse.Namespace) -> Limits:
    """The budgets, with what the command line changes of them."""
    limits = DEFAULT
    if options.timeout:
        limits = replace(limits, seconds=options.timeout)
    if options.max_nodes:
        limits = replace(limits, nodes=int(options.max_nodes))
    return limits


def load_library(options: argparse.Namespace) -> Library | None:
    """The signatures; None, with the problems printed, when some are invalid."""
    options.rules, wrong = _packs(options.rules)
    for problem in wrong:
        complain(problem)
    library = Library.load(*map(Path, options.rules))
    gc.freeze()  # signatures stay; see `genescan.cli.main`
    gc.enable()
    for error in library.errors:
        for line in str(error).splitlines():
            complain(line)
    for notice in library.skipped:
        complain(f"skipped: {notice}")
    return None if library.errors or wrong else library


def _packs(rules: list[str]) -> tuple[list[str], list[str]]:
    """Paths of signature packs without their pins, and what is wrong with them."""
    paths, wrong = [], []
    for rule in rules:
        path, _, pin = rule.partition(PIN)
        paths.append(path)
        if not Path(path).exists():
            wrong.append(f"{path}: no such file or folder")
        elif pin and (found := pack_digest(path)) != pin.lower():
            wrong.append(f"{path}: its digest is {found}, not {pin}")
    return paths, wrong


def pack_digest(path: str) -> str:
    """SHA-256 over the signatures of a file or folder, in hexadecimal digits."""
    return Library.load(Path(path), bundled=False).digest


# --- scan --------------------------------------------------------------------------------------


def _several(options: argparse.Namespace) -> bool:
    """Whether more than one file may come."""
    return len(options.paths) > 1 or any(Path(path).is_dir() for path in options.paths)


@contextmanager
def _scanner(
    options: argparse.Namespace, settings: pipeline.Options
) -> Iterator[pipeline.Scanner | None]:
    """Worker processes where files are scanned apart, else None."""
    apart = _several(options) if options.isolate is None else options.isolate
    if not apart:
        yield None
        return
    from genescan import isolation

    count = int(options.jobs or isolation.jobs()) if _several(options) else 1
    with isolation.Workers(count, settings, options.rules) as workers:
        yield workers.scan


@contextmanager
def _progress(options: argparse.Namespace) -> Iterator[Callable[[str], None]]:
    """A bar with the file being read, on a terminal only and for several files only."""
    if not _several(options) or not sys.stderr.isatty():
        yield lambda path: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=sum(1 for _ in files(options.paths)))
        started = 0

        def show(path: str) -> None:
            nonlocal started
            progress.update(task, completed=started, description=escape(clean(path, 80)))
            started += 1

        yield show


def _scan(options: argparse.Namespace) -> int:
    given = (word.strip() for item in options.fail_on for word in item.split(","))
    conditions = [word for word in given if word]
    for word in conditions:
        if word not in _OUTCOMES and not word.startswith("family:"):
            complain(f"--fail-on {word}: expected an outcome or family:PATTERN")
            return USAGE
    library = load_library(options)
    if library is None:
        return INVALID
    stream = options.format == "ndjson" and not options.output
    renderer = import_module(REPORTS[options.format])

    def each(model: Model) -> None:
        if stream:
            sys.stdout.write(renderer.line(model))
            sys.stdout.flush()

    settings = pipeline.Options(limits_of(options), matches=options.verbose > 1)
    with _progress(options) as progress, _scanner(options, settings) as scanner:
        report = pipeline.scan(options.paths, library, settings, progress, each, scanner)
    if stream:
        for item in report.skipped:
            if item.model:
                complain(f"skipped {item.path}: {item.reason}")
    else:
        terminal = not options.output and sys.stdout.isatty()
        if not write(renderer.render(report, options.verbose, terminal), options.output):
            return INCOMPLETE
    return 0 if options.exit_zero else exit_code(report, conditions)


def exit_code(report: Report, conditions: list[str]) -> int:
    """What a report means for a script; a policy that was hit comes before incompleteness."""
    if any(_hit(model, condition) for model in report.models for condition in conditions):
        return FAILED
    outcomes = {model.outcome for model in report.models}
    models_left_out = any(item.model for item in report.skipped)
    if models_left_out and "unsupported" in conditions:
        return FAILED
    if not outcomes - {"unsupported"}:
        return NOTHING
    incomplete = outcomes & {"unreadable", "partial", "unsupported"}
    return INCOMPLETE if incomplete or models_left_out or report.errors else COMPLETE


def _hit(model: Model, condition: str) -> bool:
    if not condition.startswith("family:"):
        return model.outcome == condition
    wanted = condition.removeprefix("family:")
    found = [model.family, *model.candidates]
    ids = [name for family in found if family for name in family.id.split(" + ")]
    return any(fnmatchcase(name, wanted) for name in ids)


# --- graph and explain -------------------------------------------------------------------------


def _graph(options: argparse.Namespace) -> int:
    try:
        raw = converters.read(options.model, limits_of(options))
        passes = {"core": canonical.CORE, "full": canonical.FULL, "raw": ()}[options.view]
        made = canonical.canonicalise(raw, limits_of(options), passes)
    except GenescanError as error:
        complain(str(error))
        return INCOMPLETE
    for incident in made.incidents:
        complain(f"{options.model}: canonicalisation lost something: {incident}")
    renderer = import_module(GRAPHS[options.format])
    written = write(renderer.render(made.graph, options.view != "core"), options.output)
    lost = made.incidents
    return COMPLETE if written and not lost else INCOMPLETE


def _convert(options: argparse.Namespace) -> int:
    from genescan.render import graph_onnx

    try:
        made = pipeline.load(options.model, limits_of(options))
        content = graph_onnx.render(made.graph, Path(options.model).name)
        Path(options.output).write_bytes(content)
    except GenescanError as error:
        complain(str(error))
        return INCOMPLETE
    except OSError as error:
        complain(f"{options.output}: {error.strerror}")
        return INCOMPLETE
    for incident in made.incidents:
        complain(f"{options.model}: canonicalisation lost something: {incident}")
    return INCOMPLETE if made.incidents else COMPLETE


def _explain(options: argparse.Namespace) -> int:
    from genescan import explanation

    library = load_library(options)
    if library is None:
        return INVALID
    if options.signature not in library.signatures:
        complain(f"no signature {options.signature}; see genescan signatures list")
        return USAGE
    try:
        made = pipeline.load(options.model, limits_of(options))
    except GenescanError as error:
        complain(str(error))
        return INCOMPLETE
    for line in explanation.explain(made, library, options.signature, limits_of(options)):
        sys.stdout.write(line + "\n")
    return COMPLETE


def _signatures(options: argparse.Namespace) -> int:
    from genescan import signature_commands

    return signature_commands.run(options)


def _learn(options: argparse.Namespace) -> int:
    from genescan import signature_commands

    return signature_commands.learn_from(options)


def _benchmark(options: argparse.Namespace) -> int:
    from genescan import benchmark

    library = load_library(options)
    if library is None:
        return INVALID
    try:
        result = benchmark.run(
            options.manifest, library, limits_of(options), options.grades, options.where
        )
    except (OSError, ValueError) as error:
        complain(f"{options.manifest}: {error}")
        return INCOMPLETE
    sys.stdout.write(benchmark.render(result))
    if options.output and not write(benchmark.to_json(result), options.output):
        return INCOMPLETE
    return COMPLETE


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "scan": _scan,
    "graph": _graph,
    "convert": _convert,
    "explain": _explain,
    "signatures": _signatures,
    "learn": _learn,
    "benchmark": _benchmark,
}
