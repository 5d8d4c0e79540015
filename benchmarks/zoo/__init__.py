"""Seeded generator of labelled ONNX files used to evaluate genescan."""
