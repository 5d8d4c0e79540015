"""How Keras networks of more packages are built: on `tf_keras` or on Keras 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from typing import Any

from benchmarks.zoo.fifth import tf_common
from benchmarks.zoo.fifth.tf_common import Narrow, Shape
from benchmarks.zoo.fourth.keras_hub_models import once, settle
from benchmarks.zoo.sixth.common import without
from benchmarks.zoo.spec import Spec


class Slim:
    """A Keras whose layers have a part of their filters."""

    def __init__(self, keras: Any, share: int) -> None:
        self.keras, self.layers = keras, Narrow(keras.layers, share)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.keras, name)


def narrowed(keras: Any, path: str, share: int = 4) -> Any:
    """A module of a package that, where it makes layers, gives them a part of their filters."""
    module: Any = import_module(path)
    if hasattr(module, "keras"):
        module.keras = Slim(keras, share)
    for name in ("Conv2D", "Conv2DTranspose", "SeparableConv2D", "Convolution2D", "Dense"):
        if hasattr(module, name):
            kind = "Conv2D" if name == "Convolution2D" else name
            setattr(module, name, getattr(Narrow(keras.layers, share), kind))
    return module


def net(
    package: str,
    name: str,
    family: str,
    maker: Callable[[Any], Any],
    inputs: dict[str, Shape] | int,
    *,
    hollow: str = "",
    **more: Any,
) -> Spec:
    """A network on `tf_keras`, whose package may import what it does not need."""

    def made(keras: Any) -> Any:
        with without(hollow):
            return maker(keras)

    spec = tf_common.net(package, name, family, made, inputs, bare=True, **more)
    return replace(spec, name=f"sixth-{package}-{name}")


def net3(
    package: str,
    name: str,
    family: str,
    maker: Callable[[], Any],
    *,
    components: str = "",
    modality: str = "image",
    task: str = "classification",
    hollow: str = "",
) -> Spec:
    """A network on Keras 3 that knows its inputs; they get a batch of one."""
    key = f"sixth-{package}-{name}"

    def build(seed: int) -> Any:
        import keras

        keras.backend.clear_session()
        keras.utils.set_random_seed(seed)
        with without(hollow):
            inner = maker()
        given = inner.input if isinstance(inner.input, (list, dict)) else [inner.input]
        named = given if isinstance(given, dict) else {each.name: each for each in given}
        inputs = {
            name: keras.Input(batch_shape=(1, *each.shape[1:]), name=name, dtype=each.dtype)
            for name, each in named.items()
        }
        values = list(inputs.values())
        single: Any = values[0] if len(values) == 1 else values
        result = inner(inputs if isinstance(given, dict) else single, training=False)
        if isinstance(result, dict):
            result = list(result.values()) if len(result) > 1 else next(iter(result.values()))
        model = keras.Model(values, result)
        settle(model, seed)
        return model

    return Spec(
        key, family, name, lambda seed: once(key, seed, lambda: build(seed)), components, modality,
        task, implementation=package, toolchain="keras",
    )  # fmt: skip
