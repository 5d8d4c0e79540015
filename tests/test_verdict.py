"""What is said of a network beside its signatures: when a trunk names it, and what goes in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from running import library

from genescan import purpose, text, verdict
from genescan.canonical import canonicalise
from genescan.findings import Context
from genescan.index import Index
from genescan.limits import DEFAULT
from genescan.report import Model

STAGES = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
"""Channels behind the thirteen separable convolutions of a MobileNetV1."""


def trunk() -> str:
    lines = [
        "x = Input(shape=[1, 3, 300, 300])",
        "s0 = Relu(Conv(x, w[32, 3, 3, 3], kernel_shape=[3, 3], strides=[2, 2]))",
    ]
    before = 32
    for number, after in enumerate(STAGES, 1):
        step = 2 if number > 1 and after != before else 1
        window = f"kernel_shape=[3, 3], strides=[{step}, {step}], group={before}"
        lines.append(f"d{number} = Relu(Conv(s{number - 1}, w[{before}, 1, 3, 3], {window}))")
        lines.append(f"s{number} = Relu(Conv(d{number}, w[{after}, {before}, 1, 1]))")
        before = after
    return "\n".join([*lines, "h = Identity(s13)", ""])


def judged(spelling: str) -> Model:
    canonical = canonicalise(text.parse(spelling))
    return verdict.judge(canonical, Context(library(), Index(canonical.graph), DEFAULT))


def test_a_backbone_with_its_classifier_names_the_network() -> None:
    model = judged(trunk() + "out = Linear(GlobalAveragePool(h), w[1000, 1024])")
    assert model.family is not None and model.family.id == "vision/mobilenetv1"


@pytest.mark.parametrize(
    "head",
    [
        "out = DetectionOutput(Conv(h, w[12, 1024, 1, 1]), Conv(h, w[63, 1024, 1, 1]))",
        "out = NonMaxSuppression(Conv(h, w[12, 1024, 1, 1]), Conv(h, w[9, 1024, 1, 1]))",
        "out = Conv(Resize(h, None, None, int64([1, 1024, 20, 20])), w[21, 1024, 1, 1])",
    ],
    ids=["boxes that are chosen", "boxes without overlap", "a decoder"],
)
def test_a_backbone_that_feeds_something_else_is_a_part(head: str) -> None:
    model = judged(trunk() + head)
    assert (model.outcome, model.family) == ("unknown", None)
    assert "vision/mobilenetv1" in [part.id for part in model.components]


@pytest.mark.parametrize(
    ("shape", "dtype", "modality"),
    [
        ("[1, 3, 32, 32]", "float32", ("image",)),
        ("[1, 32, 32, 1]", "uint8", ("image",)),
        ("[1, 32, 32, 1]", "int8", ("image",)),
        ("[1, 2, 1, 1]", "float32", ()),
        ("[1, 5, 1, 1]", "int8", ()),
    ],
)
def test_what_has_channels_height_and_width_is_an_image(
    shape: str, dtype: str, modality: tuple[str, ...]
) -> None:
    model = judged(f'x = Input(shape={shape}, dtype="{dtype}")\ny = Sin(Cos(x))')
    assert model.modality == modality


@pytest.mark.parametrize(
    ("outputs", "task"),
    [
        ("Output(Linear(p, w[10, 8]))", ("classification",)),
        ("Output(Softmax(Linear(p, w[10, 8])), Linear(p, w[4, 8]))", ("classification",)),
        ("Output(Sigmoid(Linear(p, w[1, 8])))", ("classification",)),
        ("Output(Linear(p, w[1, 8]))", ("regression",)),
        ("Output(Linear(p, w[63, 8]), Sigmoid(Linear(p, w[2, 8])))", ()),
    ],
    ids=["the only output", "scores among outputs", "yes or no", "one number", "coordinates"],
)
def test_scores_are_told_from_coordinates(outputs: str, task: tuple[str, ...]) -> None:
    model = judged(
        f"""
a = Sin(Conv(x, w[8, 3, 3, 3]))
p = GlobalAveragePool(Cos(a))
{outputs}
"""
    )
    assert model.task == task


@pytest.mark.parametrize(("size", "task"), [(16, ("dense-prediction",)), (1, ())])
def test_one_pixel_is_no_picture(size: int, task: tuple[str, ...]) -> None:
    graph = text.parse("y = Conv(Resize(x), w[63, 8, 1, 1])")
    end = (len(graph.nodes) - 1, 0)
    _, found, _ = purpose.read(replace(graph, shapes={end: (1, 63, size, size)}), [])
    assert found == task


def vision_transformer(end: str) -> str:
    lines = [
        "i = Input(shape=[1, 3, 32, 32])",
        "c = Conv(i, w[48, 3, 16, 16], w[48], kernel_shape=[16, 16], strides=[16, 16])",
        "s0 = Add(c, w[4, 48])",
    ]
    for number in range(3):
        lines += [
            f"h{number} = LayerNormalization(s{number})",
            f"q{number} = Linear(h{number}, w[48, 48])",
            f"k{number} = Linear(h{number}, w[48, 48])",
            f"v{number} = Linear(h{number}, w[48, 48])",
            f"o{number} = Linear(SDPA(q{number}, k{number}, v{number}), w[48, 48])",
            f"a{number} = Add(s{number}, o{number})",
            f"n{number} = LayerNormalization(a{number})",
            f"m{number} = Linear(Gelu(Linear(n{number}, w[192, 48])), w[48, 192])",
            f"s{number + 1} = Add(a{number}, m{number})",
        ]
    return "\n".join([*lines, end])


def test_an_encoder_that_feeds_a_decoder_is_a_part() -> None:
    alone = judged(vision_transformer("y = LayerNormalization(s3)"))
    assert alone.family is not None and alone.family.id == "vision/vit"
    depth = judged(vision_transformer("y = Resize(s3, None, None, int64([1, 48, 8, 8]))"))
    assert depth.family is None
    assert "vision/vit" in [part.id for part in depth.components]
