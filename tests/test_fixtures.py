"""The models in `fixtures/onnx`: unchanged, licensed, and told for what they are."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from running import FIXTURES, ONNX, library

from genescan.findings import Context
from genescan.index import Index
from genescan.pipeline import load, scan_file
from genescan.report import Model

MANIFEST = yaml.safe_load((FIXTURES / "manifest.yml").read_text(encoding="utf-8"))
MODELS: dict[str, dict[str, Any]] = MANIFEST["models"]
EXPORTS: dict[str, dict[str, Any]] = MANIFEST["exports"]
PERMISSIVE = {"Apache-2.0", "MIT", "BSD-3-Clause", "BSD-2-Clause"}


@cache
def verdict(path: Path) -> Model:
    return scan_file(str(path), library())


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def variants(network: str) -> list[Path]:
    return sorted((ONNX / "exports" / network).iterdir())


def test_every_file_has_an_entry_and_is_the_one_that_was_copied() -> None:
    listed = {name: entry["sha256"] for name, entry in MODELS.items()}
    for network, entry in EXPORTS.items():
        listed |= {f"exports/{network}/{name}": digest for name, digest in entry["sha256"].items()}
    found = {p.relative_to(ONNX).as_posix(): sha256(p) for p in ONNX.rglob("*") if p.is_file()}
    assert found == listed


def test_files_are_small_and_permissively_licensed() -> None:
    sizes = [path.stat().st_size for path in ONNX.rglob("*.onnx")]
    assert max(sizes) < 600_000 and sum(sizes) < 3_000_000
    assert all(entry["license"] in PERMISSIVE and entry["source"] for entry in MODELS.values())


@pytest.mark.parametrize("name", MODELS)
def test_verdict(name: str) -> None:
    expected, found = MODELS[name], verdict(ONNX / name)
    family = found.family
    assert (found.outcome, family and family.id) == (expected["outcome"], expected.get("family"))
    if "variant" in expected:
        assert family is not None and family.variant == expected["variant"]
    assert found.errors == () and found.limits_hit == ()


@pytest.mark.parametrize("network", EXPORTS)
def test_every_exporter_gives_the_same_network(network: str) -> None:
    digests = {path.name: verdict(path).digest for path in variants(network)}
    assert len(digests) >= 3
    assert len(set(digests.values())) == 1, digests


@pytest.mark.parametrize("network", EXPORTS)
def test_verdict_on_every_export(network: str) -> None:
    found = {path.name: verdict(path) for path in variants(network)}
    named = {name: model.family and model.family.id for name, model in found.items()}
    assert named == dict.fromkeys(found, EXPORTS[network]["family"])


@cache
def context(stem: str) -> Context:
    return Context(library(), Index(load(ONNX / f"{stem}.onnx").graph))


CLAIMS = [
    (signature.id, model.stem, model.variant, wanted)
    for signature in library()
    for models, wanted in ((signature.models, "true"), (signature.not_models, "false"))
    for model in models
]


@pytest.mark.parametrize(("signature", "stem", "variant", "wanted"), CLAIMS)
def test_signatures_hold_for_the_fixtures_that_they_name(
    signature: str, stem: str, variant: str, wanted: str
) -> None:
    found = context(stem).finding(library().signatures[signature])
    assert found.truth == wanted, found.reasons
    assert not variant or found.variant == variant


def test_the_name_of_a_file_does_not_matter(tmp_path: Path) -> None:
    disguised = tmp_path / "bert-base-uncased.txt"
    disguised.write_bytes((ONNX / "resnet-50.onnx").read_bytes())
    original, copy = verdict(ONNX / "resnet-50.onnx"), verdict(disguised)
    assert (copy.family, copy.digest) == (original.family, original.digest)
