"""Rules of MIL programs, from all modules that hold some."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from genescan.converters import coreml_arith, coreml_recurrent, coreml_shapes, coreml_window
from genescan.converters.table import Rule

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **coreml_arith.RULES,
        **coreml_shapes.RULES,
        **coreml_window.RULES,
        **coreml_recurrent.RULES,
    }
)
