"""Six networks drawn by lot from the packages of the zoo's fourth population, to measure once.

`random.Random(9)` drew one of pytorchcv's, two of the other torch packages' and three of the Keras
packages', each from the sorted names as they stood then. All three of Keras are of
`keras_cv_attention_models`, whose code runs on torch and on TensorFlow; a process holds one of the
two, so the torch toolchains and `tf_keras` are walked by two commands. Nothing compares weights.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from benchmarks.zoo.spec import Built

SIZE = 64
KECAM = {
    "tinynet_e": ("mobilenetv3_family.TinyNetE", {"output_num_features": 96}),
    "gmlp": ("mlp_family.GMLP", {"num_blocks": 4, "patch_size": 8, "stem_width": 48,
                                 "channels_mlp_dim": 96}),
    "mlp_mixer": ("mlp_family.MLPMixer", {"num_blocks": 4, "patch_size": 8, "stem_width": 48,
                                          "tokens_mlp_dim": 32, "channels_mlp_dim": 96}),
}  # fmt: skip


def zoo(module: str, name: str, seed: int) -> Built:
    """A network of the zoo."""
    from benchmarks.zoo.catalogue import module_specs

    (spec,) = (each for each in module_specs(f"fourth.{module}") if each.name == f"fourth-{name}")
    built: Built = spec.build(seed)
    return built


def on_torch(name: str) -> Built:
    """One of `keras_cv_attention_models` by its torch backend."""
    os.environ["KECAM_BACKEND"] = "torch"
    from benchmarks.zoo.spec import image

    model = maker(name)(
        input_shape=(3, SIZE, SIZE), num_classes=10, pretrained=None, **KECAM[name][1]
    )
    return image(model, SIZE)


def on_tensorflow(name: str) -> Any:
    """The same by TensorFlow, with a batch of one."""
    from benchmarks.zoo.fourth.kecam_models import package

    package()
    model = maker(name)(
        input_shape=(SIZE, SIZE, 3), num_classes=10, pretrained=None, **KECAM[name][1]
    )
    keras = import_module("tf_keras")
    given = keras.Input(batch_shape=(1, SIZE, SIZE, 3))
    return keras.Model(given, model(given))


def maker(name: str) -> Any:
    """The package's function."""
    module, _, function = KECAM[name][0].partition(".")
    return getattr(import_module(f"keras_cv_attention_models.{module}"), function)
