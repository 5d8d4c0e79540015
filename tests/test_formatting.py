"""The one layout of signature files."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from genescan.formatting import ORDER, formatted
from genescan.library import BUNDLED

MESSY = """
title: Mine
# why this id
id: a/mine

patterns:
  p: |
    a = Relu(x)

    # of the body
    b = Relu(a)
level: family   \n

condition: p
"""
NEAT = """# why this id
id: a/mine
title: Mine
level: family
patterns:
  p: |
    a = Relu(x)

    # of the body
    b = Relu(a)
condition: p
"""


def test_fields_stand_in_order_with_their_comments() -> None:
    assert formatted(MESSY) == NEAT


@given(st.permutations(["id: a/b", "title: B", "level: family", "condition: p", "summary: s"]))
def test_order_and_content_do_not_depend_on_how_it_was_written(fields: list[str]) -> None:
    text = formatted("\n".join(fields))
    assert text.splitlines() == [
        "id: a/b", "title: B", "level: family", "summary: s", "condition: p"
    ]  # fmt: skip
    assert formatted(text) == text


@pytest.mark.parametrize("path", sorted(BUNDLED.rglob("*.yml")), ids=lambda p: p.stem)
def test_the_library_is_in_it(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert formatted(text) == text, "run genescan signatures fmt signatures"
    assert list(yaml.safe_load(text)) == [key for key in ORDER if key in yaml.safe_load(text)]
