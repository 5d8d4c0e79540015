"""Sixth population: again networks of published Python packages that no other one has used."""
