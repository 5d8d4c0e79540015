"""Operator names of ONNX files, as data: what each domain's names become in the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STANDARD = _words(
    """
    Abs Acos Acosh Add AffineGrid And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
    BatchNormalization Bernoulli BitCast BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor
    BlackmanWindow Cast CastLike CausalConvWithState Ceil Celu CenterCropPad Clip Col2Im Compress
    Concat ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh
    CumProd CumSum DFT DeformConv DepthToSpace DequantizeLinear Det Div Dropout
    DynamicQuantizeLinear Einsum Elu Equal Erf Erfc Exp Expand EyeLike Flatten Floor GRU Gather
    GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater
    GreaterOrEqual GridSample GroupNormalization HammingWindow HannWindow HardSigmoid HardSwish
    Hardmax Identity If ImageDecoder InstanceNormalization IsInf IsNaN LRN LSTM
    LayerNormalization LeakyRelu Less LessOrEqual LinearAttention Log LogSoftmax Loop
    LpNormalization LpPool MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean
    MeanVarianceNormalization MelWeightMatrix Min Mish Mod Mul Multinomial Neg
    NegativeLogLikelihoodLoss NonMaxSuppression NonZero Not OneHot Optional OptionalGetElement
    OptionalHasElement Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear
    RMSNormalization RNN RandomNormal RandomNormalLike RandomUniform RandomUniformLike Range
    Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
    ReduceProd ReduceSum ReduceSumSquare RegexFullMatch Relu Reshape Resize ReverseSequence
    RoiAlign RotaryEmbedding Round STFT Scan Scatter ScatterElements ScatterND Selu SequenceAt
    SequenceConstruct SequenceEmpty SequenceErase SequenceInsert SequenceLength SequenceMap Shape
    Shrink Sigmoid Sign Sin Sinh Size Slice Softmax SoftmaxCrossEntropyLoss Softplus Softsign
    SpaceToDepth Split SplitToSequence Sqrt Squeeze StringConcat StringNormalizer StringSplit Sub
    Sum SwiGLU Swish Tan Tanh TensorScatter TfIdfVectorizer ThresholdedRelu Tile TopK Transpose
    Trilu Unique Unsqueeze Where Xor
    SimplifiedLayerNormalization
    """
)
"""ai.onnx, opsets 1 to 28, under their own names.

`SimplifiedLayerNormalization` is no standard operator: ONNX Runtime's optimiser puts it there.
"""

_STANDARD_RENAMED = {"Upsample": "Resize"}
"""Operators that a later opset replaced by one with the same operands (of its first version)."""

_CONTRIB = _words(
    """
    Attention BiasAdd BiasDropout BiasGelu BiasSoftmax BiasSplitGelu BitmaskBiasDropout
    BitmaskDropout CausalConvWithState ConvTransposeWithDynamicPads DecoderAttention
    DecoderMaskedMultiHeadAttention DecoderMaskedSelfAttention DynamicQuantizeLSTM
    DynamicQuantizeMatMul EmbedLayerNormalization ExpandDims FastGelu FusedConv FusedGemm
    FusedMatMul FusedMatMulActivation GatedRelativePositionBias GatherBlockQuantized Gelu
    GemmFastGelu GemmFloat8 GemmaRotaryEmbedding GroupNorm GroupQueryAttention LinearAttention
    LongformerAttention MRotaryEmbedding MatMulBnb4 MatMulFpQ4 MatMulInteger16
    MatMulIntegerToFloat MatMulNBits MatMulNBitsMlp MatMulNBitsQkv MaxpoolWithMask MoE MulInteger
    MultiHeadAttention NhwcConv NhwcFusedConv NhwcMaxPool PackedAttention
    PackedMultiHeadAttention PagedAttention QAttention QEmbedLayerNormalization QGemm QLinearAdd
    QLinearAveragePool QLinearConcat QLinearConv QLinearGlobalAveragePool QLinearLeakyRelu
    QLinearMul QLinearReduceMean QLinearSigmoid QLinearSoftmax QLinearWhere QMoE
    QOrderedAttention QOrderedGelu QOrderedLayerNormalization QOrderedMatMul QuickGelu
    ReduceSumInteger RelativePositionBias RemovePadding RestorePadding RotaryEmbedding
    SkipGroupNorm SkipLayerNormalization SkipSimplifiedLayerNormalization SparseAttention
    SparseToDenseMatMul TorchEmbedding TransposeMatMul
    """
)
"""com.microsoft operators that stand for known compositions; passes split them."""

_CONTRIB_RENAMED = {
    name: name
    for name in (
        "DequantizeLinear",
        "GatherND",
        "GridSample",
        "Pad",
        "QuantizeLinear",
        "Range",
        "Trilu",
        "Unique",
    )
}
"""com.microsoft operators with the operands of the standard operator of that name."""

_NCHWC = _words(
    """
    AveragePool Conv GlobalAveragePool GlobalMaxPool MaxPool ReorderInput ReorderOutput Upsample
    """
)
"""com.microsoft.nchwc: ONNX Runtime's blocked layout for x86."""

_CLASSICAL = {
    "TreeEnsemble": "TreeEnsemble",
    "TreeEnsembleClassifier": "TreeEnsemble",
    "TreeEnsembleRegressor": "TreeEnsemble",
    "LinearClassifier": "LinearModel",
    "LinearRegressor": "LinearModel",
    "SVMClassifier": "SVM",
    "SVMRegressor": "SVM",
} | dict.fromkeys(
    _words("""
    ArrayFeatureExtractor Binarizer CastMap CategoryMapper DictVectorizer FeatureVectorizer
    Imputer LabelEncoder Normalizer OneHotEncoder Scaler ZipMap
    """),
    "FeaturePreprocessing",
)
"""ai.onnx.ml: classical models, by family."""

CLASSICAL_DOMAIN = "ai.onnx.ml"


def _prefixed(domain: str, names: frozenset[str]) -> dict[str, str]:
    return {name: f"{domain}:{name}" for name in names}


_NAMES: Mapping[str, Mapping[str, str]] = {
    "": {name: name for name in _STANDARD} | _STANDARD_RENAMED,
    CLASSICAL_DOMAIN: _CLASSICAL,
    "com.microsoft": _prefixed("com.microsoft", _CONTRIB) | _CONTRIB_RENAMED,
    "com.microsoft.nchwc": _prefixed("com.microsoft.nchwc", _NCHWC),
}


def plain_domain(domain: str) -> str:
    """The standard domain has two spellings; this is the empty one."""
    return "" if domain == "ai.onnx" else domain


@lru_cache(maxsize=4_096)
def operator(domain: str, name: str) -> str:
    """The vocabulary's name of an operator, `Unknown:<domain>:<name>` when it has none."""
    found = _NAMES.get(domain, {}).get(name)
    return found or f"Unknown:{domain or 'ai.onnx'}:{name}"
