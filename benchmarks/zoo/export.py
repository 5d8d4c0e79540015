"""Exporters and derived variants: every entry of VARIANTS writes one ONNX file."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import onnx
import torch

from benchmarks.zoo.calibration import samples
from benchmarks.zoo.spec import Built, Spec, make


@dataclass(frozen=True)
class Job:
    """One export: what to build, where earlier variants are and where to write."""

    spec: Spec
    seed: int
    folder: Path
    target: Path

    def build(self) -> Built:
        """A fresh model, so that no export can disturb the next one."""
        return make(self.spec, self.seed)

    def source(self, *names: str) -> Path:
        """The first of these variants that was written earlier."""
        for name in names:
            path = self.folder / f"{name}.onnx"
            if path.exists():
                return path
        raise FileNotFoundError(f"no source among {', '.join(names)}")


PLAIN = ("ts17", "dyn18", "ts13")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Silence the warnings and log lines of exporters."""
    logging.disable(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def torchscript(job: Job, opset: int, fold: bool = True, dynamic: bool = False) -> None:
    """The TorchScript-based exporter."""
    built = job.build()
    with torch.no_grad():
        torch.onnx.export(
            built.module,
            tuple(built.inputs.values()),
            str(job.target),
            opset_version=opset,
            do_constant_folding=fold,
            input_names=list(built.inputs),
            output_names=["output"],
            dynamic_axes=built.dynamic if dynamic else None,
            dynamo=False,
        )


def dynamo(job: Job, opset: int, optimize: bool = True, shapes: Any = None) -> None:
    """The torch.export-based exporter."""
    built = job.build()
    with torch.no_grad():
        torch.onnx.export(
            built.module,
            tuple(built.inputs.values()),
            str(job.target),
            opset_version=opset,
            input_names=list(built.inputs),
            output_names=["output"],
            dynamic_shapes=shapes,
            optimize=optimize,
            external_data=False,
            verbose=False,
            dynamo=True,
        )


def dynamo_dynamic(job: Job, opset: int) -> None:
    """The same with dynamic axes; where tracing fixes an axis, the exporter decides."""
    built = job.build()
    cause: Exception | None = None
    for dim in (torch.export.Dim.DYNAMIC, torch.export.Dim.AUTO):
        axes = (built.dynamic.get(name, {}) for name in built.inputs)
        flat = tuple(dict.fromkeys(each, dim) for each in axes)
        try:
            variadic = getattr(built.module, "variadic", False)
            return dynamo(job, opset, shapes=(flat,) if variadic else flat)
        except Exception as error:  # the second attempt is the answer to any refusal
            cause = error
    raise RuntimeError("dynamic export failed") from cause


def simplified(job: Job) -> None:
    """Apply onnxsim to a plain export."""
    import onnxsim

    model, _ = onnxsim.simplify(onnx.load(job.source(*PLAIN)))
    onnx.save(model, job.target)


def slimmed(job: Job) -> None:
    """Apply onnxslim to a plain export."""
    import onnxslim

    onnx.save(onnxslim.slim(onnx.load(job.source(*PLAIN))), job.target)


def ort_optimised(job: Job, level: str) -> None:
    """The model ONNX Runtime writes after its graph optimisations at this level."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = getattr(ort.GraphOptimizationLevel, f"ORT_ENABLE_{level}")
    options.optimized_model_filepath = str(job.target)
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    ort.InferenceSession(str(job.source(*PLAIN)), options, providers=["CPUExecutionProvider"])


def ort_transformers(job: Job) -> None:
    """onnxruntime.transformers.optimizer with the model type of this spec."""
    from onnxruntime.transformers import optimizer

    model = optimizer.optimize_model(
        str(job.source(*PLAIN)),
        model_type=job.spec.ort_kind,
        num_heads=job.spec.heads,
        hidden_size=job.spec.hidden,
        opt_level=0,
    )
    model.save_model_to_file(str(job.target))


def dynamic_int8(job: Job) -> None:
    """Dynamic int8 quantisation."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(str(job.source(*PLAIN)), str(job.target), weight_type=QuantType.QInt8)


def static_int8(job: Job, form: str) -> None:
    """Static int8 quantisation calibrated on the example inputs and their like."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    source = job.source(*PLAIN)
    names = {item.name for item in onnx.load(source).graph.input}
    feed = {k: v.numpy() for k, v in job.build().inputs.items() if k in names}

    class Reader(CalibrationDataReader):
        """One batch a sample."""

        def __init__(self) -> None:
            self.batches = iter(samples(feed))

        def get_next(self) -> dict[str, Any] | None:
            return next(self.batches, None)

    quantize_static(str(source), str(job.target), Reader(), quant_format=QuantFormat[form])


def half(job: Job) -> None:
    """float16 weights and compute, float32 inputs and outputs."""
    from onnxruntime.transformers.float16 import convert_float_to_float16

    model = convert_float_to_float16(onnx.load(job.source(*PLAIN)), keep_io_types=True)
    onnx.save(model, job.target)


VARIANTS: dict[str, Callable[[Job], None]] = {
    "ts17": partial(torchscript, opset=17),
    "dyn18": partial(dynamo, opset=18),
    "ts17_nofold": partial(torchscript, opset=17, fold=False),
    "q_static_qdq": partial(static_int8, form="QDQ"),
    "q_dynamic": dynamic_int8,
    "ort_all": partial(ort_optimised, level="ALL"),
    "fp16": half,
    "ts11": partial(torchscript, opset=11),
    "ts13": partial(torchscript, opset=13),
    "ts13_nofold": partial(torchscript, opset=13, fold=False),
    "ts17_dynamic": partial(torchscript, opset=17, dynamic=True),
    "dyn18_noopt": partial(dynamo, opset=18, optimize=False),
    "dyn18_dynamic": partial(dynamo_dynamic, opset=18),
    "dyn20": partial(dynamo, opset=20),
    "dyn23": partial(dynamo, opset=23),
    "onnxsim": simplified,
    "onnxslim": slimmed,
    "ort_basic": partial(ort_optimised, level="BASIC"),
    "ort_extended": partial(ort_optimised, level="EXTENDED"),
    "ort_transformers": ort_transformers,
    "q_static_qoperator": partial(static_int8, form="QOperator"),
}
KERAS = {
    "keras_saved": "saved",
    "keras_frozen": "frozen.pb",
    "keras_tflite": "fp32.tflite",
    "keras_tflite_dynamic": "dynamic.tflite",
    "keras_tflite_fp16": "fp16.tflite",
    "keras_openvino": "openvino.xml",
    "keras_coreml": "coreml.mlpackage",
}
"""Variants of Keras models with their file names; a SavedModel is a folder."""
FEW = ["ts17", "dyn18", "ts17_nofold", "q_static_qdq", "q_dynamic", "ort_all", "fp16"]


def variants_for(spec: Spec, choice: str) -> list[str]:
    """Names of the variants to write for this spec, sources first."""
    if spec.toolchain == "keras":
        return list(KERAS)
    names = {"few": FEW, "all": list(VARIANTS)}.get(choice) or choice.split(",")
    return [name for name in names if name != "ort_transformers" or spec.ort_kind]


def file_name(spec: Spec, variant: str) -> str:
    """What the file of a variant is called."""
    return KERAS[variant] if spec.toolchain == "keras" else f"{variant}.onnx"


def run(spec: Spec, variant: str, seed: int, folder: Path) -> None:
    """Write one variant, or leave no file behind."""
    folder.mkdir(parents=True, exist_ok=True)
    if spec.toolchain == "keras":
        from benchmarks.zoo.from_keras import walk

        return walk(spec, variant, seed, folder, KERAS[variant])
    final = folder / f"{variant}.onnx"
    partial_file = folder / f"{variant}.part"
    try:
        with quiet():
            VARIANTS[variant](Job(spec, seed, folder, partial_file))
        if not partial_file.exists():
            raise FileNotFoundError("the exporter wrote no file")
        partial_file.replace(final)
    finally:
        for leftover in folder.glob(f"{variant}.part*"):
            leftover.unlink()
