"""What each TensorFlow operator becomes: a row renames it, or names a rule.

Operators without a row stay `Unknown:tensorflow:<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.table import Row


def _words(text: str) -> list[str]:
    return text.split()


_ALIKE = """
    Abs Acos Acosh Asin Asinh Atan Atanh Ceil Cos Cosh Erf Erfc Exp Floor Log Neg Reciprocal Sign
    Sin Sinh Sqrt Tan Tanh Sigmoid Relu Softplus Softsign Add Sub Mul Div Pow Equal Greater Less
    Reshape Range Size Tile Shape BitwiseAnd BitwiseOr BitwiseXor Round
"""
"""ONNX names them the same and has their operands in the same order."""
_RENAMED = {
    "AddV2": "Add",
    "AddN": "Sum",
    "AccumulateNV2": "Sum",
    "RealDiv": "Div",
    "DivNoNan": "Div",
    "Inv": "Reciprocal",
    "Maximum": "Max",
    "Minimum": "Min",
    "GreaterEqual": "GreaterOrEqual",
    "LessEqual": "LessOrEqual",
    "LogicalAnd": "And",
    "LogicalOr": "Or",
    "LogicalNot": "Not",
    "Invert": "BitwiseNot",
    "ComplexAbs": "Abs",
    "Rint": "Round",
    "IsNan": "IsNaN",
    "IsInf": "IsInf",
    "SelectV2": "Where",
    "BroadcastTo": "Expand",
    "MatrixDeterminant": "Det",
    "TensorListLength": "SequenceLength",
}
_RULED = {
    "same": """
        Identity StopGradient PreventGradient Snapshot CheckNumerics CheckNumericsV2 EnsureShape
        DisableCopyOnRead PlaceholderWithDefault RefIdentity ReadVariableOp OptimizationBarrier
        XlaOptimizationBarrier Enter RefEnter Exit RefExit LoopCond NextIteration Bitcast Copy
        CopyHost XlaSharding TensorListResize DeepCopy GuaranteeConst _Retval
    """,
    "each": "IdentityN",
    "switch": "Switch RefSwitch",
    "conv": "Conv2D Conv3D Conv",
    "depthwise": "DepthwiseConv2dNative",
    "conv_transpose": "Conv2DBackpropInput Conv3DBackpropInputV2",
    "depthwise_transpose": "DepthwiseConv2dNativeBackpropInput",
    "fused_conv": "_FusedConv2D _FusedDepthwiseConv2dNative",
    "fused_matmul": "_FusedMatMul",
    "space_to_batch": "SpaceToBatchND SpaceToBatch",
    "batch_to_space": "BatchToSpaceND BatchToSpace",
    "max_pool": "MaxPool MaxPoolV2 MaxPool3D",
    "max_pool_indices": "MaxPoolWithArgmax",
    "average_pool": "AvgPool AvgPool3D",
    "patches": "ExtractImagePatches",
    "bias": "BiasAdd BiasAddV1",
    "batch_norm": "FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 _FusedBatchNormEx",
    "old_batch_norm": "BatchNormWithGlobalNormalization",
    "lrn": "LRN",
    "matmul": "MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 SparseMatMul",
    "sparse_matmul": "SparseTensorDenseMatMul",
    "einsum": "Einsum XlaEinsum",
    "depth_to_space": "DepthToSpace SpaceToDepth",
    "resize": "ResizeBilinear ResizeNearestNeighbor ResizeBicubic ResizeArea",
    "fake_quant": """
        FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel
        QuantizeAndDequantize QuantizeAndDequantizeV2 QuantizeAndDequantizeV3
        QuantizeAndDequantizeV4
    """,
    "quantise": "QuantizeV2",
    "dequantise": "Dequantize",
    # element-wise
    "relu6": "Relu6",
    "leaky_relu": "LeakyRelu",
    "elu": "Elu Selu",
    "rsqrt": "Rsqrt",
    "square": "Square",
    "squared_difference": "SquaredDifference",
    "expm1": "Expm1",
    "log1p": "Log1p",
    "not_equal": "NotEqual",
    "floor_div": "FloorDiv TruncateDiv",
    "mod": "FloorMod Mod TruncateMod",
    "xdivy": "Xdivy",
    "mul_no_nan": "MulNoNan",
    "xlogy": "Xlogy",
    "is_finite": "IsFinite",
    "clip": "ClipByValue",
    "cast": "Cast",
    "select": "Select",
    "softmax": "Softmax LogSoftmax",
    "l2_loss": "L2Loss",
    "cross_entropy": "SoftmaxCrossEntropyWithLogits SparseSoftmaxCrossEntropyWithLogits",
    "cumsum": "Cumsum",
    # reductions
    "reduce": "Mean Sum Max Min Prod EuclideanNorm All Any",
    "arg": "ArgMax ArgMin",
    # structure
    "transpose": "Transpose ConjugateTranspose",
    "expand_dims": "ExpandDims",
    "squeeze": "Squeeze",
    "concat": "ConcatV2 Concat",
    "pack": "Pack ParallelConcat",
    "unpack": "Unpack",
    "split": "Split SplitV",
    "slice": "Slice",
    "strided_slice": "StridedSlice",
    "gather": "Gather GatherV2 ResourceGather",
    "gather_nd": "GatherNd ResourceGatherNd",
    "shape_n": "ShapeN",
    "rank": "Rank",
    "fill": "Fill",
    "zeros": "ZerosLike OnesLike",
    "where": "Where",
    "pad": "Pad PadV2 MirrorPad",
    "top_k": "TopKV2 TopK",
    "one_hot": "OneHot",
    "reverse": "ReverseV2 Reverse",
    "roll": "Roll",
    "reverse_sequence": "ReverseSequence",
    "band": "MatrixBandPart BatchMatrixBandPart",
    "scatter": "ScatterNd",
    "tensor_scatter": "TensorScatterUpdate TensorScatterAdd TensorScatterMax TensorScatterMin",
    "unique": "Unique UniqueV2",
    "dynamic_slice": "XlaDynamicSlice",
    "non_max": "NonMaxSuppression NonMaxSuppressionV2 NonMaxSuppressionV3",
    "non_max_more": "NonMaxSuppressionV4 NonMaxSuppressionV5",
    "random": """
        RandomUniform RandomStandardNormal TruncatedNormal StatelessRandomUniform
        StatelessRandomUniformV2 StatelessRandomNormal StatelessRandomNormalV2
        StatelessTruncatedNormal StatelessTruncatedNormalV2
    """,
    # spectra
    "dft": "RFFT RFFT2D RFFT3D FFT FFT2D FFT3D IFFT IFFT2D IFFT3D IRFFT IRFFT2D IRFFT3D",
    "complex": "Complex",
    "part_of_complex": "Real Imag",
    # sequences
    "list_new": "TensorListReserve EmptyTensorList",
    "list_set": "TensorListSetItem",
    "list_push": "TensorListPushBack",
    "list_get": "TensorListGetItem",
    "list_pop": "TensorListPopBack",
    "list_from": "TensorListFromTensor",
    "list_stack": "TensorListStack",
    "list_join": "TensorListConcat TensorListConcatV2",
    "list_gather": "TensorListGather",
    "array_new": "TensorArrayV3",
    "array_scatter": "TensorArrayScatterV3",
    "array_write": "TensorArrayWriteV3",
    "array_read": "TensorArrayReadV3",
    "array_gather": "TensorArrayGatherV3",
    "array_size": "TensorArraySizeV3",
    "array_join": "TensorArrayConcatV3",
    # recurrences
    "cudnn": "CudnnRNN CudnnRNNV2 CudnnRNNV3",
    "block_lstm": "BlockLSTM BlockLSTMV2",
    "lstm_cell": "LSTMBlockCell",
    "gru_cell": "GRUBlockCell",
}
"""Rules, with the operators that each takes."""

TABLE: Mapping[str, Row] = {
    **{op: Row(op) for op in _words(_ALIKE)},
    **{old: Row(new) for old, new in _RENAMED.items()},
    **{op: Row(rule=rule) for rule, names in _RULED.items() for op in _words(names)},
}

_TWO = _words(
    """
    Add AddV2 Sub Mul Div RealDiv DivNoNan Pow Equal Greater Less GreaterEqual LessEqual Maximum
    Minimum LogicalAnd LogicalOr BitwiseAnd BitwiseOr BitwiseXor Reshape Tile BroadcastTo
    """
)
LEAST: Mapping[str, int] = {
    **dict.fromkeys((*_words(_ALIKE), *_RENAMED), 1),
    **dict.fromkeys(_TWO, 2),
    "SelectV2": 3,
    "Range": 3,
}
"""How many operands a renamed operator needs; rules see for themselves."""
