"""CLI: give every Keras twin the weights of its torch network and compare what both compute.

Weights are dealt out by kind in the order in which layers are called, so a twin must call its
layers in the order of the torch network.
"""

from __future__ import annotations

import argparse
from collections import defaultdict, deque
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from benchmarks.roads.architecture import SETS, Architecture, architectures
from benchmarks.roads.export import one_thread

Array = NDArray[Any]
Stock = dict[str, deque[list[Array]]]
"""Weights of torch layers by kind, in the order of calls."""

TOLERANCE = 1e-3
KINDS = (
    (nn.ConvTranspose1d, "up"), (nn.ConvTranspose2d, "up"), (nn.Linear, "linear"),
    (nn.LayerNorm, "norm"), (nn.Embedding, "embedding"), (nn.PReLU, "own"),
)  # fmt: skip


def arrays(*values: Any) -> list[Array]:
    """Those of the tensors that exist, as arrays."""
    return [value.detach().numpy() for value in values if value is not None]


def parts(module: nn.Module) -> Iterator[tuple[str, list[Array]]]:
    """Kind and weights of one layer; of a recurrent one for each layer and direction inside."""
    if isinstance(module, nn.LSTM | nn.GRU):
        kind = type(module).__name__
        for index in range(0, len(module._flat_weights), 4):
            yield kind, arrays(*module._flat_weights[index : index + 4])
    elif isinstance(module, nn.MultiheadAttention):
        yield "linear", arrays(module.in_proj_weight, module.in_proj_bias)
        yield "linear", arrays(module.out_proj.weight, module.out_proj.bias)
    elif isinstance(module, nn.Conv1d | nn.Conv2d):
        deep = module.groups == module.in_channels > 1
        yield ("deep" if deep else "conv"), arrays(module.weight, module.bias)
    elif isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
        mean, variance = module.running_mean, module.running_var
        yield "batch", arrays(module.weight, module.bias, mean, variance)
    else:
        kind = next((kind for each, kind in KINDS if isinstance(module, each)), "own")
        if found := arrays(*module.parameters(recurse=False)):
            yield kind, found


def stock_of(module: nn.Module, inputs: tuple[Any, ...]) -> tuple[Stock, list[Array]]:
    """The weights in the order of calls, and the outputs."""
    stock: Stock = defaultdict(deque)

    def note(called: nn.Module, _: Any) -> None:
        for kind, weights in parts(called):
            stock[kind].append(weights)

    for each in module.modules():
        each.register_forward_pre_hook(note)
    with torch.no_grad():
        outputs = module(*inputs)
    return stock, arrays(*(outputs if isinstance(outputs, tuple) else (outputs,)))


def cell(weights: list[Array], kind: str) -> list[Array]:
    """A recurrent cell as Keras keeps it: transposed, GRU's gates in another order, one bias."""
    if kind == "LSTM":
        return [weights[0].T, weights[1].T, weights[2] + weights[3]]
    swapped = []
    for value in weights:
        reset, update, new = np.split(value, 3)
        swapped.append(np.concatenate([update, reset, new]))
    return [swapped[0].T, swapped[1].T, np.stack(swapped[2:])]


def attention(stock: Stock, wanted: list[Array]) -> list[Array]:
    """The four projections of an attention layer, separate or packed in torch."""
    projections: list[tuple[Array, Array]] = []
    while len(projections) < 4:
        weight, bias = stock["linear"].popleft()
        count = weight.shape[0] // weight.shape[1]
        projections += zip(np.split(weight, count), np.split(bias, count), strict=True)
    flat = [value for weight, bias in projections for value in (weight.T, bias)]
    return [value.reshape(like.shape) for value, like in zip(flat, wanted, strict=True)]


def weights_for(layer: Any, stock: Stock) -> list[Array]:
    """The next weights of a layer's kind, arranged as Keras keeps them."""
    name = type(layer).__name__
    if name == "MultiHeadAttention":
        return attention(stock, layer.get_weights())
    if name in ("LSTM", "GRU"):
        return cell(stock[name].popleft(), name)
    if name == "Bidirectional":
        kind = type(layer.forward_layer).__name__
        return [each for _ in range(2) for each in cell(stock[kind].popleft(), kind)]
    if name == "SeparableConv2D":
        deep, point = stock["deep"].popleft(), stock["conv"].popleft()
        return [deep[0].transpose(2, 3, 0, 1), point[0].transpose(2, 3, 1, 0)]
    kinds = {"Conv1D": "conv", "Conv2D": "conv", "Dense": "linear"}
    kinds |= dict.fromkeys(("Conv1DTranspose", "Conv2DTranspose"), "up")
    kinds |= dict.fromkeys(("DepthwiseConv1D", "DepthwiseConv2D"), "deep")
    if kind := kinds.get(name):
        kernel, *bias = stock[kind].popleft()
        space = tuple(range(2, kernel.ndim))
        kernel = kernel.transpose((*space, 0, 1) if kind == "deep" else (*space, 1, 0))
        return [kernel.reshape(layer.get_weights()[0].shape), *bias]  # several for each channel
    kinds = {"BatchNormalization": "batch", "LayerNormalization": "norm", "Embedding": "embedding"}
    found = stock[kinds.get(name, "own")].popleft()
    return [
        value.reshape(like.shape) for value, like in zip(found, layer.get_weights(), strict=True)
    ]


def called_layers(keras: Any, architecture: Architecture) -> tuple[Any, list[Any]]:
    """The twin, and its layers in the order in which they were called."""
    base, original = keras.layers.Layer, keras.layers.Layer.__call__
    called: list[Any] = []
    depth = 0

    def record(layer: Any, *values: Any, **options: Any) -> Any:
        nonlocal depth
        depth += 1
        try:
            if depth == 1:
                called.append(layer)
            return original(layer, *values, **options)
        finally:
            depth -= 1

    base.__call__ = record
    try:
        model = architecture.keras(keras, seed=0)
    finally:
        base.__call__ = original
    return model, [layer for layer in called if layer.get_weights()]


def fitting(value: Array, wanted: Any) -> Array:
    """An input with its channels last, unless the twin takes it as it is."""
    if value.ndim < 3 or value.shape == tuple(wanted.shape):
        return value
    return channels(value, last=True)


def channels(value: Array, last: bool) -> Array:
    """An image or a series with its channels put last or first."""
    return np.moveaxis(value, 1, -1) if last else np.moveaxis(value, -1, 1)


def error_of(keras: Any, architecture: Architecture) -> float:
    """The largest difference of any output, relative to the largest value."""
    built = architecture.torch(seed=0)
    inputs = tuple(built.inputs.values())
    stock, wanted = stock_of(built.module, inputs)
    model, layers = called_layers(keras, architecture)
    for layer in layers:
        layer.set_weights(weights_for(layer, stock))
    if left := [kind for kind, weights in stock.items() if weights]:
        raise ValueError(f"the twin has too few layers: {', '.join(left)}")
    given = [fitting(*each) for each in zip(arrays(*inputs), model.inputs, strict=True)]
    found = model(given[0] if len(given) == 1 else given, training=False)
    worst = 0.0
    for have, want in zip(
        found if isinstance(found, list | tuple) else [found], wanted, strict=True
    ):
        value = np.asarray(have)
        value = (channels(value, last=False) if value.ndim == 4 else value).squeeze()
        want = want.squeeze()
        value = value if value.shape == want.shape else value.T
        difference = np.abs(value - want).max() / np.abs(want).max()
        worst = float(np.maximum(worst, difference))  # unlike max, lets no NaN pass
    return worst


def main(argv: list[str] | None = None) -> int:
    """Check the twins of one set."""
    parser = argparse.ArgumentParser(prog="benchmarks.roads.check", description=__doc__)
    parser.add_argument("--set", choices=SETS, default="dev", dest="group")
    args = parser.parse_args(argv)
    one_thread()
    twins = [each for each in architectures(args.group) if each.twin]
    bad = 0
    for architecture, name in product(twins, ("keras", "tf_keras")):
        try:
            worst = error_of(import_module(name), architecture)
            answer = f"relative difference {worst:.1e}"
        except (ValueError, IndexError, KeyError) as error:
            worst, answer = float("inf"), f"{type(error).__name__}: {error}"
        bad += not worst <= TOLERANCE
        print(f"{architecture.name:16} {name:8} {answer}")
    return int(bad > 0)


if __name__ == "__main__":
    raise SystemExit(main())
