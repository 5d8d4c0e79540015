"""Join one-directional recurrent layers over a sequence and its reverse into one.

Before:
    y = LSTM(x, w[1, 64, 8], w[1, 64, 16])

After:
    y = LSTM(x, w[1, 64, 8], w[1, 64, 16])
"""

from __future__ import annotations

from genescan.draft import Draft


def run(draft: Draft) -> None:
    """To be filled: cells, loops, and pairs of directions."""
