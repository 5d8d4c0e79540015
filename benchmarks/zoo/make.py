"""CLI: write OUT/<name>/<file of a variant>, OUT/manifest.csv and OUT/errors.csv."""

from __future__ import annotations

import argparse
import csv
import queue
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.zoo.worker import Worker, answer

COLUMNS = [
    "path", "family", "variant", "components", "modality", "task", "variant_export", "seed",
    "implementation", "split",
]  # fmt: skip
ERROR_COLUMNS = ["name", "variant_export", "cause"]


def serve(link: Connection, out: str, seed: int) -> None:
    """Worker loop: receive (name, variant) and export."""
    from benchmarks.roads.export import one_thread

    one_thread()
    import torch

    from benchmarks.zoo.catalogue import specs
    from benchmarks.zoo.export import run

    torch.set_num_threads(1)
    known = specs()
    answer(link, lambda name, variant: run(known[name], variant, seed, Path(out) / name))


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file, or none."""
    if not path.exists():
        return []
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def write_rows(path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
    """Replace a CSV file atomically."""
    part = path.with_suffix(".part")
    with part.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows)
    part.replace(path)


class Ledger:
    """The manifest and the error list on disk."""

    def __init__(self, out: Path, seed: int) -> None:
        self.out, self.seed, self.lock = out, str(seed), threading.Lock()
        rows = read_rows(out / "manifest.csv")
        if any(row["seed"] != self.seed for row in rows):
            raise SystemExit("OUT holds files of another seed; use another folder")
        self.rows = {r["path"]: r for r in rows if (out / r["path"]).exists()}
        self.errors = {(r["name"], r["variant_export"]): r for r in read_rows(out / "errors.csv")}

    def good(self, spec: Any, variant: str) -> None:
        """Record a written file."""
        from benchmarks.zoo.export import file_name

        path = f"{spec.name}/{file_name(spec, variant)}"
        values = [path, spec.family, spec.variant, spec.components, spec.modality, spec.task]
        with self.lock:
            values += [variant, self.seed, spec.implementation, spec.split]
            row = dict(zip(COLUMNS, values, strict=True))
            self.rows[path] = row
            self.errors.pop((spec.name, variant), None)

    def bad(self, spec: Any, variant: str, cause: str) -> None:
        """Record a failed export."""
        with self.lock:
            row = dict(zip(ERROR_COLUMNS, [spec.name, variant, cause], strict=True))
            self.errors[(spec.name, variant)] = row

    def save(self) -> None:
        """Write both lists, sorted."""
        with self.lock:
            rows = [self.rows[key] for key in sorted(self.rows)]
            errors = [self.errors[key] for key in sorted(self.errors)]
            write_rows(self.out / "manifest.csv", COLUMNS, rows)
            write_rows(self.out / "errors.csv", ERROR_COLUMNS, errors)


def work(todo: queue.Queue[Any], ledger: Ledger, args: argparse.Namespace) -> None:
    """Thread body: take models from the queue and drive one worker process."""
    from benchmarks.zoo.export import file_name, variants_for

    worker = Worker(serve, str(args.out), args.seed)
    while True:
        try:
            spec = todo.get_nowait()
        except queue.Empty:
            worker.stop()
            return
        begin, made, failed = time.monotonic(), 0, 0
        for variant in variants_for(spec, args.variants):
            if (args.out / spec.name / file_name(spec, variant)).exists():
                ledger.good(spec, variant)
                continue
            if (spec.name, variant) in ledger.errors and not args.retry:
                continue
            if cause := worker.export(spec.name, variant):
                ledger.bad(spec, variant, cause)
                failed += 1
            else:
                ledger.good(spec, variant)
                made += 1
            ledger.save()
        spent = time.monotonic() - begin
        print(f"{spec.name}: {made} made, {failed} failed, {spent:.0f} s", flush=True)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.zoo.make", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", metavar="NAME", help="model names or families")
    parser.add_argument("--split", choices=["dev", "test"])
    parser.add_argument("--module", help="only models of this module, such as first.audio")
    parser.add_argument("--variants", default="all", help="`all`, `few` or names after commas")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--retry", action="store_true", help="retry exports that failed before")
    parser.add_argument("--list", action="store_true", help="list the models and stop")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Parse arguments and run the exports."""
    parser = arguments()
    args = parser.parse_args(argv)

    from benchmarks.zoo.catalogue import module_specs, specs

    chosen = list(module_specs(args.module) if args.module else specs().values())
    chosen = [spec for spec in chosen if args.split in (None, spec.split)]
    if args.only:
        wanted = set(args.only)
        unknown = wanted - {s.name for s in chosen} - {s.family for s in chosen}
        if unknown:
            parser.error(f"unknown: {', '.join(sorted(unknown))}")
        chosen = [s for s in chosen if s.name in wanted or s.family in wanted]
    if args.list:
        for spec in chosen:
            print(f"{spec.name:32} {spec.family:16} {spec.variant}")
        return 0
    args.out.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(args.out, args.seed)
    todo: queue.Queue[Any] = queue.Queue()
    for spec in chosen:
        todo.put(spec)
    threads = [threading.Thread(target=work, args=(todo, ledger, args)) for _ in range(args.jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.save()
    print(f"{len(ledger.rows)} files, {len(ledger.errors)} failed exports in {args.out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
