"""A child process that answers jobs one by one and is replaced when it hangs or dies."""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

TIMEOUT = 180.0


def answer(link: Connection, export: Callable[..., None]) -> None:
    """Call `export` with every job that comes; answer with '' or a one-line cause."""
    sink = os.open(os.devnull, os.O_WRONLY)  # exporters print from native code, too
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    link.send("ready")
    while (job := link.recv()) is not None:
        try:
            export(*job)
            link.send("")
        except Exception as error:  # any failure of an exporter is data, not a crash
            link.send(one_line(error))


def one_line(error: BaseException) -> str:
    """Type and first line of the innermost cause, bounded."""
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]


class Worker:
    """A spawned process that runs `serve(link, *arguments)`, which ends in `answer`."""

    def __init__(self, serve: Callable[..., None], *arguments: object) -> None:
        self.serve, self.arguments = serve, arguments
        self.process: Any = None
        self.link: Any = None

    def start(self) -> None:
        """Spawn the process and wait until it has loaded what it needs."""
        context = mp.get_context("spawn")
        self.link, far = context.Pipe()
        self.process = context.Process(target=self.serve, args=(far, *self.arguments))
        self.process.daemon = True
        self.process.start()
        far.close()
        self.link.recv()

    def stop(self) -> None:
        """End the process, if there is one: politely when it listens, else by force."""
        if self.process is not None:
            with contextlib.suppress(OSError):
                self.link.send(None)
            self.process.join(2)
            self.process.kill()
            self.process.join()
            self.link.close()
        self.process = None

    def export(self, *job: str) -> str:
        """Run one export; returns '' or the cause of failure."""
        try:
            if self.process is None:
                self.start()
            self.link.send(job)
            if self.link.poll(TIMEOUT):
                return str(self.link.recv())
            cause = f"timeout after {TIMEOUT:.0f} s"
        except (EOFError, OSError):
            cause = "the exporter crashed its process"
        self.stop()
        return cause
