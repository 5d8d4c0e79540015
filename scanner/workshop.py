"""Texts of new signatures: an empty one to fill in, and one drafted from models."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from genescan import learn, near_misses, purpose, selftest
from genescan.errors import GenescanError
from genescan.graph import Graph
from genescan.learn import Draft
from genescan.library import Library
from genescan.limits import DEFAULT, Limits
from genescan.lint import TODO

_NEAR_MISSES = 4
_LINE = 110

_HEAD = """\
id: {id}
title: {title}
level: family
status: nursery
min_engine: "0.1"
summary: {summary}
why: {why}
misses: {misses}
modality: [{modality}]
task: [{task}]
references: ["{todo} the paper or the code"]
"""

_TEMPLATE = """\
patterns:
  block: |
    a   = Relu(maybe(BatchNormalization)(Conv(x, kernel_shape=[3, 3])))
    b   = maybe(BatchNormalization)(Conv(a, kernel_shape=[3, 3]))
    out = Relu(Add(b, x))
condition: chain(block) >= 2
tests:
  match:
    two-blocks: |
      for _ in range(2):
          a = Relu(BatchNormalization(Conv(x, w[8, 8, 3, 3], kernel_shape=[3, 3])))
          b = BatchNormalization(Conv(a, w[8, 8, 3, 3], kernel_shape=[3, 3]))
          s = Add(b, x)
          x = Relu(s)
  no_match:
    no-skip: {edit: two-blocks, set: {s.op: null}}
    multiplied: {edit: two-blocks, set: {s.op: Mul}}
"""


def template(name: str) -> str:
    """A signature file to fill in, whose tests pass as they stand."""
    head = _HEAD.format(
        id=name,
        title=name.rpartition("/")[2],
        todo=TODO,
        modality="image",
        task="classification",
        summary=f"{TODO} what it is, in a line.",
        why=f"{TODO} what tells it from its neighbours.",
        misses=f"{TODO} which members it does not find.",
    )
    return head + _TEMPLATE


def drafted(
    name: str,
    made: Draft,
    graphs: Sequence[Graph],
    limits: Limits = DEFAULT,
    library: Library | None = None,
) -> str:
    """The file of a drafted signature, with its example and near misses.

    Args:
        name: The new signature's id.
        made: What `genescan.learn` found.
        graphs: The models that it was learned from.
        limits: Budgets of the searches.
        library: Where the families are that the draft's condition names.
    """
    modality, task, _ = purpose.read(graphs[0], ())
    text = _HEAD.format(
        id=name, title=name.rpartition("/")[2], todo=TODO,
        modality=", ".join(modality), task=", ".join(task),
        summary=f"Drafted from {len(graphs)} models, which share {len(made.patterns)} patterns.",
        why="Blocks that all of the models share, and operators that all or none of them have.",
        misses="Members of the family whose blocks differ from those of these models.",
    )  # fmt: skip
    text += "patterns:\n"
    for pattern in made.patterns:
        text += f"  {pattern.name}: |\n" + _indented(pattern.lines, 4)
    text += "condition: >-\n" + _indented(_wrapped(made.condition), 2)
    example = tuple(learn.lines(made))
    tests = "tests:\n  match:\n    blocks: |\n" + _indented(example, 6)
    misses = list(_misses(text + tests, library or Library(), limits))
    if misses:
        tests += "  no_match:\n"
        tests += "".join(f"    changed-{i}: {miss}\n" for i, miss in enumerate(misses, 1))
    return text + tests


def _indented(lines: Sequence[str], width: int) -> str:
    return textwrap.indent("".join(f"{line}\n" for line in lines), " " * width)


def _wrapped(condition: str) -> list[str]:
    return textwrap.wrap(condition, _LINE, break_long_words=False, break_on_hyphens=False)


def _misses(text: str, library: Library, limits: Limits) -> Iterator[str]:
    """Near misses that the draft refuses and that an edit can spell, of different variables."""
    seen: set[str] = set()
    try:
        library, signature = library.plus(text)
        if not all(outcome.passed for outcome in selftest.run(signature, library, limits)):
            return
        derived = near_misses.derive(signature, library, limits)
    except GenescanError:
        return
    for miss in derived:
        variable = miss.edit.partition(".")[0]
        spelt = "(" not in miss.edit and ".op: " in miss.edit and "null" not in miss.edit
        if not miss.accepted and spelt and variable not in seen and len(seen) < _NEAR_MISSES:
            seen.add(variable)
            yield str(miss)
