"""Files of Keras models: by the roads that exist, and by the converters of OpenVINO and CoreML."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.roads import from_keras as roads
from benchmarks.zoo.spec import Spec, model_seed


def openvino(job: Any) -> None:
    """OpenVINO's converter on the SavedModel."""
    import openvino as ov

    ov.save_model(ov.convert_model(job.folder / "saved"), job.target)


def coreml(job: Any) -> None:
    """CoreML's converter on the traced function, as an ML program."""
    import coremltools

    traced = roads.concrete(roads.build(job))
    model = coremltools.convert([traced], source="tensorflow", convert_to="mlprogram")
    model.save(str(job.target))


TABLE: Mapping[str, Callable[[Any], None]] = {
    "keras_saved": roads.saved,
    "keras_frozen": partial(roads.frozen, lower=False),
    "keras_tflite": partial(roads.tflite, kind="fp32"),
    "keras_tflite_dynamic": partial(roads.tflite, kind="dynamic"),
    "keras_tflite_fp16": partial(roads.tflite, kind="fp16"),
    "keras_openvino": openvino,
    "keras_coreml": coreml,
}


def walk(spec: Spec, variant: str, seed: int, folder: Path, name: str) -> None:
    """Write one variant of a Keras model, or leave nothing behind."""
    part = folder / "part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()

    def build(_: Any, run_seed: int) -> Any:
        return spec.build(model_seed(spec.name, run_seed))

    job: Any = SimpleNamespace(
        architecture=SimpleNamespace(keras=build),
        toolchain="keras",
        seed=seed,
        folder=folder,
        target=part / name,
    )
    try:
        TABLE[variant](job)
        if not (part / name).exists():
            raise FileNotFoundError("the exporter wrote no file")
        for made in part.iterdir():  # the weights that lie beside a graph, too
            made.replace(folder / made.name)
    finally:
        shutil.rmtree(part, ignore_errors=True)
