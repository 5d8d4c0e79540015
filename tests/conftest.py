"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from running import Ran, Run

from genescan import converters
from genescan.cli import main
from genescan.graph import Graph
from genescan.limits import DEFAULT, Limits


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def runner(*arguments: object) -> Ran:
        code = main([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return runner


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Graph]:
    """Read a TFLite model from its bytes."""

    def reader(data: bytes, limits: Limits = DEFAULT) -> Graph:
        path = tmp_path / "model.tflite"
        path.write_bytes(data)
        return converters.read(path, limits)

    return reader
