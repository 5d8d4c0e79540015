"""Keras twin of `esim`."""

from __future__ import annotations

from typing import Any

WORDS, WIDTH, HIDDEN = 40, 16, 14


def build(keras: Any) -> Any:
    """The model, for Keras 3 or `tf_keras`."""
    layers = keras.layers

    def both() -> Any:
        return layers.Bidirectional(layers.LSTM(HIDDEN, return_sequences=True))

    words, encoding, composition = layers.Embedding(WORDS, WIDTH), both(), both()
    projection = layers.Dense(HIDDEN, activation="relu")

    def aligned(alike: Any, other: Any) -> Any:
        return layers.Dot((2, 1))([layers.Softmax()(alike), other])

    def compare(x: Any, other: Any) -> Any:
        difference, product = layers.Subtract()([x, other]), layers.Multiply()([x, other])
        y = projection(layers.Concatenate()([x, other, difference, product]))
        return composition(layers.Dropout(0.5)(y))

    premise = keras.Input((9,), batch_size=1, dtype="int32")
    hypothesis = keras.Input((7,), batch_size=1, dtype="int32")
    left, right = words(premise), words(hypothesis)
    left, right = encoding(left), encoding(right)
    alike = layers.Dot(2)([left, right])
    found = [compare(left, aligned(alike, right))]
    found.append(compare(right, aligned(layers.Permute((2, 1))(alike), left)))
    pools = []
    for x in found:
        pools += [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    x = layers.Dropout(0.5)(layers.Concatenate()(pools))
    x = layers.Dropout(0.5)(layers.Dense(HIDDEN, activation="tanh")(x))
    logits = layers.Dense(3)(x)
    return keras.Model([premise, hypothesis], [logits, layers.Softmax()(logits)])
