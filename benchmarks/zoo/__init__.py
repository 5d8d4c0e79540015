"""Seeded generator of labelled ONNX files used to evaluate genescan.

Run it from the repository root with the `frameworks` extra installed:

    python -m benchmarks.zoo.make OUT --variants few   # seven variants per model
    python -m benchmarks.zoo.make OUT                  # all of export.VARIANTS, resumes
    python -m benchmarks.zoo.make OUT --list           # the models and their families
    python -m benchmarks.zoo.check OUT                 # compare files with PyTorch

Weights are random: channel counts are scaled down, layer order, kernels, strides and stage
depths are the published ones. Modules of `first` may be looked at while signatures are written,
those of `second` and `third` only judge them. Keras models give SavedModels, frozen graphs and
files of TFLite, OpenVINO and CoreML in place of ONNX. In the manifest, `components` joins the
parts of a model with `+`; for the family `negative` it names what the model imitates.
The same seed gives the same bytes, but for two things: exports of the dynamo exporter carry
source lines in their metadata, and ONNX Runtime numbers its reorder nodes as it likes.
"""
