"""A fifth choice of published networks, one of each trade: to measure once, at the end."""
