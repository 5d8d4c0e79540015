"""All rules of TensorFlow's operator table."""

from __future__ import annotations

from collections.abc import Mapping

from genescan.converters import (
    tensorflow_cutting,
    tensorflow_dilation,
    tensorflow_elements,
    tensorflow_lists,
    tensorflow_products,
    tensorflow_shaping,
    tensorflow_windows,
)
from genescan.converters.table import Rule

RULES: Mapping[str, Rule] = {
    **tensorflow_cutting.RULES,
    **tensorflow_dilation.RULES,
    **tensorflow_elements.RULES,
    **tensorflow_lists.RULES,
    **tensorflow_products.RULES,
    **tensorflow_shaping.RULES,
    **tensorflow_windows.RULES,
}
"""By the names that the rows of `TABLE` use."""
