"""The OpenVINO reader: the `.xml` of a network (IR versions 2 to 11) becomes a `Graph`.

The `.bin` file beside it is never opened. What layers read from constants (axes, targets, bounds)
is told from the declared shapes of their ports; what those leave open stays unknown.
"""

from __future__ import annotations

from genescan.converters.base import Clock, Source, quote
from genescan.converters.openvino_build import Builder
from genescan.converters.openvino_xml import parse
from genescan.errors import ModelError, Unsupported
from genescan.graph import Graph
from genescan.limits import Limits

_VERSIONS = range(2, 12)


def read(source: Source, limits: Limits) -> Graph:
    """The graph of an OpenVINO network.

    Raises:
        ModelError: the file is malformed; the place is a line or a layer.
        LimitExceeded: a budget of `limits` ran out.
    """
    clock = Clock(limits)
    network = parse(source, limits, clock)
    if network.version not in _VERSIONS:
        cause = f"OpenVINO IR version {network.version}; versions 2 to 11 are read"
        raise Unsupported(cause, kind="OpenVINO IR")
    if not network.layers:
        raise ModelError("the network has no layers")
    file = source.path.with_suffix(".bin").name
    meta = {"ir_version": str(network.version)}
    if network.name:
        meta["name"] = quote(network.name)[1:-1]
    return Builder(network.version, file, limits, clock).graph(network, meta)
