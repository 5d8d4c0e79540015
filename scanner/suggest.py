"""Did you mean: the nearest known word, for error messages."""

from __future__ import annotations

from collections.abc import Iterable


def hint(word: str, known: Iterable[str]) -> str:
    """`did you mean ...?` when a known word is close to `word`, else nothing."""
    lower = {name.lower(): name for name in known}
    found = lower.get(word.lower())
    if found is None:
        from difflib import get_close_matches  # only errors pay for the import

        close = get_close_matches(word.lower(), lower, n=1)
        found = lower[close[0]] if close else None
    return f"did you mean {found}?" if found else ""
