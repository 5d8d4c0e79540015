"""The CoreML reader: the skeleton of a Model message becomes a `genescan.graph.Graph`.

It reads `.mlmodel` files and the model inside a `.mlpackage`; `coreml_text` reads programs
that were compiled. Weights are never read, and no file that a model names is opened.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from genescan.converters.assembly import Assembly
from genescan.converters.base import Clock, Source, quote
from genescan.converters.coreml_model import ModelBuilder
from genescan.converters.coreml_values import Values, text
from genescan.converters.schema import message_class
from genescan.converters.wire import parse
from genescan.errors import ModelError
from genescan.graph import Graph
from genescan.limits import Limits

_DROPPED = frozenset(
    {
        # prose and training
        "shortDescription", "versionString", "author", "license", "docString", "updateParams",
        "trainingInput",
        # tables that fill a file and say nothing of its structure
        "stringClassLabels", "int64ClassLabels", "stringTags", "treeEnsemble",
        "sparseSupportVectors", "denseSupportVectors", "coefficients", "itemItemSimilarities",
        "itemStringIds", "itemInt64Ids", "nearestNeighborsIndex", "stringToIndex", "int64ToIndex",
        "stringToInt64Map", "int64ToStringMap", "stringCategories", "int64Categories",
        "imputedStringDictionary", "imputedInt64Dictionary", "precisionRecallCurves", "features",
    }
)  # fmt: skip
_PRODUCERS = ("com.github.apple.coremltools.version", "com.github.apple.coremltools.source")
_FACTS = 64
"""Entries of the metadata that are looked at."""


def read(source: Source, limits: Limits) -> Graph:
    """The graph of a CoreML model.

    Raises:
        ModelError: the file is malformed; the place is a byte offset, a layer or an operation.
        LimitExceeded: a budget of `limits` ran out.
    """
    clock = Clock(limits)
    model_class = message_class("coreml", "CoreML.Specification.Model")
    model, skeleton = parse(source, model_class, _DROPPED, limits)
    assembly = Assembly("coreml", limits, clock)
    builder = ModelBuilder(Values(skeleton.skipped, limits), clock, assembly)
    outputs = builder.whole(model)
    if not outputs:
        raise ModelError("the model has no outputs")
    return assembly.graph(outputs, _meta(model))


def _meta(model: Any) -> dict[str, str]:
    """Facts for the report; quoted, since anybody may have written them."""
    meta = {
        "specification": str(model.specificationVersion),
        "model": str(model.WhichOneof("Type")),
    }
    defined = model.description.metadata.userDefined
    facts = {text(key): text(defined[key]) for key in islice(sorted(defined), _FACTS)}
    producer = " ".join(facts[key] for key in reversed(_PRODUCERS) if key in facts)
    if producer:
        meta["producer"] = quote(producer)[1:-1]
    if label := text(model.description.predictedFeatureName):
        meta["label"] = quote(label)[1:-1]
    return meta
