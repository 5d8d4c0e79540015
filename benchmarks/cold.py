"""What a scan costs from a cold start, side by side with loading the same file with `onnx`.

    python -m benchmarks.cold [--onnx-python PYTHON] [--rounds 7] [--keep FOLDER]

Each round starts fresh processes in turn: `genescan FILE`, and a Python that only runs
`import onnx; onnx.load(FILE)`. The files are made here: a ResNet-50 with its 100 MB of weights,
and a model of 1.5 GB that is one matrix product. Wall time, processor time and peak memory
(maximum resident set) are the kernel's figures for the process; medians and ratios are printed.

Targets: less time and less memory than `onnx.load`; the large file in under 0.5 s and 80 MB.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from genescan.converters.wire import varint
from tests.onnx_writer import data, graph, message, model, node, tensor, value

HUGE = 1_500_000_000
"""Bytes of the large weight."""
SECONDS, MEGABYTES = 0.5, 80
"""Targets for the large file."""


class Cost(NamedTuple):
    """What one process took."""

    seconds: float
    """Wall time."""
    cpu: float
    """Seconds of processor time, which other work on the machine changes less."""
    megabytes: float


def convolution(name: str, shape: Sequence[int], stride: int, source: str) -> Iterator[object]:
    """A convolution with its normalisation, and their weights; the output is `name`."""
    edge = shape[-1]
    yield tensor(f"{name}.w", shape, raw_data=bytes(4 * shape[0] * shape[1] * edge * edge))
    for part in ("scale", "bias", "mean", "var"):
        yield tensor(f"{name}.{part}", shape[:1], raw_data=bytes(4 * shape[0]))
    attrs = {"kernel_shape": [edge] * 2, "strides": [stride] * 2, "pads": [edge // 2] * 4}
    yield node("Conv", f"{source} {name}.w", f"{name}.c", name=name, **attrs)
    statistics_of = " ".join(f"{name}.{part}" for part in ("scale", "bias", "mean", "var"))
    yield node("BatchNormalization", f"{name}.c {statistics_of}", name)


def bottleneck(name: str, source: str, inner: int, channels: int, stride: int) -> Iterator[object]:
    """One residual block; the output is `name`."""
    yield from convolution(f"{name}.1", (inner, channels, 1, 1), 1, source)
    yield node("Relu", f"{name}.1", f"{name}.r1")
    yield from convolution(f"{name}.2", (inner, inner, 3, 3), stride, f"{name}.r1")
    yield node("Relu", f"{name}.2", f"{name}.r2")
    yield from convolution(f"{name}.3", (4 * inner, inner, 1, 1), 1, f"{name}.r2")
    shortcut = source
    if channels != 4 * inner:
        shortcut = f"{name}.s"
        yield from convolution(shortcut, (4 * inner, channels, 1, 1), stride, source)
    yield node("Add", f"{name}.3 {shortcut}", f"{name}.a")
    yield node("Relu", f"{name}.a", name)


def resnet() -> Iterator[object]:
    """Nodes and weights of a ResNet-50."""
    yield from convolution("stem", (64, 3, 7, 7), 2, "x")
    yield node("Relu", "stem", "stem.r")
    yield node("MaxPool", "stem.r", "b", kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)
    source, channels = "b", 64
    for stage, blocks in enumerate((3, 4, 6, 3)):
        for block in range(blocks):
            name, inner = f"s{stage}.{block}", 64 << stage
            stride = 2 if stage and not block else 1
            yield from bottleneck(name, source, inner, channels, stride)
            source, channels = name, 4 * inner
    yield tensor("fc.w", (1000, 2048), raw_data=bytes(4 * 1000 * 2048))
    yield tensor("fc.b", (1000,), raw_data=bytes(4000))
    yield node("GlobalAveragePool", source, "pool")
    yield node("Flatten", "pool", "flat")
    yield node("Gemm", "flat fc.w fc.b", "y", transB=1)


def write_resnet(path: Path) -> None:
    """A ResNet-50 with its weights inside."""
    parts = list(resnet())
    nodes = [part for part in parts if part.DESCRIPTOR.name == "NodeProto"]  # type: ignore[attr-defined]
    weights = [part for part in parts if part.DESCRIPTOR.name == "TensorProto"]  # type: ignore[attr-defined]
    ends = [value("x", 1, 3, 224, 224)], [value("y", 1, 1000)]
    path.write_bytes(data(model(graph(nodes, *ends, initializer=weights))))


def field(number: int, body: bytes, more: int = 0) -> bytes:
    """A length-delimited field, or its beginning when `more` bytes follow elsewhere."""
    return varint(number << 3 | 2) + varint(len(body) + more) + body


def write_huge(path: Path) -> None:
    """One matrix product with a weight of 1.5 GB, whose zeros may be a hole in the file."""
    columns = 1000
    weight = data(tensor("w", (HUGE // 4 // columns, columns)))
    weight += field(9, b"", HUGE)  # raw_data, the zeros follow
    ends = field(11, data(value("x", 1, HUGE // 4 // columns))) + field(12, data(value("y")))
    body = field(1, data(node("MatMul", "x w", "y"))) + ends + field(5, weight, HUGE)
    opset = data(message("OperatorSetIdProto", domain="", version=17))
    head = b"\x08\x08" + field(8, opset) + field(7, body, HUGE)
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(len(head) + HUGE)


def environment(cache: str) -> dict[str, str]:
    """Compiled modules are kept, as after an installation, for both sides in one new folder."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": cache}


def run(command: Sequence[str], env: dict[str, str]) -> Cost:
    """Run a process to its end; raises `RuntimeError` when it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    assert process.stderr is not None
    complaint = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}: {complaint.decode(errors='replace')}")
    scale = 1 << 20 if sys.platform == "darwin" else 1 << 10  # bytes there, kilobytes elsewhere
    return Cost(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / scale)


def median(costs: Sequence[Cost]) -> Cost:
    """The middle of each figure."""
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def compare(path: Path, onnx_python: str, rounds: int) -> tuple[Cost, Cost | None]:
    """Medians of genescan and of `onnx.load` over processes started in turn."""
    scan = [sys.executable, "-m", "genescan", str(path)]
    load = [onnx_python, "-c", "import onnx, sys; onnx.load(sys.argv[1])", str(path)]
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as cache:
        env = environment(cache)
        for _ in range(rounds + 1):
            ours.append(run(scan, env))
            if onnx_python:
                theirs.append(run(load, env))
    # the first round warmed the disk and compiled the modules
    return median(ours[1:]), median(theirs[1:]) if theirs else None


def row(who: str, cost: Cost) -> str:
    """One line of the table."""
    return f"  {who:<10} {cost.seconds:7.3f} s {cost.cpu:7.3f} s {cost.megabytes:6.0f} MB"


def report(path: Path, ours: Cost, theirs: Cost | None) -> bool:
    """Print one file's figures; whether the targets are met."""
    print(f"{path.stem}, {path.stat().st_size / 1e6:.0f} MB: wall, processor, memory")
    print(row("genescan", ours))
    met = path.stem != "one-product" or (ours.seconds < SECONDS and ours.megabytes < MEGABYTES)
    if theirs is not None:
        print(row("onnx.load", theirs))
        wall, cpu, memory = (a / b for a, b in zip(ours, theirs, strict=True))
        print(f"  {'ratio':<10} {wall:7.2f}   {cpu:7.2f}   {memory:6.2f}")
        met = met and wall < 1 and memory < 1
    print("  targets met" if met else "  TARGETS MISSED")
    return met


def main() -> int:
    """Make the files, measure, print; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--onnx-python", default="", help="a Python that has the onnx package")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--make", metavar="FOLDER", type=Path, help="only make the files")
    options = parser.parse_args()
    if options.make:
        write_resnet(options.make / "resnet-50.onnx")
        write_huge(options.make / "one-product.onnx")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        # in a process of its own: a child's peak memory is at least that of its parent
        subprocess.run([sys.executable, "-m", "benchmarks.cold", "--make", folder], check=True)
        met = [
            report(path, *compare(path, options.onnx_python, options.rounds))
            for path in sorted(Path(folder).iterdir())
        ]
    return int(not all(met))


if __name__ == "__main__":
    raise SystemExit(main())
