"""Files are scanned in processes of their own: whatever one does, the others are scanned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from running import ONNX, genescan

from genescan import isolation, pipeline
from genescan.limits import Limits
from genescan.report import Model

MODEL = str(ONNX / "resnet-50.onnx")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs signals")

STUB = """
import json, os, signal, sys, time
sys.stdin.readline()
for line in sys.stdin:
    path = json.loads(line)
    if "dies" in path: os.kill(os.getpid(), signal.SIGSEGV)
    if "starved" in path: os.kill(os.getpid(), signal.SIGKILL)
    if "hangs" in path: time.sleep(60)
    if "babbles" in path: print("no JSON at all", flush=True); continue
    if "lies" in path: print(json.dumps({"path": 1, "family": [1]}), flush=True); continue
    print(json.dumps({"path": path, "outcome": "unknown", "format": str(os.getpid())}), flush=True)
"""
"""A worker whose files do to it what their names say."""


def scan(*paths: str, jobs: int = 1, grace: float = 0.0) -> list[Model]:
    options = pipeline.Options(Limits(seconds=0.5))
    command = sys.executable, "-c", STUB
    with isolation.Workers(jobs, options, command=command, grace=grace) as workers:
        return list(workers.scan(paths))


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ("dies", "its process died of SIGSEGV"),
        ("starved", "its process died, which a lack of memory can cause"),
        ("hangs", "killed after 0.5 seconds"),
        ("babbles", "its process gave no verdict"),
        ("lies", "its process gave no verdict"),
    ],
)
def test_a_bad_file_becomes_its_own_error(bad: str, reason: str) -> None:
    first, broken, last = scan("first", bad, "last")
    assert (first.outcome, broken.outcome, last.outcome) == ("unknown", "partial", "unknown")
    assert broken.errors == (f"{bad}: {reason}",)
    assert broken.limits_hit == (reason,)
    assert (broken.path, last.path) == (bad, "last")


def test_one_worker_serves_many_files_and_a_dead_one_is_replaced() -> None:
    processes = [model.format for model in scan("a", "b", "dies", "c", "d")]
    assert processes[0] == processes[1] and processes[3] == processes[4]
    assert processes[0] != processes[3]


def test_verdicts_come_in_the_order_of_files_from_several_workers() -> None:
    names = [str(i) for i in range(40)]
    models = scan(*names, jobs=3)
    assert [model.path for model in models] == names
    assert 1 <= len({model.format for model in models}) <= 3


def test_a_worker_is_replaced_after_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(isolation, "_REUSED", 2)
    assert len({model.format for model in scan("a", "b", "c", "d", "e")}) == 3


def test_closing_does_not_wait_for_a_hanging_file() -> None:
    started = time.monotonic()
    command = sys.executable, "-c", STUB
    with isolation.Workers(1, pipeline.Options(), command=command) as workers:
        models = workers.scan(["first", "hangs"])
        assert next(models).path == "first"
    assert time.monotonic() - started < 10


def test_the_verdict_is_the_one_of_this_process(tmp_path: Path) -> None:
    alone = genescan("scan", "--no-isolate", "--format", "json", MODEL)
    apart = genescan("scan", "--isolate", "--format", "json", MODEL)
    first, second = (json.loads(ran.stdout)["models"][0] for ran in (alone, apart))
    assert first.pop("seconds") and second.pop("seconds")
    assert first == second and first["outcome"] == "identified"


@pytest.mark.skipif(sys.platform != "linux", reason="not every system bounds memory")
@pytest.mark.parametrize(("megabytes", "ends"), [(100, "fits"), (4_000, "MemoryError")])
def test_memory_is_bounded(megabytes: int, ends: str) -> None:
    script = (
        "from genescan.worker import confine; confine(1 << 30)\n"
        f"try: bytearray({megabytes} << 20); print('fits')\n"
        "except MemoryError: print('MemoryError')"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == ends


def test_a_worker_that_cannot_start_is_the_error_of_its_file() -> None:
    with isolation.Workers(1, pipeline.Options(Limits(memory_bytes=1 << 20))) as workers:
        (model,) = workers.scan([MODEL])
    assert (model.path, model.outcome) == (MODEL, "partial")
    assert model.errors and model.limits_hit


def test_modules_of_the_working_folder_are_not_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "yaml.py").write_text("raise SystemExit('imported from a hostile folder')")
    monkeypatch.chdir(tmp_path)
    with isolation.Workers(1, pipeline.Options()) as workers:
        (model,) = workers.scan([MODEL])
    assert model.outcome == "identified"
