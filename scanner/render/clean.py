"""Make names from files safe to print: a model's author chooses them, the user's terminal obeys."""

from __future__ import annotations

LONGEST = 200


def clean(text: str, longest: int = LONGEST) -> str:
    """The text with unsafe characters as escapes, cut to a length.

    Unsafe is what Unicode does not count as printable: controls, direction marks, separators,
    surrogates, private and unassigned characters.
    """
    safe = "".join(
        char
        if char.isprintable()
        else char.encode("unicode_escape", "surrogatepass").decode("ascii")
        for char in text[: longest + 1]
    )
    return safe if len(safe) <= longest else safe[: longest - 1] + "…"
