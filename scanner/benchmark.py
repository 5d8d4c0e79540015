"""Recall and precision of the verdicts on a labelled set of models.

The labels are a CSV file with columns `path` (relative to the file) and `family`; more columns
(`variant`, `evidence_grade` ...) may select rows. A verdict is right when the label's family is
the one named, its variant, a name with the same graph, or one of the named components; a label of
several families joined by `+` needs every one of them. Names are compared without case and signs.
The label `negative` means a network that imitates a family (column `components`) and breaks what
defines it: right is any verdict that claims no specific family.
"""

from __future__ import annotations

import csv
import json
import math
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from genescan import pipeline
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.render.clean import clean
from genescan.report import Family, Model

NEGATIVE = "negative"
"""Label of networks that belong to no family."""


@dataclass(frozen=True, slots=True)
class Row:
    """One labelled model with its verdict."""

    path: str
    label: str
    outcome: str
    named: str
    """What the verdict names; empty when it names nothing."""
    right: bool
    known: bool
    """The library has a signature of the labelled family."""
    explained: float
    seconds: float
    general: bool = False
    """Only a fallback spoke: true of a member of the family too, so no false claim."""

    @property
    def wrong(self) -> bool:
        """A definite claim of another family."""
        return bool(self.named) and not self.right and not self.general


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums over the rows of one label, or over all."""

    models: int
    right: int
    wrong: int
    """Definite claims of another family."""
    unknown: int
    explained: float = 0.0
    """Mean share of the compute nodes that the verdicts explain."""

    @property
    def recall(self) -> float:
        """Right verdicts among all models."""
        return self.right / self.models if self.models else math.nan

    @property
    def precision(self) -> float:
        """Right verdicts among definite ones."""
        claims = self.right + self.wrong
        return self.right / claims if claims else math.nan


@dataclass(frozen=True, slots=True)
class Result:
    """All rows and what follows from them."""

    rows: tuple[Row, ...]
    families: Mapping[str, Figures] = field(default_factory=dict)
    confusion: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For each label the wrong names, most frequent first."""


def plain(name: str) -> str:
    """A family name without case, folder, version signs and brackets."""
    told = name.split("/")[-1].lower().replace("²", "2").replace("++", "plusplus")
    return re.sub(r"[^a-z0-9]", "", told)


def _names(family: Family, library: Library) -> set[str]:
    ids = family.id.split(" + ")
    names = [*ids, *family.title.split(" + "), *family.indistinguishable, family.variant or ""]
    for signature in filter(None, map(library.signatures.get, ids)):
        names += signature.aliases
    return {plain(name) for name in names if name}


def _right(model: Model, label: str, library: Library) -> bool:
    if label == NEGATIVE:
        return model.family is None or _general(model.family, library)
    named = _names(model.family, library) if model.family else set()
    named |= {plain(component.id) for component in model.components if component.level == "family"}
    wanted = [plain(part) for part in re.split(r"(?<!\+)\+(?!\+)", label)]
    return bool(wanted) and all(any(w == n for n in named) for w in wanted)


def _general(family: Family, library: Library) -> bool:
    """Whether only a fallback speaks: a plain CNN with its layers shuffled is a plain CNN."""
    found = [library.signatures.get(name) for name in family.id.split(" + ")]
    return all(signature is not None and signature.fallback for signature in found)


def known_names(library: Library) -> set[str]:
    """Every family name that the library can name."""
    found: set[str] = set()
    for signature in library.signatures.values():
        if signature.level == "family":
            variants = [name for name, _ in signature.variants]
            names = [signature.id, signature.title, *variants, *signature.aliases]
            found.update(map(plain, [*names, *signature.indistinguishable]))
    return found


def run(
    manifest: str,
    library: Library,
    limits: Limits = DEFAULT,
    grades: str | None = None,
    where: str | None = None,
) -> Result:
    """Scan every labelled file; raises `ValueError` when the columns are missing."""
    with Path(manifest).open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    if not table or not {"path", "family"} <= table[0].keys():
        raise ValueError("expected columns path and family, and at least one row")
    column, _, prefix = (where or "").partition("=")
    known, rows = known_names(library), []
    for line in table:
        if grades and line.get("evidence_grade", "") not in grades:
            continue
        if where and not str(line.get(column, "")).startswith(prefix):
            continue
        path = str(Path(manifest).parent / line["path"])
        model = pipeline.scan_file(path, library, pipeline.Options(limits))
        named = model.family.id if model.family else ""
        if model.family and model.family.variant:
            named += f" ({model.family.variant})"
        label = line["family"]
        rows.append(
            Row(
                line["path"], label, model.outcome, named, _right(model, label, library),
                label == NEGATIVE or plain(label) in known, 1 - model.unexplained.share,
                model.seconds, model.family is not None and _general(model.family, library),
            )
        )  # fmt: skip
    return summary(rows)


def summary(rows: Iterable[Row]) -> Result:
    """Rows with the figures of each label and what was taken for what."""
    groups: dict[str, list[Row]] = defaultdict(list)
    wrong: dict[str, Counter[str]] = defaultdict(Counter)
    rows = tuple(rows)
    for row in rows:
        groups[row.label].append(row)
        if row.wrong:
            wrong[row.label][row.named] += 1
    families = {name: figures(group) for name, group in sorted(groups.items())}
    confusion = {name: dict(counts.most_common()) for name, counts in sorted(wrong.items())}
    return Result(rows, families, confusion)


def figures(rows: list[Row]) -> Figures:
    """Count right, wrong and missing verdicts."""
    right = sum(row.right for row in rows)
    wrong = sum(row.wrong for row in rows)
    explained = statistics.fmean(row.explained for row in rows) if rows else 0.0
    return Figures(len(rows), right, wrong, len(rows) - right - wrong, explained)


def interval(right: int, total: int) -> tuple[float, float]:
    """The 95 % Wilson interval of a share.

    Source: Wilson, Probable inference, JASA 22 (1927).
    """
    if not total:
        return 0.0, 1.0
    z, share = 1.96, right / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _line(name: str, count: Figures) -> str:
    low, high = interval(count.right, count.models)
    precision = "     -" if math.isnan(count.precision) else f"{count.precision:6.1%}"
    return (
        f"{clean(name, 32):<32} {count.models:>6} {count.right:>6} {count.wrong:>6} "
        f"{count.unknown:>8} {count.recall:>7.1%} {low:>5.0%}-{high:<4.0%} {precision:>9} "
        f"{count.explained:>9.0%}\n"
    )


def render(result: Result) -> str:
    """A table per family, totals with intervals, confusions, then verdicts that are not right."""
    text = f"{'family':<32} models  right  wrong  unnamed  recall  (95 %)    precision explained\n"
    for name, count in result.families.items():
        text += _line(name, count)
    rows = list(result.rows)
    present = [row for row in rows if row.known]
    text += _line("all", figures(rows)) + _line("families in the library", figures(present))
    text += _totals(present) + _speed(rows)
    for label, names in result.confusion.items():
        taken = ", ".join(f"{clean(name)} x{count}" for name, count in names.items())
        text += f"confused {clean(label)} with {taken}\n"
    for row in rows:
        if not row.right:
            text += f"{'WRONG ' if row.wrong else 'missed'} {clean(row.path)}: label "
            text += f"{clean(row.label)}, verdict {row.named or row.outcome}\n"
    return text


def _totals(present: list[Row]) -> str:
    """Shares over families that the library knows; a family counts once in the mean."""
    positive = [row for row in present if row.label != NEGATIVE]
    total = figures(positive)
    claims = figures(present)  # what is claimed of a negative is a wrong claim
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in positive:
        groups[row.label].append(row)
    mean = statistics.fmean(figures(g).recall for g in groups.values()) if groups else 0.0
    low, high = interval(total.right, total.models)
    text = f"mean true-positive rate over {len(groups)} families {mean:.1%}; "
    text += f"recall over models {low:.1%} to {high:.1%} (95 %)\n"
    low, high = interval(total.right, total.right + claims.wrong)
    text += f"precision {low:.1%} to {high:.1%} (95 %), {claims.wrong} wrong claims\n"
    return text


def _speed(rows: list[Row]) -> str:
    outcomes = Counter(row.outcome for row in rows)
    text = "outcomes: " + ", ".join(f"{n} {name}" for name, n in sorted(outcomes.items())) + "\n"
    if rows:
        middle = statistics.median(row.seconds for row in rows)
        worst = max(row.seconds for row in rows)
        unknown = sum(row.outcome == "unknown" for row in rows) / len(rows)
        text += f"{unknown:.1%} unknown; "
        text += f"{middle * 1000:.1f} ms a model (median), {worst * 1000:.0f} ms at most\n"
    return text


def to_json(result: Result) -> str:
    """The figures and rows as JSON."""
    families = {
        name: {**asdict(count), "recall": count.recall,
               "recall_interval": interval(count.right, count.models),
               "precision": None if math.isnan(count.precision) else count.precision}
        for name, count in result.families.items()
    }  # fmt: skip
    return json.dumps(
        {
            "families": families,
            "confusion": result.confusion,
            "rows": [asdict(row) for row in result.rows],
        },
        indent=1,
    )
