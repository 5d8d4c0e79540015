"""Readers of model files: `read` finds the format by content and makes a `Graph`."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import NamedTuple, cast

from genescan.collector import paused
from genescan.converters import packages, sniff
from genescan.converters.base import Reader, Source
from genescan.errors import LimitExceeded, ModelError, Unsupported
from genescan.graph import Graph
from genescan.limits import DEFAULT, Limits


class Format(NamedTuple):
    """A format that genescan reads."""

    name: str
    module: str
    """Imported when the first such file is read."""
    match: Callable[[Source], bool]
    """Tells the format by its first bytes, at the cost of a few small reads."""


FORMATS = (
    Format("onnx", "genescan.converters.onnx", sniff.is_onnx),
    Format("openvino", "genescan.converters.openvino", sniff.is_openvino),
    Format("tflite", "genescan.converters.tflite", sniff.is_tflite),
    Format("coreml", "genescan.converters.coreml", sniff.is_coreml),
    Format("coreml text", "genescan.converters.coreml_text", sniff.is_mil_text),
    Format("coreml compiled", "genescan.converters.coreml_compiled", sniff.is_espresso),
    Format("savedmodel", "genescan.converters.tensorflow", sniff.is_saved_model),
    Format("graphdef", "genescan.converters.tensorflow", sniff.is_graph_def),
)
"""One line per format, asked in this order."""


BUGS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What a reader may raise on a file that none of its checks foresaw; users see a `ModelError`."""


def detect(source: Source) -> str:
    """The name of the format, by content alone.

    Raises:
        Unsupported: the file is of another kind, which `kind` names where it is known.
        ModelError: the file is empty.
    """
    if not source.size:
        raise ModelError("empty file")
    for candidate in FORMATS:
        if candidate.match(source):
            return candidate.name
    kind, hint = sniff.other(source)
    raise Unsupported(hint, kind=kind)


def _inside(source: Source) -> str:
    """The format of the network in a model folder, which by its place claims to be one."""
    try:
        return detect(source)
    except Unsupported as error:
        raise ModelError(f"no network: {error.cause}", place=source.path.name) from None


def read(path: str | os.PathLike[str], limits: Limits = DEFAULT) -> Graph:
    """Read a model of any supported format: a file, or a folder that is one model.

    Raises:
        Unsupported: no reader handles this kind of file.
        LimitExceeded: a budget ran out, so the file was not fully read.
        ModelError: the file cannot be opened or is malformed.
    """
    try:
        inside = packages.member(path)
        with Source(inside or path, links=inside is None) as source, paused():
            name = _inside(source) if inside else detect(source)
            module = next(row.module for row in FORMATS if row.name == name)
            return cast(Reader, import_module(module)).read(source, limits)
    except ModelError as error:
        error.path = error.path or os.fspath(path)
        raise
    except MemoryError:
        raise LimitExceeded("memory", path=os.fspath(path)) from None
    except BUGS as error:
        cause = f"malformed in a way no check names ({type(error).__name__})"
        raise ModelError(cause, path=os.fspath(path)) from error
