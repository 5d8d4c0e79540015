"""What is installed: all of the program, all of its data, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from running import RESNET, ROOT

import genescan

PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = {"scanner": "genescan", "converters": "genescan.converters"}
SCHEMA = ("coreml.fds", "onnx.fds", "tensorflow.fds", "NOTICE")


def test_every_folder_of_modules_is_a_listed_package() -> None:
    found = {"genescan.signatures"}
    for folder, package in FOLDERS.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            inner = init.parent.relative_to(ROOT / folder).parts
            found.add(".".join((package, *inner)))
    listed = PROJECT["tool"]["setuptools"]["packages"]
    assert set(listed) == found and len(listed) == len(found)


def test_no_module_lies_in_a_folder_that_is_no_package() -> None:
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.py"):
            assert (path.parent / "__init__.py").exists() or path.parent.name == "_schema", path


def test_the_base_install_has_three_dependencies_and_no_framework() -> None:
    names = {line.split(">")[0] for line in PROJECT["project"]["dependencies"]}
    assert names == {"protobuf", "PyYAML", "rich"}


def test_data_lies_where_the_program_looks_for_it() -> None:
    home = Path(genescan.__file__).parent
    assert (home / "py.typed").exists() and (home / "report.schema.json").exists()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of a copy of the tree, so that earlier builds leave nothing behind in it."""
    folder = tmp_path_factory.mktemp("wheel")
    ignored = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "fixtures")
    shutil.copytree(ROOT, folder / "tree", ignore=ignored)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder]
    ran = subprocess.run(
        [*command, folder / "tree"], capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return next(folder.glob("*.whl"))


def expected() -> set[str]:
    """Every file that belongs into the wheel."""
    files = {"genescan/py.typed", "genescan/report.schema.json"}
    files |= {f"genescan/converters/_schema/{name}" for name in SCHEMA}
    files.add("genescan/signatures/__init__.py")
    for path in (ROOT / "signatures").rglob("*.yml"):
        files.add(f"genescan/signatures/{path.relative_to(ROOT / 'signatures').as_posix()}")
    for folder, package in FOLDERS.items():
        for path in (ROOT / folder).rglob("*.py"):
            if path.parent.name != "_schema":
                inner = path.relative_to(ROOT / folder).as_posix()
                files.add(f"{package.replace('.', '/')}/{inner}")
    return files


@pytest.mark.slow
def test_the_wheel_holds_the_program_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == expected()
    assert any(name.endswith("/licenses/LICENSE") for name in names)


@pytest.mark.slow
def test_the_installed_wheel_does_the_job(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    script = (
        "import sys, genescan, genescan.cli; "
        "print(genescan.__file__); sys.exit(genescan.cli.main(sys.argv[1:]))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    ran = subprocess.run(
        [sys.executable, "-c", script, "scan", RESNET],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith(str(tmp_path / "site")) and "ResNet (resnet-50)" in ran.stdout
