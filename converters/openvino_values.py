"""Attributes, element types and constants of OpenVINO layers.

The `.bin` file beside the network is never opened: a constant has a type, a shape and a place in
that file, and no values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from genescan.converters.base import quote
from genescan.converters.openvino_xml import Blob, Layer
from genescan.converters.table import Call
from genescan.errors import ModelError
from genescan.graph import Attr, Dims, Payload, Tensor

_TYPES = {
    "boolean": "bool",
    "bool": "bool",
    "f16": "float16",
    "fp16": "float16",
    "f32": "float32",
    "fp32": "float32",
    "f64": "float64",
    "fp64": "float64",
    "bf16": "bfloat16",
}
_INTEGER_TYPE = re.compile(r"([iu])(\d{1,2})\Z")
_INTEGER = re.compile(r"\s*[-+]?\d{1,18}\s*\Z")
_NUMBER = re.compile(r"\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?\s*\Z|\s*[-+]?inf\s*\Z")
_LONGEST = 4_096
"""Characters of an attribute that is read as numbers."""
_BOOLEANS = {"true": True, "false": False, "True": True, "False": False}


def dtype(precision: str) -> str:
    """The vocabulary's name of an element type, OpenVINO's own in lower case where it has none."""
    name = precision.lower()
    integer = _INTEGER_TYPE.match(name)
    if integer is not None:
        return ("int" if integer[1] == "i" else "uint") + integer[2]
    return _TYPES.get(name, name[:16])


def _scalar(text: str) -> int | float | None:
    if _INTEGER.match(text):
        return int(text)
    return float(text) if _NUMBER.match(text) else None


def parse(text: str) -> Attr:
    """An attribute's text as a number, a truth value, a list of numbers or itself."""
    if len(text) > _LONGEST:
        return text[:_LONGEST]
    single = _scalar(text)
    if single is not None:
        return single
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    items = [_scalar(part) for part in text.split(",")] if "," in text else [None]
    return text if None in items else tuple(item for item in items if item is not None)


_NUMERIC = frozenset(
    """
    alpha axis axis_fft batch_dims beta bias block_size block-size blocksize clip dilation
    dilations dim end eps epsilon exp group groups hidden_size kernel max min negative_slope
    num_groups num_splits num out-size output out_sizes output_padding pad_beg pad_end pads_begin
    pads_end power scale shift size start stride strides tiles to_axis
    """.split()
)
"""Attributes that mean a number, or several, wherever they stand."""


def attributes(layer: Layer) -> dict[str, Attr]:
    """A layer's attributes.

    Raises:
        ModelError: an attribute that must be a number is something else.
    """
    parsed = {name: parse(text) for name, text in layer.data.items()}
    for name in _NUMERIC & parsed.keys():
        value = parsed[name]
        if isinstance(value, str) and value:
            cause = f"attribute {quote(name)} is {quote(value)}, expected numbers"
            raise ModelError(cause, place=layer.place)
    return parsed


def flag(call: Call, name: str, default: bool = False) -> bool:
    """A truth value, however it is spelt."""
    value = call.attrs.get(name, default)
    return bool(value) if isinstance(value, int | float) else default


def number(call: Call, name: str, default: float) -> float:
    """A number; where a list stands, its only element."""
    value = call.attrs.get(name, default)
    if isinstance(value, tuple) and len(value) == 1 and isinstance(value[0], int | float):
        value = value[0]
    return float(value) if isinstance(value, int | float) else default


def constant(layer: Layer, attrs: Mapping[str, Attr], file: str, name: str) -> Tensor:
    """A Const layer as a tensor whose values stay in the file.

    Raises:
        ModelError: its place or its shape is impossible.
    """
    port = layer.outputs[0]
    shape = tuple(port.dims)
    if None in shape:
        raise ModelError("a constant of unknown size", place=layer.place)
    blob = layer.blobs.get("custom")
    if blob is None and "offset" in attrs:
        blob = Blob(_place(layer, attrs, "offset"), _place(layer, attrs, "size"))
    payload = None if blob is None else Payload(file, blob.offset, blob.size)
    kind = attrs.get("element_type") or port.precision or layer.precision
    return Tensor(dtype(str(kind)), shape, None, name, payload)


def _place(layer: Layer, attrs: Mapping[str, Attr], name: str) -> int:
    value = attrs.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        cause = f"attribute {quote(name)} of a constant must be a place in the .bin file"
        raise ModelError(cause, place=layer.place)
    return value


def blob(layer: Layer, name: str, shape: Dims | None, file: str) -> Tensor | None:
    """Weights that an old layer carries itself, None where it has none of that name."""
    found = layer.blobs.get(name)
    if found is None:
        return None
    kind = dtype(found.precision or layer.precision)
    return Tensor(
        kind, shape, None, f"{layer.name}/{name}", Payload(file, found.offset, found.size)
    )
