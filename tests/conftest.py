"""Fixtures of all tests."""

from __future__ import annotations

import pytest
from running import Ran, Run

from genescan.cli import main


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process."""

    def runner(*arguments: object) -> Ran:
        code = main([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return runner
