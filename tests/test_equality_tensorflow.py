"""One network in every container of TensorFlow, and as ONNX, has one digest."""

from __future__ import annotations

from pathlib import Path

import pytest
from pass_support import CORPUS

from genescan import converters
from genescan.canonical import canonicalise

ROOT = CORPUS / "generated"
CONTAINERS = ("frozen.pb", "frozen_lowered.pb", "savedmodel")

pytestmark = pytest.mark.skipif(not (ROOT / "tf").is_dir(), reason="no corpus (GENESCAN_CORPUS)")


def digest(path: Path) -> str:
    made = canonicalise(converters.read(path))
    assert not made.incidents
    return made.digest


@pytest.mark.parametrize("name", ["bhand", "crnn"])
def test_the_same_digest_as_onnx(name: str) -> None:
    expected = digest(ROOT / "onnx" / name / "ts_op17_cf1.onnx")
    assert {digest(ROOT / "tf" / name / kind) for kind in CONTAINERS} == {expected}


def test_the_same_digest_among_containers() -> None:
    assert len({digest(ROOT / "tf" / "mobilenetv2" / kind) for kind in CONTAINERS}) == 1
