"""The files of a scan: what the user named, and what lies below the folders that they named."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from genescan.converters import packages
from genescan.errors import ModelError


class Found(NamedTuple):
    """Something to scan."""

    path: str
    """A file, or a folder that is one model."""
    direct: bool = False
    """The user named it: whatever becomes of it is reported."""
    part: bool = False
    """It lies inside a model that is a folder: unless it is a model too, it is part of that."""


def files(paths: Iterable[str]) -> Iterator[Found]:
    """What lies below the given paths, in sorted order.

    Symbolic links inside folders are not followed. A path that does not exist is yielded, so
    that reading it reports the error. A folder that is one model comes as one item, and the
    files in it follow, for nothing keeps other models out of such a folder.
    """
    for path in paths:
        if Path(path).is_dir():
            yield from _below(path)
        else:
            yield Found(path, direct=True)


def _below(root: str) -> Iterator[Found]:
    inside: set[str] = set()  # folders of models and what lies below them
    members: set[Path] = set()
    for folder, inner, names in os.walk(root):
        inner.sort()
        member = _member(folder)
        if member is not None:
            members.add(member)
            yield Found(folder, direct=folder == root)
        part = member is not None or folder in inside
        below = [os.path.join(folder, name) for name in inner]  # noqa: PTH118  # keeps spelling
        if part:
            inside.update(below)
        for name in sorted(names):
            full = os.path.join(folder, name)  # noqa: PTH118  # keeps the user's spelling
            if not os.path.islink(full) and Path(full) not in members:  # noqa: PTH114
                yield Found(full, part=part)


def _member(folder: str) -> Path | None:
    """The file that holds the network of a model folder; the folder itself where that is wrong."""
    try:
        return packages.member(folder)
    except ModelError:
        return Path(folder)
