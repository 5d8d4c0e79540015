"""CLI: run the written files in ONNX Runtime and compare them with the PyTorch module."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import onnxruntime as ort
import torch

from benchmarks.zoo.catalogue import specs
from benchmarks.zoo.make import read_rows
from benchmarks.zoo.spec import Built, make

EXACT = ("ts", "dyn", "onnx", "ort_")


def error_of(path: Path, built: Built, wanted: list[np.ndarray]) -> float:
    """Largest difference of any output, relative to the largest wanted magnitude."""
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = {item.name for item in session.get_inputs()}
    feed = {k: v.numpy() for k, v in built.inputs.items() if k in names}
    got = session.run(None, feed)
    worst = 0.0
    for have, want in zip(got, wanted, strict=True):
        scale = max(float(np.abs(want).max()), 1e-6)
        worst = max(worst, float(np.abs(have - want).max()) / scale)
    return worst


def main(argv: list[str] | None = None) -> int:
    """Print every file whose outputs stray, and count them."""
    parser = argparse.ArgumentParser(prog="benchmarks.zoo.check", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--tolerance", type=float, default=1e-3, help="for float32 files")
    args = parser.parse_args(argv)
    known = specs()
    rows = read_rows(args.out / "manifest.csv")
    bad = seen = 0
    cached: tuple[str, Built, list[np.ndarray]] | None = None
    for row in rows:
        name = row["path"].split("/")[0]
        if (args.only and name not in args.only) or known[name].toolchain != "torch":
            continue
        if cached is None or cached[0] != name:
            built = make(known[name], int(row["seed"]))
            with torch.no_grad():
                outputs = built.module(*built.inputs.values())
            if not isinstance(outputs, tuple):
                outputs = (outputs,)
            cached = (name, built, [item.numpy() for item in outputs])
        seen += 1
        if not row["variant_export"].startswith(EXACT):
            continue
        try:
            worst = error_of(args.out / row["path"], cached[1], cached[2])
        except Exception as error:  # a file the runtime refuses is a finding
            print(f"{row['path']}: {str(error).splitlines()[0][:160]}")
            bad += 1
            continue
        if not worst <= args.tolerance:
            print(f"{row['path']}: relative difference {worst:.2g}")
            bad += 1
    print(f"{seen} files, {bad} stray or unreadable")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
