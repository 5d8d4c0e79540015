"""What every reader shares: bounded access to one file, a clock, safe quoting of names."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Protocol, Self

from genescan.errors import LimitExceeded, ModelError, Unsupported
from genescan.graph import Graph
from genescan.limits import Limits

_OPEN = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
)
"""Non-blocking, so that a pipe in the place of a model cannot hang the scan."""


class Source:
    """A regular file, read in bounded pieces; never mapped and never read whole.

    Args:
        path: where it is.
        links: whether `path` may be a symbolic link.

    Attributes:
        path: the file as the user named it.
        size: its length in bytes when it was opened.
    """

    def __init__(self, path: str | os.PathLike[str], *, links: bool = True) -> None:
        self.path = Path(path)
        follow = 0 if links else getattr(os, "O_NOFOLLOW", 0)
        try:
            self._fd = os.open(self.path, _OPEN | follow)
        except (OSError, ValueError) as error:
            cause = error.strerror if isinstance(error, OSError) else str(error)
            raise ModelError(f"cannot open: {cause}") from error
        status = os.fstat(self._fd)
        if not stat.S_ISREG(status.st_mode):
            self.close()
            if stat.S_ISDIR(status.st_mode):
                raise Unsupported("is a directory; name a model file inside it", kind="directory")
            raise ModelError("not a regular file")
        self.size = status.st_size

    def read(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`.

        Raises:
            ModelError: the range does not lie inside the file.
        """
        if offset < 0 or length < 0 or offset + length > self.size:
            raise ModelError("truncated: the file ends early", place=f"byte {self.size}")
        chunk = os.pread(self._fd, length, offset)
        if len(chunk) != length:
            raise ModelError("the file changed while it was read", place=f"byte {offset}")
        return chunk

    def head(self, length: int) -> bytes:
        """The first bytes, fewer where the file is shorter."""
        return self.read(0, min(length, self.size))

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        with suppress(AttributeError, OSError):
            self.close()


class Reader(Protocol):
    """What a reader module offers."""

    def read(self, source: Source, limits: Limits) -> Graph:
        """The graph of the model in `source`.

        Raises:
            ModelError: the file is malformed, or a budget of `limits` ran out.
        """
        ...


class Clock:
    """The wall time that reading one file may take."""

    def __init__(self, limits: Limits) -> None:
        self._seconds = limits.seconds
        self._end = monotonic() + limits.seconds

    def check(self, place: str = "") -> None:
        """Raise `LimitExceeded` when time is up."""
        if monotonic() > self._end:
            raise LimitExceeded(f"{self._seconds:g} seconds", place=place)


def quote(text: str, limit: int = 80) -> str:
    """A name from a file for an error message: no control characters, bounded length."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "'" + "".join(c if c.isprintable() else ascii(c)[1:-1] for c in shown) + "'"
