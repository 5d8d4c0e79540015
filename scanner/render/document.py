"""The JSON document of a report, after `report.schema.json`."""

from __future__ import annotations

import json

from genescan.report import Report, to_json


def render(report: Report, verbosity: int = 0, terminal: bool = False) -> str:
    """Indented JSON; every character outside ASCII is escaped, so that it is safe anywhere."""
    return json.dumps(to_json(report), indent=2) + "\n"
