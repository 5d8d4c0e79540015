"""CLI: which files of one architecture come to one canonical graph, and where the others differ."""

from __future__ import annotations

import argparse
import csv
import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from genescan import text
from genescan.deadline import within
from genescan.errors import GenescanError
from genescan.limits import DEFAULT
from genescan.pipeline import load

SHAPE = re.compile(r"w\[[^]]*\]|\bshape=\[[^]]*\]|\bdtype='\w+'")
"""What differs legitimately: sizes (open or fixed batches, blocked channels), type of token ids."""


@dataclass
class File:
    """What one file comes to."""

    path: str
    road: str
    """Toolchain and name."""
    digest: str = ""
    text: str = ""
    """Canonical text without sizes."""
    error: str = ""
    incidents: tuple[str, ...] = ()


def examine(root: Path, path: str) -> File:
    """Read and canonicalise one file; an error is part of the answer."""
    found = File(path, path.partition("/")[2])
    try:
        with within(DEFAULT.seconds):
            result = load(root / path)
        found.digest, found.incidents = result.digest, result.incidents
        found.text = SHAPE.sub("...", text.render(result.graph))
    except (GenescanError, RecursionError, MemoryError) as error:
        found.error = f"{type(error).__name__}: {error}".replace(f"{root / path}: ", "")
    return found


@dataclass
class Comparison:
    """The files of one architecture, sorted by what they come to."""

    name: str
    digest: str
    """Of the largest class."""
    equal: list[File]
    other: list[File]
    failed: list[File]

    @property
    def share(self) -> str:
        """How many of all files are in the largest class."""
        return f"{len(self.equal)}/{len(self.equal) + len(self.other) + len(self.failed)}"


def compare(name: str, files: list[File]) -> Comparison:
    """Find the largest class of equal digests."""
    read = [file for file in files if file.digest]
    counts = Counter(file.digest for file in read)
    most = max(counts, key=lambda digest: (counts[digest], digest)) if counts else ""
    equal = [file for file in read if file.digest == most]
    other = [file for file in read if file.digest != most]
    return Comparison(name, most, equal, other, [file for file in files if not file.digest])


def difference(reference: File, file: File, lines: int) -> list[str]:
    """The first lines in which two canonical texts differ, names of values left out."""
    before, after = (plain(each.text).splitlines() for each in (reference, file))
    found = difflib.unified_diff(before, after, lineterm="", n=0)
    return [line for line in found if not line.startswith(("---", "+++", "@@"))][:lines]


def plain(notation: str) -> str:
    """The text without numbers of values, so that one missing node does not shift the rest."""
    return re.sub(r"\bn\d+\b", "n", notation)


def show(result: Comparison, lines: int) -> None:
    """Print one architecture: its share, then every file outside the largest class."""
    print(f"{result.name:20} {result.share:>7} equal")
    for digest in dict.fromkeys(file.digest for file in result.other):
        group = [file for file in result.other if file.digest == digest]
        print(f"  differ: {' '.join(file.road for file in group)}")
        for line in difference(result.equal[0], group[0], lines):
            print(f"      {line[:150]}")
    for cause in dict.fromkeys(file.error for file in result.failed):
        print(f"  error:  {cause[:200]}")
        print("      " + " ".join(file.road for file in result.failed if file.error == cause))
    for file in [*result.equal, *result.other]:
        for incident in file.incidents:
            print(f"  incident: {file.road}: {incident}")
    texts = {file.text for file in result.equal}
    if len(texts) > 1:
        print(f"  note: {len(texts)} texts have this digest")


def totals(results: Iterable[Comparison]) -> dict[str, list[int]]:
    """Equal and all files by toolchain and together."""
    found: dict[str, list[int]] = {}
    for result in results:
        for file in [*result.equal, *result.other, *result.failed]:
            for key in (file.road.partition("/")[0], "all"):
                pair = found.setdefault(key, [0, 0])
                pair[0] += file in result.equal
                pair[1] += 1
    return found


def written_files(out: Path) -> Iterable[tuple[str, str, str]]:
    """Architecture, toolchain and path of each file that was exported, of roads or of the zoo."""
    if (out / "index.json").exists():
        for row in json.loads((out / "index.json").read_text())["files"]:
            if not row["error"]:
                yield row["architecture"], row["toolchain"], row["path"]
    else:
        with (out / "manifest.csv").open(newline="") as handle:
            for row in csv.DictReader(handle):
                name, _, file = row["path"].partition("/")
                yield name, file, row["path"]


def main(argv: list[str] | None = None) -> int:
    """Print the comparison and write it as JSON."""
    parser = argparse.ArgumentParser(prog="benchmarks.roads.compare", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", metavar="ARCH")
    parser.add_argument("--toolchains", nargs="+", metavar="NAME", help="look at these only")
    parser.add_argument("--lines", type=int, default=8, help="of each difference")
    parser.add_argument("--shares", action="store_true", help="print shares only, no differences")
    parser.add_argument("--json", type=Path, help="default: OUT/compare.json")
    args = parser.parse_args(argv)
    names: dict[str, list[str]] = {}
    for name, toolchain, path in written_files(args.out):
        if args.toolchains and toolchain not in args.toolchains:
            continue
        if not args.only or name in args.only:
            names.setdefault(name, []).append(path)
    results = []
    for name, paths in names.items():
        results.append(compare(name, [examine(args.out, path) for path in paths]))
        if args.shares:
            print(f"{name:20} {results[-1].share:>7} equal")
        else:
            show(results[-1], args.lines)
    counts = totals(results)
    for key, (equal, every) in counts.items():
        print(f"{key:10} {equal} of {every} equal ({equal / every:.1%})")
    written: dict[str, Any] = {"totals": counts, "architectures": [asdict(r) for r in results]}
    path = args.json or args.out / "compare.json"
    path.write_text(json.dumps(written, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
