"""Networks of vit_keras, which is on Keras 3, by its own builder with small options."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from benchmarks.zoo.fourth.keras_hub_models import once, settle
from benchmarks.zoo.spec import Spec


def vit(name: str, **options: Any) -> Spec:
    """A vision transformer of vit_keras for images of 64 by 64."""

    def build(seed: int) -> Any:
        import keras

        keras.utils.set_random_seed(seed)
        inner = import_module("vit_keras.vit").build_model(
            image_size=64, name=name, dropout=0.1, **options
        )
        given = keras.Input(batch_shape=(1, 64, 64, 3), name="input")
        model = keras.Model(given, inner(given, training=False))
        settle(model, seed)
        return model

    key = f"fifth-vit_keras-{name}"
    return Spec(
        key, "vit", name, lambda seed: once(key, seed, lambda: build(seed)),
        implementation="vit_keras", toolchain="keras",
    )  # fmt: skip


SPECS: list[Spec] = [
    vit("vit-b16", patch_size=16, num_layers=4, hidden_size=48, num_heads=4, mlp_dim=192,
        classes=10),
    vit("vit-b8-features", patch_size=8, num_layers=6, hidden_size=64, num_heads=4, mlp_dim=128,
        classes=10, include_top=False, representation_size=32),
]  # fmt: skip
