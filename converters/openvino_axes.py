"""Axes that lie in the `.bin`, told of one layer by another that reads them from the same place.

A reduction that keeps its axes shows in its declared shapes over which ones it runs. Others of the
same rank that read the same constant run over the same axes.
"""

from __future__ import annotations

from collections.abc import Iterator

from genescan.converters import openvino_infer as infer
from genescan.converters.openvino_xml import Layer, Network
from genescan.graph import Dims

_TRUE = ("true", "True", "1")


def told(network: Network) -> dict[int, infer.Axes]:
    """The axes of reductions and normalisations where they are certain, by the layer's id."""
    readers = list(_readers(network))
    known: dict[tuple[str, int], infer.Axes] = {}
    for layer, place, size in readers:
        if layer.kind.startswith("Reduce"):
            before, after = layer.inputs[0].shape, layer.outputs[0].shape
            keep = layer.data.get("keep_dims") in _TRUE
            axes = infer.certain(before, after, keep, size)
            if axes is not None:
                known.setdefault(place, axes)
    return {layer.id: known[place] for layer, place, _ in readers if place in known}


def _readers(network: Network) -> Iterator[tuple[Layer, tuple[str, int], int]]:
    """Layers that run over stored axes, where these lie for which rank, and how many they are."""
    for layer in network.layers.values():
        wanted = layer.kind.startswith("Reduce") or layer.kind == "MVN"
        if not wanted or len(layer.inputs) != 2 or len(layer.outputs) != 1:
            continue
        source = network.sources.get((layer.id, layer.inputs[1].id))
        axes = network.layers.get(source[0]) if source is not None else None
        shape: Dims | None = layer.inputs[0].shape
        if axes is None or axes.kind != "Const" or shape is None or "offset" not in axes.data:
            continue
        size = infer.count(tuple(axes.outputs[0].dims)) if axes.outputs else None
        if size is not None:
            yield layer, (axes.data["offset"], len(shape)), size
