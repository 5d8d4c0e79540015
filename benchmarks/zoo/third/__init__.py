"""A third population: other implementations again, to judge signatures by at first sight."""
