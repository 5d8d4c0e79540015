"""Independent implementations of the same families, only for judging; modules as in `first`."""
