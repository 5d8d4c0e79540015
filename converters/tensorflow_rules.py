"""All rules of TensorFlow's operator table."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters import (
    tensorflow_elements,
    tensorflow_kernels,
    tensorflow_lists,
    tensorflow_shaping,
)
from genescan.converters.table import Rule

RULES: Mapping[str, Rule] = {
    **tensorflow_elements.RULES,
    **tensorflow_kernels.RULES,
    **tensorflow_lists.RULES,
    **tensorflow_shaping.RULES,
}
"""By the names that the rows of `TABLE` use."""
