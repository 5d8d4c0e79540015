"""Rewrites an ONNX model so that nothing is left but its structure.

Every name of nodes, values, graphs, local functions and symbolic sizes becomes a meaningless one,
the same wherever it stands for the same thing; producer, documentation and metadata go; the nodes
of every graph are shuffled, since the reader repairs the order.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genescan.converters.schema import message_class

_PROSE = (
    "doc_string", "producer_name", "producer_version", "domain", "model_version",
    "metadata_props", "training_info",
)  # fmt: skip


class Anonymiser:
    """One rewriting of one model, repeatable by its seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._fresh = 0
        self._symbols: dict[str, str] = {}

    def _name(self) -> str:
        self._fresh += 1
        return f"{self._random.choice('abcxyz')}{self._fresh}"

    def model(self, data: bytes) -> bytes:
        """The model with other names in another order."""
        model: Any = message_class("onnx", "onnx.ModelProto").FromString(data)
        for field in _PROSE:
            model.ClearField(field)
        functions = self._functions(model)
        self._graph(model.graph, {}, functions)
        return bytes(model.SerializeToString(deterministic=True))

    def _functions(self, model: Any) -> Mapping[tuple[str, str], str]:
        names = {(f.domain, f.name): self._name() for f in model.functions}
        for function in model.functions:
            function.ClearField("doc_string")
            scope = {name: self._name() for name in (*function.input, *function.output)}
            self._nodes(function.node, scope, names)
            function.input[:] = [scope[name] for name in function.input]
            function.output[:] = [scope[name] for name in function.output]
            del function.value_info[:]
            function.name = names[function.domain, function.name]
        return names

    def _graph(
        self, graph: Any, outer: Mapping[str, str], functions: Mapping[tuple[str, str], str]
    ) -> None:
        scope = dict(outer)
        sparse = [tensor.values for tensor in graph.sparse_initializer]
        for named in (*graph.input, *graph.initializer, *sparse):
            scope[named.name] = scope[named.name] if self._inside(named, graph) else self._name()
        self._nodes(graph.node, scope, functions)
        for named in (*graph.input, *graph.output, *graph.value_info, *graph.initializer, *sparse):
            named.name = scope.setdefault(named.name, self._name())
            named.ClearField("doc_string")
            if named.DESCRIPTOR.name == "ValueInfoProto":
                self._dimensions(named)
        graph.name = self._name()
        for field in ("doc_string", "metadata_props", "quantization_annotation"):
            graph.ClearField(field)

    def _inside(self, named: Any, graph: Any) -> bool:
        """An initialiser that is declared as an input too keeps that input's new name."""
        declared = {value.name for value in graph.input}
        return named.DESCRIPTOR.name == "TensorProto" and named.name in declared

    def _dimensions(self, value: Any) -> None:
        """Symbolic sizes are names as well; the same symbol may stand at several places."""
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param:
                dim.dim_param = self._symbols.setdefault(dim.dim_param, self._name())
            dim.ClearField("denotation")

    def _nodes(
        self, nodes: Any, scope: dict[str, str], functions: Mapping[tuple[str, str], str]
    ) -> None:
        for node in nodes:
            for name in node.output:
                if name:
                    scope.setdefault(name, self._name())
        for node in nodes:
            node.name = self._name()
            node.ClearField("doc_string")
            node.ClearField("metadata_props")
            node.op_type = functions.get((node.domain, node.op_type), node.op_type)
            node.input[:] = [scope.get(name, name) if name else "" for name in node.input]
            node.output[:] = [scope[name] if name else "" for name in node.output]
            for attribute in node.attribute:
                if attribute.HasField("t"):
                    attribute.t.ClearField("name")
                if attribute.HasField("g"):
                    self._graph(attribute.g, scope, functions)
                for body in attribute.graphs:
                    self._graph(body, scope, functions)
        order = list(nodes)
        self._random.shuffle(order)
        copies = [type(node).FromString(node.SerializeToString()) for node in order]
        del nodes[:]
        nodes.extend(copies)


def anonymise(source: Path, target: Path, seed: int = 0) -> None:
    """Write the model at `source` to `target` without names and in another order."""
    target.write_bytes(Anonymiser(seed).model(source.read_bytes()))
