"""Networks of classification_models, segmentation_models, efficientnet and keras_unet_collection.

The first two fix the widths of their networks but take `layers` as a keyword: there `Narrow`
gives each layer a quarter of its filters and changes nothing else.
"""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import Any

from benchmarks.zoo.fifth.tf_common import Narrow, net
from benchmarks.zoo.spec import Spec


def parts(keras: Any, share: int = 4) -> dict[str, Any]:
    """The modules of Keras that the older packages want as keywords."""
    return {
        "backend": keras.backend, "layers": Narrow(keras.layers, share), "models": keras.models,
        "utils": keras.utils,
    }  # fmt: skip


def narrowed(keras: Any, name: str, share: int) -> Any:
    """The constructor of this name in classification_models, narrowed as it allows."""
    root = "classification_models.models"
    if name == "seresnet50":  # tells its width itself
        senet = import_module(f"{root}.senet")
        params = senet.MODELS_PARAMS[name]._replace(init_filters=64 // share, reduction=8)
        return partial(senet.SENet, params, **parts(keras, 1))
    maker = import_module("classification_models.models_factory").ModelsFactory._models[name][0]
    if name == "mobilenet":
        return partial(maker, alpha=0.25, **parts(keras, 1))
    if name.startswith("seresnet"):  # the squeeze reads the width of what it scales
        resnet = import_module(f"{root}.resnet")
        squeeze = partial(resnet.ChannelSE, **parts(keras, 1))
        params = resnet.MODELS_PARAMS[name]._replace(attention=lambda **_: squeeze())
        maker = partial(resnet.ResNet, params)
    return partial(maker, **parts(keras, share))


def cls(name: str, family: str, size: int = 64, share: int = 4, **more: Any) -> Spec:
    """A classifier of classification_models by its name there."""

    def maker(keras: Any) -> Any:
        made = narrowed(keras, name, share)
        return made(input_shape=(size, size, 3), weights=None, classes=10)

    return net("classification_models", name, family, maker, size, **more)


def body(keras: Any, name: str, share: int) -> Any:
    """The constructor of an encoder of segmentation_models, narrowed as it allows."""
    if name.startswith("efficientnet"):  # its squeeze layers read their widths from a table
        return partial(import_module("efficientnet.model").EfficientNet, 0.25, 1.0, 96)
    made = narrowed(keras, name, share)
    return lambda *args, **more: made(
        *args, **{key: value for key, value in more.items() if key not in parts(keras)}
    )


def seg(head: str, encoder: str, family: str, share: int = 4, **options: Any) -> Spec:
    """A segmentation network of segmentation_models with one of its encoders."""
    size = 96

    def maker(keras: Any) -> Any:
        package = import_module("segmentation_models")
        package.set_framework("tf.keras")
        made = body(keras, encoder, share)
        package.Backbones._models_update = {
            **type(package.Backbones)._models_update,
            encoder: [made, None],
        }
        narrow = {
            "Unet": {"decoder_filters": (64, 32, 24, 16, 8)},
            "Linknet": {"decoder_filters": (None, None, None, None, 16)},
            "FPN": {"pyramid_block_filters": 48, "pyramid_use_batchnorm": True},
            "PSPNet": {"psp_conv_filters": 48},
        }[head]
        return getattr(package, head)(
            encoder, (size, size, 3), classes=3, activation="softmax", encoder_weights=None,
            **narrow, **options,
        )  # fmt: skip

    name = f"{head.lower()}-{encoder}"
    return net(
        "segmentation_models", name, family, maker, size, components="encoder+decoder",
        task="segmentation",
    )  # fmt: skip


def eff(kind: str, depth: float) -> Spec:
    """An EfficientNet of the package of this name, narrowed by its width coefficient."""

    def maker(keras: Any) -> Any:
        make = import_module("efficientnet.model").EfficientNet
        more = {**parts(keras), "layers": keras.layers}
        return make(
            0.25, depth, 64, weights=None, input_shape=(64, 64, 3), classes=10, **more
        )  # fmt: skip

    return net("efficientnet", kind, "efficientnet", maker, 64)


def kuc(name: str, family: str, *given: Any, size: int = 64, **options: Any) -> Spec:
    """A network of keras_unet_collection."""

    def maker(_: Any) -> Any:
        models = import_module("keras_unet_collection.models")
        return getattr(models, name)((size, size, 3), *given, **options)

    variant = name + ("-bn" if options.get("batch_norm") else "")
    return net(
        "keras_unet_collection", variant.replace("_", "-"), family, maker, size,
        components="encoder+decoder", task="segmentation",
    )  # fmt: skip


WIDTHS = [8, 16, 24, 32]
SPECS: list[Spec] = [
    cls("resnet18", "preact-resnet"),  # batch norm and activation before each convolution
    kuc("unet_2d", "unet", WIDTHS, 2),
    seg("Unet", "resnet18", "preact-resnet + unet"),
    cls("seresnet50", "se-resnet", size=64),
    kuc("unet_2d", "unet", [8, 12, 16, 24, 32], 3, batch_norm=True, pool="max", unpool=False),
    kuc("vnet_2d", "vnet", [8, 16, 24, 32, 48], 2, batch_norm=True, pool=False, unpool=False),
    kuc("att_unet_2d", "attention-unet", WIDTHS, 2, batch_norm=True),
    seg("FPN", "mobilenetv2", "mobilenetv2 + fpn"),
    seg("Linknet", "resnet18", "preact-resnet + linknet"),
    seg("PSPNet", "vgg16", "vgg + pspnet"),
    cls("vgg16", "vgg", 64),
    cls("mobilenetv2", "mobilenetv2", 96, 2),
    eff("b0", 1.0),
    kuc("unet_plus_2d", "unet++", WIDTHS, 2, batch_norm=True),
    kuc("u2net_2d", "u2net", 1, [8, 12, 16, 20], batch_norm=True),
    kuc("unet_3plus_2d", "unet3+", 2, WIDTHS, batch_norm=True),
    kuc("r2_unet_2d", "r2-unet", WIDTHS, 2, batch_norm=True),
    kuc("resunet_a_2d", "resunet-a", [8, 16, 24, 32, 48], [1, 3, 15, 31], 2, aspp_num_down=32,
        aspp_num_up=16, size=128),
    kuc("transunet_2d", "transunet", WIDTHS, 2, embed_dim=32, num_mlp=64, num_heads=4,
        num_transformer=4, batch_norm=True),
    kuc("swin_unet_2d", "swin-unet", 16, 2, 3, 2, 2, (4, 4), [2, 2, 4], [4, 2, 2], 64, size=128),
    cls("seresnet34", "se-resnet"),
    cls("resnet50", "preact-resnet"),
    cls("densenet121", "densenet"),
    cls("mobilenet", "mobilenetv1", 96, 2),
    cls("xception", "xception", 96),
    cls("inceptionv3", "inception", 96),
    cls("resnet50v2", "preact-resnet"),
    seg("Unet", "efficientnetb0", "efficientnet + unet"),
    seg("Unet", "vgg16", "vgg + unet", decoder_block_type="transpose"),
    seg("FPN", "seresnet34", "se-resnet + fpn"),
    seg("PSPNet", "mobilenet", "mobilenetv1 + pspnet", 2),
    seg("Linknet", "efficientnetb0", "efficientnet + linknet"),
    cls("resnext50", "resnext"),
    eff("b1", 1.1),
]  # fmt: skip
