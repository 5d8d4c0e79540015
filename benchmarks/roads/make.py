"""CLI: write OUT/<architecture>/<toolchain>/<road> and OUT/index.json."""

from __future__ import annotations

import argparse
import json
import queue
import threading
import time
from importlib.metadata import PackageNotFoundError, version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.roads.architecture import SETS, Architecture, architectures
from benchmarks.roads.export import TOOLCHAINS, applicable, one_thread, roads, walk
from benchmarks.zoo.worker import Worker, answer

CHAINS = (("onnx", "openvino"), ("coreml",), ("keras", "tf_keras"))
"""Toolchains that may run at once; within a chain, the later ones read files of the earlier."""
PRODUCERS = (
    "torch", "onnx", "onnxscript", "onnxruntime", "onnxsim", "onnxslim", "openvino", "nncf",
    "coremltools", "tensorflow", "keras", "tf_keras", "numpy",
)  # fmt: skip


def serve(link: Connection, out: str, group: str, seed: int) -> None:
    """Worker loop: receive (architecture, toolchain, road) and export."""
    one_thread()

    def export(name: str, toolchain: str, road: str) -> None:
        walk(Architecture(name, group), toolchain, road, seed, Path(out))

    answer(link, export)


def installed() -> dict[str, str]:
    """Versions of the packages that write or shape the files."""
    found = {}
    for name in PRODUCERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


class Index:
    """OUT/index.json: what was made, and what failed with which error."""

    def __init__(self, out: Path, group: str, seed: int) -> None:
        self.path, self.lock = out / "index.json", threading.Lock()
        self.head = {"set": group, "seed": seed, "versions": installed()}
        self.rows: dict[str, dict[str, Any]] = {}
        if self.path.exists():
            before = json.loads(self.path.read_text())
            if (before["set"], before["seed"]) != (group, seed):
                raise SystemExit("OUT holds another set or seed; use another folder")
            self.rows = {row["path"]: row for row in before["files"]}

    def add(self, name: str, toolchain: str, road: str, seconds: float, error: str) -> None:
        """Record one export."""
        path = f"{name}/{toolchain}/{road}"
        row = {"path": path, "architecture": name, "toolchain": toolchain, "road": road}
        with self.lock:
            self.rows[path] = {**row, "seconds": round(seconds, 1), "error": error}
            files = [self.rows[key] for key in sorted(self.rows)]
            text = json.dumps({**self.head, "files": files}, indent=1)
            part = self.path.with_suffix(".part")
            part.write_text(text + "\n")
            part.replace(self.path)


def run_chain(
    toolchain: str, chosen: list[Architecture], index: Index, worker: Worker, retry: bool
) -> None:
    """All roads of one toolchain for all architectures."""
    out = index.path.parent
    for architecture in chosen:
        if not applicable(toolchain, architecture):
            continue
        failed = []
        for road in roads(toolchain):
            path = f"{architecture.name}/{toolchain}/{road}"
            known = index.rows.get(path)
            if known and ((out / path).exists() or (known["error"] and not retry)):
                continue
            begin = time.monotonic()
            error = worker.export(architecture.name, toolchain, road)
            index.add(architecture.name, toolchain, road, time.monotonic() - begin, error)
            failed += [f"  {road}: {error}"] if error else []
        print("\n".join([f"{architecture.name} {toolchain}: {len(failed)} failed", *failed]))


def main(argv: list[str] | None = None) -> int:
    """Parse arguments and run the exports."""
    parser = argparse.ArgumentParser(prog="benchmarks.roads", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--set", choices=SETS, default="dev", dest="group")
    parser.add_argument("--only", nargs="+", metavar="ARCH")
    parser.add_argument("--toolchains", nargs="+", choices=TOOLCHAINS, default=list(TOOLCHAINS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--retry", action="store_true", help="retry exports that failed before")
    args = parser.parse_args(argv)
    chosen = architectures(args.group)
    if args.only:
        if unknown := set(args.only) - {each.name for each in chosen}:
            parser.error(f"unknown: {', '.join(sorted(unknown))}")
        chosen = [each for each in chosen if each.name in args.only]
    args.out.mkdir(parents=True, exist_ok=True)
    index = Index(args.out, args.group, args.seed)
    todo: queue.SimpleQueue[tuple[str, ...]] = queue.SimpleQueue()
    for chain in CHAINS:
        todo.put(chain)

    def work() -> None:
        while not todo.empty():
            for toolchain in todo.get():
                if toolchain in args.toolchains:
                    worker = Worker(serve, str(args.out), args.group, args.seed)
                    run_chain(toolchain, chosen, index, worker, args.retry)
                    worker.stop()

    threads = [threading.Thread(target=work) for _ in range(args.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    failed = sum(bool(row["error"]) for row in index.rows.values())
    print(f"{len(index.rows) - failed} files, {failed} failed exports in {args.out}")
    return 0
