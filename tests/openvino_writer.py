"""OpenVINO networks for tests: a small writer of their XML."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from genescan import converters
from genescan.graph import Graph

Shape = Sequence[int]


def attributes(data: dict[str, object]) -> str:
    """Attributes of an element."""
    return "".join(f" {name}={quoteattr(str(value))}" for name, value in data.items())


def port(id: int, shape: Shape | None, names: str = "") -> str:
    """A port; an unknown rank is written as no sizes."""
    dims = "".join(f"<dim>{size}</dim>" for size in shape or ())
    return f'<port id="{id}" precision="FP32" names="{names}">{dims}</port>'


class Net:
    """Layers and edges of one network; every layer's ports are numbered inputs first."""

    def __init__(self) -> None:
        self.layers: list[str] = []
        self.edges: list[str] = []
        self.ports: list[tuple[int, list[Shape | None]]] = []
        """Of each layer, how many inputs it has and its outputs' shapes."""

    def add(
        self, kind: str, *sources: int | tuple[int, int], shape: Shape | None = None,
        shapes: Sequence[Shape | None] | None = None, name: str = "", opset: str = "opset1",
        inner: str = "", **data: object,
    ) -> int:  # fmt: skip
        """Add a layer that reads others; returns its id."""
        id = len(self.layers)
        outputs = list(shapes) if shapes is not None else [] if kind == "Result" else [shape]
        inputs = []
        for position, source in enumerate(sources):
            layer, number = source if isinstance(source, tuple) else (source, 0)
            count, made = self.ports[layer]
            inputs.append(port(position, made[number]))
            self.edge(layer, count + number, id, position)
        ports = [port(len(sources) + i, made, f"t{id}") for i, made in enumerate(outputs)]
        self.ports.append((len(sources), outputs))
        self.layers.append(
            f'<layer id="{id}" name="{name or f"{kind}_{id}"}" type="{kind}" version="{opset}">'
            f"<data{attributes(data)}/>"
            + (f"<input>{''.join(inputs)}</input>" if inputs else "")
            + (f"<output>{''.join(ports)}</output>" if ports else "")
            + f"{inner}</layer>"
        )
        return id

    def edge(self, layer: int, number: int, reader: int, position: int) -> None:
        """Join an output port to an input port."""
        self.edges.append(
            f'<edge from-layer="{layer}" from-port="{number}" '
            f'to-layer="{reader}" to-port="{position}"/>'
        )

    def const(self, *shape: int, kind: str = "f32") -> int:
        """A constant in the `.bin` file."""
        return self.add(
            "Const", shape=shape, element_type=kind, offset=64 * len(self.layers), size=4
        )

    def input(self, *shape: int, kind: str = "f32") -> int:
        """An input of the network."""
        sizes = ",".join("?" if size < 0 else str(size) for size in shape)
        id = self.add("Parameter", shape=shape, element_type=kind)
        self.layers[id] = self.layers[id].replace("<data", f'<data shape="{sizes}"', 1)
        return id

    @property
    def content(self) -> str:
        """The layers and edges, as inside `net` or `body`."""
        return f"<layers>{''.join(self.layers)}</layers><edges>{''.join(self.edges)}</edges>"

    def xml(self, version: int = 11) -> bytes:
        """The whole file."""
        head = '<?xml version="1.0"?>'
        return f'{head}<net name="test" version="{version}">{self.content}</net>'.encode()


def read(folder: Path, content: bytes) -> Graph:
    """The graph of a file with this content."""
    path = folder / "net.xml"
    path.write_bytes(content)
    return converters.read(path)
