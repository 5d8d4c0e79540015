"""Fourth population: networks of published Python packages, built by their own code."""
