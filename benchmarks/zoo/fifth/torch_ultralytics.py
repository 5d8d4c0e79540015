"""Detectors and their relatives of `ultralytics`, exported as the package does.

The package is AGPL: it is imported to make test files and never shipped.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import Any
from unittest.mock import patch

from torch import nn

from benchmarks.zoo.fourth.torch_vision import entry
from benchmarks.zoo.spec import Spec

NARROW = {"depth_multiple": 1.0, "width_multiple": 0.25}
"""Where a layout has one size only, a quarter of its channels."""


@contextlib.contextmanager
def no_torchvision() -> Iterator[None]:
    """Answer the question for torchvision's version, which is all that the import wants."""
    version = importlib.metadata.version
    known = {"torchvision": "0.28.0"}
    with patch.object(importlib.metadata, "version", lambda name: known.get(name) or version(name)):
        yield


def quarter(layout: dict[str, Any]) -> None:
    """Shrink the layers whose widths the package's scales leave alone."""
    for _, _, kind, args in layout["backbone"] + layout["head"]:
        if kind in ("HGStem", "HGBlock", "ResNetLayer"):
            args[:2] = [size if size == 3 else size // 4 for size in args[:2]]
        elif kind == "AIFI":
            args[:] = [256, 4]
        elif kind == "RTDETRDecoder":
            args += [64, 60, 4, 4, 6, 128]


def network(
    file: str, task: str, fused: bool, sizes: dict[str, Any] | None, raw: bool
) -> nn.Module:
    """The network of a layout file, prepared for ONNX like the package's exporter does."""
    with no_torchvision():
        tasks = import_module("ultralytics.nn.tasks")
        modules = import_module("ultralytics.nn.modules")
    layout = tasks.yaml_model_load(f"{file}.yaml")
    layout.update(sizes or {})
    if sizes is not None or task == "RTDETRDetection":
        quarter(layout)
    net: Any = getattr(tasks, f"{task}Model")(layout, nc=10, verbose=False).eval()
    if fused:
        net.fuse(verbose=False)
    if raw and getattr(net, "end2end", False):  # what the exporter does unless told otherwise
        net.end2end = False
    for layer in net.modules():
        if isinstance(layer, (modules.Detect, modules.RTDETRDecoder, modules.Classify)):
            layer.export, layer.format, layer.dynamic, layer.max_det = True, "onnx", False, 100
        elif isinstance(layer, modules.C2f):
            layer.forward = layer.forward_split
    found: nn.Module = net
    return found


TASKS = {"Classification": "classification", "Segmentation": "segmentation", "Pose": "pose",
         "SemanticSegmentation": "segmentation", "Depth": "depth", "OBB": "rotated-detection",
         "RTDETRDetection": "detection", "Detection": "detection"}  # fmt: skip
BY_SUFFIX = {
    "cls": "Classification", "seg": "Segmentation", "pose": "Pose", "obb": "OBB",
    "sem": "SemanticSegmentation", "depth": "Depth", "rtdetr": "RTDETRDetection",
}  # fmt: skip


def yolo(row: tuple[Any, ...], fused: bool, raw: bool = False, name: str = "") -> Spec:
    """One layout of the package; its task is told by the end of its name."""
    file, family, kind, sizes = (*row, "", None)[:4]
    task = kind or BY_SUFFIX.get(file.rpartition("-")[2], "Detection")
    maker = partial(network, file, task, fused, sizes, raw)
    size = 128 if task == "Classification" else 192 if file.endswith("p6") else 160
    return entry("ultralytics", name or file, family, maker, size, task=TASKS[task])


LAYOUTS: list[tuple[Any, ...]] = [
    ("yolov8n", "yolov8"),
    ("yolo11n", "yolo11"),
    # the package's layouts of older families have the anchor-free head of YOLOv8 ("yolov5u")
    ("yolov5n", "yolov5"),
    ("yolov8n-seg", "yolov8"),
    ("yolov8n-pose", "yolov8"),
    ("yolov8n-cls", "yolov8"),
    ("yolov8n-obb", "yolov8"),
    ("yolo11n-seg", "yolo11"),
    ("yolo11n-pose", "yolo11"),
    ("yolo11n-cls", "yolo11"),
    ("yolo11n-obb", "yolo11"),
    ("yolov3-tiny", "yolov3", "", NARROW | {"width_multiple": 0.5}),
    ("yolov3", "yolov3", "", NARROW),
    ("yolov3-spp", "yolov3", "", NARROW),
    ("yolov6n", "yolov6"),
    ("yolov9t", "yolov9"),
    ("yolov9s", "yolov9"),
    ("yolov10n", "yolov10"),
    ("yolo12n", "yolo12"),
    ("yolo12n-seg", "yolo12"),
    ("yolo12n-cls", "yolo12"),
    ("yolo26n", "yolo26"),
    ("yolo26n-seg", "yolo26"),
    ("yolo26n-pose", "yolo26"),
    ("yolo26n-cls", "yolo26"),
    ("rtdetr-l", "rt-detr", "RTDETRDetection", {"scales": {"l": [1.0, 0.25, 1024]}}),
    ("rtdetr-resnet50", "rt-detr", "RTDETRDetection", {"scales": {"l": [1.0, 0.25, 1024]}}),
    ("yolov8n-rtdetr", "yolov8 + rt-detr"),
    ("yolov8n-p2", "yolov8"),
    ("yolov8n-p6", "yolov8"),
    ("yolov5n-p6", "yolov5"),
    # ghost modules take the place of the block that makes YOLOv8
    ("yolov8n-ghost", "yolov8-ghost"),
    ("yolov8n-cls-resnet50", "resnet", "Classification", {}),
    ("yolov8n-cls-resnet101", "resnet", "Classification", {}),
    ("yolo26n-sem", "yolo26-sem"),
    ("yolo26n-depth", "yolo26-depth"),
]
AGAIN = ["yolov8n", "yolo11n", "yolov5n", "yolov10n", "yolov9t", "yolo12n", "yolo26n", "rtdetr-l"]
"""The most used ones once more, with the other answers to what is fused and what the head gives."""

SPECS: list[Spec] = [
    *(yolo(row, fused=i % 2 == 0) for i, row in enumerate(LAYOUTS)),
    *(yolo(row, fused=i % 2 == 1, raw=True, name=f"{row[0]}-{'fused' if i % 2 else 'unfused'}")
      for i, row in enumerate(LAYOUTS) if row[0] in AGAIN),
]  # fmt: skip
SPECS = [replace(spec, name=spec.name.replace("fourth-", "fifth-")) for spec in SPECS]
