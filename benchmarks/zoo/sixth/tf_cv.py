"""Networks of keras_cv, which are built on Keras 3."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.zoo.sixth.tf_common import net3
from benchmarks.zoo.spec import Spec

ABSENT = "pycocotools keras_core"
SIZE = 64
PLAIN: dict[str, Any] = {"include_rescaling": True, "input_shape": (SIZE, SIZE, 3)}
WIDE = [16, 32, 64, 96]
STEPS = {"stackwise_filters": WIDE, "stackwise_strides": [1, 2, 2, 2]}
# the stem has 64 filters, whatever the first stage has
BASIC = {**STEPS, "stackwise_filters": [64, 64, 96, 96], "stackwise_blocks": [2, 2, 2, 2],
         "block_type": "basic_block"}  # fmt: skip
DEEP = {**STEPS, "stackwise_blocks": [3, 4, 6, 3], "block_type": "block"}
# what EfficientNet's papers call their stages
EFF = {
    "width_coefficient": 0.4, "depth_coefficient": 1.0, "stackwise_kernel_sizes": [
        3, 3, 5, 3, 5, 5, 3], "stackwise_num_repeats": [1, 2, 2, 3, 3, 4, 1],
    "stackwise_input_filters": [32, 16, 24, 40, 80, 112, 192],
    "stackwise_output_filters": [16, 24, 40, 80, 112, 192, 320],
    "stackwise_expansion_ratios": [1, 6, 6, 6, 6, 6, 6], "stackwise_strides": [
        1, 2, 2, 2, 1, 2, 1],
}  # fmt: skip
EFF2 = {
    "width_coefficient": 0.4, "depth_coefficient": 1.0, "stackwise_kernel_sizes": [3] * 6,
    "stackwise_num_repeats": [1, 2, 2, 3, 5, 8], "stackwise_input_filters": [
        32, 16, 32, 48, 96, 112], "stackwise_output_filters": [16, 32, 48, 96, 112, 192],
    "stackwise_expansion_ratios": [1, 4, 4, 4, 6, 6], "stackwise_strides": [1, 2, 2, 2, 1, 2],
    "stackwise_squeeze_and_excite_ratios": [0, 0, 0, 0.25, 0.25, 0.25],
    "stackwise_conv_types": ["fused", "fused", "fused", "unfused", "unfused", "unfused"],
}  # fmt: skip
MOBILE = {
    "stackwise_expansion": [1, 72 / 16, 88 / 24, 4, 6, 6, 3, 3, 6, 6, 6], "alpha": 0.5,
    "stackwise_filters": [16, 24, 24, 40, 40, 40, 48, 48, 96, 96, 96],
    "stackwise_kernel_size": [3, 3, 3, 5, 5, 5, 5, 5, 5, 5, 5],
    "stackwise_stride": [2, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1],
    "stackwise_se_ratio": [0.25, None, None] + [0.25] * 8,
    "stackwise_activation": ["relu"] * 3 + ["hard_swish"] * 8,
}  # fmt: skip
YOLO = {"stackwise_channels": [16, 32, 48, 64], "stackwise_depth": [1, 2, 2, 1]}
VITDET = {
    "patch_size": 8, "embed_dim": 48, "depth": 4, "mlp_dim": 96, "num_heads": 4, "out_chans": 32,
    "window_size": 4, "global_attention_indices": [1, 3],
}  # fmt: skip
VIDEO = {
    "input_shape": (8, SIZE, SIZE, 3), "embed_dim": 16, "window_size": [4, 4, 4],
    "depths": [2, 2, 2, 2], "num_heads": [1, 2, 4, 8],
}  # fmt: skip


def body(cls: str, **options: Any) -> Any:
    """A backbone of keras_cv."""
    found = getattr(import_module("keras_cv.models"), f"{cls}Backbone")
    return found(**PLAIN | options)


def classifier(cls: str, **options: Any) -> Any:
    """A backbone and its mean with a dense layer."""
    head = import_module("keras_cv.models").ImageClassifier
    return head(backbone=body(cls, **options), num_classes=10)


def older(module: str, cls: str, **options: Any) -> Any:
    """A classifier of keras_cv's first manner."""
    made = getattr(import_module(f"keras_cv.src.models.legacy.{module}"), cls)
    return made(**PLAIN, include_top=True, num_classes=10, **options)


def task(cls: str, backbone: str, given: dict[str, Any], **options: Any) -> Any:
    """A detector or segmenter around a backbone, as what it computes from an image."""
    made = getattr(import_module("keras_cv.models"), cls)
    return made(backbone=body(backbone, **given), num_classes=5, **options)


def cv(name: str, family: str, cls: str, options: dict[str, Any], **more: str) -> Spec:
    """A classifier on one of the backbones."""
    maker = partial(classifier, cls, **options)
    return net3("keras_cv", name, family, maker, hollow=ABSENT, **more)


def old(name: str, family: str, module: str, cls: str, **options: Any) -> Spec:
    """A classifier of the first manner."""
    return net3("keras_cv", name, family, partial(older, module, cls, **options), hollow=ABSENT)


def dense(name: str, family: str, maker: Any, kind: str) -> Spec:
    """A detector or a segmenter."""
    return net3("keras_cv", name, family, maker, hollow=ABSENT, task=kind)


CV = [
    cv("resnet18", "resnet", "ResNet", BASIC),
    cv("resnet50", "resnet", "ResNet", DEEP),
    cv("resnet50v2", "preact-resnet", "ResNetV2", DEEP),
    cv("densenet121", "densenet", "DenseNet", {
        "stackwise_num_repeats": [6, 12, 24, 16], "growth_rate": 8}),
    cv("mobilenetv3-small", "mobilenetv3", "MobileNetV3", MOBILE),
    cv("efficientnet-b0", "efficientnet", "EfficientNetV1", {
        **EFF, "stackwise_squeeze_and_excite_ratios": [0.25] * 7}),
    cv("efficientnet-lite0", "efficientnet-lite", "EfficientNetLite", EFF),
    cv("efficientnetv2-b0", "efficientnetv2", "EfficientNetV2", EFF2),
    cv("csp-darknet-s", "cspdarknet", "CSPDarkNet", {
        "stackwise_channels": WIDE, "stackwise_depth": [1, 3, 3, 1]}),
    cv("yolo-v8-body", "yolov8", "YOLOV8", YOLO),
    net3("keras_cv", "vitdet", "vitdet", partial(body, "ViTDet", **VITDET), hollow=ABSENT,
         task="features"),
    net3("keras_cv", "video-swin", "video-swin", partial(body, "VideoSwin", **VIDEO),
         hollow=ABSENT, task="features", modality="video"),
    old("convnext-tiny", "convnext", "convnext", "ConvNeXt", depths=[3, 3, 9, 3],
        projection_dims=[16, 32, 48, 64]),
    old("mlp-mixer", "mlp-mixer", "mlp_mixer", "MLPMixer", patch_size=8, num_blocks=6,
        hidden_dim=48, tokens_mlp_dim=24, channels_mlp_dim=96),
    old("regnet-x", "regnet", "regnet", "RegNet", depths=[1, 3, 5, 2], widths=[16, 32, 64, 96],
        group_width=8, block_type="X"),
    dense("yolo-v8", "yolov8", partial(task, "YOLOV8Detector", "YOLOV8", YOLO,
          bounding_box_format="xyxy", fpn_depth=1), "detection"),
    dense("deeplab-resnet50v2", "preact-resnet + deeplab", partial(task, "DeepLabV3Plus",
          "ResNetV2", DEEP), "segmentation"),
]  # fmt: skip


SPECS: list[Spec] = [*CV]
