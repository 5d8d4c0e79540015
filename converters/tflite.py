"""The TensorFlow Lite reader: a flatbuffer becomes a `genescan.graph.Graph`.

Weights are never read; of small constants the values are kept. Data are stored channels last and
stay so, with transposes around the operators that ONNX defines for channels first.
"""

from __future__ import annotations

from genescan.converters.base import Clock, Source
from genescan.converters.flatbuffer import Flatbuffer
from genescan.converters.tflite_build import Builder
from genescan.converters.tflite_model import Loader
from genescan.graph import Graph
from genescan.limits import Limits


def read(source: Source, limits: Limits) -> Graph:
    """The graph of a TensorFlow Lite file.

    Raises:
        ModelError: the file is malformed; the place is a byte offset, an operator or a tensor.
        LimitExceeded: a budget of `limits` ran out.
    """
    clock = Clock(limits)
    network = Loader(Flatbuffer(source, limits, clock), limits).network()
    return Builder(network, limits, clock).graph()
