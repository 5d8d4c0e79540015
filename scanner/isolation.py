"""Scan files in child processes with limits on memory and time: a bad file kills one at most.

A parser can be made to use a hundred times the memory that a file's size suggests, and a fault in
compiled code ends the process. Workers are started once and reused; one that dies or hangs is
replaced, and its file gets the outcome `partial` with the reason.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from types import TracebackType
from typing import Self

from genescan.pipeline import Options
from genescan.report import Model, model_from_json

GRACE = 5.0
"""Seconds after a file's time is up before its worker is killed: it should have noticed."""
_REUSED = 500
"""Files after which a worker is replaced, so that nothing piles up in it."""
_AHEAD = 4
"""Files handed out ahead of the one whose verdict is next, for each worker."""
_ANSWER = 64 << 20
"""Bytes of one answer."""
_MOST = 8
"""Workers by default, however many processors there are."""


def jobs() -> int:
    """How many workers suit this machine."""
    affinity = getattr(os, "sched_getaffinity", None)
    processors = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(processors, _MOST))


@dataclass(frozen=True, slots=True)
class _Killed(Exception):
    reason: str


COMMAND = (sys.executable, "-P", "-m", "genescan.worker")
"""-P: a scan may run in a hostile folder, whose modules must not be imported."""


class _Worker:
    """One child process."""

    def __init__(self, command: Sequence[str], configuration: bytes, seconds: float) -> None:
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._seconds, self._late, self.served = seconds, False, 0
        self._send(configuration)

    def _send(self, line: bytes) -> None:
        assert self._process.stdin
        with suppress(BrokenPipeError):  # the answer that does not come tells it better
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def scan(self, path: str) -> Model:
        """The verdict on one file; raises `_Killed` when the worker is no more."""
        assert self._process.stdout
        self.served += 1
        alarm = threading.Timer(self._seconds, self._overdue)
        alarm.daemon = True
        alarm.start()
        try:
            self._send(json.dumps(path).encode() + b"\n")
            answer = self._process.stdout.readline(_ANSWER)
        finally:
            alarm.cancel()
        if not answer.endswith(b"\n"):
            raise _Killed(self._epitaph())
        try:
            return replace(model_from_json(json.loads(answer)), path=path)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise _Killed("its process gave no verdict") from None

    def _overdue(self) -> None:
        self._late = True
        self.kill()

    def _epitaph(self) -> str:
        if self._late:
            return f"killed after {self._seconds:g} seconds"
        self.kill()  # an answer without an end, if it still lives
        code = self._process.wait()
        if code < 0 and -code != signal.SIGKILL:
            return f"its process died of {signal.Signals(-code).name}"
        return "its process died, which a lack of memory can cause"

    def kill(self) -> None:
        """End the process at once."""
        self._process.kill()

    def close(self) -> None:
        """End the process and forget it."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()


class Workers:
    """A pool of worker processes; a context manager.

    Args:
        count: how many processes may run at a time.
        options: how to scan; `options.limits` bounds each file.
        rules: folders or files with further signatures.
        command: what a worker runs.
        grace: seconds after the time for a file before its worker is killed.
    """

    def __init__(
        self,
        count: int,
        options: Options,
        rules: Sequence[str] = (),
        *,
        command: Sequence[str] = COMMAND,
        grace: float = GRACE,
    ) -> None:
        limits = options.limits
        settings = {"limits": asdict(limits), "matches": options.matches, "rules": list(rules)}
        self._configuration = json.dumps(settings).encode() + b"\n"
        self._seconds, self._count, self._command = limits.seconds + grace, count, command
        self._threads = ThreadPoolExecutor(count, "genescan")
        self._idle: deque[_Worker] = deque()
        self._all: set[_Worker] = set()
        self._closed = False

    def scan(self, paths: Iterable[str]) -> Iterator[Model]:
        """The verdicts on files, in their order."""
        waiting: deque[Future[Model]] = deque()
        for path in paths:
            waiting.append(self._threads.submit(self._one, path))
            while len(waiting) >= self._count * _AHEAD or (waiting and waiting[0].done()):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _one(self, path: str) -> Model:
        worker = self._take()
        try:
            model = worker.scan(path)
        except _Killed as killed:
            self._drop(worker)
            return Model(
                path, "", "partial", errors=(f"{path}: {killed.reason}",),
                limits_hit=(killed.reason,),
            )  # fmt: skip
        if worker.served >= _REUSED:
            self._drop(worker)
        else:
            self._idle.append(worker)
        return model

    def _take(self) -> _Worker:
        try:
            return self._idle.pop()
        except IndexError:
            if self._closed:
                raise RuntimeError("the pool is closed") from None
            worker = _Worker(self._command, self._configuration, self._seconds)
            self._all.add(worker)
            return worker

    def _drop(self, worker: _Worker) -> None:
        self._all.discard(worker)
        worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = True
        for worker in list(self._all):
            worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in list(self._all):
            worker.close()
