"""Vision networks of the TensorFlow Model Garden (tf-models-official), narrowed by its options."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.zoo.fifth.tf_common import net
from benchmarks.zoo.spec import Spec

Maker = Callable[[Any], Any]
garden = partial(net, "tf-models-official")


def part(path: str) -> Any:
    """A class of the Model Garden; its folder of vision models where nothing else is told."""
    root = "official." if path.startswith("projects.") else "official.vision.modeling."
    module, _, name = path.rpartition(".")
    return getattr(import_module(root + module), name)


def shape(keras: Any, *sizes: int) -> Any:
    """What the Model Garden calls the specification of the input."""
    return keras.layers.InputSpec(shape=[None, *sizes, 3])


def body(keras: Any, path: str, size: int = 64, table: str = "", **options: Any) -> Any:
    """A backbone; `table` names the table of block widths, which are then a quarter."""
    if table:
        specs = part(f"{path.rpartition('.')[0]}.{table}")
        narrow = [(block, width // 4, *rest) for block, width, *rest in specs[options["model_id"]]]
        options["model_id"] = f"{options['model_id']}-narrow"
        specs[options["model_id"]] = narrow
    return part(path)(input_specs=shape(keras, size, size), **options)


def cls(name: str, family: str, path: str, size: int = 64, **options: Any) -> Spec:
    """A backbone with the classification head."""

    def maker(keras: Any) -> Any:
        bone = body(keras, f"backbones.{path}", size, **options)
        head = part("classification_model.ClassificationModel")
        return head(bone, 10, input_specs=shape(keras, size, size))

    return garden(name, family, maker, size)


def efficientnet(keras: Any) -> Any:
    """EfficientNet-B0 with a further row of the table of scales."""
    part("backbones.efficientnet.SCALING_MAP")["narrow"] = {"width_scale": 0.35, "depth_scale": 1}
    bone = body(
        keras, "backbones.efficientnet.EfficientNet", model_id="narrow", se_ratio=0.25,
        activation="swish", se_inner_activation="swish",
    )  # fmt: skip
    head = part("classification_model.ClassificationModel")
    return head(bone, 10, input_specs=shape(keras, 64, 64))


def retina(
    name: str, family: str, path: str, neck: str = "fpn.FPN", size: int = 128, **options: Any
) -> Spec:
    """A detector: backbone, pyramid and the heads of RetinaNet, before boxes are sorted out."""

    def maker(keras: Any) -> Any:
        bone = body(keras, f"backbones.{path}", size, **options)
        given = {"min_level": 3, "max_level": 7}
        mid = part(f"decoders.{neck}")(bone.output_specs, num_filters=24, **given) if neck else None
        head = part("heads.dense_prediction_heads.RetinaNetHead")(
            num_classes=8, num_anchors_per_location=9, num_filters=24, **given
        )
        return lambda x: head(mid(bone(x)) if mid else bone(x))

    return garden(name, family, maker, size, components="backbone+neck+head", task="detection")


def seg(name: str, family: str, maker: Maker, size: int = 128) -> Spec:
    """A segmentation network."""
    return garden(name, family, maker, size, components="encoder+decoder", task="segmentation")


def deeplab(keras: Any, plus: bool, bone: Any = None, depthwise: bool = False) -> Any:
    """DeepLabv3 or v3+ on a dilated ResNet, or on the given backbone."""
    bone = bone or body(
        keras, "backbones.resnet_deeplab.DilatedResNet", 128, "RESNET_SPECS", model_id=50,
        output_stride=16, stem_type="v1", multigrid=(1, 2, 4),
    )  # fmt: skip
    wide = {"num_filters": 32, "use_depthwise_convolution": depthwise}
    neck = part("decoders.aspp.ASPP")(level=4, dilation_rates=[6, 12, 18], **wide)
    more = {"feature_fusion": "deeplabv3plus", "low_level_num_filters": 16} if plus else {}
    head = part("heads.segmentation_heads.SegmentationHead")(4, 4, num_convs=2, **wide, **more)
    return part("segmentation_model.SegmentationModel")(bone, neck, head)


def mobile_deeplab(keras: Any) -> Any:
    """DeepLabv3+ on MobileNetV2 with separable convolutions."""
    bone = body(
        keras, "backbones.mobilenet.MobileNet", 128, model_id="MobileNetV2",
        filter_size_scale=0.35, output_stride=16,
    )  # fmt: skip
    return deeplab(keras, False, bone, True)


def yolo(name: str, family: str, darknet: str, kind: str, version: str, **options: Any) -> Spec:
    """YOLOv3 and v4: Darknet, the decoder of the Model Garden's table and the heads."""

    def maker(keras: Any) -> Any:
        root = "projects.yolo.modeling."
        part("backbones.resnet.ResNet")
        bone = body(
            keras, f"{root}backbones.darknet.Darknet", 128, model_id=darknet, width_scale=0.25,
            **options,
        )  # fmt: skip
        table = part(f"{root}decoders.yolo_decoder.YOLO_MODELS")[version][kind]
        act = "leaky" if version == "v3" or kind == "tiny" else "mish"
        neck = part(f"{root}decoders.yolo_decoder.YoloDecoder")(
            bone.output_specs, activation=act, **table
        )
        levels = [int(level) for level in neck.output_specs]
        head = part(f"{root}heads.yolo_head.YoloHead")(min(levels), max(levels), classes=8)
        return lambda x: head(neck(bone(x)))

    return garden(name, family, maker, 128, components="backbone+neck+head", task="detection")


def yolov7(model_id: str) -> Spec:
    """YOLOv7 by its name."""

    def maker(keras: Any) -> Any:
        root = "projects.yolo.modeling."
        bone = body(keras, f"{root}backbones.yolov7.YoloV7", 128, model_id=model_id)
        neck = part(f"{root}decoders.yolov7.YoloV7")(bone.output_specs, model_id=model_id)
        head = part(f"{root}heads.yolov7_head.YoloV7DetectionHead")(num_classes=8)
        return lambda x: head(neck(bone(x)))

    return garden(
        model_id, "yolov7", maker, 128, components="backbone+neck+head", task="detection"
    )  # fmt: skip


def detr(keras: Any) -> Any:
    """DETR on a narrow ResNet-50."""
    bone = body(keras, "backbones.resnet.ResNet", 128, model_id=50, depth_multiplier=0.25)
    return part("projects.detr.modeling.detr.DETR")(
        bone, "5", num_queries=10, hidden_size=32, num_classes=8, num_encoder_layers=3,
        num_decoder_layers=3,
    )  # fmt: skip


def centernet(keras: Any) -> Any:
    """CenterNet: two hourglasses and the heads for heat map, offset and size."""
    root = "projects.centernet.modeling."
    bone = body(
        keras, f"{root}backbones.hourglass.Hourglass", 128, model_id=52, input_channel_dims=8,
        num_hourglasses=2,
    )  # fmt: skip
    head = part(f"{root}heads.centernet_head.CenterNetHead")(
        bone.output_specs, {"ct_heatmaps": 8, "ct_offset": 2, "ct_size": 2},
        [str(level) for level in bone.output_specs],
    )  # fmt: skip
    return lambda x: head(bone(x))


def maxvit(_: Any) -> Any:
    """MaxViT with the stages of its tiny size."""
    return part("projects.maxvit.modeling.maxvit.MaxViT")(
        block_type=("maxvit",) * 4, num_blocks=(2, 2, 5, 2), hidden_size=(16, 32, 48, 64),
        stem_hsize=(16, 16), head_size=16, window_size=4, grid_size=4,
    )  # fmt: skip


def movinet(keras: Any, **options: Any) -> Any:
    """MoViNet-A0."""
    root = "projects.movinet.modeling."
    bone = part(f"{root}movinet.Movinet")("a0", input_specs=shape(keras, 8, 64, 64), **options)
    model = part(f"{root}movinet_model.MovinetClassifier")(bone, num_classes=10)
    return lambda x: model({"image": x})


def resnet3d(keras: Any) -> Any:
    """Slow pathway of a 3D ResNet-50, with its widths a quarter."""
    specs = part("backbones.resnet_3d.RESNET_SPECS")
    specs["narrow"] = [(block, width // 4, count) for block, width, count in specs[50]]
    bone = part("backbones.resnet_3d.ResNet3D")(
        "narrow", temporal_strides=[1, 1, 1, 1],
        temporal_kernel_sizes=[(1, 1, 1), (1, 1, 1, 1), (3,) * 6, (3,) * 3],
        input_specs=shape(keras, 8, 64, 64), stem_conv_temporal_kernel_size=1,
        stem_conv_temporal_stride=1, stem_pool_temporal_stride=1,
    )  # fmt: skip
    head = part("video_classification_model.VideoClassificationModel")
    model = head(bone, 10, input_specs={"image": shape(keras, 8, 64, 64)})
    return lambda x: model({"image": x})


def unet3d(keras: Any) -> Any:
    """3D U-Net for volumes."""
    root = "projects.volumetric_models.modeling."
    more = {"use_batch_normalization": True}
    bone = part(f"{root}backbones.unet_3d.UNet3D")(
        4, keras.layers.InputSpec(shape=[None, 32, 32, 32, 3]), base_filters=8, **more
    )
    neck = part(f"{root}decoders.unet_3d_decoder.UNet3DDecoder")(4, bone.output_specs, **more)
    head = part(f"{root}heads.segmentation_heads_3d.SegmentationHead3D")(
        num_classes=3, level=1, num_convs=0
    )
    return part("segmentation_model.SegmentationModel")(bone, neck, head)


MOBILE = "mobilenet.MobileNet"
RESNET = "resnet.ResNet"
VOLUME = (8, 64, 64, 3)
SPECS: list[Spec] = [
    cls("resnet50", "resnet", RESNET, model_id=50, depth_multiplier=0.25),
    cls("mobilenetv2", "mobilenetv2", MOBILE, model_id="MobileNetV2", filter_size_scale=0.35),
    retina("retinanet-resnet50", "retinanet", RESNET, model_id=50, depth_multiplier=0.25),
    cls("vit", "vit", "vit.VisionTransformer", mlp_dim=128, num_heads=4, num_layers=4,
        patch_size=8, hidden_size=48),
    garden("efficientnet-b0", "efficientnet", efficientnet, 64),
    yolov7("yolov7-tiny"),
    cls("mobilenetv3-large", "mobilenetv3", MOBILE, model_id="MobileNetV3Large",
        filter_size_scale=0.35),
    yolo("yolov3-tiny", "yolov3", "darknettiny", "tiny", "v3"),
    seg("deeplabv3plus-resnet50", "resnet + deeplab", partial(deeplab, plus=True)),
    yolo("yolov4-tiny", "yolov4", "cspdarknettiny", "tiny", "v4"),
    garden("detr-resnet50", "detr", detr, 128, components="backbone+encoder+decoder",
           task="detection"),
    cls("mobilenetv1", "mobilenetv1", MOBILE, model_id="MobileNetV1", filter_size_scale=0.25),
    yolo("yolov4", "yolov4", "cspdarknet53", "regular", "v4", min_level=3),
    yolo("yolov3", "yolov3", "darknet53", "regular", "v3", min_level=3),
    garden("unet3d", "unet", unet3d, {"input": (32, 32, 32, 3)}, components="encoder+decoder",
           task="segmentation", variant="unet-3d"),
    cls("mobilenetv3-edgetpu", "mobilenet-edgetpu", MOBILE, model_id="MobileNetV3EdgeTPU",
        filter_size_scale=0.35),
    garden("maxvit-tiny", "maxvit", maxvit, 128, task="features"),
    cls("mobilenetv4-conv-small", "mobilenetv4", MOBILE, model_id="MobileNetV4ConvSmall",
        filter_size_scale=0.35),
    cls("resnet18", "resnet", RESNET, model_id=18, depth_multiplier=0.25),
    cls("mobiledet-cpu", "mobiledet", "mobiledet.MobileDet", 128, model_id="MobileDetCPU",
        filter_size_scale=0.5),
    cls("mobilenet-multi-avg", "mobilenet-multi-avg", MOBILE, model_id="MobileNetMultiAVG",
        filter_size_scale=0.35),
    garden("hourglass-centernet", "hourglass + centernet", centernet, 128,
           components="backbone+head", task="detection"),
    # ResNet-RS is ResNet-D with squeeze and excitation
    cls("resnet-rs-50", "se-resnet", RESNET, model_id=50, depth_multiplier=0.25, se_ratio=0.25,
        stem_type="v1", resnetd_shortcut=True, replace_stem_max_pool=True, activation="swish"),
    retina("spinenet-49", "spinenet + retinanet", "spinenet.SpineNet", "",
           filter_size_scale=0.25, endpoints_num_filters=24),
    retina("spinenet-mobile-49", "spinenet + retinanet", "spinenet_mobile.SpineNetMobile", "",
           filter_size_scale=0.5, endpoints_num_filters=24),
    retina("nasfpn-resnet50", "nas-fpn + retinanet", RESNET, "nasfpn.NASFPN", model_id=50,
           depth_multiplier=0.25),
    retina("mobilenetv2-fpn", "mobilenetv2 + retinanet", MOBILE, model_id="MobileNetV2",
           filter_size_scale=0.35),
    seg("deeplabv3-mobilenetv2", "mobilenetv2 + deeplab", mobile_deeplab),
    cls("revnet-56", "revnet", "revnet.RevNet", table="REVNET_SPECS", model_id=56),
    garden("movinet-a0", "movinet", movinet, {"input": VOLUME}, modality="video"),
    garden("resnet3d-50", "resnet3d", resnet3d, {"input": VOLUME}, modality="video"),
    yolo("yolov4-csp", "yolov4", "altered_cspdarknet53", "csp", "v4", min_level=3),
    yolov7("yolov7-nano"),
    cls("mobilenetv3-small", "mobilenetv3", MOBILE, model_id="MobileNetV3Small"),
]  # fmt: skip
