"""Which values of a graph without a signature are its outputs.

A frozen graph gives back what nobody reads. A graph saved in the middle of its training also
holds gradients, optimisers, checkpoints and summaries: these are peeled off from the end. An
operator that only training has goes when nobody else reads it; any other goes only when all its
readers went and it was itself computed from a gradient. So the forward network stays, its loss
is an output, and no name of a node matters.
"""

from __future__ import annotations

from collections import defaultdict

from genescan.converters.tensorflow_block import Ref, Row, Rows
from genescan.converters.tensorflow_frames import PASSING

_EFFECTS = frozenset(
    """
    NoOp Assert Print PrintV2 ControlTrigger SaveV2 SaveSlices Save RestoreV2 Restore
    MergeV2Checkpoints ShardedFilename StringJoin Assign AssignAdd AssignSub AssignVariableOp
    AssignAddVariableOp AssignSubVariableOp VarIsInitializedOp IsVariableInitialized
    ReportUninitializedVariables InitializeTableV2 InitializeTable InitializeTableFromTextFileV2
    LookupTableImportV2 LookupTableInsertV2 LookupTableExportV2 MergeSummary ScalarSummary
    HistogramSummary ImageSummary AudioSummary TensorSummaryV2 WriteSummary WriteScalarSummary
    QueueEnqueueV2 QueueEnqueueManyV2 QueueCloseV2 QueueSizeV2 FIFOQueueV2 RandomShuffleQueueV2
    ScatterUpdate ScatterAdd ScatterSub CountUpTo DestroyTemporaryVariable TemporaryVariable
    TensorArrayCloseV3 VarHandleOp VariableV2 Variable Const HashTableV2 Placeholder
    BroadcastGradientArgs Timestamp StringFormat StaticRegexFullMatch Exit LoopCond
    """.split()
)
"""What runs for its effect, describes, or stands for a value that nobody asked for."""
_TRAINING = ("Apply", "ResourceApply", "ResourceSparseApply", "SparseApply")
"""Beginnings of optimisers' names."""
_GRADIENTS = ("Grad", "GradV2", "GradV3", "GradWithArgmax", "BackpropFilter", "BackpropFilterV2")
"""Ends of gradient operators' names; a BackpropInput is a transposed convolution too."""


def _is_training(op: str) -> bool:
    return op.startswith(_TRAINING) or op.endswith(_GRADIENTS)


def ends(rows: Rows) -> list[tuple[str, Ref]]:
    """Name and reference of each output, in the order of the rows."""
    readers: dict[str, set[str]] = defaultdict(set)
    ports: dict[str, set[int]] = defaultdict(set)
    for row in rows.values():
        for ref in row.inputs:
            readers[ref.name].add(row.name)
            ports[ref.name].add(ref.port)
    tainted = _tainted(rows, readers)
    left = {name: len(readers[name]) for name in rows}
    stack = [row for row in rows.values() if not left[row.name]]
    found: set[str] = set()
    while stack:
        row = stack.pop()
        if row.op not in _EFFECTS and not _is_training(row.op) and row.name not in tainted:
            found.add(row.name)
            continue
        for source in {ref.name for ref in row.inputs if ref.name in rows}:
            left[source] -= 1
            if not left[source]:
                stack.append(rows[source])
    return [(name, Ref(name)) for name in rows if name in found and _computes(rows, rows[name])]


def _tainted(rows: Rows, readers: dict[str, set[str]]) -> set[str]:
    """Everything that is computed from a gradient."""
    found: set[str] = set()
    stack = [row.name for row in rows.values() if _is_training(row.op)]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += readers[name]
    return found


def _computes(rows: Rows, row: Row) -> bool:
    """Whether more than a constant or a variable stands behind an output."""
    seen = set()
    while row.op in PASSING and row.inputs and row.name not in seen:
        seen.add(row.name)
        following = rows.get(row.inputs[0].name)
        if following is None:
            return True
        row = following
    return bool(row.inputs) or row.op not in _EFFECTS
