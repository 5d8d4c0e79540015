"""Keras twins of the constructs."""
