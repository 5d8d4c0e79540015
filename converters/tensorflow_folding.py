"""Arithmetic on lists of integers that TensorFlow leaves in a graph: axes and permutations.

Only what a rule must know to name an axis is computed here; all else is left to the passes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from genescan.graph import Operand, Tensor

_MOST = 64
"""Elements of a list; no tensor has more axes."""
_LARGEST = 1 << 31

_PAIRWISE: Mapping[str, Callable[[int, int], int]] = {
    "Add": lambda a, b: a + b,
    "AddV2": lambda a, b: a + b,
    "Sub": lambda a, b: a - b,
    "Mul": lambda a, b: a * b,
}


def folded(op: str, inputs: Sequence[Operand]) -> Tensor | None:
    """The value of an operator on short lists of integers; None when it is another one."""
    if op not in _RULES and op not in _PAIRWISE:
        return None
    lists = [_integers(operand) for operand in inputs]
    if not lists or None in lists:
        return None
    known = [item for item in lists if item is not None]
    ranks = [len(operand.shape or ()) for operand in inputs if isinstance(operand, Tensor)]
    if op in _PAIRWISE:
        return _pairwise(op, known, ranks)
    made = _RULES[op](known, ranks)
    if made is None or len(made) > _MOST:
        return None
    return Tensor("int64", (len(made),), tuple(made))


def _integers(operand: Operand) -> list[int] | None:
    if not isinstance(operand, Tensor) or operand.data is None or operand.shape is None:
        return None
    if len(operand.shape) > 1 or len(operand.data) > _MOST or not operand.dtype.startswith("int"):
        return None
    items = [item for item in operand.data if isinstance(item, int) and abs(item) < _LARGEST]
    return items if len(items) == len(operand.data) else None


def _pairwise(op: str, lists: Sequence[list[int]], ranks: Sequence[int]) -> Tensor | None:
    if len(lists) != 2 or not all(lists):
        return None
    left, right = lists
    size = max(len(left), len(right))
    if {len(left), len(right)} - {1, size}:
        return None
    left, right = left * (size // len(left)), right * (size // len(right))
    made = tuple(_PAIRWISE[op](a, b) for a, b in zip(left, right, strict=True))
    return Tensor("int64", (size,) if max(ranks) else (), made)


def _concat(lists: Sequence[list[int]], ranks: Sequence[int]) -> list[int] | None:
    if lists[-1] not in ([0], [-1]) or set(ranks[:-1]) != {1}:
        return None
    return [item for part in lists[:-1] for item in part]


def _pack(lists: Sequence[list[int]], ranks: Sequence[int]) -> list[int] | None:
    return [item for part in lists for item in part] if set(ranks) == {0} else None


def _range(lists: Sequence[list[int]], ranks: Sequence[int]) -> list[int] | None:
    if len(lists) != 3 or any(len(part) != 1 for part in lists) or not lists[2][0]:
        return None
    made = range(lists[0][0], lists[1][0], lists[2][0])
    return list(made) if len(made) <= _MOST else None


_RULES: Mapping[str, Callable[[Sequence[list[int]], Sequence[int]], list[int] | None]] = {
    "ConcatV2": _concat,
    "Pack": _pack,
    "Range": _range,
}
