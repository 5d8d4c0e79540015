"""The wall time of a file holds wherever the work stands."""

from __future__ import annotations

import signal
import threading
from itertools import count
from pathlib import Path

import pytest
from onnx_writer import data, graph, model, node, value

from genescan.deadline import within
from genescan.errors import LimitExceeded
from genescan.library import Library
from genescan.limits import Limits
from genescan.pipeline import Options, scan_file

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarm here")


def test_a_loop_that_looks_at_no_clock_is_interrupted() -> None:
    with pytest.raises(LimitExceeded, match=r"0\.05 seconds"), within(0.05):
        for _ in count():
            pass


def test_nothing_rings_afterwards() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with within(60):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_callers_own_alarm_is_left_alone() -> None:
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        with within(1):
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 30
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_other_threads_go_without() -> None:
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with within(60):
                pass
        except BaseException as error:  # whatever it is, the test tells
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not errors


def test_a_file_made_to_be_slow_is_partial_and_named(tmp_path: Path) -> None:
    """Every node is a neighbour of one: a search around each of them would take minutes."""
    width = 4_000
    names = [(op, i) for op in ("Softmax", "Tanh") for i in range(width)]
    sides = [node(op, "h", f"{op}{i}", alone=i) for op, i in names]  # equal ones would be merged
    joined = " ".join(f"{op}{i}" for op, i in names)
    nodes = [node("Relu", "x", "h"), *sides, node("Concat", joined, "y", axis=1)]
    path = tmp_path / "hub.onnx"
    path.write_bytes(data(model(graph(nodes, [value("x", 1, 8)], [value("y")]))))
    found = scan_file(str(path), Library.load(), Options(Limits(seconds=0.2)))
    assert found.outcome == "partial"
    assert found.limits_hit == ("0.2 seconds",)
    assert found.errors[0].startswith(f"{path}: ")
