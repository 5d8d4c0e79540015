"""Whether a draft finds what it was not learned from: `python -m benchmarks.learn OUT LIST`.

For each family of `benchmarks.zoo.outside`, of which no signature knows one, `genescan learn` sees
two models and the unedited draft is tried on a third: another implementation, or another size by
another exporter. Every way to choose the two counts as a row; the tally is of the row that the
list names. Strangers are the models of the other families and those in `--strangers` folders;
labels of a folder come from a `manifest.csv` or `MANIFEST.csv` in it with `path` and `family`.

A draft *finds* a model where its condition holds, and *names* it where a scan with the whole
library gives its id. It claims a stranger where its condition holds, named or not.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TypeAlias

from genescan import learn, pipeline, verdict
from genescan.benchmark import interval
from genescan.canonical import Canonical
from genescan.errors import GenescanError
from genescan.findings import Context
from genescan.folders import files
from genescan.graph import Graph
from genescan.index import Index
from genescan.library import Library
from genescan.sketch import source

TARGET = 8
ID = "local/draft"
Labelled: TypeAlias = tuple[str, str, Canonical]
"""What to call a model, its family, and its graph."""


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one draft."""

    family: str
    third: str
    found: bool
    named: str
    """What the scan called the third model."""
    claimed: tuple[str, ...]
    """Strangers on which the condition holds."""
    trouble: str = ""


def make(out: Path, families: Mapping[str, Sequence[tuple[object, str]]]) -> Iterator[Labelled]:
    """The three models of each family, written where they are not there yet."""
    from benchmarks.zoo.export import file_name, run
    from benchmarks.zoo.spec import Spec

    for family, trio in families.items():
        for spec, variant in trio:
            assert isinstance(spec, Spec)
            saved = "keras_saved"  # what converters of Keras models start from
            for each in [saved, variant] if spec.toolchain == "keras" else [variant]:
                if not (out / spec.name / file_name(spec, each)).exists():
                    run(spec, each, 0, out / spec.name)
            path = out / spec.name / file_name(spec, variant)
            yield spec.name, family, pipeline.load(path)


def strangers(folders: Sequence[str]) -> Iterator[Labelled]:
    """Every readable model in these folders."""
    for folder in folders:
        labels = {}
        for name in ("manifest.csv", "MANIFEST.csv"):
            if (Path(folder) / name).exists():
                with (Path(folder) / name).open(newline="") as handle:
                    labels = {row["path"]: row["family"] for row in csv.DictReader(handle)}
        for found in files([folder]):
            try:
                name = Path(found.path).relative_to(folder).as_posix()
                yield name, labels.get(name, ""), pipeline.load(found.path)
            except GenescanError:
                continue


def measure(trio: Sequence[Labelled], third: int, others: Sequence[Labelled],
            library: Library) -> Row:  # fmt: skip
    """Learn from two of three, look for the third and for strangers."""
    name, family, wanted = trio[third]
    graphs = [each.graph for i, (_, _, each) in enumerate(trio) if i != third]
    try:
        made = learn.draft(graphs, library=library)
    except learn.NothingShared as error:
        return Row(family, name, False, "", (), str(error))
    grown = extended(library, made)
    claimed = tuple(path for path, label, each in others
                    if label != family and holds(grown, each.graph))  # fmt: skip
    context = Context(grown, Index(wanted.graph))
    model = verdict.judge(wanted, context)
    rivals = [model.family.id] if model.family else [each.id for each in model.candidates]
    found = context.finding(grown.signatures[ID]).truth == "true"
    return Row(family, name, found, " | ".join(rivals) or model.outcome, claimed)


def extended(library: Library, made: learn.Draft) -> Library:
    """The library and a draft."""
    text = source(made.patterns, made.condition)
    return library.plus(text.replace("id: draft", f"id: {ID}", 1))[0]


def holds(library: Library, graph: Graph) -> bool:
    """Whether the draft's condition is true of a graph."""
    return Context(library, Index(graph)).finding(library.signatures[ID]).truth == "true"


def tell(rows: Sequence[Row], title: str) -> int:
    """Print a table and its tally; how many rows are right."""
    print(f"{title:<18} {'third':<24} {'found':<6} {'scan says':<28} strangers claimed")
    for row in rows:
        more = f" and {len(row.claimed) - 4} more" if len(row.claimed) > 4 else ""
        claimed = ", ".join(row.claimed[:4]) + more or "-"
        answer = "yes" if row.found else "no"
        named = row.named.replace(ID, "the draft") or row.trouble
        print(f"{row.family:<18} {row.third:<24} {answer:<6} {named:<28} {claimed}")
    found = sum(row.found for row in rows)
    right = sum(row.found and not row.claimed for row in rows)
    low, high = interval(right, len(rows))
    spread = f"{100 * right / len(rows):.0f} %, 95 % interval {100 * low:.0f} to {100 * high:.0f} %"
    print(f"{found} of {len(rows)} found, {right} with no stranger ({spread})\n")
    return right


def main() -> int:
    """Print both tables; 1 where the target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks.learn", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("list", choices=["first", "second"])
    parser.add_argument("--strangers", nargs="*", default=[], metavar="FOLDER")
    parser.add_argument("--make", action="store_true", help="write the models and stop")
    args = parser.parse_args()
    families = import_module(f"benchmarks.zoo.outside.{args.list}").FAMILIES
    models = list(make(args.out, families))
    if args.make:
        return 0
    others = [*models, *strangers(args.strangers)]
    library = Library.load()
    trios = [models[i : i + 3] for i in range(0, len(models), 3)]
    print(f"{len(others)} models\n")
    first = [measure(trio, 2, others, library) for trio in trios]
    rest = [measure(trio, third, others, library) for trio in trios for third in (0, 1)]
    right = tell(first, "the third of three")
    tell(rest, "another of three")
    return int(right < TARGET * len(first) / 10)


if __name__ == "__main__":
    sys.exit(main())
