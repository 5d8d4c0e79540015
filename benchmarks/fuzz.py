"""Coverage-guided fuzzing of the readers and passes with atheris.

    pip install atheris
    python -m benchmarks.fuzz FORMAT [SEEDS] [-max_total_time=600 ...]

FORMAT is one of the formats that genescan reads; SEEDS a folder with files of it (the corpus that
libFuzzer grows), such as `fixtures/onnx`. Whatever the bytes are, reading and canonicalising them
ends in time with a graph or with an error of genescan; anything else stops the run and leaves a
`crash-*` file. Options with a single dash go to libFuzzer.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["genescan"]):
    from genescan import converters
    from genescan.canonical import canonicalise
    from genescan.converters.base import Source
    from genescan.deadline import within
    from genescan.errors import GenescanError
    from genescan.limits import Limits

LIMITS = Limits(skeleton_bytes=1 << 20, wire_fields=200_000, nodes=5_000, seconds=5.0)


def target(kind: str, place: Path) -> None:
    """Fuzz one format; every input is written to `place`, for readers read files."""
    from importlib import import_module

    module = next(row.module for row in converters.FORMATS if row.name == kind)
    read = import_module(module).read

    def one(data: bytes) -> None:
        place.write_bytes(data)
        try:
            # past the detection of the format, which turns most mutants away
            with within(LIMITS.seconds), Source(place) as source:
                canonicalise(read(source, LIMITS), LIMITS)
        except GenescanError:
            pass
        except converters.BUGS as error:  # the same net that `converters.read` spreads
            if isinstance(error, AssertionError | NotImplementedError):
                raise

    atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
    atheris.Fuzz()


def main() -> None:
    """Run until libFuzzer stops."""
    names = [row.name for row in converters.FORMATS]
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        raise SystemExit(
            f"usage: python -m benchmarks.fuzz {{{','.join(names)}}} [SEEDS] [OPTIONS]"
        )
    with tempfile.TemporaryDirectory() as folder:
        target(sys.argv[1], Path(folder) / "input")


if __name__ == "__main__":
    main()
