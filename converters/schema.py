"""Protobuf message classes from the vendored descriptor sets, in private descriptor pools.

A private pool cannot clash with a framework that registers the same schema in this process.
Every message gets one extra field, `skipped`, in which `genescan.converters.wire` notes what
it left out: triples of field number, offset and length.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from google.protobuf import message_factory
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.internal import api_implementation
from google.protobuf.message import Message

from genescan.errors import GenescanError

SKIPPED = (1 << 29) - 1
"""Field number of `skipped`: the highest there is, so that no schema uses it."""


def _add_skipped(messages: Iterable[DescriptorProto]) -> None:
    for message in messages:
        if message.options.map_entry:  # has a key and a value, and may have nothing else
            continue
        row = message.field.add(name="skipped", number=SKIPPED)
        row.type = FieldDescriptorProto.TYPE_UINT64
        row.label = FieldDescriptorProto.LABEL_REPEATED
        row.options.packed = True
        _add_skipped(message.nested_type)


@cache
def _pool(name: str) -> DescriptorPool:
    if (backend := api_implementation.Type()) != "upb":
        raise GenescanError(
            f"protobuf runs on its {backend!r} backend, which is slow and has no depth limit: "
            "install a protobuf wheel with the upb backend"
        )
    resource = files("genescan.converters") / "_schema" / f"{name}.fds"
    pool = DescriptorPool()
    for file in FileDescriptorSet.FromString(resource.read_bytes()).file:
        _add_skipped(file.message_type)
        pool.Add(file)
    return pool


@cache
def message_class(schema: str, full_name: str) -> type[Message]:
    """The class of one message, for example `("onnx", "onnx.ModelProto")`.

    Raises:
        GenescanError: the protobuf installation has no upb backend.
    """
    return message_factory.GetMessageClass(_pool(schema).FindMessageTypeByName(full_name))
