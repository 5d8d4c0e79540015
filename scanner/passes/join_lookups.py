"""Join what was picked from each row of a batch by its own index.

Core ML has no lookup with batches, so its converter cuts data and indices into rows, looks up in
each, and stacks what it found.

Before:
    a = Gather(Slice(x, axis=0, part=0), Slice(i, axis=0, part=0), axis=0)
    b = Gather(Slice(x, axis=0, part=1), Slice(i, axis=0, part=1), axis=0)
    y = Concat(a, b, axis=0)

After:
    y = GatherND(x, i, batch_dims=1)
"""

from __future__ import annotations

from genescan.draft import Draft, Value


def run(draft: Draft) -> None:
    """Look at every Concat of lookups."""
    for node in draft.of("Concat"):
        lookups = [arg.node for arg in node.dynamic if arg.node.op == "Gather"]
        if len(lookups) == len(node.inputs) > 1:
            _join(draft, node, lookups)


def _join(draft: Draft, node: Draft.Node, lookups: list[Draft.Node]) -> None:
    columns = [
        [_row(lookup, place, number) for number, lookup in enumerate(lookups)] for place in (0, 1)
    ]
    rows = [[cut for cut in column if cut is not None] for column in columns]
    sources = [{cut.inputs[0] for cut in column} for column in rows]
    ways = [{cut.via.get(0, ()) for cut in column} for column in rows]
    count = len(lookups)
    if {len(column) for column in rows} != {count} or any(len(s) != 1 for s in (*sources, *ways)):
        return
    if any(lookup.attrs.get("axis", 0) != 0 for lookup in lookups):
        return
    inputs = [source.pop() for source in sources]
    batches = {arg.shape[0] for arg in inputs if isinstance(arg, Value) and arg.shape}
    if not any(any(way) for way in ways) and not batches <= {count, None}:
        return  # some rows are left out
    via = {place: way.pop() for place, way in enumerate(ways)}
    region = [node, *lookups, *rows[0], *rows[1]]
    draft.fuse(
        list(dict.fromkeys(region)), node.out, "GatherND", inputs, {"batch_dims": 1}, via=via
    )


def _row(lookup: Draft.Node, place: int, number: int) -> Draft.Node | None:
    """The cut of that row from a batch, where an operand of a lookup is one."""
    value = lookup.arg(place)
    cut = value.node if isinstance(value, Value) and value.node.op == "Slice" else None
    if cut is None or len(cut.inputs) != 1 or cut.attrs.get("axis") != 0:
        return None
    return cut if cut.attrs.get("part") == number else None
