"""What each operator of TensorFlow Lite becomes, as data.

An operator that is not here (sparse look-ups, hash tables, most custom ones) stays visible as
`Unknown:tflite:<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.table import Row


def _same(names: Mapping[str, str]) -> dict[str, Row]:
    """Operators that only have another name."""
    return {name: Row(op) for name, op in names.items()}


def _rules(names: Mapping[str, str]) -> dict[str, Row]:
    """Operators that need arithmetic."""
    return {name: Row(rule=rule) for name, rule in names.items()}


_RENAMED = _same(
    {
        "ABS": "Abs", "ADD": "Add", "ADD_N": "Sum", "BITCAST": "BitCast",
        "BITWISE_XOR": "BitwiseXor", "BROADCAST_TO": "Expand", "CEIL": "Ceil", "COS": "Cos",
        "DIV": "Div", "ELU": "Elu", "EQUAL": "Equal", "EXP": "Exp", "FLOOR": "Floor",
        "GATHER_ND": "GatherND", "GREATER": "Greater",
        "GREATER_EQUAL": "GreaterOrEqual", "HARD_SWISH": "HardSwish", "LESS": "Less",
        "LESS_EQUAL": "LessOrEqual", "LOG": "Log", "LOGICAL_AND": "And", "LOGICAL_NOT": "Not",
        "LOGICAL_OR": "Or", "LOGISTIC": "Sigmoid", "MAXIMUM": "Max", "MINIMUM": "Min",
        "MUL": "Mul", "NEG": "Neg", "POW": "Pow", "QUANTIZE": "QuantizeLinear",
        "RANGE": "Range", "RELU": "Relu", "ROUND": "Round", "SHAPE": "Shape", "SIGN": "Sign",
        "SIN": "Sin", "SQRT": "Sqrt", "SUB": "Sub", "TANH": "Tanh", "TILE": "Tile",
        "STABLEHLO_ABS": "Abs", "STABLEHLO_ADD": "Add", "STABLEHLO_AND": "And",
        "STABLEHLO_COSINE": "Cos", "STABLEHLO_DIVIDE": "Div", "STABLEHLO_EXPONENTIAL": "Exp",
        "STABLEHLO_FLOOR": "Floor", "STABLEHLO_LOG": "Log", "STABLEHLO_LOGISTIC": "Sigmoid",
        "STABLEHLO_MAXIMUM": "Max", "STABLEHLO_MINIMUM": "Min", "STABLEHLO_MULTIPLY": "Mul",
        "STABLEHLO_NEGATE": "Neg", "STABLEHLO_OR": "Or", "STABLEHLO_POWER": "Pow",
        "STABLEHLO_SELECT": "Where", "STABLEHLO_SUBTRACT": "Sub", "STABLEHLO_TANH": "Tanh",
        # SSD: boxes, scores and anchors to detections, as the operator of that name elsewhere
        "TFLite_Detection_PostProcess": "DetectionOutput",
        "FlexErf": "Erf", "FlexErfc": "Erfc", "FlexSoftplus": "Softplus",
        "FlexSoftsign": "Softsign", "FlexSelu": "Selu", "FlexTan": "Tan", "FlexAtan": "Atan",
        "FlexAsin": "Asin", "FlexAcos": "Acos", "FlexSinh": "Sinh", "FlexCosh": "Cosh",
        "FlexIsNan": "IsNaN", "FlexIsInf": "IsInf",
    }
)  # fmt: skip

_RULED = _rules(
    {
        # windows and images
        "AVERAGE_POOL_2D": "average_pool", "BATCH_TO_SPACE_ND": "from_batch", "CONV_2D": "conv",
        "CONV_3D": "conv3d", "CONV_3D_TRANSPOSE": "transpose_conv3d",
        "Convolution2DTransposeBias": "biased_transpose_conv",
        "DEPTHWISE_CONV_2D": "depthwise", "DEPTH_TO_SPACE": "depth_to_space",
        "L2_POOL_2D": "l2_pool", "LOCAL_RESPONSE_NORMALIZATION": "response",
        "MAX_POOL_2D": "max_pool", "MaxPoolingWithArgmax2D": "pool_with_indices",
        "MaxUnpooling2D": "pool_with_indices", "RESIZE_BILINEAR": "bilinear",
        "RESIZE_NEAREST_NEIGHBOR": "nearest", "SPACE_TO_BATCH_ND": "to_batch",
        "SPACE_TO_DEPTH": "space_to_depth", "TRANSPOSE_CONV": "transpose_conv",
        # products
        "BATCH_MATMUL": "product", "FULLY_CONNECTED": "dense",
        "STABLEHLO_DOT_GENERAL": "general_product",
        # reductions
        "ARG_MAX": "arg_max", "ARG_MIN": "arg_min", "MEAN": "mean", "REDUCE_ALL": "all",
        "REDUCE_ANY": "any", "REDUCE_MAX": "largest", "REDUCE_MIN": "smallest",
        "REDUCE_PROD": "product_of", "SUM": "sum",
        # element by element
        "CAST": "cast", "DENSIFY": "same", "DEQUANTIZE": "dequantise", "FAKE_QUANT": "fake",
        "FLOOR_DIV": "floor_div",
        "FLOOR_MOD": "modulo", "NOT_EQUAL": "not_equal", "PRELU": "prelu", "RELU6": "relu6",
        "RELU_0_TO_1": "unit", "RELU_N1_TO_1": "relu_to_one", "RSQRT": "reciprocal_root",
        "SELECT": "select", "SELECT_V2": "select", "SOFTMAX": "softmax", "SQUARE": "square",
        "SQUARED_DIFFERENCE": "square", "STABLEHLO_CLAMP": "clamp",
        "STABLEHLO_COMPARE": "compare", "STABLEHLO_CONVERT": "cast",
        "STABLEHLO_RSQRT": "reciprocal_root",
        # structure
        "BROADCAST_ARGS": "broadcast_args", "DYNAMIC_UPDATE_SLICE": "update",
        "EMBEDDING_LOOKUP": "lookup", "EXPAND_DIMS": "unsqueeze", "FILL": "fill",
        "GATHER": "gather", "MIRROR_PAD": "pad", "ONE_HOT": "one_hot", "PACK": "pack",
        "PAD": "pad", "PADV2": "pad", "RANK": "rank", "RESHAPE": "reshape",
        "REVERSE_V2": "reversed", "SCATTER_ND": "scatter", "SLICE": "slice", "SPLIT": "split",
        "SPLIT_V": "split", "SQUEEZE": "squeeze", "STABLEHLO_BROADCAST_IN_DIM": "broadcast_in_dim",
        "STABLEHLO_DYNAMIC_UPDATE_SLICE": "update", "STABLEHLO_PAD": "edge_pad",
        "STABLEHLO_RESHAPE": "reshape", "STABLEHLO_SLICE": "static_slice",
        "STABLEHLO_TRANSPOSE": "transpose", "STRIDED_SLICE": "strided", "TOPK_V2": "top",
        "TRANSPOSE": "transpose", "UNIQUE": "unique", "UNPACK": "unpack",
        "UNSORTED_SEGMENT_MAX": "segments", "UNSORTED_SEGMENT_MIN": "segments",
        "UNSORTED_SEGMENT_PROD": "segments", "UNSORTED_SEGMENT_SUM": "segments",
        "WHERE": "places", "ZEROS_LIKE": "zeros",
        # recurrent
        "BIDIRECTIONAL_SEQUENCE_LSTM": "both_lstm", "LSTM": "single_lstm", "RNN": "recurrent",
        "SVDF": "filters", "UNIDIRECTIONAL_SEQUENCE_LSTM": "sequence_lstm",
        "UNIDIRECTIONAL_SEQUENCE_RNN": "recurrent",
        # the rest
        "COMPLEX_ABS": "magnitude", "IMAG": "imaginary", "REAL": "real", "RFFT2D": "spectrum",
        "NON_MAX_SUPPRESSION_V4": "suppression", "NON_MAX_SUPPRESSION_V5": "suppression",
    }
)  # fmt: skip

TABLE: Mapping[str, Row] = {
    **_RENAMED,
    **_RULED,
    "CONCATENATION": Row("Concat", attrs={"axis": "axis"}),
    "CUMSUM": Row("CumSum", attrs={"exclusive": "exclusive", "reverse": "reverse"}),
    "GELU": Row("Gelu", attrs={"approximation": "approximate"}),
    "L2_NORMALIZATION": Row("LpNormalization", implied={"axis": -1, "p": 2}),
    "LEAKY_RELU": Row("LeakyRelu", attrs={"alpha": "alpha"}),
    "LOG_SOFTMAX": Row("LogSoftmax", implied={"axis": -1}),
    "MULTINOMIAL": Row("Multinomial", operands=(0,)),
    "RANDOM_STANDARD_NORMAL": Row("RandomNormal"),
    "RANDOM_UNIFORM": Row("RandomUniform"),
    "REVERSE_SEQUENCE": Row(
        "ReverseSequence", attrs={"seq_dim": "time_axis", "batch_dim": "batch_axis"}
    ),
    "STABLEHLO_CONCATENATE": Row("Concat", attrs={"dimension": "axis"}),
    "STABLEHLO_REMAINDER": Row("Mod", implied={"fmod": 1}),
}
