"""How packages are imported without what they only import in passing, and how nets are labelled."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from torch import nn

from benchmarks.zoo.fourth.torch_vision import Via, entry
from benchmarks.zoo.spec import Spec


class Anything(type):
    """A class that has every attribute."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (Nothing,), {})


class Nothing(metaclass=Anything):
    """Stands where a name of a missing package does: a class, a base or a decorator."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    def __call__(self, *given: Any, **_: Any) -> Any:
        """As a decorator: what it decorates."""
        return given[0] if given else None

    def __class_getitem__(cls, _: Any) -> Any:
        """As a type with parameters."""
        return cls


class Hollow(ModuleType):
    """A module that has every name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (Nothing,), {})


def below(name: str, roots: Sequence[str]) -> bool:
    """Whether a module is one of these or a part of one."""
    return any(name == root or name.startswith(f"{root}.") for root in roots)


class Finder(MetaPathFinder, Loader):
    """Finds hollow modules under these names."""

    def __init__(self, roots: Sequence[str]) -> None:
        self.roots = roots

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        """A package, so that its parts are found here too."""
        if below(fullname, self.roots):
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module of this name."""
        return Hollow(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


@contextlib.contextmanager
def without(names: str) -> Iterator[None]:
    """Let these packages be imported as hollow modules, and forget them afterwards."""
    roots = [name for name in names.split() if name not in sys.modules]
    for name in {"torchvision", "torchaudio"} & set(roots):  # transformers remembers what it finds
        found = import_module("transformers.utils.import_utils")
        getattr(found, f"is_{name}_available")()
    finder = Finder(roots)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in list(sys.modules):
            if below(name, roots):
                del sys.modules[name]


def bare(package: str) -> None:
    """Make the parts of a package importable without running its own file."""
    if package in sys.modules:
        return
    parent, _, name = package.rpartition(".")
    if parent:
        bare(parent)
    found, module = find_spec(package), ModuleType(package)
    module.__path__ = list(found.submodule_search_locations or []) if found else []
    module.__spec__ = found
    sys.modules[package] = module
    if parent:
        setattr(sys.modules[parent], name, module)


def load(path: str, hollow: str = "", stripped: str = "") -> Any:
    """What `module:name` is, with some packages hollow and the own files of some not run."""
    module, _, name = path.partition(":")
    with without(hollow):
        for package in stripped.split():
            bare(package)
        return getattr(import_module(module), name)


def net(
    package: str,
    name: str,
    family: str,
    path: Any,
    inputs: Any,
    options: dict[str, Any] | None = None,
    call: Any = None,
    *,
    hollow: str = "",
    stripped: str = "",
    **labels: str,
) -> Spec:
    """A class of a package by its path, or what a function makes of its parts."""

    def maker() -> nn.Module:
        make = load(path, hollow, stripped) if isinstance(path, str) else path
        network: nn.Module = make(**deepcopy(options or {}))
        return Via(network, call) if call else network

    spec = entry(package, name, family, maker, inputs, **labels)
    return replace(spec, name=f"sixth-{package}-{name}")
