"""A process that scans files for another one, so that a hostile file can hurt only this one.

Started by `genescan.isolation` as `python -m genescan.worker`. The first line on standard input
is the configuration, each further line the path of one file, in JSON; for each file one line of
JSON with the verdict goes to standard output. JSON, so that a worker that a file has taken over
cannot make its parent run anything.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from genescan.library import Library
from genescan.limits import Limits
from genescan.pipeline import Options, scan_file
from genescan.report import to_json


def confine(memory: int) -> None:
    """Bound this process: its memory in bytes, and no file written, no core, few files open."""
    try:
        import resource
    except ImportError:  # Windows: the parent still bounds the time
        return
    bounds = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 64,
    }
    for kind, most in bounds.items():
        with suppress(OSError, ValueError):  # a system that does not know the bound
            _, hard = resource.getrlimit(kind)
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (bound, bound))


def serve(configuration: Mapping[str, Any]) -> None:
    """Answer paths until standard input ends."""
    limits = Limits(**configuration["limits"])
    options = Options(limits, matches=bool(configuration["matches"]))
    library = Library.load(*map(Path, configuration["rules"]))
    gc.freeze()
    gc.enable()
    with os.fdopen(os.dup(1), "w", encoding="ascii") as answers:
        os.dup2(2, 1)  # whatever else prints must not look like an answer
        confine(limits.memory_bytes)
        for line in sys.stdin:
            model = scan_file(json.loads(line), library, options)
            answers.write(json.dumps(to_json(model)) + "\n")
            answers.flush()


if __name__ == "__main__":
    gc.disable()  # nothing made while importing and loading signatures is garbage
    serve(json.loads(sys.stdin.readline()))
