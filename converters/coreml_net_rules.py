"""Rules for the layers of neural networks that MIL has under no other name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from genescan.converters import coreml_net_images, coreml_net_layers, coreml_net_moves
from genescan.converters.table import Rule

RULES: Mapping[str, Rule] = MappingProxyType(
    {**coreml_net_images.RULES, **coreml_net_layers.RULES, **coreml_net_moves.RULES}
)
