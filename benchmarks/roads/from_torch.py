"""Roads from a torch network: what ONNX exports need beyond the zoo's, OpenVINO and CoreML."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchmarks.roads.export import Job, Road
    from benchmarks.zoo import export as zoo
    from benchmarks.zoo.spec import Built


def onnx(job: Job, variant: str) -> None:
    """One of the zoo's exports."""
    from benchmarks.zoo import export as zoo

    zoo.VARIANTS[variant](zoo_job(job))


def onnx_torchscript(job: Job, opset: int, fold: bool = True) -> None:
    """The TorchScript exporter at another opset than the zoo's."""
    from benchmarks.zoo import export as zoo

    zoo.torchscript(zoo_job(job), opset, fold)


def zoo_job(job: Job) -> zoo.Job:
    """The same export as the zoo sees it; sources are the ONNX files written before."""
    from benchmarks.zoo import export as zoo

    folder = job.folder.parent / "onnx"
    return zoo.Job(job.architecture.spec(), job.seed, folder, job.target)


def warm(job: Job) -> Built:
    """The network after a first run, of which some keep what they compute once, such as anchors."""
    import torch

    built = job.architecture.torch(job.seed)
    with torch.no_grad():
        built.module(*built.inputs.values())
    return built


def openvino_model(job: Job, static: bool = False) -> Any:
    """The network converted by OpenVINO; without `static`, all sizes stay open."""
    import openvino

    built = warm(job)
    inputs = tuple(built.inputs.values())
    more = {"input": [tuple(value.shape) for value in inputs]} if static else {}
    return openvino.convert_model(built.module, example_input=inputs, **more)


def openvino_torch(job: Job, half: bool, static: bool = False) -> None:
    """From torch, with weights of 16 or 32 bits."""
    import openvino

    openvino.save_model(openvino_model(job, static), job.target, compress_to_fp16=half)


def openvino_onnx(job: Job, variant: str, half: bool = True) -> None:
    """From an ONNX file."""
    import openvino

    model = openvino.convert_model(zoo_job(job).source(variant))
    openvino.save_model(model, job.target, compress_to_fp16=half)


def openvino_int8(job: Job) -> None:
    """Quantised by NNCF after calibration on the example inputs and their like."""
    import nncf
    import openvino

    from benchmarks.zoo.calibration import SAMPLES, samples

    built = job.architecture.torch(job.seed)
    example = {index: value.numpy() for index, value in enumerate(built.inputs.values())}
    words = any(not value.is_floating_point() for value in built.inputs.values())
    kind = nncf.ModelType.TRANSFORMER if words else None
    model = openvino_model(job, static=True)
    data = nncf.Dataset(samples(example))
    model = nncf.quantize(model, data, subset_size=SAMPLES, model_type=kind)
    openvino.save_model(model, job.target)


def openvino_weights(job: Job) -> None:
    """Weights of 8 bits by NNCF, computing in floats."""
    import nncf
    import openvino

    openvino.save_model(nncf.compress_weights(openvino_model(job, static=True)), job.target)


def coreml(job: Job, kind: str, **more: str) -> Any:
    """The network converted by coremltools; `more` names members of its enumerations."""
    import coremltools as ct
    import numpy as np
    import torch

    built = warm(job)
    inputs = [
        ct.TensorType(name, value.shape, np.float32 if value.is_floating_point() else np.int32)
        for name, value in built.inputs.items()
    ]
    options: dict[str, Any] = {"convert_to": kind}
    if "target" in more:
        options["minimum_deployment_target"] = getattr(ct.target, more["target"])
    if "precision" in more:
        options["compute_precision"] = getattr(ct.precision, more["precision"])
    with torch.no_grad():
        trace: Any = torch.jit.trace
        traced = trace(built.module, tuple(built.inputs.values()), strict=False)
    return ct.convert(traced, inputs=inputs, skip_model_load=True, **options)


def coreml_save(job: Job, kind: str, **more: str) -> None:
    """A plain conversion."""
    coreml(job, kind, **more).save(str(job.target))


def coreml_palettised(job: Job) -> None:
    """Weights as indices of 4 bits into a table."""
    import coremltools.optimize.coreml as optimise

    how = optimise.OpPalettizerConfig(mode="uniform", nbits=4, weight_threshold=64)
    config = optimise.OptimizationConfig(global_config=how)
    model = coreml(job, "mlprogram", target="iOS16")
    optimise.palettize_weights(model, config).save(str(job.target))


def coreml_int8(job: Job) -> None:
    """Weights of 8 bits."""
    import coremltools.optimize.coreml as optimise

    how = optimise.OpLinearQuantizerConfig(mode="linear_symmetric", weight_threshold=64)
    config = optimise.OptimizationConfig(global_config=how)
    model = coreml(job, "mlprogram", target="iOS16")
    optimise.linear_quantize_weights(model, config).save(str(job.target))


ZOO = (
    "ts17", "dyn18", "ts13", "ts13_nofold", "ts17_nofold", "dyn18_noopt", "dyn20", "dyn23",
    "ort_basic", "ort_extended", "ort_all", "onnxsim", "onnxslim", "fp16", "q_dynamic",
    "q_static_qdq", "q_static_qoperator",
)  # fmt: skip
"""Sources of derived files first."""

ONNX: Mapping[str, Road] = {f"{name}.onnx": partial(onnx, variant=name) for name in ZOO} | {
    "ts20.onnx": partial(onnx_torchscript, opset=20),
    "ts20_nofold.onnx": partial(onnx_torchscript, opset=20, fold=False),
}
OPENVINO: Mapping[str, Road] = {
    "torch_fp32.xml": partial(openvino_torch, half=False),
    "torch_fp16.xml": partial(openvino_torch, half=True),
    "torch_static.xml": partial(openvino_torch, half=True, static=True),
    "onnx_ts17.xml": partial(openvino_onnx, variant="ts17"),
    "onnx_dyn18.xml": partial(openvino_onnx, variant="dyn18", half=False),
    "nncf_int8.xml": openvino_int8,
    "nncf_weights.xml": openvino_weights,
}
COREML: Mapping[str, Road] = {
    "nn.mlmodel": partial(coreml_save, kind="neuralnetwork"),
    "fp32.mlpackage": partial(coreml_save, kind="mlprogram", target="iOS15", precision="FLOAT32"),
    "fp16.mlpackage": partial(coreml_save, kind="mlprogram", target="iOS16"),
    "ios18.mlpackage": partial(coreml_save, kind="mlprogram", target="iOS18"),
    "palette4.mlpackage": coreml_palettised,
    "int8.mlpackage": coreml_int8,
}
