"""One JSON object a line and file: for stores, pipes and streams."""

from __future__ import annotations

import json

from genescan.report import Model, Report, to_json


def line(model: Model) -> str:
    """One verdict."""
    return json.dumps(to_json(model), separators=(",", ":")) + "\n"


def render(report: Report, verbosity: int = 0, terminal: bool = False) -> str:
    """All verdicts of a report."""
    return "".join(line(model) for model in report.models)
