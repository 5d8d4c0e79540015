"""Did you mean: the nearest known word, for error messages."""

from __future__ import annotations

from collections.abc import Iterable


def hint(word: str, known: Iterable[str]) -> str:
    """`did you mean ...?` when a known word is close to `word`, else nothing."""
    from difflib import get_close_matches  # only errors pay for the import

    close = get_close_matches(word, list(known), n=1)
    if not close:
        lower = {name.lower(): name for name in known}
        close = [lower[word.lower()]] if word.lower() in lower else []
    return f"did you mean {close[0]}?" if close else ""
