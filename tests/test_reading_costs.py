"""Reading costs memory for structure only: weights stay on disk, other files stay closed."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
from pass_support import CORPUS
from running import FIXTURES

from genescan import converters
from genescan.converters.base import Source
from genescan.graph import Graph, Tensor

PEAK = 100 << 20
"""Bytes that a process may hold after it has read every file of the corpus."""

LONG = 48 << 10
"""Bytes of a payload whose middle lies outside the windows that are read around its ends."""

READ_ALL = """
import json, sys
from pathlib import Path
from genescan import converters

opened, failed = [], {}
sys.addaudithook(lambda event, args: opened.append(args[0]) if event == "open" else None)
strangers = set()
for line in sys.stdin:
    path = json.loads(line)
    del opened[:]
    try:
        converters.read(path)
    except Exception as error:
        failed[path] = f"{type(error).__name__}: {error}"
    data = [Path(str(name)) for name in opened if not str(name).endswith((".py", ".pyc", ".fds"))]
    for name in data:
        same = name == Path(path) or Path(path) in name.parents
        if not same or name.name in ("weight.bin", "variables.index") or name.suffix == ".bin":
            strangers.add(f"{path} opened {name}")
# not ru_maxrss, which counts what the process was before it became this one
status = Path("/proc/self/status").read_text()
peak = int(status.split("VmHWM:")[1].split()[0]) * 1024
print(json.dumps({"peak": peak, "failed": failed, "strangers": sorted(strangers)}))
"""


def corpus() -> list[Path]:
    if not (CORPUS / "MANIFEST.csv").exists():
        return []
    with (CORPUS / "MANIFEST.csv").open(newline="") as rows:
        real = [CORPUS / row["path"] for row in csv.DictReader(rows)]
    made = [
        path
        for path in sorted((CORPUS / "generated").glob("*/*/*"))
        if path.suffix not in (".bin", ".json", ".md")
    ]
    return real + made


def read_all(paths: list[Path]) -> dict[str, object]:
    ran = subprocess.run(
        [sys.executable, "-c", READ_ALL],
        input="".join(json.dumps(str(path)) + "\n" for path in paths),
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    found: dict[str, object] = json.loads(ran.stdout)
    return found


def models(folder: Path) -> list[Path]:
    """Models in the fixtures, folders that are one among them."""
    suffixes = (".onnx", ".xml", ".mlmodel", ".mlpackage", ".pb", ".tflite")
    return [path for path in sorted(folder.rglob("*")) if path.suffix in suffixes]


@pytest.mark.slow
@pytest.mark.skipif(not corpus(), reason="no corpus (set GENESCAN_CORPUS)")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_the_whole_corpus_reads_in_little_memory_and_opens_nothing_else() -> None:
    paths = corpus()
    assert len(paths) > 150
    found = read_all(paths)
    assert (found["failed"], found["strangers"]) == ({}, [])
    assert isinstance(found["peak"], int) and found["peak"] < PEAK


def payloads(graph: Graph) -> list[tuple[int, int]]:
    """Where the weights of a graph lie in its own file."""
    constants = [
        *(operand for node in graph.nodes for operand in node.inputs),
        *(value for node in graph.nodes for value in node.attrs.values()),
    ]
    found = [arg.payload for arg in constants if isinstance(arg, Tensor) and arg.payload]
    inner = (payloads(body) for node in graph.nodes for body in node.bodies.values())
    return [*((p.offset, p.length) for p in found if not p.file), *chain.from_iterable(inner)]


def untouched(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How many long payloads a model has, none of whose middle bytes was asked for."""
    taken: list[tuple[int, int]] = []
    plain = Source.read

    def watched(self: Source, offset: int, length: int) -> bytes:
        taken.append((offset, offset + length))
        return plain(self, offset, length)

    with monkeypatch.context() as patched:
        patched.setattr(Source, "read", watched)
        long = [(at, n) for at, n in payloads(converters.read(path)) if n > LONG]
    for offset, length in long:
        middle = offset + length // 2
        assert not any(a <= middle < b for a, b in taken), f"{path}: weights were read"
    return len(long)


def test_no_weight_of_a_fixture_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sum(untouched(path, monkeypatch) for path in models(FIXTURES / "onnx")) >= 3


@pytest.mark.slow
@pytest.mark.skipif(not corpus(), reason="no corpus (set GENESCAN_CORPUS)")
def test_no_weight_of_the_corpus_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = {".onnx": 0, ".tflite": 0, ".pb": 0, ".mlmodel": 0}
    for path in corpus():
        if path.suffix in counted:
            counted[path.suffix] += untouched(path, monkeypatch)
    assert all(counted.values()), f"a format has no long payload to watch: {counted}"
