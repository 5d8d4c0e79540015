"""A pause for Python's cycle collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused() -> Iterator[None]:
    """Let the collector rest while many objects are made and none of them is garbage.

    It would walk a growing graph again and again in vain, for more than a third of the time of
    reading a large file. Pauses may be nested.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
