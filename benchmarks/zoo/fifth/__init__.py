"""Fifth population: networks of more published Python packages, built by their own code."""
