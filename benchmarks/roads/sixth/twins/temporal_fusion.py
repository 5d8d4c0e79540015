"""Keras twin of `temporal_fusion`."""

from __future__ import annotations

from typing import Any

HIDDEN, HEADS, PAST, STEPS, QUANTILES = 32, 2, 24, 32, 3
HEAD, KNOWN, OBSERVED = HIDDEN // HEADS, 3, 2


def blocks(layers: Any) -> tuple[Any, Any, Any]:
    """A gate, a gated residual network and a selection of variables."""
    import tensorflow as tf

    def glu(x: Any, cout: int = HIDDEN) -> Any:
        def gate(value: Any) -> Any:
            kept, opened = tf.split(value, 2, -1)
            return kept * tf.sigmoid(opened)

        return layers.Lambda(gate)(layers.Dense(cout * 2)(x))

    def grn(a: Any, cout: int = 0, context: Any = None) -> Any:
        x = layers.Dense(HIDDEN)(a)
        if context is not None:
            c = layers.Dense(HIDDEN, use_bias=False)(context)
            x = layers.Add()([x, layers.Reshape((1, HIDDEN))(c)])
        x = layers.Dense(HIDDEN)(layers.Activation("elu")(x))
        x = glu(layers.Dropout(0.1)(x), cout or HIDDEN)
        x = layers.Add()([x, layers.Dense(cout)(a) if cout else a])
        return layers.LayerNormalization(epsilon=1e-3)(x)

    def select(x: Any, context: Any = None) -> Any:
        *front, count, _ = x.shape[1:]
        flat = layers.Reshape((*front, count * HIDDEN))(x)
        weights = layers.Softmax()(grn(flat, count, context))
        parts = layers.Lambda(lambda value: tf.unstack(value, axis=-2))(x)
        found = layers.Lambda(lambda value: tf.stack(value, -1))([grn(part) for part in parts])
        return layers.Lambda(lambda pair: tf.linalg.matvec(*pair))([found, weights])

    return glu, grn, select


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    import numpy as np
    import tensorflow as tf

    layers = keras.layers
    glu, grn, select = blocks(layers)
    mask = np.triu(np.full((STEPS, STEPS), -1e9, "float32"), 1)

    class Continuous(layers.Layer):  # type: ignore[misc, name-defined]
        """A vector for every variable, multiplied by its value."""

        def build(self, shape: Any) -> None:
            count = shape[-1]
            self.vectors = self.add_weight(
                shape=(count, HIDDEN), initializer="random_normal", name="vectors"
            )
            self.shift = self.add_weight(shape=(count, HIDDEN), initializer="zeros", name="shift")

        def call(self, x: Any) -> Any:
            return x[..., None] * self.vectors + self.shift

    def norm(x: Any, y: Any) -> Any:
        return layers.LayerNormalization(epsilon=1e-3)(layers.Add()([x, y]))

    def early(x: Any) -> Any:
        return layers.Lambda(lambda value: value[:, :PAST])(x)

    def late(x: Any) -> Any:
        return layers.Lambda(lambda value: value[:, PAST:])(x)

    def mix(qkv: Any) -> Any:
        query, key, value = tf.split(qkv, (HEADS * HEAD, HEADS * HEAD, HEAD), -1)
        query = tf.transpose(tf.reshape(query, (1, STEPS, HEADS, HEAD)), (0, 2, 1, 3))
        key = tf.transpose(tf.reshape(key, (1, STEPS, HEADS, HEAD)), (0, 2, 3, 1))
        scores = tf.matmul(query, key) * HEAD**-0.5 + mask
        return tf.reduce_mean(tf.matmul(tf.nn.softmax(scores), value[:, None]), 1)

    static = keras.Input((2,), batch_size=1, dtype="int32", name="static")
    known = keras.Input((STEPS, KNOWN), batch_size=1, name="known")
    observed = keras.Input((PAST, OBSERVED), batch_size=1, name="observed")
    target = keras.Input((PAST, 1), batch_size=1, name="target")
    inputs = [static, known, observed, target]
    ids = layers.Lambda(lambda value: tf.unstack(value, axis=1))(static)
    rows = [layers.Embedding(size, HIDDEN)(x) for size, x in zip((40, 32), ids, strict=True)]
    statics = select(layers.Lambda(lambda value: tf.stack(value, -2))(rows))
    selection, enrichment, hidden, cell = (grn(statics) for _ in range(4))
    known = Continuous()(known)
    past = [early(known), Continuous()(observed), Continuous()(target)]
    past_features = select(layers.Concatenate(axis=-2)(past), selection)
    encoder = layers.LSTM(HIDDEN, return_sequences=True, return_state=True)
    history, *state = encoder(past_features, initial_state=[hidden, cell])
    future_features = select(late(known), selection)
    decoder = layers.LSTM(HIDDEN, return_sequences=True)
    future = decoder(future_features, initial_state=state)
    features = layers.Concatenate(axis=1)([past_features, future_features])
    temporal = norm(glu(layers.Concatenate(axis=1)([history, future])), features)
    enriched = grn(temporal, context=enrichment)
    x = layers.Lambda(mix)(layers.Dense((2 * HEADS + 1) * HEAD, use_bias=False)(enriched))
    x = late(layers.Dense(HIDDEN, use_bias=False)(x))
    x = norm(glu(x), late(enriched))
    x = norm(glu(grn(x)), late(temporal))
    return keras.Model(inputs, layers.Dense(QUANTILES)(x))
