"""Make the descriptor sets in this folder from an installed package, without importing it.

    python converters/_schema/build.py SITE_PACKAGES

Generated `*_pb2.py` modules carry their schema as one bytes literal; it is taken out by
parsing the source, and a file's dependencies come along. Nothing of the package runs.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

ROOTS = {
    "onnx": (".", "onnx/onnx-ml.proto"),
    "coreml": ("coremltools/proto", "Model.proto"),
    "tensorflow": (".", "tensorflow/core/protobuf/saved_model.proto"),
}
"""Descriptor set (file stem here): the folder that its modules lie in, and the schema it is for."""


def module_file(packages: Path, proto: str) -> Path:
    """The generated module of a schema: `onnx/onnx-ml.proto` → `onnx/onnx_ml_pb2.py`."""
    return packages / (proto.removesuffix(".proto").replace("-", "_") + "_pb2.py")


def descriptor(module: Path) -> FileDescriptorProto:
    """The serialized schema inside a generated module."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "AddSerializedFile":
            return FileDescriptorProto.FromString(ast.literal_eval(node.args[0]))
    raise SystemExit(f"{module}: no serialized schema")


def closure(packages: Path, root: str) -> FileDescriptorSet:
    """The schema and everything that it imports, dependencies first."""
    files: dict[str, FileDescriptorProto] = {}

    def visit(proto: str) -> None:
        if proto in files:
            return
        file = descriptor(module_file(packages, proto))
        for dependency in file.dependency:
            visit(dependency)
        files[proto] = file

    visit(root)
    return FileDescriptorSet(file=files.values())


def main() -> None:
    """Write one descriptor set for every root."""
    packages, here = Path(sys.argv[1]), Path(__file__).parent
    for name, (folder, root) in ROOTS.items():
        target = here / f"{name}.fds"
        target.write_bytes(closure(packages / folder, root).SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
