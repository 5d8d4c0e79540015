"""Operators of MIL programs (iOS 13 to 18), as data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from genescan.converters.table import Row


def _rows(names: str, op: str = "", rule: str = "", operands: str = "x") -> dict[str, Row]:
    slots = tuple(operands.split()) if op else None
    return {name: Row(op, slots, rule=rule) for name in names.split()}


def _named(pairs: Iterable[tuple[str, str]], operands: str) -> dict[str, Row]:
    return {name: Row(op, tuple(operands.split())) for name, op in pairs}


_UNARY = {
    "abs": "Abs",
    "acos": "Acos",
    "asin": "Asin",
    "atan": "Atan",
    "atanh": "Atanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "identity": "Identity",
    "logical_not": "Not",
    "relu": "Relu",
    "round": "Round",
    "sigmoid": "Sigmoid",
    "sign": "Sign",
    "silu": "Swish",
    "sin": "Sin",
    "sinh": "Sinh",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "sqrt": "Sqrt",
    "tan": "Tan",
    "tanh": "Tanh",
    "shape": "Shape",
}
_BINARY = {
    "add": "Add",
    "equal": "Equal",
    "greater": "Greater",
    "greater_equal": "GreaterOrEqual",
    "less": "Less",
    "less_equal": "LessOrEqual",
    "logical_and": "And",
    "logical_or": "Or",
    "logical_xor": "Xor",
    "maximum": "Max",
    "minimum": "Min",
    "mod": "Mod",
    "mul": "Mul",
    "pow": "Pow",
    "real_div": "Div",
    "sub": "Sub",
}
_ALPHA = {"alpha": "alpha"}

TABLE: Mapping[str, Row] = MappingProxyType(
    {
        **_named(_UNARY.items(), "x"),
        **_named(_BINARY.items(), "x y"),
        **_rows("rsqrt", rule="rsqrt"),
        **_rows("inverse", rule="inverse"),
        **_rows("log", rule="log"),
        **_rows("square", rule="square"),
        **_rows("exp2", rule="exp2"),
        **_rows("not_equal", rule="not_equal"),
        **_rows("floor_div", rule="floor_div"),
        **_rows("select", "Where", operands="cond a b"),
        # activations
        "leaky_relu": Row("LeakyRelu", ("x",), _ALPHA),
        "elu": Row("Elu", ("x",), _ALPHA),
        "thresholded_relu": Row("ThresholdedRelu", ("x",), _ALPHA),
        "sigmoid_hard": Row("HardSigmoid", ("x",), {"alpha": "alpha", "beta": "beta"}),
        "softmax": Row("Softmax", ("x",), {"axis": "axis"}, {"axis": -1}),
        **_rows("clip relu6", rule="clip"),
        **_rows("clamped_relu", rule="clamped"),
        **_rows("threshold", rule="threshold"),
        **_rows("scaled_tanh", rule="scaled_tanh"),
        **_rows("linear_activation", rule="linear_activation"),
        **_rows("softplus_parametric", rule="parametric_softplus"),
        **_rows("prelu", rule="prelu"),
        **_rows("gelu", rule="gelu"),
        # products, windows, norms
        **_rows("matmul", rule="matmul"),
        **_rows("linear", rule="linear"),
        **_rows("einsum", rule="einsum"),
        **_rows("conv conv_transpose", rule="conv"),
        **_rows("avg_pool max_pool l2_pool", rule="pool"),
        **_rows("batch_norm instance_norm", rule="batch_norm"),
        **_rows("layer_norm", rule="layer_norm"),
        **_rows("l2_norm", rule="l2_norm"),
        **_rows("local_response_norm", rule="lrn"),
        **_rows("scaled_dot_product_attention", rule="attention"),
        **_rows("lstm gru rnn", rule="recurrent"),
        # reductions
        **_rows(
            "reduce_l1_norm reduce_l2_norm reduce_log_sum reduce_log_sum_exp reduce_max "
            "reduce_mean reduce_min reduce_prod reduce_sum reduce_sum_square",
            rule="reduce",
        ),
        **_rows("reduce_argmax reduce_argmin", rule="arg"),
        **_rows("cumsum", rule="cumsum"),
        **_rows("band_part", rule="band_part"),
        # images
        **_rows(
            "resize resize_bilinear resize_nearest_neighbor upsample_bilinear "
            "upsample_nearest_neighbor",
            rule="resize",
        ),
        **_rows("resample", rule="resample"),
        **_rows("affine", rule="affine"),
        **_rows("pad", rule="pad"),
        **_rows("crop", rule="crop"),
        **_rows("pixel_unshuffle", rule="unshuffle"),
        **_rows("pixel_shuffle depth_to_space space_to_depth", rule="blocks"),
        # movement and structure
        **_rows("cast", rule="cast"),
        **_rows("squeeze expand_dims", rule="axes"),
        **_rows("reshape", rule="reshape"),
        **_rows("reshape_like", rule="reshape_like"),
        **_rows("transpose", rule="transpose"),
        **_rows("tile", "Tile", operands="x reps"),
        "flatten2d": Row("Flatten", ("x",), {"axis": "axis"}),
        **_rows("concat", rule="concat"),
        **_rows("stack", rule="stack"),
        **_rows("split", rule="split"),
        **_rows("slice_by_index", rule="slice_by_index"),
        **_rows("slice_by_size", rule="slice_by_size"),
        **_rows("slice_update", rule="slice_update"),
        **_rows("reverse", rule="reverse"),
        **_rows("reverse_sequence", rule="reverse_sequence"),
        **_rows("gather", rule="gather"),
        "gather_along_axis": Row("GatherElements", ("x", "indices"), {"axis": "axis"}),
        **_rows("gather_nd", rule="gather_nd"),
        **_rows("scatter scatter_along_axis scatter_nd", rule="scatter"),
        **_rows("topk argsort", rule="topk"),
        **_rows("fill fill_like", rule="fill"),
        **_rows("range_1d", rule="range"),
        **_rows("non_zero", rule="non_zero"),
        **_rows("one_hot", rule="one_hot"),
        **_rows(
            "random_bernoulli random_categorical random_normal random_uniform", rule="random"
        ),
        # lists
        **_rows("make_list", rule="make_list"),
        **_rows("list_read", "SequenceAt", operands="ls index"),
        **_rows("list_write", "SequenceInsert", operands="ls value index"),
        **_rows("list_length", "SequenceLength", operands="ls"),
        **_rows("list_gather", rule="list_gather"),
        **_rows("list_scatter", rule="list_scatter"),
        # the rest
        **_rows("quantize dequantize", rule="quantise"),
        **_rows("non_maximum_suppression", rule="suppress"),
        **_rows("classify", rule="classify"),
    }
)

BUILT = frozenset({"const", "cond", "while_loop", "read_state", "write_state"})
"""Operations that `coreml_mil` builds itself; so are all that begin with `constexpr_`."""

OPAQUE = frozenset(
    {"batch_to_space", "conv_quantized", "crop_resize", "sliding_windows", "space_to_batch"}
)
"""Operations that the vocabulary has no words for: known, and `Unknown:coreml:` all the same."""
