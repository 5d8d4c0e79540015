"""What the port maps of TensorIterator, Loop and If say: which value enters and leaves a body."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from genescan.converters.base import quote
from genescan.converters.openvino_values import parse
from genescan.converters.openvino_xml import Layer, Network, Port
from genescan.errors import ModelError

PARAMETERS = frozenset({"Parameter", "Input"})


@dataclass(slots=True)
class Wiring:
    """Ports of the owner and layers of its body that belong together."""

    carried: list[tuple[int, int]] = field(default_factory=list)
    """(port, Parameter) of what a step gets anew: slices and carried states."""
    captured: list[tuple[int, int]] = field(default_factory=list)
    """(port, Parameter) of what stays the same in every step."""
    counters: list[int] = field(default_factory=list)
    """Parameters that hold the number of the step."""
    outputs: dict[int, int] = field(default_factory=dict)
    """Result by output port."""
    returned: list[int] = field(default_factory=list)
    """Results that go to the next step: states and the condition."""


def _integer(row: Mapping[str, str], name: str, place: str) -> int:
    value = parse(row.get(name, ""))
    if not isinstance(value, int) or isinstance(value, bool):
        raise ModelError(f"port map without an integer {quote(name)}", place=place)
    return value


def wiring(layer: Layer, name: str) -> Wiring:
    """What one port map of a layer says.

    Raises:
        ModelError: it names a port or a layer that does not exist, or one twice.
    """
    body = layer.bodies[name]
    rows = layer.maps.get(name.replace("body", "port_map"), [])
    backs = layer.maps.get("back_edges", [])
    _expose(layer, body, rows, backs)
    made = Wiring(returned=[_integer(row, "from-layer", layer.place) for row in backs])
    carried = {_integer(row, "to-layer", layer.place) for row in backs}
    for row in rows:
        port = _integer(row, "external_port_id", layer.place)
        inner = _integer(row, "internal_layer_id", layer.place)
        if row["is"] == "output":
            if port >= 0:
                made.outputs[port] = inner
            else:
                made.returned.append(inner)
        elif port < 0:
            made.counters.append(inner)
        elif "axis" in row or inner in carried:
            made.carried.append((port, inner))
        else:
            made.captured.append((port, inner))
    _check(layer, body, made)
    return made


def _check(layer: Layer, body: Network, made: Wiring) -> None:
    fed = [inner for _, inner in (*made.carried, *made.captured)] + made.counters
    left = [*made.outputs.values(), *made.returned]
    own = {port.id for port in layer.inputs}
    if len(set(fed)) < len(fed):
        raise ModelError("a port map feeds one layer twice", place=layer.place)
    parameters = {inner.id for inner in body.layers.values() if inner.kind in PARAMETERS}
    results = {inner.id for inner in body.layers.values() if inner.kind == "Result"}
    if set(fed) != parameters or not set(left) <= results:
        raise ModelError("the port map does not fit the body", place=layer.place)
    if not {port for port, _ in (*made.carried, *made.captured)} <= own:
        raise ModelError("a port map names a port that does not exist", place=layer.place)
    if {port.id for port in layer.outputs} - made.outputs.keys():
        raise ModelError("an output port is missing in the port map", place=layer.place)


def _expose(
    layer: Layer, body: Network, rows: list[dict[str, str]], backs: list[dict[str, str]]
) -> None:
    """Give a body of the old kind, whose map names inner ports, Parameters and Results."""
    ends: dict[tuple[bool, int, int], int] = {}
    first = max(body.layers, default=0) + 1

    def end(row: dict[str, str], inner: str, port: str, enters: bool) -> None:
        if port not in row:
            return
        id, at = _integer(row, inner, layer.place), _integer(row, port, layer.place)
        found = body.layers.get(id)
        if found is None or found.kind in ("Parameter", "Result"):
            return
        key = enters, id, at
        if key not in ends:
            ends[key] = _add_end(body, first + len(ends), found, at, enters)
        row[inner] = str(ends[key])

    for row in rows:
        end(row, "internal_layer_id", "internal_port_id", row["is"] == "input")
    for row in backs:
        end(row, "from-layer", "from-port", enters=False)
        end(row, "to-layer", "to-port", enters=True)


def _add_end(body: Network, id: int, inner: Layer, port: int, enters: bool) -> int:
    """A Parameter that feeds a port, or a Result that reads one."""
    kind = "Parameter" if enters else "Result"
    made = Layer(id, f"{inner.name}:{port}", kind, "", "", inner.place)
    ports = inner.inputs if enters else inner.outputs
    shape = next((list(own.dims) for own in ports if own.id == port), [])
    (made.outputs if enters else made.inputs).append(Port(0, dims=shape))
    target, source = ((inner.id, port), (id, 0)) if enters else ((id, 0), (inner.id, port))
    if target in body.sources:
        raise ModelError("a port map and an edge feed one port", place=inner.place)
    body.sources[target] = source
    body.layers[id] = made
    return id
