"""Models inside one CoreML file, joined by the names of their features into one graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from genescan.converters.assembly import Assembly
from genescan.converters.base import Clock, quote
from genescan.converters.coreml_classic import CLASSICAL, kind_of
from genescan.converters.coreml_mil import ProgramBuilder
from genescan.converters.coreml_net import NetBuilder
from genescan.converters.coreml_program import Function, ProgramReader
from genescan.converters.coreml_values import Kind, Values, array_type, text
from genescan.errors import LimitExceeded, ModelError
from genescan.graph import Edge, Operand

_PIPELINES = ("pipeline", "pipelineClassifier", "pipelineRegressor")
_NETS = ("neuralNetwork", "neuralNetworkClassifier", "neuralNetworkRegressor")
_CHANNELS = {10: 1, 20: 3, 30: 3, 40: 1}
"""Channels of ImageFeatureType.ColorSpace."""

Features = dict[str, Operand]


class ModelBuilder:
    """Builds one file, models inside models included.

    Args:
        values: converts types and constants.
        clock: wall time.
        assembly: where the nodes go.
    """

    def __init__(self, values: Values, clock: Clock, assembly: Assembly) -> None:
        self._values, self._clock, self._assembly = values, clock, assembly
        self._programs = ProgramReader(values, clock)
        self._net = NetBuilder(values, assembly)

    def whole(self, model: Any) -> list[tuple[str, Operand]]:
        """Emit the outermost model, whose features are the graph's inputs; returns its outputs."""
        kind = model.WhichOneof("Type")
        if kind == "mlProgram":
            return self.program(self._programs.functions(model.mlProgram))
        features: Features = {}
        legacy = kind in _NETS and self._net.is_legacy(getattr(model, kind))
        for feature in model.description.input:
            name = text(feature.name)
            if name in features:
                raise ModelError(f"input {quote(name)} is defined twice")
            shown = self.feature(feature, legacy)
            features[name] = self._assembly.input(name, shown.shape, shown.dtype)
        made = self._model(model, features, 0)
        return [(name, made[name]) for name in made]

    def program(self, functions: list[Function]) -> list[tuple[str, Operand]]:
        """Emit all entry points; inputs that are declared alike are one input of the graph."""
        shared: dict[tuple[str, Kind], Operand] = {}
        given: list[Features] = []
        for function in functions:
            inputs: Features = {}
            for name, kind in function.block.inputs:
                key = (name, kind)
                if key not in shared:
                    shared[key] = self._assembly.input(name, kind.shape, kind.dtype)
                inputs[name] = shared[key]
            given.append(inputs)
        outputs = []
        builder = ProgramBuilder(self._assembly)
        for function, inputs in zip(functions, given, strict=True):
            prefix = "" if function is functions[0] else f"{function.name}/"
            outputs += [(prefix + name, v) for name, v in builder.function(function, inputs)]
        return outputs

    def feature(self, feature: Any, legacy: bool = False) -> Kind:
        """Element type and shape of a feature.

        Old networks see everything as (sequence, channel, height, width); one image is (1, C,
        H, W) in every network.
        """
        name, kind = text(feature.name), feature.type.WhichOneof("Type") or "undefined"
        place = f"feature {quote(name)}"
        if kind == "imageType":
            image = feature.type.imageType
            channels = _CHANNELS.get(image.colorSpace)
            flexible = image.WhichOneof("SizeFlexibility") is not None
            size = (None, None) if flexible else (image.height or None, image.width or None)
            return Kind("tensor", "float32", (1, channels, *size))
        if kind in ("multiArrayType", "stateType"):
            array = feature.type.multiArrayType
            if kind == "stateType":
                array = feature.type.stateType.arrayType
            shape = self._values.dims(array.shape, place)
            if array.WhichOneof("ShapeFlexibility") is not None:
                shape = (None,) * len(shape)
            dtype = array_type(array.dataType)
            if legacy:
                shape = (*(1,) * (4 - len(shape)), *shape) if len(shape) != 1 else (1, *shape, 1, 1)
            return Kind("tensor", dtype, shape if len(array.shape) else None)
        return Kind("tensor", kind.removesuffix("Type"))

    def _model(self, model: Any, features: Mapping[str, Operand], depth: int) -> Features:
        """Emit one model over its features; returns what it makes, by name."""
        if depth > self._assembly.limits.depth:
            raise LimitExceeded(f"{depth} nested pipelines")
        self._clock.check()
        kind = model.WhichOneof("Type")
        if kind is None:
            raise ModelError("a model of a kind that the schema does not know, or of none")
        if kind in _PIPELINES:
            made = self._pipeline(model, kind, features, depth)
        elif kind == "mlProgram":
            made = self._inner_program(model, features)
        elif kind in _NETS:
            made = self._net.build(getattr(model, kind), model.description, features)
        else:
            return self._other(model, kind, features)
        return self._described(model, made)

    def _pipeline(
        self, model: Any, kind: str, features: Mapping[str, Operand], depth: int
    ) -> Features:
        pipeline = getattr(model, kind)
        if kind != "pipeline":
            pipeline = pipeline.pipeline
        known = dict(features)
        for inner in pipeline.models:
            given = {text(f.name): self._given(f, known) for f in inner.description.input}
            known.update(self._model(inner, given, depth + 1))
        return known

    def _given(self, feature: Any, known: Mapping[str, Operand]) -> Operand:
        name = text(feature.name)
        if name in known:
            return known[name]
        if feature.type.isOptional:
            return None
        raise ModelError(f"feature {quote(name)} is not defined")

    def _inner_program(self, model: Any, features: Mapping[str, Operand]) -> Features:
        """A program inside a pipeline, which calls one function only."""
        functions = self._programs.functions(model.mlProgram)
        if len(functions) > 1:
            raise ModelError(f"{len(functions)} functions inside a pipeline")
        for name, _ in functions[0].block.inputs:
            if name not in features:
                raise ModelError(f"feature {quote(name)} is not defined")
        return dict(ProgramBuilder(self._assembly).function(functions[0], features))

    def _described(self, model: Any, made: Features) -> Features:
        """What the description promises; a label and its table are read off the probabilities."""
        description, outputs = model.description, Features()
        labels = {
            text(description.predictedFeatureName),
            text(description.predictedProbabilitiesName),
        }
        last = next(reversed(made.values()), None)
        for feature in description.output:
            name = text(feature.name)
            if name not in made and name not in labels:
                raise ModelError(f"no layer makes the output {quote(name)}")
            outputs[name] = made.get(name, last)
        return outputs

    def _other(self, model: Any, kind: str, features: Mapping[str, Operand]) -> Features:
        """A classical model, or one that is opaque: one operator over all its features."""
        description = model.description
        inputs = [features.get(text(f.name)) for f in description.input]
        names = [text(f.name) for f in description.output]
        if not names:
            raise ModelError(f"{quote(kind)} has no outputs")
        if kind == "identity" and len(names) == len(inputs):
            return dict(zip(names, inputs, strict=True))
        shapes = [self.feature(f).shape for f in description.output]
        count = len(names)
        if row := CLASSICAL.get(kind):
            made = self._assembly.emit(
                row.op, inputs, {"kind": row.kind}, name=kind, outputs=count, shapes=shapes
            )
        else:
            full = self._values.name(kind_of(model, kind))
            made = self._assembly.unknown(full, inputs, name=kind, outputs=count, shapes=shapes)
        return {name: Edge(made.source, port) for port, name in enumerate(names)}
