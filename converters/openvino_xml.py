"""The XML of an OpenVINO network as layers, ports and edges; streamed, nothing else is kept.

The parser is fed in pieces and only the few elements that describe the network are taken over.
Document types and entities are refused, and no name in the file is ever opened.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from genescan.converters.base import Clock, Source, quote
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Dims
from genescan.limits import Limits

_CHUNK = 1 << 16
_ATTRIBUTES = 256
"""Attributes of one element or layer; the largest have some thirty."""
_KEPT = 6
"""Ports, edges and blobs that are kept for each node that the limits allow."""
_INTEGER = re.compile(r"\s*(-?\d{1,18})\s*\Z")


@dataclass(slots=True)
class Port:
    """One input or output of a layer."""

    id: int
    precision: str = ""
    names: str = ""
    dims: list[int | None] = field(default_factory=list)

    @property
    def shape(self) -> Dims | None:
        """The declared shape; a scalar and an unknown rank are both written without sizes."""
        return tuple(self.dims) if self.dims else None


@dataclass(slots=True)
class Blob:
    """Where some weights of a layer lie in the `.bin` file."""

    offset: int
    size: int
    precision: str = ""


@dataclass(slots=True)
class Layer:
    """One layer as the file spells it."""

    id: int
    name: str
    kind: str
    version: str
    precision: str
    place: str
    data: dict[str, str] = field(default_factory=dict)
    inputs: list[Port] = field(default_factory=list)
    outputs: list[Port] = field(default_factory=list)
    blobs: dict[str, Blob] = field(default_factory=dict)
    bodies: dict[str, Network] = field(default_factory=dict)
    """Sub-networks of TensorIterator, Loop and If, by element name."""
    maps: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    """Port maps and back edges by element name; each row has its own element's name as `is`."""


@dataclass(slots=True)
class Network:
    """A network or a body: layers by id, and what feeds each input port."""

    name: str = ""
    version: int = 0
    layers: dict[int, Layer] = field(default_factory=dict)
    sources: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """(layer, port) that is read, by (layer, port) that reads it."""


_BODIES = frozenset({"body", "then_body", "else_body"})
_MAPS = frozenset({"port_map", "then_port_map", "else_port_map", "back_edges"})
_SKIP = "skip"


class _Walker:
    """Handlers of the parser; a stack of element names says what an element means."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.root: Network | None = None
        self.networks: list[Network] = []
        self.layers: list[Layer] = []
        self.stack: list[str] = []
        self.port = Port(0)
        self.text = ""
        self.kept = 0
        self.parser = expat.ParserCreate("UTF-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse

    @property
    def place(self) -> str:
        """Where the parser stands."""
        return f"line {self.parser.CurrentLineNumber}, column {self.parser.CurrentColumnNumber + 1}"

    def fail(self, cause: str) -> ModelError:
        """An error at this place."""
        return ModelError(cause, place=self.place)

    def refuse(self, *_: object) -> None:
        raise self.fail("a document type declaration, which no OpenVINO network has")

    def integer(self, attrs: dict[str, str], name: str) -> int:
        """An attribute that must be an integer."""
        found = _INTEGER.match(attrs.get(name, ""))
        if found is None:
            given = quote(attrs.get(name, "nothing"))
            raise self.fail(f"attribute {quote(name)} is {given}, expected an integer")
        return int(found[1])

    def keep(self) -> None:
        """Count what stays in memory."""
        self.kept += 1
        if self.kept > _KEPT * self.limits.nodes:
            raise LimitExceeded(f"{_KEPT * self.limits.nodes} ports and edges", place=self.place)

    def start(self, tag: str, attrs: dict[str, str]) -> None:
        if len(self.stack) >= self.limits.depth:
            raise LimitExceeded(f"elements nested {self.limits.depth} deep", place=self.place)
        if len(attrs) > _ATTRIBUTES:
            raise LimitExceeded(f"{_ATTRIBUTES} attributes of one element", place=self.place)
        parent = self.stack[-1] if self.stack else ""
        handler = _HANDLERS.get(parent)
        self.stack.append(_SKIP if handler is None else handler(self, tag, attrs))

    def end(self, tag: str) -> None:
        meaning = self.stack.pop()
        if meaning == "dim":
            self.dim()
        elif meaning == "layer":
            self.layers.pop()
        elif meaning == "net" and self.stack:
            self.networks.pop()

    def characters(self, text: str) -> None:
        if self.stack and self.stack[-1] == "dim":
            self.text += text
            if len(self.text) > 32:
                raise self.fail("a size of more than 32 characters")

    def dim(self) -> None:
        found = _INTEGER.match(self.text)
        if found is None:
            raise self.fail(f"size {quote(self.text)} is not an integer")
        if len(self.port.dims) >= self.limits.tensor_rank:
            raise LimitExceeded(f"{self.limits.tensor_rank} dimensions", place=self.place)
        size = int(found[1])
        self.port.dims.append(size if size >= 0 else None)

    def in_document(self, tag: str, attrs: dict[str, str]) -> str:
        if tag != "net":
            raise self.fail(f"the outermost element is {quote(tag)}, expected 'net'")
        name = attrs.get("name", "")[: self.limits.name_length]
        self.root = Network(name, self.integer(attrs, "version"))
        self.networks.append(self.root)
        return "net"

    def in_net(self, tag: str, attrs: dict[str, str]) -> str:
        return tag if tag in ("layers", "edges") else _SKIP

    def in_layers(self, tag: str, attrs: dict[str, str]) -> str:
        if tag != "layer":
            raise self.fail(f"element {quote(tag)} among the layers")
        network = self.networks[-1]
        most = self.limits.name_length
        name, kind = attrs.get("name", "")[:most], attrs.get("type", "")[:most]
        place = f"layer {quote(name)}, line {self.parser.CurrentLineNumber}"
        version, precision = attrs.get("version", "")[:most], attrs.get("precision", "")
        layer = Layer(self.integer(attrs, "id"), name, kind, version, precision, place)
        if not kind:
            raise self.fail("a layer without a type")
        if layer.id in network.layers:
            raise self.fail(f"two layers have the id {layer.id}")
        if len(network.layers) >= self.limits.nodes:
            raise LimitExceeded(f"{self.limits.nodes} layers", place=self.place)
        self.keep()
        network.layers[layer.id] = layer
        self.layers.append(layer)
        return "layer"

    def in_layer(self, tag: str, attrs: dict[str, str]) -> str:
        layer = self.layers[-1]
        if tag in ("input", "output", "blobs"):
            return tag
        if tag in ("weights", "biases", "custom"):
            return self.in_blobs(tag, attrs)
        if tag == "data" or tag.endswith(("_data", "-data")):
            layer.data.update(attrs)
            if len(layer.data) > _ATTRIBUTES:
                raise LimitExceeded(f"{_ATTRIBUTES} attributes of one layer", place=self.place)
            return "data"
        if tag in _BODIES:
            if tag in layer.bodies:
                raise self.fail(f"a second element {quote(tag)} in one layer")
            self.networks.append(layer.bodies.setdefault(tag, Network()))
            return "net"
        if tag in _MAPS:
            layer.maps.setdefault(tag, [])
            return tag
        return _SKIP

    def in_blobs(self, tag: str, attrs: dict[str, str]) -> str:
        blob = Blob(
            self.integer(attrs, "offset"), self.integer(attrs, "size"), attrs.get("precision", "")
        )
        if blob.offset < 0 or blob.size < 0:
            raise self.fail("weights at a negative place")
        self.keep()
        self.layers[-1].blobs[tag] = blob
        return _SKIP

    def in_ports(self, tag: str, attrs: dict[str, str]) -> str:
        if tag != "port":
            raise self.fail(f"element {quote(tag)} among the ports")
        names = attrs.get("names", "")[: self.limits.name_length]
        self.port = Port(self.integer(attrs, "id"), attrs.get("precision", ""), names)
        layer = self.layers[-1]
        self.keep()
        (layer.inputs if self.stack[-1] == "input" else layer.outputs).append(self.port)
        return "port"

    def in_port(self, tag: str, attrs: dict[str, str]) -> str:
        self.text = ""
        return "dim" if tag == "dim" else _SKIP

    def in_edges(self, tag: str, attrs: dict[str, str]) -> str:
        if tag != "edge":
            raise self.fail(f"element {quote(tag)} among the edges")
        sources = self.networks[-1].sources
        target = self.integer(attrs, "to-layer"), self.integer(attrs, "to-port")
        if target in sources:
            raise self.fail(f"two edges lead to port {target[1]} of layer {target[0]}")
        self.keep()
        sources[target] = self.integer(attrs, "from-layer"), self.integer(attrs, "from-port")
        return _SKIP

    def in_map(self, tag: str, attrs: dict[str, str]) -> str:
        self.keep()
        self.layers[-1].maps[self.stack[-1]].append({**attrs, "is": tag})
        return _SKIP


_HANDLERS: dict[str, Callable[[_Walker, str, dict[str, str]], str]] = {
    "": _Walker.in_document,
    "net": _Walker.in_net,
    "layers": _Walker.in_layers,
    "layer": _Walker.in_layer,
    "blobs": _Walker.in_blobs,
    "input": _Walker.in_ports,
    "output": _Walker.in_ports,
    "port": _Walker.in_port,
    "edges": _Walker.in_edges,
    **dict.fromkeys(_MAPS, _Walker.in_map),
}
"""What an element means, by the meaning of the one around it; inside others all is skipped."""


def parse(source: Source, limits: Limits, clock: Clock) -> Network:
    """The outermost network of a file.

    Raises:
        ModelError: the file is not well-formed XML, or not an OpenVINO network.
        LimitExceeded: a budget of `limits` ran out.
    """
    if source.size > limits.xml_bytes:
        raise LimitExceeded(f"{limits.xml_bytes} bytes of XML", place=f"byte {limits.xml_bytes}")
    walker = _Walker(limits)
    parser: Any = walker.parser
    try:
        for offset in range(0, source.size, _CHUNK):
            clock.check(f"byte {offset}")
            chunk = source.read(offset, min(_CHUNK, source.size - offset))
            parser.Parse(chunk, False)
            # a token that goes on and on is kept, and read again with every piece
            if offset + len(chunk) - parser.CurrentByteIndex > limits.string_bytes:
                raise LimitExceeded(f"{limits.string_bytes} bytes of one tag", place=walker.place)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        cause = f"not well-formed XML: {expat.ErrorString(error.code)}"
        raise ModelError(cause, place=f"line {error.lineno}, column {error.offset + 1}") from None
    if walker.root is None:
        raise ModelError("the file holds no network")
    return walker.root
