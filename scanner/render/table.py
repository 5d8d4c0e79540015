"""The report for people: a summary, more with -v, evidence with -vv.

Everything that comes from a file is cleaned and printed as plain text, never as markup.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from shutil import get_terminal_size
from typing import TYPE_CHECKING, TypeAlias

from genescan.render.clean import clean
from genescan.report import Component, Family, Model, Report

if TYPE_CHECKING:  # rich costs a tenth of a scan: imported for colours and tables only
    from rich.table import Table

Line: TypeAlias = "tuple[tuple[str, str], ...]"
"""Spans of text with their style."""

_STYLES = {
    "identified": "bold green",
    "ambiguous": "bold yellow",
    "unknown": "bold yellow",
    "unsupported": "dim",
    "unreadable": "bold red",
    "partial": "bold red",
}
_WIDE = 120
"""Columns from which the table shows everything."""
_UNBOUNDED = 10_000
"""Columns where no terminal limits them: a path or a name stays on its line for grep."""


def render(report: Report, verbosity: int = 0, terminal: bool = False) -> str:
    """One block for one file, a table for several; errors and skipped files after both."""
    blocks = len(report.models) == 1 or verbosity
    lines: list[Line] = []
    if blocks:
        lines += [line for model in report.models for line in _block(model, verbosity)]
    wide = not terminal or get_terminal_size().columns >= _WIDE
    table = None if blocks or not report.models else _table(report, wide)
    lines += _tail(report, verbosity)
    if table is None and not terminal:
        return "".join(_plain(line) + "\n" for line in lines)
    return _printed(table, lines, terminal)


def _plain(line: Line) -> str:
    return "".join(text for text, _ in line).rstrip(" ")


def _printed(table: Table | None, lines: list[Line], terminal: bool) -> str:
    from rich.console import Console
    from rich.text import Text

    buffer = io.StringIO()
    colour = terminal and not os.environ.get("NO_COLOR")
    console = Console(
        file=buffer,
        force_terminal=colour,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        width=None if terminal else _UNBOUNDED,
        soft_wrap=True,
    )
    if table is not None:
        console.print(table)
    for line in lines:
        console.print(Text.assemble(*line))
    return "".join(line.rstrip(" ") + "\n" for line in buffer.getvalue().split("\n")[:-1])


def family_name(family: Family | None) -> str:
    """Title and variant, as in `ResNet (resnet-50)`."""
    if family is None:
        return "-"
    return family.title + (f" ({family.variant})" if family.variant else "")


def _row(label: str, value: str) -> Line:
    return ("  ", ""), (f"{label:<12}", "dim"), (f" {value}", "")


def _block(model: Model, verbosity: int) -> Iterator[Line]:
    name = family_name(model.family)
    if model.outcome == "ambiguous":
        name = " or ".join(family_name(candidate) for candidate in model.candidates)
    yield (
        (f"{clean(model.path)}  ", "bold"),
        (f"{model.outcome}  ", _STYLES[model.outcome]),
        (name if name != "-" else "", "bold"),
    )
    for error in model.errors:
        yield _row("error", clean(error, 500))
    for part in model.skipped:
        yield _row("left out", clean(part))
    for limit in model.limits_hit:
        yield _row("limit", clean(limit))
    if model.nodes:
        yield from _facts(model)
    if verbosity:
        yield from _details(model)
    if verbosity > 1:
        yield from _evidence(model)


def _facts(model: Model) -> Iterator[Line]:
    family = model.family
    if family is not None:
        yield _row("family", f"{family.id}, confidence {family.confidence:.2f}")
        if family.indistinguishable:
            yield _row("same graph", ", ".join(family.indistinguishable))
    for component in model.components[:8]:
        yield _row("component", _component(component))
    if model.modality:
        yield _row("modality", ", ".join(model.modality))
    if model.task:
        yield _row("task", ", ".join(model.task))
    rest = model.unexplained
    operators = ", ".join(f"{clean(op)} x{n}" for op, n in list(rest.operators.items())[:5])
    done = model.compute_nodes - rest.nodes
    explained = f"{1 - rest.share:.0%}, {done} of {model.compute_nodes} compute nodes"
    if model.compute_nodes:
        yield _row("explained", explained + (f"; rest: {operators}" if operators else ""))
    for near in model.nearest[:3]:
        shared = f", {len(near.blocks)} repeated blocks" if near.blocks else ""
        yield _row("nearest", f"{near.id} ({near.coverage:.0%} of the compute nodes{shared})")
    for block in model.repeated:
        operators = " ".join(map(clean, block.operators))
        more = " ..." if block.size > len(block.operators) else ""
        share = f"{block.count} x, {block.coverage:.0%} of the graph"
        yield _row("block", f"{share}: {operators}{more}")
    if model.outcome == "unknown" and model.repeated:
        yield _row("next", f"genescan learn {clean(model.path)} drafts a signature")
    if model.unknown_operators:
        names = ", ".join(f"{clean(op)} x{n}" for op, n in model.unknown_operators.items())
        yield _row("unknown ops", names)
    yield _row("digest", model.digest)


def _component(component: Component) -> str:
    variant = f" ({component.variant})" if component.variant else ""
    role = f", {component.role}" if component.role else ""
    first, last = component.nodes
    span = f"nodes {first}-{last}"
    share = f"{component.coverage:.0%}"
    return f"{component.id}{variant}{role}: {component.count} x, {share} of the graph, {span}"


def _details(model: Model) -> Iterator[Line]:
    if model.family is not None:
        for reason in model.family.reasons:
            yield _row("because", clean(reason))
    for component in model.components:
        yield _row("range", f"{component.id}: {clean(component.first)} … {clean(component.last)}")
    for relative in model.relatives[:8]:
        through = f" through {', '.join(relative.through)}" if relative.through else ""
        yield _row("relative", relative.id + through)
    for item in model.evidence:
        yield _row("evidence", clean(f"{item.claim}: {item.because}"))
    for region in _regions(model):
        yield _row("region", region)
    for near in model.nearest:
        for reason in near.reasons:
            yield _row("short of", clean(f"{near.id}: {reason}"))
    if model.sized_digest:
        yield _row("sized digest", model.sized_digest)
    for name, value in model.facts.items():
        yield _row("file says", clean(f"{name} = {value}"))
    yield _row("time", f"{model.seconds * 1000:.0f} ms")


def _regions(model: Model) -> Iterator[str]:
    """The largest unexplained parts, in words."""
    for region in model.unexplained.regions:
        operators = ", ".join(f"{clean(op)} x{n}" for op, n in region.operators.items())
        span = f"{clean(region.first)} … {clean(region.last)}"
        yield f"{region.size} unexplained nodes, {span}: {operators}"


def _evidence(model: Model) -> Iterator[Line]:
    for match in model.matches:
        bound = ", ".join(f"{name}={clean(node, 60)}" for name, node in match.bindings.items())
        yield _row("match", f"{match.signature} {match.pattern} at node {match.anchor}: {bound}")


def _table(report: Report, wide: bool) -> Table:
    """A row a model; where the terminal is narrow, the columns that matter least are left out."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    headings = ("file", "outcome", "family", "confidence", "explained", "components")
    for heading in headings if wide else headings[:3]:
        table.add_column(heading, overflow="fold")
    for model in report.models:
        name = family_name(model.family)
        if model.outcome == "ambiguous":
            name = " or ".join(family_name(candidate) for candidate in model.candidates)
        if model.errors:
            name = model.errors[0].removeprefix(f"{model.path}: ")
        read = bool(model.nodes)
        cells = (
            Text(clean(model.path)),
            Text(model.outcome, _STYLES[model.outcome]),
            Text(clean(name, 100)),
            f"{model.family.confidence:.2f}" if model.family else "",
            f"{1 - model.unexplained.share:.0%}" if read else "",
            Text(", ".join(component.id for component in model.components[:3])),
        )
        table.add_row(*cells[: len(headings) if wide else 3])
    return table


def _tail(report: Report, verbosity: int) -> Iterator[Line]:
    for error in report.errors:
        yield ((clean(f"signature error: {error}", 1000), "red"),)
    known = [item for item in report.skipped if item.model]
    for item in report.skipped if verbosity else known:
        style = "yellow" if item.model else "dim"
        yield ((clean(f"skipped {item.path}: {item.reason}", 500), style),)
    if len(report.models) + len(report.skipped) == 1:
        return
    counts: dict[str, int] = {}
    for model in report.models:
        counts[model.outcome] = counts.get(model.outcome, 0) + 1
    parts = [f"{number} {outcome}" for outcome, number in sorted(counts.items())]
    if report.skipped:
        parts.append(f"{len(report.skipped)} skipped ({len(known)} of them models)")
    summary = f"{len(report.models)} models: {', '.join(parts)}; {report.seconds:.1f} s"
    yield ((summary, "dim"),)
