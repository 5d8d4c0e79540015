"""Keras models alone."""
