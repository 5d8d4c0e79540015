"""`python -m benchmarks.roads`."""

from benchmarks.roads.make import main

if __name__ == "__main__":
    raise SystemExit(main())
