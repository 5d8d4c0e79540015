"""Models that are folders: which file inside holds the network.

Only fixed relative paths are looked at, and nothing on the way may be a symbolic link, so a
package cannot point outside itself. Weight files beside the network are never opened.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from genescan.errors import ModelError


class Package(NamedTuple):
    """A kind of folder that is one model."""

    name: str
    member: tuple[str, ...]
    """Path of the network inside the folder; a last part `*.x` is the only file that ends so."""


PACKAGES = (
    Package("SavedModel", ("saved_model.pb",)),
    Package("mlpackage", ("Data", "com.apple.CoreML", "*.mlmodel")),
    Package("mlmodelc", ("model.mil",)),
    Package("mlmodelc", ("model.espresso.net",)),
    Package("mlmodelc", ("model0", "model.mil")),
    Package("mlmodelc", ("model0", "model.espresso.net")),
)
"""One line per kind, asked in this order."""
_FILES = 64
"""Entries of a package's folder that are looked at."""


def member(folder: str | os.PathLike[str]) -> Path | None:
    """The file that holds the network of a model folder; None for an ordinary folder.

    Raises:
        ModelError: a part of the path inside the package is a symbolic link, or more than one
            file could be the network.
    """
    for package in PACKAGES:
        found = _follow(Path(folder), package.member)
        if found is not None:
            return found
    return None


def _follow(folder: Path, parts: tuple[str, ...]) -> Path | None:
    path = folder
    for part in parts:
        name = _only(path, part[1:]) if part.startswith("*") else part
        if name is None:
            return None
        path = path / name
        try:
            mode = path.lstat().st_mode
        except (OSError, ValueError):  # a name with a null byte, for one
            return None
        if stat.S_ISLNK(mode):
            raise ModelError("a symbolic link inside a model package", place=name)
    return path if stat.S_ISREG(mode) else None


def _only(folder: Path, suffix: str) -> str | None:
    """The only entry of a folder that ends with `suffix`."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry, _ in zip(entries, range(_FILES), strict=False)]
    except (OSError, ValueError):
        return None
    found = [name for name in names if name.endswith(suffix)]
    if len(found) > 1:
        raise ModelError(f"{len(found)} files end in {suffix}, expected one")
    return found[0] if found else None
