"""Layers of OpenVINO IR versions 2 to 7, as data: what each becomes in the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.table import Row

_AXIS = {"axis": "axis"}
_SAME = """
    Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Erf Exp Floor HardSigmoid Log LogSoftmax
    Mod Neg Range Selu Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Tan Tile
""".split()

TABLE: Mapping[str, Row] = {
    **{name: Row(name) for name in _SAME},
    "Ceiling": Row("Ceil"),
    "Logistic": Row("Sigmoid"),
    "Select": Row("Where"),
    "TanH": Row("Tanh"),
    "Tanh": Row("Tanh"),
    "Not": Row("Not"),
    "Copy": Row("Identity"),
    "Split": Row("Split", (0,), attrs=_AXIS),
    "Slice": Row("Split", (0,), attrs=_AXIS),
    "Concat": Row("Concat", attrs=_AXIS),
    "SoftMax": Row("Softmax", attrs=_AXIS, implied={"axis": 1}),
    "Softmax": Row("Softmax", attrs=_AXIS, implied={"axis": 1}),
    "ELU": Row("Elu", (0,), attrs={"alpha": "alpha"}),
    "Elu": Row("Elu", (0,), attrs={"alpha": "alpha"}),
    "Clamp": Row("Clip", (0,), attrs={"min": "min", "max": "max"}),
    "Permute": Row("Transpose", (0,), attrs={"order": "perm"}),
    "Flatten": Row("Flatten", (0,), attrs=_AXIS),
    "Norm": Row("LRN", (0,), attrs={"local-size": "size", "local_size": "size"}),
    "Normalize": Row("LpNormalization", (0,)),
    "Crop": Row("Slice", attrs={"axis": "axes"}),
    "Gather": Row("Gather", (0, 1), attrs=_AXIS),
    "Interp": Row("Resize", (0,), implied={"mode": "linear"}),
    "ReorgYolo": Row("SpaceToDepth", attrs={"stride": "blocksize"}),
    "DepthToSpace": Row("DepthToSpace", attrs={"block_size": "blocksize"}),
    "SpaceToDepth": Row("SpaceToDepth", attrs={"block_size": "blocksize"}),
    "ShuffleChannels": Row("ChannelShuffle", attrs={"group": "groups"}),
    "ArgMax": Row("ArgMax", attrs=_AXIS),
    "Shape": Row("Shape"),
    "ShapeOf": Row("Shape"),
    "DetectionOutput": Row("DetectionOutput"),
    "NonMaxSuppression": Row("NonMaxSuppression"),
    "ROIPooling": Row("MaxRoiPool"),
    "OneHot": Row("OneHot"),
    "ReverseSequence": Row("ReverseSequence"),
    **{
        name: Row(rule=rule)
        for name, rule in {
            "Activation": "activation",
            "BatchNormalization": "scale_shift",
            "Broadcast": "broadcast",
            "Convert": "convert",
            "Convolution": "convolution",
            "Deconvolution": "transposed",
            "Eltwise": "eltwise",
            "FakeQuantize": "fake_quantize",
            "FullyConnected": "fully_connected",
            "GEMM": "matmul",
            "GRUCell": "cell",
            "Gemm": "matmul",
            "InnerProduct": "fully_connected",
            "LSTMCell": "cell",
            "MVN": "mvn",
            "MatMul": "matmul",
            "PReLU": "prelu",
            "Pad": "pad",
            "Pooling": "pooling",
            "Power": "power",
            "PriorBox": "prior_box",
            "PriorBoxClustered": "prior_box",
            "RNNCell": "cell",
            "ReLU": "relu",
            "ReLU6": "relu6",
            "Resample": "resample",
            "Reshape": "reshape",
            "ScaleShift": "scale_shift",
            "Squeeze": "squeeze",
            "StridedSlice": "slice",
            "TopK": "topk",
            "Unsqueeze": "unsqueeze",
            "Upsampling": "resample",
            "VariadicSplit": "split",
            **dict.fromkeys(
                """ReduceL1 ReduceL2 ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum
                ReduceLogSum ReduceLogSumExp ReduceSumSquare""".split(),
                "reduce",
            ),
        }.items()
    },
}  # fmt: skip

ELTWISE: Mapping[str, str] = {
    "sum": "Add",
    "add": "Add",
    "mul": "Mul",
    "prod": "Mul",
    "max": "Max",
    "min": "Min",
    "sub": "Sub",
    "div": "Div",
    "pow": "Pow",
    "floor_mod": "Mod",
    "equal": "Equal",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "logical_and": "And",
    "logical_or": "Or",
    "logical_xor": "Xor",
}
"""What the attribute `operation` of an Eltwise says."""

ACTIVATIONS: Mapping[str, str] = {
    "sigmoid": "Sigmoid",
    "logistic": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu",
    "elu": "Elu",
    "exp": "Exp",
    "not": "Not",
    "abs": "Abs",
    "hswish": "HardSwish",
    "swish": "Swish",
    "mish": "Mish",
    "softplus": "Softplus",
}
"""What the attribute `type` of an Activation says."""
