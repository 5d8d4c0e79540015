"""Implementations that signatures may be written with; each module has a list `SPECS`."""
