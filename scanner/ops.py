"""The canonical operator vocabulary as a table: class, commutativity, defining attributes.

Names are ONNX operator names where ONNX has the operator; composites that ONNX spells with
several operators are marked in the table. An operator that is not here is written
`Unknown:<domain>:<name>`; it stays visible and never matches anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from genescan.graph import Attr


@dataclass(frozen=True, slots=True)
class Op:
    """One row of the vocabulary."""

    kind: str
    """Operator class; a pattern may name it in place of an operator, as in `Activation(x)`."""
    attrs: tuple[str, ...] = ()
    """Attributes that define an architecture: part of equality and of the digests."""
    commutative: bool = False
    """Operand positions do not matter."""
    composite: bool = False
    """Stands for several ONNX operators."""


CLASSES = {
    "Contraction": "multiplies activations with weights or with each other",
    "Recurrent": "carries a state along a sequence",
    "Attention": "attention and what belongs to it",
    "Normalization": "rescales by statistics",
    "Activation": "element-wise non-linearity",
    "Pool": "spatial reduction",
    "Elementwise": "element-wise arithmetic",
    "Logic": "comparison and boolean arithmetic",
    "Reduce": "reduction along axes",
    "Structure": "joins, cuts and looks up",
    "Movement": "moves or re-types elements without changing them: an edge in the core view",
    "Quantization": "maps between real and quantised numbers: an edge in the core view",
    "Shape": "computes shapes, ranges and constants",
    "Control": "branches, loops, sequences",
    "Signal": "spectral transforms",
    "Classical": "classical machine-learning models in one operator",
    "Boundary": "graph inputs",
    "Other": "everything else",
    "Unknown": "not in the vocabulary",
}

COMPUTE = frozenset(
    {
        "Contraction",
        "Recurrent",
        "Attention",
        "Normalization",
        "Activation",
        "Pool",
        "Signal",
        "Classical",
    }
)
"""The classes that do the work of a network; coverage is counted over these."""

_WINDOW = ("kernel_shape", "strides", "dilations")
_E = Op("Elementwise")
_EC = Op("Elementwise", commutative=True)
_A = Op("Activation")
_M = Op("Movement")
_L = Op("Logic")
_LC = Op("Logic", commutative=True)
_R = Op("Reduce", ("span",))  # which single axis it is depends on the layout; see `default`
_S = Op("Structure")
_Q = Op("Quantization")
_H = Op("Shape")
_C = Op("Control")

VOCABULARY: Mapping[str, Op] = {
    "Input": Op("Boundary"),
    # contraction
    "Conv": Op("Contraction", (*_WINDOW, "group")),
    "ConvTranspose": Op("Contraction", (*_WINDOW, "group")),
    "DeformConv": Op("Contraction", (*_WINDOW, "group")),
    # no bias in equality: TFLite drops a bias of zeros, Core ML writes one where there is none
    "Linear": Op("Contraction", composite=True),
    "MatMul": Op("Contraction"),
    "Gemm": Op("Contraction"),
    "Einsum": Op("Contraction", ("equation",)),
    # recurrent
    "LSTM": Op("Recurrent", ("direction",)),
    "GRU": Op("Recurrent", ("direction",)),
    "RNN": Op("Recurrent", ("direction",)),
    "SSMScan": Op("Recurrent", composite=True),
    # attention
    "SDPA": Op("Attention", composite=True),
    "LinearAttention": Op("Attention"),
    "RotaryEmbedding": Op("Attention"),
    "Embedding": Op("Attention", composite=True),
    "EmbeddingBag": Op("Attention", composite=True),
    # normalization
    "BatchNormalization": Op("Normalization"),
    "LayerNormalization": Op("Normalization", ("axis",)),
    "RMSNormalization": Op("Normalization"),
    "GroupNormalization": Op("Normalization"),
    "InstanceNormalization": Op("Normalization"),
    "LpNormalization": Op("Normalization"),
    "MeanVarianceNormalization": Op("Normalization"),
    "LRN": Op("Normalization"),
    # activation; Relu carries max=6.0 when clipped, which a quantiser may erase: not in equality
    "Relu": _A,
    "LeakyRelu": _A,
    "PRelu": _A,
    "Elu": _A,
    "Selu": _A,
    "Celu": _A,
    "Sigmoid": _A,
    "HardSigmoid": _A,
    "Tanh": _A,
    "Softplus": _A,
    "Softsign": _A,
    "Gelu": Op("Activation", ("approximate",)),
    "QuickGelu": Op("Activation", composite=True),
    "Swish": _A,
    "HardSwish": _A,
    "Mish": _A,
    "ThresholdedRelu": _A,
    "Shrink": _A,
    "Softmax": _A,
    "LogSoftmax": _A,
    "Hardmax": _A,
    # pool
    "MaxPool": Op("Pool", _WINDOW),
    "AveragePool": Op("Pool", _WINDOW),
    "LpPool": Op("Pool", _WINDOW),
    "GlobalAveragePool": Op("Pool"),
    "GlobalMaxPool": Op("Pool"),
    "GlobalLpPool": Op("Pool"),
    "MaxUnpool": Op("Pool", _WINDOW),
    "MaxRoiPool": Op("Pool"),
    "RoiAlign": Op("Pool"),
    # elementwise
    "Add": _EC,
    "Mul": _EC,
    "Sum": _EC,
    "Mean": _EC,
    "Max": _EC,
    "Min": _EC,
    "Sub": _E,
    "Div": _E,
    "Pow": _E,
    "Mod": _E,
    "Sqrt": _E,
    "Reciprocal": _E,
    "Exp": _E,
    "Log": _E,
    "Abs": _E,
    "Neg": _E,
    "Sign": _E,
    "Sin": _E,
    "Cos": _E,
    "Tan": _E,
    "Asin": _E,
    "Acos": _E,
    "Atan": _E,
    "Sinh": _E,
    "Cosh": _E,
    "Asinh": _E,
    "Acosh": _E,
    "Atanh": _E,
    "Erf": _E,
    "Erfc": _E,
    "Clip": _E,
    "Floor": _E,
    "Ceil": _E,
    "Round": _E,
    "Where": _E,
    "CumSum": _E,
    "IsNaN": _L,
    "IsInf": _L,
    # logic
    "Equal": _LC,
    "Greater": _L,
    "GreaterOrEqual": _L,
    "Less": _L,
    "LessOrEqual": _L,
    "And": _LC,
    "Or": _LC,
    "Xor": _LC,
    "Not": _L,
    "BitwiseAnd": _LC,
    "BitwiseOr": _LC,
    "BitwiseXor": _LC,
    "BitwiseNot": _L,
    "BitShift": _L,
    # reduce
    "ReduceSum": _R,
    "ReduceMean": _R,
    "ReduceMax": _R,
    "ReduceMin": _R,
    "ReduceProd": _R,
    "ReduceL1": _R,
    "ReduceL2": _R,
    "ReduceLogSum": _R,
    "ReduceLogSumExp": _R,
    "ReduceSumSquare": _R,
    "ArgMax": Op("Reduce"),
    "ArgMin": Op("Reduce"),
    # structure
    "Concat": _S,
    "Split": _S,
    "Slice": _S,
    "Gather": _S,
    "GatherElements": _S,
    "GatherND": _S,
    "Scatter": _S,
    "ScatterElements": _S,
    "ScatterND": _S,
    "TensorScatter": _S,
    "Pad": _S,
    "CenterCropPad": _S,
    "Resize": _S,
    "GridSample": _S,
    "AffineGrid": _S,
    "DepthToSpace": _S,
    "SpaceToDepth": _S,
    "ChannelShuffle": Op("Structure", composite=True),
    "ReverseSequence": _S,
    "Compress": _S,
    "TopK": _S,
    "Unique": _S,
    "OneHot": _S,
    "Trilu": _S,
    "Col2Im": _S,
    "Im2Col": Op("Structure", _WINDOW, composite=True),
    # movement
    "Identity": _M,
    "Cast": _M,
    "CastLike": _M,
    "BitCast": _M,
    "Dropout": _M,
    "Transpose": _M,
    "Reshape": _M,
    "Flatten": _M,
    "Squeeze": _M,
    "Unsqueeze": _M,
    "Expand": _M,
    "Tile": _M,
    # quantization
    "QuantizeLinear": _Q,
    "DequantizeLinear": _Q,
    "DynamicQuantizeLinear": _Q,
    "ConvInteger": Op("Contraction"),
    "MatMulInteger": Op("Contraction"),
    "QLinearConv": Op("Contraction"),
    "QLinearMatMul": Op("Contraction"),
    # shape
    "Shape": _H,
    "Size": _H,
    "Range": _H,
    "Constant": _H,
    "ConstantOfShape": _H,
    "EyeLike": _H,
    "NonZero": _H,
    "RandomNormal": _H,
    "RandomNormalLike": _H,
    "RandomUniform": _H,
    "RandomUniformLike": _H,
    "Bernoulli": _H,
    "Multinomial": _H,
    "BlackmanWindow": _H,
    "HammingWindow": _H,
    "HannWindow": _H,
    "MelWeightMatrix": _H,
    # control
    "If": _C,
    "Loop": _C,
    "Scan": _C,
    "SequenceAt": _C,
    "SequenceConstruct": _C,
    "SequenceEmpty": _C,
    "SequenceErase": _C,
    "SequenceInsert": _C,
    "SequenceLength": _C,
    "SequenceMap": _C,
    "ConcatFromSequence": _C,
    "SplitToSequence": _C,
    "Optional": _C,
    "OptionalGetElement": _C,
    "OptionalHasElement": _C,
    # signal
    "DFT": Op("Signal"),
    "STFT": Op("Signal"),
    # other
    "NonMaxSuppression": Op("Other"),
    "DetectionOutput": Op("Other"),
    "Det": Op("Other"),
    "ImageDecoder": Op("Other"),
    "StringNormalizer": Op("Other"),
    "StringConcat": Op("Other"),
    "StringSplit": Op("Other"),
    "RegexFullMatch": Op("Other"),
    "TfIdfVectorizer": Op("Other"),
    "NegativeLogLikelihoodLoss": Op("Other"),
    "SoftmaxCrossEntropyLoss": Op("Other"),
    # ai.onnx.ml: classical models, named as such
    "TreeEnsemble": Op("Classical"),
    "LinearModel": Op("Classical"),
    "SVM": Op("Classical"),
    "FeaturePreprocessing": Op("Other"),
}

_UNKNOWN = Op("Unknown")


def info(op: str) -> Op:
    """The vocabulary row of an operator; unknown operators share one row."""
    return VOCABULARY.get(op, _UNKNOWN)


def kind(op: str) -> str:
    """The operator class of `op`."""
    return info(op).kind


def commutative(op: str) -> bool:
    """Whether operand positions do not matter."""
    return info(op).commutative


def computes(op: str) -> bool:
    """Whether `op` does the work of a network (unknown operators do, to be safe)."""
    row = info(op)
    return row.kind in COMPUTE or row.kind == "Unknown"


def members(name: str) -> frozenset[str] | None:
    """The operators that a pattern means by `name`: a class's members, or the operator alone.

    None when the name is neither an operator of the vocabulary nor a class.
    """
    if name in CLASSES and name != "Unknown":
        return frozenset(op for op, row in VOCABULARY.items() if row.kind == name)
    return frozenset({name}) if name in VOCABULARY else None


_DEFAULTS: Mapping[str, Attr] = {"group": 1, "direction": "forward", "approximate": "none"}


def default(op: str, name: str, attrs: Mapping[str, Attr]) -> Attr | None:
    """The value that an absent attribute stands for; needs `attrs` for the window's rank."""
    if name == "span" and name in info(op).attrs:
        axes = attrs.get("axes")
        return axes if axes in ("all", "spatial") else "some"
    if name in ("strides", "dilations") and name in info(op).attrs:
        window = attrs.get("kernel_shape")
        return (1,) * len(window) if isinstance(window, tuple) else None
    return _DEFAULTS.get(name) if name in info(op).attrs else None


def complete(op: str, attrs: Mapping[str, Attr]) -> dict[str, Attr]:
    """`attrs` with the defaults of every defining attribute filled in."""
    full = dict(attrs)
    for name in info(op).attrs:
        if name not in full and (value := default(op, name, attrs)) is not None:
            full[name] = value
    return full
