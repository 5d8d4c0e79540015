"""Axes that lie in the `.bin`, told of one layer by others that read them from the same place.

A reduction that keeps its axes shows in its declared shapes over which ones it runs, and a
transpose of sizes that differ shows its order. Others of the same rank that read the same constant
do the same.
"""

from __future__ import annotations

from collections.abc import Iterator

from genescan.converters import openvino_infer as infer
from genescan.converters.openvino_xml import Layer, Network

_TRUE = ("true", "True", "1")
_MOST = 6
"""Axes whose orders are tried."""
_LOOKED_AT = 64
"""Transposes that one constant is told by, and constants that are told by several."""

_Place = tuple[str, int]
"""Where a constant lies, and the rank of what it is used for."""


def told(network: Network) -> dict[int, infer.Axes]:
    """The axes of reductions, norms and transposes as far as others tell them, by layer."""
    known: dict[_Place, infer.Axes] = {}
    orders: dict[_Place, list[Layer]] = {}
    readers = list(_readers(network))
    for layer, place, size in readers:
        before, after = layer.inputs[0].shape, layer.outputs[0].shape
        if layer.kind == "Transpose":
            orders.setdefault(place, []).append(layer)
        elif layer.kind != "MVN":
            keep = layer.data.get("keep_dims") in _TRUE
            axes = infer.certain(before, after, keep, size)
            if axes is not None:
                known.setdefault(place, axes)
    shapes = {
        place: {(each.inputs[0].shape, each.outputs[0].shape) for each in layers[:_LOOKED_AT]}
        for place, layers in orders.items()
        if place[1] <= _MOST
    }
    several = [place for place, pairs in shapes.items() if len(pairs) > 1]
    for place in several[:_LOOKED_AT]:
        choices = [set(infer.orders(*pair)) for pair in shapes[place]]
        common = min(set.intersection(*choices), default=())  # equal axes keep their order
        if common != tuple(range(place[1])):
            known[place] = common
    return {layer.id: known[place] for layer, place, _ in readers if place in known}


def _readers(network: Network) -> Iterator[tuple[Layer, _Place, int]]:
    """Layers that stored axes tell what to do, where these lie for which rank, and their number."""
    for layer in network.layers.values():
        wanted = layer.kind.startswith("Reduce") or layer.kind in ("MVN", "Transpose")
        if not wanted or len(layer.inputs) != 2 or len(layer.outputs) != 1:
            continue
        source = network.sources.get((layer.id, layer.inputs[1].id))
        axes = network.layers.get(source[0]) if source is not None else None
        shape = layer.inputs[0].shape
        if axes is None or axes.kind != "Const" or shape is None or "offset" not in axes.data:
            continue
        size = infer.count(tuple(axes.outputs[0].dims)) if axes.outputs else None
        kind = "order" if layer.kind == "Transpose" else "axes"
        if size is not None:
            yield layer, (f"{kind}@{axes.data['offset']}", len(shape)), size
