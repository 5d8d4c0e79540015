"""A cold scan of a folder in worker processes, and what one process holds that reads all of it.

    python -m benchmarks.folder FOLDER [--seconds 30]

Prints wall time with workers and in one process, the share of files that were fully read, and the
peak of memory of one process. Ends with 1 when the scan takes longer than `--seconds`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

PEAK = """
import sys
from pathlib import Path
from genescan.cli import main
code = main(sys.argv[1:])
status = Path("/proc/self/status")
if status.exists():
    sys.stderr.write(status.read_text().split("VmHWM:")[1].split()[0])
"""


def scan(*arguments: str) -> tuple[float, str, str]:
    """Wall seconds of `genescan scan` in a new process, and what it wrote."""
    started = time.perf_counter()
    command = [sys.executable, "-c", PEAK, "scan", "--format", "json", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return time.perf_counter() - started, ran.stdout, ran.stderr


def main() -> None:
    """Scan twice and print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    apart, text, _ = scan(str(options.folder))
    alone, _, peak = scan("--no-isolate", str(options.folder))
    outcomes = Counter(model["outcome"] for model in json.loads(text)["models"])
    print(f"models       {sum(outcomes.values())}: {dict(outcomes)}")
    print(f"in workers   {apart:.1f} s")
    print(f"in one       {alone:.1f} s, peak {int(peak or 0) // 1024} MB")
    raise SystemExit(apart > options.seconds)


if __name__ == "__main__":
    main()
