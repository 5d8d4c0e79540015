"""The wall time of one file, kept even inside a loop that checks no clock."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from genescan.errors import LimitExceeded


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise `LimitExceeded` wherever the work stands once `seconds` have gone by.

    Many steps cost a little for every neighbour of a node, and a hostile file makes all of its
    nodes neighbours of one: no list of places to check a clock at would be complete. The alarm of
    Unix interrupts any of them. Where there is none (Windows, or a thread that is not the main
    one), or it is already in use, only the checks between steps remain.
    """
    if not _available():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> None:
        raise LimitExceeded(f"{seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _available() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
        and signal.getsignal(signal.SIGALRM) is not None
    )
