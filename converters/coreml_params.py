"""The parameters of a neural-network layer as plain attributes and weights."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from genescan.converters.coreml_values import Values, text
from genescan.converters.schema import SKIPPED
from genescan.graph import Attr, Tensor

_WEIGHTS = "CoreML.Specification.WeightParams"
_NETWORK = "CoreML.Specification.NeuralNetwork"
_LISTED = 8
"""Entries of a list of messages that are kept: a layer has at most three of each."""


class Params:
    """What one layer says of itself.

    Attributes:
        attrs: scalars and lists by the path of their field, for example `valid.paddingAmounts`;
            enumerations by name; of a choice the name of the field that is set.
        weights: constants by path.
    """

    def __init__(self, proto: Any, values: Values, owner: str) -> None:
        self.attrs: dict[str, Attr] = {}
        self.weights: dict[str, Tensor] = {}
        self._values, self._owner = values, owner
        self._walk(proto, "")

    def _walk(self, proto: Any, prefix: str) -> None:
        """Note all fields of a message; only sub-networks nest without end, and are left out."""
        descriptor = proto.DESCRIPTOR
        for choice in descriptor.oneofs:
            if chosen := proto.WhichOneof(choice.name):
                self.attrs[prefix + choice.name] = chosen
        for row in descriptor.fields:
            path = prefix + row.name
            if row.number == SKIPPED:
                continue
            if row.message_type is not None:
                self._message(proto, row, path)
            elif row.is_repeated:
                kept = tuple(getattr(proto, row.name)[: self._values.limits.fold_elements])
                if kept:
                    self.attrs[path] = kept
            elif row.type == FieldDescriptor.TYPE_ENUM:
                named = row.enum_type.values_by_number.get(getattr(proto, row.name))
                self.attrs[path] = named.name if named is not None else ""
            elif row.type == FieldDescriptor.TYPE_STRING:
                self.attrs[path] = text(getattr(proto, row.name))
            elif row.type != FieldDescriptor.TYPE_BYTES:
                self.attrs[path] = getattr(proto, row.name)

    def _message(self, proto: Any, row: Any, path: str) -> None:
        kind = row.message_type
        if kind.full_name == _NETWORK or kind.GetOptions().map_entry:
            return
        if row.is_repeated:
            for index, part in enumerate(getattr(proto, row.name)[:_LISTED]):
                self._part(part, kind.full_name, f"{path}.{index}")
        elif proto.HasField(row.name):
            self._part(getattr(proto, row.name), kind.full_name, path)

    def _part(self, proto: Any, kind: str, path: str) -> None:
        if kind == _WEIGHTS:
            self.weights[path] = self._values.weight(proto, f"{self._owner}/{path}")
        else:
            self._walk(proto, f"{path}.")
