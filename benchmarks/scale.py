"""How long a very large graph takes, by stage: `python -m benchmarks.scale [--nodes 100000]`.

Two networks are written as an exporter would: bottleneck blocks, and pre-norm Transformer layers
with everything spelt out in small operators. Their weights are external data that nobody opens.
Read, canonicalise, index, match and judge run once each in this process.

Target: less than 10 s for 100,000 nodes in all. Honest graphs have some ten thousand at most.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from genescan import converters, verdict
from genescan.canonical import canonicalise
from genescan.findings import Context
from genescan.index import Index
from genescan.library import Library
from tests.onnx_writer import INT64, data, graph, message, model, node, tensor, value

SECONDS = 10.0
"""Target for all stages together."""
WIDTH = 256
Proto = Any


def weight(name: str, *shape: int) -> Proto:
    """A weight that lies elsewhere."""
    entry = message("StringStringEntryProto", key="location", value="weights.bin")
    return tensor(name, shape, data_location=1, external_data=[entry])


def scalar(name: str, number: float) -> Proto:
    """A constant."""
    return tensor(name, (), float_data=[number])


def unit(name: str, source: str, shape: Sequence[int]) -> Iterator[Proto]:
    """A convolution with its normalisation; the output is `name`."""
    edge = shape[-1]
    yield weight(f"{name}.w", *shape)
    for part in "smvb":
        yield weight(f"{name}.{part}", shape[0])
    attrs = {"kernel_shape": [edge] * 2, "pads": [edge // 2] * 4}
    yield node("Conv", f"{source} {name}.w", f"{name}.c", name=f"/{name}/conv", **attrs)
    inputs = f"{name}.c {name}.s {name}.b {name}.m {name}.v"
    yield node("BatchNormalization", inputs, name, name=f"/{name}/norm")


def bottleneck(name: str, source: str) -> Iterator[Proto]:
    """A residual block of ten nodes; the output is `name`."""
    inner = WIDTH // 4
    yield from unit(f"{name}.1", source, (inner, WIDTH, 1, 1))
    yield node("Relu", f"{name}.1", f"{name}.r1")
    yield from unit(f"{name}.2", f"{name}.r1", (inner, inner, 3, 3))
    yield node("Relu", f"{name}.2", f"{name}.r2")
    yield from unit(f"{name}.3", f"{name}.r2", (WIDTH, inner, 1, 1))
    yield node("Add", f"{name}.3 {source}", f"{name}.a")
    yield node("Relu", f"{name}.a", name)


def norm(name: str, source: str) -> Iterator[Proto]:
    """Layer normalisation in nine operators."""
    yield from (weight(f"{name}.w", WIDTH), weight(f"{name}.b", WIDTH))
    yield node("ReduceMean", source, f"{name}.m", axes=[-1])
    yield node("Sub", f"{source} {name}.m", f"{name}.d")
    yield node("Pow", f"{name}.d two", f"{name}.p")
    yield node("ReduceMean", f"{name}.p", f"{name}.v", axes=[-1])
    yield node("Add", f"{name}.v epsilon", f"{name}.e")
    yield node("Sqrt", f"{name}.e", f"{name}.q")
    yield node("Div", f"{name}.d {name}.q", f"{name}.n")
    yield node("Mul", f"{name}.n {name}.w", f"{name}.s")
    yield node("Add", f"{name}.s {name}.b", name)


def linear(name: str, source: str, inner: int = WIDTH, outer: int = WIDTH) -> Iterator[Proto]:
    """A product with a weight, and a bias."""
    yield from (weight(f"{name}.w", inner, outer), weight(f"{name}.b", outer))
    yield node("MatMul", f"{source} {name}.w", f"{name}.p")
    yield node("Add", f"{name}.b {name}.p", name)


def attention(name: str, source: str) -> Iterator[Proto]:
    """Self-attention of four heads."""
    for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        yield from linear(f"{name}.{part}", source)
        yield node("Reshape", f"{name}.{part} split", f"{name}.{part}h")
        yield node("Transpose", f"{name}.{part}h", f"{name}.{part}t", perm=order)
    yield node("MatMul", f"{name}.qt {name}.kt", f"{name}.s")
    yield node("Div", f"{name}.s eight", f"{name}.sd")
    yield node("Softmax", f"{name}.sd", f"{name}.sm", axis=-1)
    yield node("MatMul", f"{name}.sm {name}.vt", f"{name}.c")
    yield node("Transpose", f"{name}.c", f"{name}.ct", perm=[0, 2, 1, 3])
    yield node("Reshape", f"{name}.ct join", f"{name}.cj")
    yield from linear(name, f"{name}.cj")


def layer(name: str, source: str) -> Iterator[Proto]:
    """A pre-norm Transformer layer of 51 nodes; the output is `name`."""
    yield from norm(f"{name}.n1", source)
    yield from attention(f"{name}.a", f"{name}.n1")
    yield node("Add", f"{source} {name}.a", f"{name}.r")
    yield from norm(f"{name}.n2", f"{name}.r")
    yield from linear(f"{name}.f", f"{name}.n2", WIDTH, 4 * WIDTH)
    yield node("Div", f"{name}.f root", f"{name}.g1")
    yield node("Erf", f"{name}.g1", f"{name}.g2")
    yield node("Add", f"{name}.g2 one", f"{name}.g3")
    yield node("Mul", f"{name}.f {name}.g3", f"{name}.g4")
    yield node("Mul", f"{name}.g4 half", f"{name}.g5")
    yield from linear(f"{name}.o", f"{name}.g5", 4 * WIDTH, WIDTH)
    yield node("Add", f"{name}.r {name}.o", name)


def constants() -> list[Proto]:
    """What all layers share."""
    numbers = {"two": 2.0, "epsilon": 1e-5, "eight": 8.0, "one": 1.0, "half": 0.5}
    shapes = {"split": [0, 0, 4, WIDTH // 4], "join": [0, 0, WIDTH]}
    return [
        *(scalar(name, number) for name, number in numbers.items()),
        scalar("root", 2.0**0.5),
        *(tensor(n, (len(s),), INT64, int64_data=s) for n, s in shapes.items()),
    ]


def network(block: Callable[[str, str], Iterator[Proto]], entry: Proto, nodes: int) -> bytes:
    """Blocks in a chain until there are enough nodes."""
    made: list[Proto] = []
    initializers, source = constants(), "x"
    while len(made) < nodes:
        name = f"b{len(made)}"
        for part in block(name, source):
            (made if part.DESCRIPTOR.name == "NodeProto" else initializers).append(part)
        source = name
    return data(model(graph(made, [entry], source, initializer=initializers)))


def measure(path: Path, library: Library) -> dict[str, tuple[float, float]]:
    """Seconds by stage: wall and processor time."""
    seconds: dict[str, tuple[float, float]] = {}

    def timed(stage: str, work: Callable[[], Any]) -> Any:
        wall, cpu = time.perf_counter(), time.process_time()
        made = work()
        seconds[stage] = time.perf_counter() - wall, time.process_time() - cpu
        return made

    gc.disable()  # as a scan of one file does
    raw = timed("read", lambda: converters.read(path))
    made = timed("canonicalise", lambda: canonicalise(raw))
    context = Context(library, timed("index", lambda: Index(made.graph)))
    timed("match", lambda: [context.finding(signature) for signature in library])
    model = timed("judge", lambda: verdict.judge(made, context))
    family = model.family.id if model.family else "-"
    print(f"  {len(raw)} nodes read, {model.nodes} canonical, {model.outcome} {family}")
    gc.enable()
    return seconds


def main() -> int:
    """Write, measure and print; 1 when a network takes longer than the target."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--nodes", type=int, default=100_000)
    options = parser.parse_args()
    library, slowest = Library.load(), 0.0
    networks = {
        "bottlenecks": (bottleneck, value("x", 1, WIDTH, 14, 14)),
        "transformer": (layer, value("x", 1, 128, WIDTH)),
    }
    with tempfile.TemporaryDirectory() as folder:
        for name, (block, entry) in networks.items():
            path = Path(folder) / f"{name}.onnx"
            path.write_bytes(network(block, entry, options.nodes))
            print(f"{name}, {path.stat().st_size / 1e6:.0f} MB")
            seconds = measure(path, library)
            wall, cpu = (sum(column) for column in zip(*seconds.values(), strict=True))
            for stage, took in {**seconds, "in all": (wall, cpu)}.items():
                print(f"  {stage:<14} {took[0]:6.2f} s wall {took[1]:6.2f} s processor")
            slowest = max(slowest, wall)
    return int(slowest >= SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
