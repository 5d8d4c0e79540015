"""A third choice of published networks, those most deployed: to measure once, at the end."""
