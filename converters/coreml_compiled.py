"""CoreML networks that were compiled from layers: recognised, and not read.

Their text names layers by codes that are documented nowhere; the model that was compiled holds
the same network in a form that is.
"""

from __future__ import annotations

from typing import NoReturn

from genescan.converters.base import Source
from genescan.errors import Unsupported
from genescan.limits import Limits


def read(source: Source, limits: Limits) -> NoReturn:
    """Refuse the file by name.

    Raises:
        Unsupported: always.
    """
    raise Unsupported(
        "a compiled CoreML network; scan the .mlmodel file that it was made from",
        kind="Espresso network",
        place=source.path.name,
    )
