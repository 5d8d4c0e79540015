"""`python -m genescan`: the same as the `genescan` command."""

from genescan.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
