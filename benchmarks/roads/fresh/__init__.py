"""Networks of other kinds than `dev` and `held`: to measure once, at the end."""
