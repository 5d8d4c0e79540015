"""How networks of packages of the older Keras are built and exported: on `tf_keras`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from benchmarks.zoo.fourth.keras_hub_models import once, settle
from benchmarks.zoo.spec import Spec

Shape = tuple[int, ...]
Maker = Callable[[Any], Any]
"""Gets `tf_keras`; returns a model, or a function of its inputs."""


def legacy(bare: bool = False) -> Any:
    """`tf_keras`, under the names of `tensorflow.keras` and, where `bare`, of `keras`."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    os.environ["SM_FRAMEWORK"] = "tf.keras"
    import tensorflow

    older = import_module("tf_keras")
    tensorflow.keras = older
    known = {name: part for name, part in sys.modules.items() if name.startswith("tf_keras")}
    for root in ("tensorflow.keras", "keras") if bare else ("tensorflow.keras",):
        for name, part in known.items():
            if not name.startswith(("tf_keras.src", "tf_keras.api")):
                sys.modules[name.replace("tf_keras", root, 1)] = part
    return older


class Narrow:
    """`layers` with a quarter of the filters: for packages that take this module as a keyword."""

    def __init__(self, layers: Any, share: int = 4) -> None:
        self.layers, self.share = layers, share

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.layers, name)
        if name not in ("Conv2D", "Conv2DTranspose", "SeparableConv2D", "Dense"):
            return found

        def made(width: int = 0, *args: Any, **more: Any) -> Any:
            key = "units" if name == "Dense" else "filters"
            width = more.pop(key, width)
            most = 32 if name != "Dense" else 1024
            return found(width // self.share if width >= most else width, *args, **more)

        return made


def flat(result: Any) -> list[Any]:
    """The floating-point tensors of a result, in order."""
    import tensorflow as tf

    found = [x for x in tf.nest.flatten(result) if x is not None]
    return [x for x in found if x.dtype.is_floating] or found


def joined(keras: Any, call: Any, shapes: dict[str, Shape], named: bool, ids: str) -> Any:
    """The model from inputs of these shapes to what a call gives."""
    given = {
        key: keras.Input(
            batch_shape=(1, *shape), name=key, dtype="int32" if key in ids.split() else "float32"
        )
        for key, shape in shapes.items()
    }
    values = list(given.values())
    passed = given if named else values if len(values) > 1 else values[0]
    learns = {"training": False} if isinstance(call, keras.Model) else {}
    result = flat(call(passed, **learns))
    return keras.Model(values, result if len(result) > 1 else result[0])


def net(
    package: str,
    name: str,
    family: str,
    maker: Maker,
    inputs: dict[str, Shape] | int,
    *,
    components: str = "",
    modality: str = "image",
    task: str = "classification",
    variant: str = "",
    named: bool = False,
    ids: str = "",
    bare: bool = False,
) -> Spec:
    """One network; a number as input is an RGB image of that size; `ids` names integer inputs."""
    shapes = {"input": (inputs, inputs, 3)} if isinstance(inputs, int) else inputs

    def build(seed: int) -> Any:
        keras = legacy(bare)
        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        model = joined(keras, maker(keras), shapes, named, ids)
        settle(model, seed)
        plain = model.export  # the roads of Keras 3 pass a word that tf_keras does not know
        model.export = lambda target, verbose=False: plain(target)
        return model

    key = f"fifth-{package}-{name}"
    return Spec(
        key, family, variant or name, lambda seed: once(key, seed, lambda: build(seed)),
        components, modality, task, implementation=package, toolchain="keras",
    )  # fmt: skip
