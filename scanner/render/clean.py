"""Make names from files safe to print: a model's author chooses them, the user's terminal obeys."""

from __future__ import annotations

import unicodedata

_UNSAFE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that act on a terminal or hide text: controls, direction marks, separators."""
LONGEST = 200


def clean(text: str, longest: int = LONGEST) -> str:
    """The text with unsafe characters as escapes, cut to a length."""
    safe = "".join(
        char
        if char.isascii() and char.isprintable() or unicodedata.category(char) not in _UNSAFE
        else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in text[: longest + 1]
    )
    return safe if len(safe) <= longest else safe[: longest - 1] + "…"
