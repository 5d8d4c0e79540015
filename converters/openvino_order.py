"""The layers of one network in an order in which each stands behind what it reads."""

from __future__ import annotations

from collections import deque

from genescan.converters.base import quote
from genescan.converters.openvino_xml import Layer, Network
from genescan.errors import ModelError


def arrange(network: Network) -> list[Layer]:
    """Layers in topological order, as close to the file's own as that allows.

    Raises:
        ModelError: an edge leads nowhere, an input port is not fed, or the network is cyclic.
    """
    _check(network)
    waiting = {layer.id: len(layer.inputs) for layer in network.layers.values()}
    readers: dict[int, list[int]] = {}
    for (reader, _), (producer, _) in network.sources.items():
        readers.setdefault(producer, []).append(reader)
    ready = deque(id for id, count in waiting.items() if not count)
    order: list[Layer] = []
    while ready:
        layer = network.layers[ready.popleft()]
        order.append(layer)
        for reader in readers.get(layer.id, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    if len(order) < len(network.layers):
        stuck = next(layer for layer in network.layers.values() if waiting[layer.id])
        raise ModelError("the network is cyclic", place=stuck.place)
    return order


def _check(network: Network) -> None:
    """Every edge joins an output port to an input port, and every input port has one."""
    made: set[tuple[int, int]] = set()
    read: set[tuple[int, int]] = set()
    for layer in network.layers.values():
        own = [(layer.id, port.id) for port in layer.inputs]
        outputs = [(layer.id, port.id) for port in layer.outputs]
        if len(set(own)) < len(own) or len(set(outputs)) < len(outputs):
            raise ModelError("two ports have one id", place=layer.place)
        made.update(outputs)
        read.update(own)
    for target, source in network.sources.items():
        if source not in made:
            raise ModelError(
                f"an edge comes from port {source[1]} of layer {source[0]}, which does not exist"
            )
        if target not in read:
            raise ModelError(
                f"an edge leads to port {target[1]} of layer {target[0]}, which does not exist"
            )
    for id, port in read:
        if (id, port) not in network.sources:
            layer = network.layers[id]
            cause = f"nothing feeds port {port} of {quote(layer.kind)}"
            raise ModelError(cause, place=layer.place)
