"""Which values of a graph without a signature are its outputs.

A frozen graph gives back what nobody reads. A graph saved in the middle of its training also
holds gradients, optimisers, checkpoints and summaries: these are peeled off from the end. An
operator that only training has goes when nobody else reads it; any other goes only when all its
readers went and it was itself computed from a gradient. So the forward network stays, its loss
is an output, and no name of a node matters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from genescan.converters.tensorflow_block import Ref, Row, Rows
from genescan.converters.tensorflow_frames import PASSING


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_EFFECTS = _words(
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
    """
)
"""What runs for its effect, describes, or stands for a value that nobody asked for."""
_INSIDE = frozenset({"Enter", "RefEnter", "Switch", "RefSwitch"})
"""Ways into a loop or branch, whose rows nobody outside reads: `While` and `If` stand for them."""
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
    inside = _following(rows, readers, lambda row: row.op in _INSIDE)
    tainted = inside | _following(rows, readers, lambda row: _is_training(row.op))
    last = _last_loops(rows, readers)
    left = {name: len(readers[name]) for name in rows}
    stack = [row for row in rows.values() if not left[row.name]]
    found: set[str] = set()
    while stack:
        row = stack.pop()
        wanted = row.name in last or (row.op not in _EFFECTS and not _is_training(row.op))
        if wanted and row.name not in tainted:
            found.add(row.name)
            continue
        for source in {ref.name for ref in row.inputs if ref.name in rows}:
            left[source] -= 1
            if not left[source]:
                stack.append(rows[source])
    return [(name, Ref(name)) for name in rows if name in found and _computes(rows, rows[name])]


def _last_loops(rows: Rows, readers: dict[str, set[str]]) -> set[str]:
    """The exits of loops that nobody reads anything of: what such a loop leaves is an output.

    Where one exit is read, the others hold counters and states that nobody asked for.
    """
    exits: dict[str, list[str]] = defaultdict(list)
    for row in rows.values():
        if row.op == "Exit" and row.inputs:
            exits[row.inputs[0].name].append(row.name)
    return {name for names in exits.values() if not any(map(readers.get, names)) for name in names}


def _following(rows: Rows, readers: dict[str, set[str]], begins: Callable[[Row], bool]) -> set[str]:
    """Everything that is computed from rows of a kind, and these."""
    found: set[str] = set()
    stack = [row.name for row in rows.values() if begins(row)]
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
