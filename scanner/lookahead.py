"""The careful search, for patterns that trap the quick one in `genescan.match`.

Domains are sets of nodes, made consistent along every edge before the search starts; each
assignment then narrows the domains of its neighbours (forward checking) and the node with the
smallest domain comes next. Slower by a factor, but thousands of wildcards do not stop it.
"""

from __future__ import annotations

from collections import Counter

from genescan.index import Index
from genescan.outline import Bond
from genescan.plan import Plan
from genescan.relations import Budget, Exhausted, Relations

_ROUNDS = 4
"""Passes over the edges before the search; later ones find next to nothing."""

_PIGEONS = 4
"""Domains up to this size are compared: three nodes cannot share two candidates."""


class Lookahead:
    """Node-level domains of one plan, and the search over them."""

    def __init__(self, plan: Plan, index: Index, budget: Budget) -> None:
        """Prepare the domains; what the budget does not allow is left undone, never wrong."""
        self._plan, self._index, self._budget = plan, index, budget
        self._relations = Relations(index, budget)
        self._bonds = plan.outline.bonds
        self.domains = [self._candidates(i) for i in range(len(plan.domains))]
        try:
            for _ in range(_ROUNDS):
                before = sum(map(len, self.domains))
                for bond in self._bonds:
                    if bond.path is None:
                        self._narrow(bond)
                if sum(map(len, self.domains)) == before:
                    break
        except Exhausted:
            pass

    def _candidates(self, variable: int) -> set[int]:
        """Nodes by label and by their number of distinct neighbours."""
        index, members = self._index, self._plan.members[variable]
        links = [bond for bond in self._bonds if bond.path is None]
        need = sum(bond.target == variable for bond in links)
        feeds = sum(bond.source == variable for bond in links)
        producers, consumers = index.producers, index.consumers
        return {
            v
            for v in index.nodes(self._plan.domains[variable])
            if len(producers[v]) >= need
            and len(consumers[v]) >= feeds
            and (members is None or v in members)
        }

    def _narrow(self, bond: Bond) -> None:
        """Keep only nodes with a partner along `bond`."""
        sources, targets = self.domains[bond.source], self.domains[bond.target]
        self._budget.spend(len(targets) // 4)
        partners = self._relations.partners
        kept: set[int] = set()
        fed = set()
        for target in targets:
            near = [u for u in partners(bond, target, forward=False) if u in sources]
            if near:
                fed.add(target)
                kept.update(near)
        self.domains[bond.source], self.domains[bond.target] = kept, fed

    def solve(self, anchor: int) -> tuple[int, ...] | None:
        """An embedding with `anchor` at the pattern's anchor; raises `Exhausted`."""
        variable = self._plan.outline.pattern.anchor
        if anchor not in self.domains[variable] or not all(self.domains):
            return None
        assigned = {variable: anchor}
        narrowed = self._assign({}, variable, anchor, assigned)
        if narrowed is None or not self._search(narrowed, assigned):
            return None
        return tuple(assigned[i] for i in range(len(self.domains)))

    def _search(self, narrowed: dict[int, set[int]], assigned: dict[int, int]) -> bool:
        if len(assigned) == len(self.domains):
            return True
        if narrowed:
            variable = min(narrowed, key=lambda i: len(narrowed[i]))
            candidates = narrowed[variable]
        else:  # another component of the pattern
            loose = [i for i in range(len(self.domains)) if i not in assigned]
            variable = min(loose, key=lambda i: len(self.domains[i]))
            candidates = self.domains[variable].difference(assigned.values())
        for candidate in candidates:
            self._budget.spend(1)
            assigned[variable] = candidate
            further = self._assign(narrowed, variable, candidate, assigned)
            if further is not None and self._search(further, assigned):
                return True
            del assigned[variable]
        return False

    def _assign(
        self,
        narrowed: dict[int, set[int]],
        variable: int,
        number: int,
        assigned: dict[int, int],
    ) -> dict[int, set[int]] | None:
        """The domains after binding `variable`; None when one is left without candidates."""
        result = {i: left for i, left in narrowed.items() if i != variable}
        for bond in map(self._bonds.__getitem__, self._plan.outline.touching[variable]):
            forward = bond.source == variable
            other = bond.target if forward else bond.source
            if other in assigned:
                continue
            base = result.get(other, self.domains[other])
            near = self._relations.partners(bond, number, forward=forward)
            result[other] = {v for v in near if v in base}
            if other not in narrowed:
                result[other].difference_update(assigned.values())
        for i, left in result.items():
            if number in left:
                result[i] = left - {number}
        if not all(result.values()):
            return None
        self._budget.spend(len(result))
        crowd = Counter(frozenset(left) for left in result.values() if len(left) <= _PIGEONS)
        return None if any(n > len(left) for left, n in crowd.items()) else result
