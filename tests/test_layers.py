"""Which part of the program may know which: a table, checked against every import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import ROOT

PARTS = {
    # the ground: data, vocabulary, notation
    "base": "errors limits graph ops shapes sizes text kleene suggest collector",
    # files to raw graphs
    "readers": "converters converters.*",
    # raw graphs to canonical ones
    "passes": "draft codes evaluate passes passes.*",
    "canonical": "verify digest canonical",
    # signature files to patterns and conditions
    "language": "document fields facts decision condition pattern predicates notation expand "
    "signature library unroll edits",
    # patterns in graphs: pure, no files, no output
    "engine": "blocks outline relations plan index lookahead match explain chains findings",
    "authoring": "lint selftest learn sketch neighbours near_misses mutants mutation formatting",
    # findings to a report
    "report": "report",
    "verdict": "leftover verdict purpose",
    "workshop": "workshop",
    # reports and graphs to text
    "render": "render render.*",
    # the program
    "story": "deadline folders pipeline isolation worker explanation benchmark",
    "rim": "cli commands signature_commands __main__",
}
MAY_IMPORT = {
    "base": "",
    "readers": "base",
    "passes": "base",
    "canonical": "base passes",
    "language": "base",
    "engine": "base language",
    "authoring": "base language engine",
    "report": "",
    "verdict": "base canonical language engine report",
    "workshop": "base language engine authoring verdict report",
    "render": "base report",
    "story": "base readers canonical language engine report verdict render",
    "rim": "base readers canonical language engine authoring workshop report render story",
}
FRAMEWORKS = {
    "coremltools", "networkx", "numpy", "onnx", "onnxruntime", "openvino", "tensorflow", "tflite",
    "torch",
}  # fmt: skip
LAZY = {"render.graph_onnx": {"onnx"}}
"""Modules that import what an extra installs, inside functions only."""


def _modules() -> dict[str, Path]:
    found = {}
    for folder, prefix in (("scanner", ""), ("converters", "converters/")):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = prefix + path.relative_to(ROOT / folder).with_suffix("").as_posix()
            found[name.replace("/", ".").removesuffix(".__init__")] = path
    del found["__init__"]  # only a table of public names; every module may import the package
    return {name: path for name, path in found.items() if "_schema" not in name}


MODULES = _modules()


def part(module: str) -> str:
    family = module.partition(".")[0] + ".*" if "." in module else module
    homes = [name for name, members in PARTS.items() if {module, family} & set(members.split())]
    assert len(homes) == 1, f"{module} must stand in one row of PARTS, found {homes}"
    return homes[0]


def imports(path: Path) -> Iterator[str]:
    """Absolute names of what a module imports, modules inside packages included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            known = [name for name in inner if name.removeprefix("genescan.") in MODULES]
            yield from known or [node.module]


@pytest.mark.parametrize("module", MODULES)
def test_imports(module: str) -> None:
    allowed = {part(module), *MAY_IMPORT[part(module)].split()}
    for name in imports(MODULES[module]):
        allowed_here = LAZY.get(module, set())
        assert name.partition(".")[0] not in {"scanner", *FRAMEWORKS} - allowed_here
        inner = name.removeprefix("genescan.")
        if name.startswith("genescan.") and inner != "signatures":
            assert part(inner) in allowed, f"{module} ({part(module)}) must not import {inner}"


def test_the_table_has_no_circle_and_no_row_too_many() -> None:
    assert PARTS.keys() == MAY_IMPORT.keys()
    placed: set[str] = set()
    for name, below in MAY_IMPORT.items():
        assert set(below.split()) <= placed, f"{name} imports what comes after it"
        placed.add(name)
    named = {word for members in PARTS.values() for word in members.split() if "*" not in word}
    assert named <= MODULES.keys()


def test_only_the_rim_prints_or_exits() -> None:
    for module, path in MODULES.items():
        if part(module) == "rim":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = node.func if isinstance(node, ast.Call) else None
            assert not (isinstance(called, ast.Name) and called.id in {"print", "exit"}), module
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {
                    ("sys", "stdout"), ("sys", "stderr"), ("sys", "exit"), ("os", "_exit"),
                }, module  # fmt: skip
            if isinstance(called, ast.Name):
                assert called.id not in {"eval", "exec", "compile", "__import__"}, module


def test_nobody_unpickles_and_one_module_starts_processes() -> None:
    banned = {"pickle", "marshal", "shelve", "subprocess", "socket", "urllib", "http", "ctypes"}
    for module, path in MODULES.items():
        allowed = {"subprocess"} if module == "isolation" else set()
        used = {name.partition(".")[0] for name in imports(path)}
        assert used.isdisjoint(banned - allowed), module
