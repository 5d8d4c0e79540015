"""All roads by toolchain, and how one of them is walked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.roads.architecture import Architecture


@dataclass(frozen=True)
class Job:
    """One export: what, by which toolchain, where its other files are and where to write."""

    architecture: Architecture
    toolchain: str
    seed: int
    folder: Path
    target: Path


Road = Callable[[Job], None]

TOOLCHAINS = {
    "onnx": "from_torch.ONNX",
    "openvino": "from_torch.OPENVINO",
    "coreml": "from_torch.COREML",
    "keras": "from_keras.KERAS",
    "tf_keras": "from_keras.KERAS",
}
"""Toolchain to its table of roads; imported where it runs, for a framework takes its time."""


def roads(toolchain: str) -> Mapping[str, Road]:
    """The roads of a toolchain: name of the file to function, sources first."""
    module, _, table = TOOLCHAINS[toolchain].partition(".")
    found: Mapping[str, Road] = getattr(import_module(f"benchmarks.roads.{module}"), table)
    return found


def applicable(toolchain: str, architecture: Architecture) -> bool:
    """Whether this architecture can be exported by this toolchain at all."""
    return architecture.twin or toolchain not in ("keras", "tf_keras")


def one_thread() -> None:
    """Keep every framework that this process may load on one core, and quiet."""
    os.environ.update(OMP_NUM_THREADS="1", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    os.environ.update(TF_NUM_INTRAOP_THREADS="1", TF_NUM_INTEROP_THREADS="1")
    os.environ["OPENVINO_TELEMETRY"] = "0"


def walk(architecture: Architecture, toolchain: str, road: str, seed: int, out: Path) -> None:
    """Write one file, or leave none behind."""
    folder = out / architecture.name / toolchain
    part = folder / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        roads(toolchain)[road](Job(architecture, toolchain, seed, folder, part / road))
        if not (part / road).exists():
            raise FileNotFoundError("the exporter wrote no file")
        for made in part.iterdir():  # the weights that lie beside a graph, too
            made.replace(folder / made.name)
    finally:
        shutil.rmtree(part)
