"""The JSON report: its schema says exactly what is written, and reading back loses nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib.resources import files
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from running import FIXTURES, library

from genescan import pipeline, report
from genescan.render import document, lines
from genescan.report import Model, Outcome, Report, from_json, to_json

SCHEMA: dict[str, Any] = json.loads(
    files("genescan").joinpath("report.schema.json").read_text(encoding="utf-8")
)
PARTS = [kind for kind in vars(report).values() if isinstance(kind, type) and is_dataclass(kind)]


@pytest.fixture(scope="module")
def real() -> Report:
    """A scan of every fixture, the hostile ones too, with all matches."""
    everything = [str(FIXTURES), str(FIXTURES / "hostile" / "zip.onnx"), "no/such/file"]
    return pipeline.scan(everything, library(), pipeline.Options(matches=True))


def validator(name: str = "Report") -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_every_field_of_the_report_is_in_the_schema_and_required(kind: Any) -> None:
    described = SCHEMA["$defs"][kind.__name__]
    names = [field.name for field in fields(kind)]
    assert list(described["properties"]) == names
    assert described["required"] == names
    assert described["additionalProperties"] is False


def test_the_schema_knows_every_outcome_and_the_version() -> None:
    properties = {name: part.get("properties", {}) for name, part in SCHEMA["$defs"].items()}
    assert properties["Model"]["outcome"]["enum"] == list(get_args(Outcome))
    assert properties["Report"]["schema_version"]["const"] == report.SCHEMA_VERSION


def test_a_real_report_is_valid(real: Report) -> None:
    written = json.loads(document.render(real))
    errors = [f"{e.json_path}: {e.message}" for e in validator().iter_errors(written)]
    assert errors == []
    outcomes = {model.outcome for model in real.models}
    assert {"identified", "unknown", "unsupported", "unreadable", "partial"} <= outcomes
    assert real.skipped and any(model.matches for model in real.models)


def test_every_line_of_a_stream_is_a_valid_model(real: Report) -> None:
    written = lines.render(real).splitlines()
    assert len(written) == len(real.models)
    for line in written:
        validator("Model").validate(json.loads(line))


def _extra(data: dict[str, Any]) -> None:
    data["models"][0]["surprise"] = 1


def _too_sure(data: dict[str, Any]) -> None:
    data["models"][0]["unexplained"]["share"] = 1.5


def _clean(data: dict[str, Any]) -> None:
    data["models"][0]["outcome"] = "clean"


def _missing(data: dict[str, Any]) -> None:
    del data["models"][0]["errors"]


@pytest.mark.parametrize("spoil", [_extra, _too_sure, _clean, _missing])
def test_the_schema_refuses(real: Report, spoil: Callable[[dict[str, Any]], None]) -> None:
    written = json.loads(document.render(real))
    spoil(written)
    assert not validator().is_valid(written)


def test_reading_back_gives_the_same_report(real: Report) -> None:
    assert from_json(to_json(real)) == real
    assert from_json(json.loads(document.render(real))) == real


def test_a_later_minor_version_is_read_and_what_is_new_is_left_out() -> None:
    later = {**to_json(Report("1.7", "9.9", 0, "")), "novelty": True}
    assert from_json(later) == Report("1.7", "9.9", 0, "")


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"schema_version": "2.0"},
        {"schema_version": "1.0"},
        {"schema_version": "1.0", "version": "1", "signatures": 0, "models": 3},
        {**to_json(Report("1.0", "1", 0, "")), "models": [{"no": "path"}]},
        {**to_json(Report("1.0", "1", 0, "")), "models": [3]},
        {**to_json(Report("1.0", "1", 0, "")), "models": None},
    ],
)
def test_another_document_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="report"):
        from_json(data)


def test_an_unread_file_never_looks_clean() -> None:
    blank = Model("x.onnx")
    assert (blank.outcome, blank.unexplained.share) == ("unreadable", 1.0)
