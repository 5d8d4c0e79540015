"""The command line: arguments in, exit code out. The work is in `genescan.commands`.

Exit codes: 0 complete; 1 a --fail-on condition was met; 2 an error, or something was not fully
read; 3 nothing to scan; 4 wrong usage; 5 invalid signatures.
"""

from __future__ import annotations

import argparse
import gc
import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import genescan
from genescan.render import GRAPHS, REPORTS

USAGE = 4
_COMMANDS = ("scan", "graph", "convert", "explain", "signatures", "learn", "benchmark")
_EPILOG = """\
exit codes: 0 complete; 1 a --fail-on condition was met; 2 an error, or something was not fully
read; 3 nothing to scan; 4 wrong usage; 5 invalid signatures"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: error: {message}\n")


def _number(kind: type[int] | type[float]) -> object:
    def positive(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError("must be greater than zero")
        return value

    positive.__name__ = "number"
    return positive


def _rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-r", "--rules", metavar="DIR", action="append", default=[],
        help="add signatures from a folder or file, DIR@sha256:DIGEST to pin it (repeatable)",
    )  # fmt: skip


def _limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=_number(float), default=None,  # type: ignore[arg-type]
        help="wall time for one file (default 60)",
    )  # fmt: skip
    parser.add_argument(
        "--max-nodes", metavar="N", type=_number(int), default=None,  # type: ignore[arg-type]
        help="nodes of one graph (default 500000)",
    )  # fmt: skip


def build() -> argparse.ArgumentParser:
    """The parser with all commands."""
    parser = _Parser(
        prog="genescan",
        description="Tells what a neural-network file is from its computational graph alone.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"genescan {genescan.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    scan = commands.add_parser("scan", help="name the models in files and folders (the default)")
    scan.add_argument("paths", nargs="+", metavar="PATH", help="model files or folders")
    scan.add_argument(
        "-v", "--verbose", action="count", default=0, help="reasons; -vv: every match"
    )
    scan.add_argument("--format", choices=tuple(REPORTS), default="table")
    scan.add_argument("--output", metavar="FILE", help="write there instead of standard output")
    scan.add_argument(
        "--fail-on", metavar="WHAT", action="append", default=[],
        help="exit 1 on an outcome (unknown, ambiguous, partial, unreadable, unsupported) or on a "
        "family (family:text/*); comma-separated, repeatable",
    )  # fmt: skip
    scan.add_argument("--exit-zero", action="store_true", help="exit 0 whatever was found")
    scan.add_argument(
        "--isolate", action=argparse.BooleanOptionalAction,
        help="read each file in a process with limits on memory and time (the default for "
        "folders and several files)",
    )  # fmt: skip
    scan.add_argument(
        "--jobs", metavar="N", type=_number(int), default=None,  # type: ignore[arg-type]
        help="such processes at a time (default: one for each processor, at most 8)",
    )  # fmt: skip
    _rules(scan)
    _limits(scan)

    graph = commands.add_parser("graph", help="print the canonical graph of a model")
    graph.add_argument("model")
    graph.add_argument("--format", choices=tuple(GRAPHS), default="text")
    graph.add_argument(
        "--view", choices=("core", "full", "raw"), default="core",
        help="core: what signatures match; full: with data movement; raw: as read",
    )  # fmt: skip
    graph.add_argument("--output", metavar="FILE")
    _limits(graph)

    convert = commands.add_parser("convert", help="write the canonical graph as an ONNX file")
    convert.add_argument("model")
    convert.add_argument("-o", "--output", metavar="FILE", required=True)
    _limits(convert)

    explain = commands.add_parser("explain", help="say why a signature matches a model, or not")
    explain.add_argument("model")
    explain.add_argument("signature", metavar="SIGNATURE", help="id, such as vision/resnet")
    _rules(explain)
    _limits(explain)

    _signatures(commands)
    _learn(commands)

    benchmark = commands.add_parser("benchmark", help="recall and precision on labelled models")
    benchmark.add_argument("manifest", help="CSV with columns path and family")
    benchmark.add_argument("--grades", metavar="AB", help="only rows of these evidence grades")
    benchmark.add_argument("--where", metavar="COLUMN=PREFIX", help="only rows that start so")
    benchmark.add_argument("--json", metavar="FILE", dest="output", help="write the figures too")
    _rules(benchmark)
    _limits(benchmark)
    return parser


def _signatures(commands: argparse._SubParsersAction[_Parser]) -> None:
    signatures = commands.add_parser("signatures", help="work with signatures")
    actions = signatures.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="all signatures, a line each")
    show = actions.add_parser("show", help="one signature: what it finds, and its source")
    show.add_argument("id")
    lint = actions.add_parser("lint", help="check signatures for mistakes")
    test = actions.add_parser("test", help="run the tests that signatures carry")
    near = actions.add_parser(
        "near-misses", help="one-step changes of the examples, and constraints that none needs"
    )
    for action in (lint, test, near):
        action.add_argument("ids", nargs="*", metavar="ID", help="only these (default: all)")
    for action in (listing, show, lint, test, near):
        _rules(action)
    layout = actions.add_parser("fmt", help="bring signature files into the one layout")
    layout.add_argument("paths", nargs="+", metavar="PATH", help="files or folders")
    layout.add_argument("--check", action="store_true", help="change nothing, exit 5 instead")
    pins = actions.add_parser("digest", help="what to pin signature packs to")
    pins.add_argument("paths", nargs="+", metavar="PATH", help="files or folders")
    new = actions.add_parser("new", help="a signature to fill in")
    new.add_argument("id", help="such as vision/resnet")
    new.add_argument("-o", "--output", metavar="FILE")


def _learn(commands: argparse._SubParsersAction[_Parser]) -> None:
    learn = commands.add_parser("learn", help="draft a signature from models of one family")
    learn.add_argument("models", nargs="+", metavar="MODEL")
    learn.add_argument(
        "--not", dest="others", action="append", default=[], metavar="MODEL",
        help="a model that the draft must not find (repeatable)",
    )  # fmt: skip
    learn.add_argument("--id", default="local/draft", help="id of the new signature")
    learn.add_argument("-o", "--output", metavar="FILE")
    _limits(learn)


def _with_command(arguments: Sequence[str]) -> list[str]:
    """`genescan PATH` means `genescan scan PATH`."""
    given = list(arguments)
    plain = next((word for word in given if not word.startswith("-")), None)
    help_only = {"-h", "--help", "--version"} & set(given)
    complete = plain in _COMMANDS or (help_only and plain is None) or not given
    return given if complete else ["scan", *given]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    parser = build()
    try:
        options = parser.parse_args(_with_command(sys.argv[1:] if arguments is None else arguments))
    except SystemExit as stop:
        return int(stop.code or 0)
    if not options.command:
        parser.print_help(sys.stderr)
        return USAGE
    collecting = gc.isenabled()
    gc.disable()  # nothing made while importing and loading signatures is garbage
    from genescan import commands  # after parsing: --help and usage errors import nothing else

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # names of any script on a terminal of any
            stream.reconfigure(errors="backslashreplace")
    try:
        code = commands.run(options)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output went away: not our error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    finally:
        if collecting:
            gc.enable()
