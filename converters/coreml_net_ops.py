"""Layers of CoreML neural networks, as data.

Most layers of specification 4 and later are operators of MIL under another name: an `Alias` says
how their inputs and parameters are called there. The older ones have rules of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from genescan.converters.table import Row
from genescan.graph import Attr


@dataclass(frozen=True, slots=True)
class Alias:
    """A layer that is an operator of MIL."""

    kind: str
    slots: tuple[str, ...]
    """Names of the inputs; a last one that ends in `*` takes all that are left."""
    attrs: Mapping[str, str]
    """Parameters of the layer and what MIL calls them."""
    implied: Mapping[str, Attr] = field(default_factory=dict)


def _alias(kind: str, slots: str = "x", attrs: str = "", **implied: Attr) -> Alias:
    pairs = (word.partition("=") for word in attrs.split())
    return Alias(kind, tuple(slots.split()), {old: new or old for old, _, new in pairs}, implied)


_SLICE = (
    "beginIds=begin endIds=end strides=stride beginMasks=begin_mask endMasks=end_mask "
    "squeezeMasks=squeeze_mask"
)
_NORMAL, _UNIFORM = "mean stdDev=stddev", "minVal=low maxVal=high"
_REDUCE = "axes keepDims=keep_dims"

ALIASES: Mapping[str, Alias] = MappingProxyType(
    {
        "copy": _alias("identity"),
        "ceil": _alias("ceil"),
        "floor": _alias("floor"),
        "sign": _alias("sign"),
        "round": _alias("round"),
        "exp2": _alias("exp2"),
        "sin": _alias("sin"),
        "cos": _alias("cos"),
        "tan": _alias("tan"),
        "asin": _alias("asin"),
        "acos": _alias("acos"),
        "atan": _alias("atan"),
        "sinh": _alias("sinh"),
        "cosh": _alias("cosh"),
        "tanh": _alias("tanh"),
        "atanh": _alias("atanh"),
        "erf": _alias("erf"),
        "gelu": _alias("gelu", "x", "mode"),
        "clip": _alias("clip", "x", "minVal=alpha maxVal=beta"),
        "clampedReLU": _alias("clamped_relu", "x", "alpha beta"),
        "equal": _alias("equal", "x y", "alpha=y"),
        "notEqual": _alias("not_equal", "x y", "alpha=y"),
        "lessThan": _alias("less", "x y", "alpha=y"),
        "lessEqual": _alias("less_equal", "x y", "alpha=y"),
        "greaterThan": _alias("greater", "x y", "alpha=y"),
        "greaterEqual": _alias("greater_equal", "x y", "alpha=y"),
        "logicalOr": _alias("logical_or", "x y"),
        "logicalXor": _alias("logical_xor", "x y"),
        "logicalAnd": _alias("logical_and", "x y"),
        "logicalNot": _alias("logical_not"),
        "modBroadcastable": _alias("mod", "x y"),
        "minBroadcastable": _alias("minimum", "x y"),
        "maxBroadcastable": _alias("maximum", "x y"),
        "addBroadcastable": _alias("add", "x y"),
        "powBroadcastable": _alias("pow", "x y"),
        "divideBroadcastable": _alias("real_div", "x y"),
        "floorDivBroadcastable": _alias("floor_div", "x y"),
        "multiplyBroadcastable": _alias("mul", "x y"),
        "subtractBroadcastable": _alias("sub", "x y"),
        "tile": _alias("tile", "x reps", "reps"),
        "stack": _alias("stack", "values*", "axis"),
        "gather": _alias("gather", "x indices", "axis"),
        "gatherND": _alias("gather_nd", "x indices"),
        "gatherAlongAxis": _alias("gather_along_axis", "x indices", "axis"),
        "scatter": _alias("scatter", "data indices updates", "axis mode"),
        "scatterND": _alias("scatter_nd", "data indices updates", "mode"),
        "scatterAlongAxis": _alias("scatter_along_axis", "data indices updates", "axis mode"),
        "softmaxND": _alias("softmax", "x", "axis"),
        "reverseSeq": _alias(
            "reverse_sequence", "x lengths", "batchAxis=batch_axis sequenceAxis=seq_axis"
        ),
        "splitND": _alias("split", "x", "axis numSplits=num_splits splitSizes=split_sizes"),
        "concatND": _alias("concat", "values*", "axis interleave"),
        "transpose": _alias("transpose", "x", "axes=perm"),
        "sliceStatic": _alias("slice_by_index", "x", _SLICE),
        "sliceDynamic": _alias(
            "slice_by_index", "x begin end stride begin_mask end_mask squeeze_mask", _SLICE
        ),
        "slidingWindows": _alias("sliding_windows", "x", "axis windowSize=size step=stride"),
        "topK": _alias("topk", "x k", "axis K=k useBottomK=ascending"),
        "getShape": _alias("shape"),
        "fillLike": _alias("fill_like", "ref_tensor", "value"),
        "fillStatic": _alias("fill", "", "value targetShape=shape"),
        "fillDynamic": _alias("fill", "shape", "value"),
        "expandDims": _alias("expand_dims", "x", "axes"),
        "flattenTo2D": _alias("flatten2d", "x", "axis"),
        "reshapeStatic": _alias("reshape", "x", "targetShape=shape"),
        "reshapeDynamic": _alias("reshape", "x shape"),
        "rankPreservingReshape": _alias("reshape", "x", "targetShape=shape"),
        "randomNormalStatic": _alias("random_normal", "", f"outputShape=shape {_NORMAL}"),
        "randomNormalDynamic": _alias("random_normal", "shape", _NORMAL),
        "randomUniformStatic": _alias("random_uniform", "", f"outputShape=shape {_UNIFORM}"),
        "randomUniformDynamic": _alias("random_uniform", "shape", _UNIFORM),
        "randomBernoulliStatic": _alias("random_bernoulli", "", "outputShape=shape prob"),
        "randomBernoulliDynamic": _alias("random_bernoulli", "shape", "prob"),
        "categoricalDistribution": _alias("random_categorical", "x", "numSamples=size"),
        "reduceL1": _alias("reduce_l1_norm", "x", _REDUCE),
        "reduceL2": _alias("reduce_l2_norm", "x", _REDUCE),
        "reduceMax": _alias("reduce_max", "x", _REDUCE),
        "reduceMin": _alias("reduce_min", "x", _REDUCE),
        "reduceSum": _alias("reduce_sum", "x", _REDUCE),
        "reduceProd": _alias("reduce_prod", "x", _REDUCE),
        "reduceMean": _alias("reduce_mean", "x", _REDUCE),
        "reduceLogSum": _alias("reduce_log_sum", "x", _REDUCE),
        "reduceSumSquare": _alias("reduce_sum_square", "x", _REDUCE),
        "reduceLogSumExp": _alias("reduce_log_sum_exp", "x", _REDUCE),
        "whereNonZero": _alias("non_zero"),
        "matrixBandPart": _alias("band_part", "x", "numLower=lower numUpper=upper"),
        "whereBroadcastable": _alias("select", "cond a b"),
        "NonMaximumSuppression": _alias(
            "non_maximum_suppression",
            "boxes scores iou_threshold score_threshold max_boxes",
            "iouThreshold=iou_threshold scoreThreshold=score_threshold maxBoxes=max_boxes",
        ),
        "oneHot": _alias(
            "one_hot",
            "indices one_hot_vector_size on_value off_value",
            "oneHotVectorSize=one_hot_vector_size axis onValue=on_value offValue=off_value",
        ),
        "cumSum": _alias("cumsum", "x axis", "axis excludeFinalSum=exclusive reverse"),
        "rangeStatic": _alias("range_1d", "", "endValue=end startValue=start stepSizeValue=step"),
        "rangeDynamic": _alias("range_1d", "end start step", "startValue=start stepSizeValue=step"),
    }
)
"""Layers that are operators of MIL."""


def _rules(names: str) -> dict[str, Row]:
    return {name: Row(rule=name) for name in names.split()}


TABLE: Mapping[str, Row] = MappingProxyType(
    {
        "asinh": Row("Asinh", (0,)),
        "acosh": Row("Acosh", (0,)),
        "average": Row("Mean"),
        "max": Row("Max"),
        "min": Row("Min"),
        "randomNormalLike": Row("RandomNormalLike", (0,), {"mean": "mean", "stdDev": "scale"}),
        "randomUniformLike": Row("RandomUniformLike", (0,), {"minVal": "low", "maxVal": "high"}),
        **_rules(
            """
            convolution convolution3d pooling pooling3d globalPooling3d innerProduct embedding
            embeddingND batchedMatmul batchnorm mvn l2normalize layerNormalization softmax lrn crop
            padding constantPad upsample resizeBilinear unary add multiply scale bias dot reduce
            reshape flatten permute concat split sequenceRepeat reorganizeData slice sliceBySize
            activation simpleRecurrent gru uniDirectionalLSTM biDirectionalLSTM reverse squeeze
            broadcastToLike broadcastToStatic broadcastToDynamic reshapeLike argMax argMin argSort
            lowerTriangular upperTriangular randomBernoulliLike loadConstant loadConstantND
            """
        ),
    }
)
"""Layers with rules of their own, by the name of the layer."""

BUILT = frozenset({"branch", "loop", "loopBreak", "loopContinue", "custom"})
"""Layers that `coreml_net` builds itself."""

OPAQUE = frozenset({"cropResize"})
"""Layers that the vocabulary has no words for: known, and `Unknown:coreml:` all the same."""
