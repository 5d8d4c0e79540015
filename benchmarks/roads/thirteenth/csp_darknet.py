"""A network of Keras alone: see its twin."""
