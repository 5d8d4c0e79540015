"""Keras twin of `conv_tasnet`."""

from __future__ import annotations

from typing import Any

FRAMES, NARROW, WIDE, WINDOW, SPEAKERS, LENGTH = 20, 12, 24, 8, 2, 120
STRIDE = WINDOW // 2


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import tensorflow as tf

    layers = keras.layers

    def norm(x: Any) -> Any:
        return layers.GroupNormalization(1, epsilon=1e-8)(x)

    def single(x: Any) -> Any:
        return layers.PReLU(shared_axes=[1, 2])(x)

    def block(x: Any, dilation: int) -> tuple[Any, Any]:
        y = norm(single(layers.Conv1D(WIDE, 1)(x)))
        y = layers.DepthwiseConv1D(3, padding="same", dilation_rate=dilation)(y)
        y = norm(single(y))
        return layers.Conv1D(NARROW, 1)(y), layers.Conv1D(NARROW, 1)(y)

    def masked(values: Any) -> Any:
        frames, masks = values
        steps = frames.shape[1]
        masks = tf.reshape(tf.sigmoid(masks), (1, steps, SPEAKERS, FRAMES))
        found = tf.transpose(frames[:, :, None] * masks, (0, 2, 1, 3))
        return tf.reshape(found, (SPEAKERS, steps, FRAMES))

    start = keras.Input((LENGTH,), batch_size=1)
    x = layers.ZeroPadding1D(STRIDE)(layers.Reshape((LENGTH, 1))(start))
    frames = layers.Conv1D(FRAMES, WINDOW, STRIDE, use_bias=False)(x)
    x, skips = layers.Conv1D(NARROW, 1)(norm(frames)), []
    for dilation in (1, 2, 4) * 2:
        change, skip = block(x, dilation)
        x = layers.Add()([x, change])
        skips.append(skip)
    x = layers.Conv1D(SPEAKERS * FRAMES, 1)(single(layers.Add()(skips)))
    x = layers.Lambda(masked)([frames, x])
    x = layers.Conv1DTranspose(1, WINDOW, STRIDE, use_bias=False)(x)
    x = layers.Cropping1D(STRIDE)(x)
    x = layers.Lambda(lambda value: tf.reshape(value, (1, SPEAKERS, LENGTH)))(x)
    return keras.Model(start, x)
