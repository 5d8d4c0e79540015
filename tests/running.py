"""Where things lie and how to run the command; for tests of the whole program."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from genescan.library import Library

ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "fixtures"
ONNX = FIXTURES / "onnx"
HOSTILE = FIXTURES / "hostile"
RESNET = str(ONNX / "resnet-50.onnx")


class Ran(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


Run = Callable[..., Ran]
"""The fixture `run`: `run("scan", path)`."""


@cache
def library() -> Library:
    """The bundled signatures."""
    return Library.load()


def genescan(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `genescan` in a process of its own, output to pipes, without any colour setting."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "genescan", *arguments],
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        encoding="utf-8",
        errors="replace",
    )
