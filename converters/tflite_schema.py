"""The TensorFlow Lite schema as data: tables, options of operators, operator names.

Field numbers, types and names are those of `tensorflow/compiler/mlir/lite/schema/schema.fbs`
(copyright The TensorFlow Authors, Apache-2.0). A table's fields stand in the order of their
numbers, as `name:type` or `name:type=default`; `-` is a field that is no longer used. Types are
numbers, `string`, the name of a table, `union` (its type is the field before it) or a vector of
one of these in brackets.
"""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters.flatbuffer import Layout, layouts

MODEL: Mapping[str, Layout] = layouts(
    """
    Model: version:uint32 operator_codes:[OperatorCode] subgraphs:[SubGraph] description:string
        buffers:[Buffer] metadata_buffer:[int32] metadata:[Metadata] signature_defs:[SignatureDef]
        external_buffer_groups:[ExternalBufferGroup] external_buffers:[ExternalBuffer]
    OperatorCode: deprecated_builtin_code:int8 custom_code:string version:int32=1 builtin_code:int32
    SubGraph: tensors:[Tensor] inputs:[int32] outputs:[int32] operators:[Operator] name:string
        debug_metadata_index:int32=-1
    Tensor: shape:[int32] type:int8 buffer:uint32 name:string quantization:QuantizationParameters
        is_variable:bool sparsity:SparsityParameters shape_signature:[int32] has_rank:bool
        variant_tensors:[VariantSubType] external_buffer:uint32
    QuantizationParameters: min:[float32] max:[float32] scale:[float32] zero_point:[int64]
        details_type:uint8 details:union quantized_dimension:int32
    SparsityParameters: traversal_order:[int32] block_map:[int32] dim_metadata:[DimensionMetadata]
    Operator: opcode_index:uint32 inputs:[int32] outputs:[int32] builtin_options_type:uint8
        builtin_options:union custom_options:[uint8] custom_options_format:int8
        mutating_variable_inputs:[bool] intermediates:[int32] large_custom_options_offset:uint64
        large_custom_options_size:uint64 builtin_options2_type:uint8 builtin_options2:union
        debug_metadata_index:int32=-1
    Buffer: data:[uint8] offset:uint64 size:uint64
    ExternalBufferGroup: name:string
    ExternalBuffer: id:uint32 group:uint32 offset:uint64 length:uint64 packing:string
    Metadata: name:string buffer:uint32
    SignatureDef: inputs:[TensorMap] outputs:[TensorMap] signature_key:string -
        subgraph_index:uint32
    TensorMap: name:string tensor_index:uint32
    """
)
"""The tables that hold a network."""

OPTIONS: Mapping[str, Layout] = layouts(
    """
    Conv2D: padding:int8 stride_w:int32 stride_h:int32 fused_activation_function:int8
        dilation_wfactor:int32=1 dilation_hfactor:int32=1 quantized_bias_type:int8
    DepthwiseConv2D: padding:int8 stride_w:int32 stride_h:int32 depth_multiplier:int32
        fused_activation_function:int8 dilation_wfactor:int32=1 dilation_hfactor:int32=1
    ConcatEmbeddings: num_channels:int32 num_columns_per_channel:[int32]
        embedding_dim_per_channel:[int32]
    LSHProjection: type:int8
    Pool2D: padding:int8 stride_w:int32 stride_h:int32 filter_width:int32 filter_height:int32
        fused_activation_function:int8
    SVDF: rank:int32 fused_activation_function:int8 asymmetric_quantize_inputs:bool
    RNN: fused_activation_function:int8 asymmetric_quantize_inputs:bool
    FullyConnected: fused_activation_function:int8 weights_format:int8 keep_num_dims:bool
        asymmetric_quantize_inputs:bool quantized_bias_type:int8
    Softmax: beta:float32
    Concatenation: axis:int32 fused_activation_function:int8
    Add: fused_activation_function:int8 pot_scale_int16:bool=1
    L2Norm: fused_activation_function:int8
    LocalResponseNormalization: radius:int32 bias:float32 alpha:float32 beta:float32
    LSTM: fused_activation_function:int8 cell_clip:float32 proj_clip:float32 kernel_type:int8
        asymmetric_quantize_inputs:bool
    ResizeBilinear: - - align_corners:bool half_pixel_centers:bool
    Call: subgraph:uint32
    Reshape: new_shape:[int32]
    SkipGram: ngram_size:int32 max_skip_size:int32 include_all_ngrams:bool
    SpaceToDepth: block_size:int32
    EmbeddingLookupSparse: combiner:int8
    Mul: fused_activation_function:int8
    Gather: axis:int32 batch_dims:int32
    Reducer: keep_dims:bool
    Sub: fused_activation_function:int8 pot_scale_int16:bool=1
    Div: fused_activation_function:int8
    Squeeze: squeeze_dims:[int32]
    SequenceRNN: time_major:bool fused_activation_function:int8 asymmetric_quantize_inputs:bool
    StridedSlice: begin_mask:int32 end_mask:int32 ellipsis_mask:int32 new_axis_mask:int32
        shrink_axis_mask:int32 offset:bool
    Split: num_splits:int32
    Cast: in_data_type:int8 out_data_type:int8
    ArgMax: output_type:int8
    TransposeConv: padding:int8 stride_w:int32 stride_h:int32 fused_activation_function:int8
        quantized_bias_type:int8
    SparseToDense: validate_indices:bool
    Shape: out_type:int8
    ArgMin: output_type:int8
    FakeQuant: min:float32 max:float32 num_bits:int32 narrow_range:bool
    Pack: values_count:int32 axis:int32
    OneHot: axis:int32
    Unpack: num:int32 axis:int32
    BidirectionalSequenceLSTM: fused_activation_function:int8 cell_clip:float32
        proj_clip:float32 merge_outputs:bool time_major:bool=1 asymmetric_quantize_inputs:bool
    BidirectionalSequenceRNN: time_major:bool fused_activation_function:int8 merge_outputs:bool
        asymmetric_quantize_inputs:bool
    UnidirectionalSequenceLSTM: fused_activation_function:int8 cell_clip:float32
        proj_clip:float32 time_major:bool asymmetric_quantize_inputs:bool
        diagonal_recurrent_tensors:bool
    ResizeNearestNeighbor: align_corners:bool half_pixel_centers:bool
    LeakyRelu: alpha:float32
    MirrorPad: mode:int8
    SplitV: num_splits:int32
    Unique: idx_out_type:int8=2
    ReverseSequence: seq_dim:int32 batch_dim:int32
    If: then_subgraph_index:int32 else_subgraph_index:int32
    While: cond_subgraph_index:int32 body_subgraph_index:int32
    DepthToSpace: block_size:int32
    BatchMatMul: adj_x:bool adj_y:bool asymmetric_quantize_inputs:bool
    Cumsum: exclusive:bool reverse:bool
    CallOnce: init_subgraph_index:int32
    Conv3D: padding:int8 stride_d:int32 stride_w:int32 stride_h:int32
        fused_activation_function:int8 dilation_dfactor:int32=1 dilation_wfactor:int32=1
        dilation_hfactor:int32=1
    Hashtable: table_id:int32 key_dtype:int8 value_dtype:int8
    VarHandle: container:string shared_name:string
    Random: seed:int64 seed2:int64
    Bucketize: boundaries:[float32]
    Gelu: approximate:bool
    StablehloConcatenate: dimension:int64
    StablehloBroadcastInDim: broadcast_dimensions:[int64]
    StablehloSlice: start_indices:[int64] limit_indices:[int64] strides:[int64]
    StablehloConvolution: window_strides:[int64] padding:[int64] lhs_dilation:[int64]
        rhs_dilation:[int64] window_reversal:[bool] input_batch_dimension:int64
        input_feature_dimension:int64 input_spatial_dimensions:[int64]
        kernel_input_feature_dimension:int64 kernel_output_feature_dimension:int64
        kernel_spatial_dimensions:[int64] output_batch_dimension:int64
        output_feature_dimension:int64 output_spatial_dimensions:[int64]
        feature_group_count:int64 batch_group_count:int64 precision_config:[uint32]
    StablehloCustomCall: call_target_name:string has_side_effect:bool backend_config:string
        api_version:int32 called_computations:[int32] custom_attributes:[uint8]
    StablehloReduce: dimensions:[int64] body_subgraph_index:int32
    StablehloScatter: indices_are_sorted:bool update_window_dims:[int64]
        inserted_window_dims:[int64] scatter_dims_to_operand_dims:[int64] index_vector_dim:int64
        unique_indices:bool update_computation_subgraph_index:int32
    StablehloCompare: comparison_direction:uint32 compare_type:uint32
    StablehloDynamicSlice: slice_sizes:[int64]
    StablehloPad: edge_padding_low:[int64] edge_padding_high:[int64] interior_padding:[int64]
    StablehloIota: iota_dimension:int64
    StablehloDotGeneral: lhs_batching_dimensions:[int64] rhs_batching_dimensions:[int64]
        lhs_contracting_dimensions:[int64] rhs_contracting_dimensions:[int64]
        precision_config:[uint32]
    StablehloReduceWindow: window_dimensions:[int64] window_strides:[int64]
        base_dilations:[int64] window_dilations:[int64] padding:[int64]
        body_subgraph_index:int32
    StablehloSort: dimension:int64 is_stable:bool comparator_subgraph_index:int32
    StablehloWhile: cond_subgraph_index:int32 body_subgraph_index:int32
    StablehloGather: offset_dims:[int64] collapsed_slice_dims:[int64] start_index_map:[int64]
        index_vector_dim:int64 slice_sizes:[int64] indices_are_sorted:bool
    StablehloTranspose: permutation:[int64]
    StablehloRngBitGenerator: algorithm:int8
    ReduceWindow: reduce_function:int32
    StableHLOComposite: name:string decomposition_subgraph_index:int32
        composite_attributes:[uint8] composite_attributes_format:int8 version:int32
    StablehloCase: branch_subgraph_indices:[int32]
    """
)
"""Options of operators, without those that have no field."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


OPERATORS = _words(
    """
    ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE
    EMBEDDING_LOOKUP FLOOR FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D
    LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1
    RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH CONCAT_EMBEDDINGS
    SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER
    BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE
    UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT
    LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM ARG_MAX MINIMUM LESS NEG
    PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE
    EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD
    REDUCE_MAX PACK LOGICAL_OR ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV
    REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE RESIZE_NEAREST_NEIGHBOR LEAKY_RELU
    SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND COS WHERE
    RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
    NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM
    BATCH_MATMUL PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D
    IMAG REAL COMPLEX_ABS HASHTABLE HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL
    CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE BROADCAST_ARGS
    RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE
    RELU_0_TO_1 UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2
    UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD
    STABLEHLO_DIVIDE STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP
    STABLEHLO_CONCATENATE STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE
    STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE
    STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM STABLEHLO_NEGATE
    STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT
    STABLEHLO_SUBTRACT STABLEHLO_TANH STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT
    STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA
    STABLEHLO_DOT_GENERAL STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE
    STABLEHLO_GATHER STABLEHLO_TRANSPOSE DILATE STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW
    STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT STABLEHLO_CASE
    """
)
"""Built-in operators, by code."""

_FIRST = _words(
    """
    NONE Conv2D DepthwiseConv2D ConcatEmbeddings LSHProjection Pool2D SVDF RNN FullyConnected
    Softmax Concatenation Add L2Norm LocalResponseNormalization LSTM ResizeBilinear Call Reshape
    SkipGram SpaceToDepth EmbeddingLookupSparse Mul Pad Gather BatchToSpaceND SpaceToBatchND
    Transpose Reducer Sub Div Squeeze SequenceRNN StridedSlice Exp TopKV2 Split LogSoftmax Cast
    Dequantize MaximumMinimum ArgMax Less Neg PadV2 Greater GreaterEqual LessEqual Select Slice
    TransposeConv SparseToDense Tile ExpandDims Equal NotEqual Shape Pow ArgMin FakeQuant Pack
    LogicalOr OneHot LogicalAnd LogicalNot Unpack FloorDiv Square ZerosLike Fill
    BidirectionalSequenceLSTM BidirectionalSequenceRNN UnidirectionalSequenceLSTM FloorMod Range
    ResizeNearestNeighbor LeakyRelu SquaredDifference MirrorPad Abs SplitV Unique ReverseV2 AddN
    GatherNd Cos Where Rank ReverseSequence MatrixDiag Quantize MatrixSetDiag HardSwish If While
    DepthToSpace NonMaxSuppressionV4 NonMaxSuppressionV5 ScatterNd SelectV2 Densify SegmentSum
    BatchMatMul Cumsum CallOnce BroadcastTo Rfft2d Conv3D Hashtable HashtableFind
    HashtableImport HashtableSize VarHandle ReadVariable AssignVariable Random Bucketize Gelu
    DynamicUpdateSlice UnsortedSegmentProd UnsortedSegmentMax UnsortedSegmentMin
    UnsortedSegmentSum ATan2 Sign Bitcast BitwiseXor RightShift
    """
)
"""`BuiltinOptions`, by number."""

_SECOND = _words(
    """
    NONE StablehloConcatenate StablehloBroadcastInDim StablehloSlice StablehloConvolution
    StablehloCustomCall StablehloReduce StablehloScatter StablehloCompare StablehloDynamicSlice
    StablehloPad StablehloIota StablehloDotGeneral StablehloReduceWindow StablehloSort
    StablehloWhile StablehloGather StablehloTranspose Dilate StablehloRngBitGenerator
    ReduceWindow StableHLOComposite StablehloShiftLeft StablehloCase
    """
)
"""`BuiltinOptions2`, by number."""

TYPES = _words(
    """
    float32 float16 int32 uint8 int64 string bool int16 complex64 int8 float64 complex128 uint64
    resource variant uint32 uint16 int4 bfloat16 int2 uint4
    """
)
"""Element types, by code."""


def options(first: int, second: int) -> str:
    """The table that holds an operator's options, empty when there is none or it has no field."""
    for number, names in ((first, _FIRST), (second, _SECOND)):
        if number and number < len(names) and names[number] in OPTIONS:
            return names[number]
    return ""
