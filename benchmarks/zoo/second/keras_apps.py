"""`keras.applications` without weights, every layer narrowed, its structure untouched."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from benchmarks.zoo.spec import Spec

WIDTHS = ("filters", "units", "projection_dim")
CLASSES = 17


def narrowed(layer: Any, by: int) -> Any:
    """The layer with its width divided, but for the classifier's."""
    config = layer.get_config()
    for key in WIDTHS:
        if config.get(key) and config[key] != CLASSES:
            config[key] = math.ceil(config[key] / by)
    if config.get("groups", 1) > 1:  # ConvNeXt writes its depthwise convolutions so
        config["groups"] = math.ceil(config["groups"] / by)
    shape = config.get("target_shape")
    if shape and shape[-1] > 1 and shape[-1] != CLASSES:
        config["target_shape"] = (*shape[:-1], math.ceil(shape[-1] / by))
    return type(layer).from_config(config)


@lru_cache(maxsize=1)  # building takes longer than writing, and writers only read
def network(application: str, size: int, by: int, seed: int, options: frozenset[Any]) -> Any:
    """The model with random weights; statistics and scales of norms are random, too."""
    import keras
    import numpy as np

    keras.utils.set_random_seed(seed)
    make = getattr(keras.applications, application)
    given = {"weights": None, "classes": CLASSES, "input_shape": (size, size, 3), **dict(options)}
    full = make(**given)
    model = keras.models.clone_model(full, clone_function=lambda each: narrowed(each, by))
    random = np.random.default_rng(seed)
    for weight in model.weights:
        shape = tuple(weight.shape)
        low, high = (-0.1, 0.1) if weight.name in ("bias", "beta", "moving_mean") else (0.5, 1.5)
        if weight.name in ("gamma", "moving_variance", "bias", "beta", "moving_mean"):
            weight.assign(random.uniform(low, high, shape).astype("float32"))
    image = keras.Input(batch_shape=(1, size, size, 3), name="input")
    return keras.Model(image, model(image))


def application(
    name: str,
    family: str,
    kind: str,
    size: int = 128,
    by: int = 8,
    *,
    variant: str = "",
    **options: Any,
) -> Spec:
    """A spec for one of them."""

    def build(seed: int) -> Any:
        return network(kind, size, by, seed, frozenset(options.items()))

    return Spec(
        f"keras-{name}", family, variant or name, build, task="classification",
        implementation="keras.applications", toolchain="keras",
    )  # fmt: skip


SPECS: list[Spec] = [
    application("vgg-16", "vgg", "VGG16", 64, 16),
    application("mobilenetv2", "mobilenetv2", "MobileNetV2"),
    application("resnet-50", "resnet", "ResNet50"),
    application("mobilenetv1", "mobilenetv1", "MobileNet"),
    application("efficientnet-b0", "efficientnet", "EfficientNetB0"),
    application("densenet-121", "densenet", "DenseNet121"),
    application("inception-v3", "inception", "InceptionV3"),
    application("mobilenetv3-small", "mobilenetv3", "MobileNetV3Small"),
    application("mobilenetv3-large", "mobilenetv3", "MobileNetV3Large"),
    application("resnet-50v2", "preact-resnet", "ResNet50V2", variant="resnet-50-v2"),
    application("xception", "xception", "Xception"),
    application("efficientnetv2-b0", "efficientnetv2", "EfficientNetV2B0"),
    application("convnext-tiny", "convnext", "ConvNeXtTiny"),
    application("inception-resnet-v2", "inception-resnet", "InceptionResNetV2", by=16),
    application("nasnet-mobile", "nasnet", "NASNetMobile", by=11),
    application("vgg-19", "vgg", "VGG19", 64, 16),
    application("resnet-101", "resnet", "ResNet101", by=16),
    application("densenet-169", "densenet", "DenseNet169", by=16),
    application("mobilenetv1-0.5", "mobilenetv1", "MobileNet", 96, 4, alpha=0.5),
    application("mobilenetv2-features", "mobilenetv2", "MobileNetV2", 96, include_top=False,
                pooling="avg", variant="mobilenetv2"),
]  # fmt: skip
