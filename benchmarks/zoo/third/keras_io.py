"""Networks of the examples of keras.io and of TensorFlow's tutorials, narrowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.zoo.spec import Spec

Head = Callable[[Any, Any], Any]


def entry(
    name: str, family: str, shape: tuple[int, ...], body: Head, modality: str, ids: bool = False
) -> Spec:
    """A functional model; statistics and scales of norms are random."""

    def build(seed: int) -> Any:
        import keras
        import numpy as np

        keras.utils.set_random_seed(seed)
        given = keras.Input(
            batch_shape=(1, *shape), name="input", dtype="int32" if ids else "float32"
        )
        model = keras.Model(given, body(keras.layers, given))
        random = np.random.default_rng(seed)
        for weight in model.weights:
            if weight.name in ("gamma", "moving_variance"):
                weight.assign(random.uniform(0.5, 1.5, tuple(weight.shape)).astype("float32"))
            elif weight.name in ("bias", "beta", "moving_mean"):
                weight.assign(random.uniform(-0.1, 0.1, tuple(weight.shape)).astype("float32"))
        return model

    return Spec(
        f"third-{name}", family, name, build, modality=modality, implementation="keras.io",
        toolchain="keras",
    )  # fmt: skip


def mini_xception(k: Any, x: Any) -> Any:
    """Image classification from scratch: separable convolutions with residual strides."""
    x = k.Rescaling(1.0 / 255)(x)
    x = k.Conv2D(16, 3, strides=2, padding="same")(x)
    x = k.Activation("relu")(k.BatchNormalization()(x))
    previous = x
    for size in (32, 48, 64, 96):
        for _ in range(2):
            x = k.Activation("relu")(x)
            x = k.BatchNormalization()(k.SeparableConv2D(size, 3, padding="same")(x))
        x = k.MaxPooling2D(3, strides=2, padding="same")(x)
        x = previous = k.add([x, k.Conv2D(size, 1, strides=2, padding="same")(previous)])
    x = k.Activation("relu")(k.BatchNormalization()(k.SeparableConv2D(128, 3, padding="same")(x)))
    return k.Dense(2)(k.Dropout(0.25)(k.GlobalAveragePooling2D()(x)))


def unet(k: Any, x: Any) -> Any:
    """The segmentation example for medical images: transposed convolutions and joints."""

    def pair(x: Any, n: int) -> Any:
        for _ in range(2):
            x = k.Conv2D(n, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
        return x

    skips = []
    for n in (8, 16, 32, 64):
        x = pair(x, n)
        skips.append(x)
        x = k.Dropout(0.3)(k.MaxPool2D(2)(x))
    x = pair(x, 128)
    for n in (64, 32, 16, 8):
        x = k.concatenate([k.Conv2DTranspose(n, 3, 2, padding="same")(x), skips.pop()])
        x = pair(k.Dropout(0.3)(x), n)
    return k.Conv2D(3, 1, padding="same", activation="softmax")(x)


def convmixer(k: Any, x: Any) -> Any:
    """The ConvMixer example."""

    def norm(x: Any) -> Any:
        return k.BatchNormalization()(k.Activation("gelu")(x))

    x = norm(k.Conv2D(24, 2, strides=2)(k.Rescaling(scale=1.0 / 255)(x)))
    for _ in range(6):
        x = k.Add()([norm(k.DepthwiseConv2D(5, padding="same")(x)), x])
        x = norm(k.Conv2D(24, 1)(x))
    return k.Dense(10, activation="softmax")(k.GlobalAvgPool2D()(x))


def vit(k: Any, x: Any) -> Any:
    """A ViT of keras.io: patches by convolution, MultiHeadAttention, flattened tokens."""
    import keras

    x = k.Reshape((64, 32))(k.Conv2D(32, 6, strides=6)(x))
    place = k.Embedding(64, 32)(keras.ops.expand_dims(keras.ops.arange(64), 0))
    x = x + place
    for _ in range(4):
        y = k.LayerNormalization(epsilon=1e-6)(x)
        x = k.Add()([k.MultiHeadAttention(4, 8, dropout=0.1)(y, y), x])
        y = k.LayerNormalization(epsilon=1e-6)(x)
        y = k.Dense(64, activation="gelu")(y)
        x = k.Add()([k.Dense(32)(k.Dropout(0.1)(y)), x])
    x = k.Dropout(0.5)(k.Flatten()(k.LayerNormalization(epsilon=1e-6)(x)))
    for n in (48, 24):
        x = k.Dropout(0.5)(k.Dense(n, activation="gelu")(x))
    return k.Dense(10)(x)


def text_transformer(k: Any, x: Any) -> Any:
    """Text classification with Transformer: one post-norm block."""
    import keras

    places = k.Embedding(20, 32)(keras.ops.arange(20))
    x = k.Embedding(160, 32)(x) + places
    x = k.LayerNormalization(epsilon=1e-6)(x + k.MultiHeadAttention(2, 32)(x, x))
    y = k.Dense(32)(k.Dense(32, activation="relu")(x))
    x = k.GlobalAveragePooling1D()(k.LayerNormalization(epsilon=1e-6)(x + y))
    x = k.Dropout(0.1)(k.Dense(20, activation="relu")(k.Dropout(0.1)(x)))
    return k.Dense(2, activation="softmax")(x)


def bilstm(k: Any, x: Any) -> Any:
    """Bidirectional LSTM on IMDB."""
    x = k.Embedding(160, 24)(x)
    x = k.Bidirectional(k.LSTM(16, return_sequences=True))(x)
    return k.Dense(1, activation="sigmoid")(k.Bidirectional(k.LSTM(16))(x))


def gru(k: Any, x: Any) -> Any:
    """TensorFlow's text generation: an embedding, a GRU and a projection."""
    x = k.GRU(48, return_sequences=True)(k.Embedding(66, 16)(x))
    return k.Dense(66)(x)


def dcgan(k: Any, x: Any) -> Any:
    """TensorFlow's DCGAN tutorial: a dense layer, then transposed convolutions."""
    x = k.LeakyReLU()(k.BatchNormalization()(k.Dense(7 * 7 * 32, use_bias=False)(x)))
    x = k.Reshape((7, 7, 32))(x)
    for n, s in ((16, 1), (8, 2)):
        x = k.Conv2DTranspose(n, 5, strides=s, padding="same", use_bias=False)(x)
        x = k.LeakyReLU()(k.BatchNormalization()(x))
    return k.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh")(x)


def autoencoder(k: Any, x: Any) -> Any:
    """The denoising autoencoder of keras.io."""
    for _ in range(2):
        x = k.Conv2D(16, 3, activation="relu", padding="same")(x)
        x = k.MaxPooling2D(2, padding="same")(x)
    for _ in range(2):
        x = k.Conv2DTranspose(16, 3, strides=2, activation="relu", padding="same")(x)
    return k.Conv2D(1, 3, activation="sigmoid", padding="same")(x)


def resnet(k: Any, x: Any) -> Any:
    """ResNet-20 of the old CIFAR example, version 1."""

    def unit(x: Any, n: int, s: int = 1, act: bool = True) -> Any:
        x = k.BatchNormalization()(k.Conv2D(n, 3, strides=s, padding="same")(x))
        return k.Activation("relu")(x) if act else x

    x = unit(x, 8)
    for stage in range(3):
        n = 8 << stage
        for i in range(3):
            s = 2 if stage and not i else 1
            y = unit(unit(x, n, s), n, act=False)
            x = k.Conv2D(n, 1, strides=s, padding="same")(x) if s == 2 else x
            x = k.Activation("relu")(k.add([x, y]))
    return k.Dense(10, activation="softmax")(k.Flatten()(k.AveragePooling2D(8)(x)))


def espcn(k: Any, x: Any) -> Any:
    """Image super-resolution by sub-pixel convolutions."""
    import tensorflow as tf

    for n, size in ((16, 5), (16, 3), (8, 3)):
        x = k.Conv2D(n, size, activation="tanh", padding="same")(x)
    x = k.Conv2D(9, 3, padding="same")(x)
    return k.Lambda(lambda z: tf.nn.depth_to_space(z, 3))(x)


SPECS: list[Spec] = [
    entry("keras-mini-xception", "xception", (96, 96, 3), mini_xception, "image"),
    entry("keras-unet", "unet", (64, 64, 3), unet, "image"),
    entry("keras-convmixer", "convmixer", (32, 32, 3), convmixer, "image"),
    entry("keras-vit", "vit", (48, 48, 3), vit, "image"),
    entry("keras-text-transformer", "transformer-encoder", (20,), text_transformer, "text", True),
    entry("keras-imdb-bilstm", "lstm", (20,), bilstm, "text", True),
    entry("tf-text-gru", "gru", (20,), gru, "text", True),
    entry("tf-dcgan", "dcgan", (100,), dcgan, "image"),
    entry("keras-denoiser", "autoencoder", (28, 28, 1), autoencoder, "image"),
    entry("keras-resnet-20", "resnet", (32, 32, 3), resnet, "image"),
    entry("keras-espcn", "espcn", (24, 24, 1), espcn, "image"),
]
