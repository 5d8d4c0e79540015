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

from genescan.draft import Arg, Draft, Value, Via
from genescan.graph import Attr


def run(draft: Draft) -> None:
    """Look at every Concat of lookups."""
    for node in draft.of("Concat"):
        lookups = [arg.node for arg in node.dynamic if arg.node.op == "Gather"]
        if len(lookups) == len(node.inputs) > 1:
            _join(draft, node, lookups)


def _join(draft: Draft, node: Draft.Node, lookups: list[Draft.Node]) -> None:
    inputs: list[Arg] = []
    via: dict[int, Via] = {}
    region = [node, *lookups]
    for place in (0, 1):
        cuts = [_row(lookup, place, number) for number, lookup in enumerate(lookups)]
        found = [cut for cut in cuts if cut is not None]
        ways = {(cut.inputs[0], cut.via.get(0, ())) for cut in found}
        if len(found) < len(cuts) or len(ways) != 1:
            return
        source, way = ways.pop()
        if not way and source is not None and source.shape and source.shape[0] != len(cuts):
            return  # some rows are left out, or perhaps
        inputs.append(source)
        via[place] = way
        region += found
    if all(lookup.attrs.get("axis", 0) == 0 for lookup in lookups):
        attrs: dict[str, Attr] = {"batch_dims": 1}
        draft.fuse(list(dict.fromkeys(region)), node.out, "GatherND", inputs, attrs, via=via)


def _row(lookup: Draft.Node, place: int, number: int) -> Draft.Node | None:
    """The cut of that row from a batch, where an operand of a lookup is one."""
    value = lookup.arg(place)
    cut = value.node if isinstance(value, Value) and value.node.op == "Slice" else None
    if cut is None or len(cut.inputs) != 1 or cut.attrs.get("axis") != 0:
        return None
    return cut if cut.attrs.get("part") == number else None
