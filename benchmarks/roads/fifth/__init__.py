"""A second choice of published networks, written as blindly: to measure once, at the end."""
