"""What a scan of folders looks at, and folders that are one model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from running import ONNX, library

from genescan import converters, folders, pipeline
from genescan.converters import packages
from genescan.errors import ModelError, Unsupported

MLMODEL = Path("Data") / "com.apple.CoreML" / "model.mlmodel"


def touch(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def listed(root: Path) -> list[tuple[str, bool, bool]]:
    found = folders.files([str(root)])
    return [(Path(f.path).relative_to(root).as_posix(), f.direct, f.part) for f in found]


@pytest.mark.parametrize(
    "member", ["saved_model.pb", MLMODEL, "model.mil", "model.espresso.net", "model0/model.mil"]
)
def test_a_model_folder_is_one_model(tmp_path: Path, member: str | Path) -> None:
    assert packages.member(tmp_path) is None
    assert packages.member(touch(tmp_path / member).parents[len(Path(member).parts) - 1]) == (
        tmp_path / member
    )


def test_other_files_in_a_model_folder_are_parts_of_it_but_still_looked_at(tmp_path: Path) -> None:
    touch(tmp_path / "a.onnx")
    touch(tmp_path / "net" / "saved_model.pb")
    touch(tmp_path / "net" / "variables" / "variables.index")
    touch(tmp_path / "net" / "hidden.onnx")
    assert listed(tmp_path) == [
        ("a.onnx", False, False),
        ("net", False, False),
        ("net/hidden.onnx", False, True),
        ("net/variables/variables.index", False, True),
    ]


def test_a_model_hidden_in_a_model_folder_is_reported_and_weights_are_not(tmp_path: Path) -> None:
    touch(tmp_path / "net" / "saved_model.pb", b"nothing")
    touch(tmp_path / "net" / "variables" / "variables.index")
    touch(tmp_path / "notes.txt")
    shutil.copy(ONNX / "squeezenet.onnx", tmp_path / "net" / "hidden")
    report = pipeline.scan([str(tmp_path)], library())
    outcomes = {Path(model.path).name: model.outcome for model in report.models}
    assert outcomes == {"net": "unreadable", "hidden": "identified"}
    assert [Path(item.path).name for item in report.skipped] == ["notes.txt"]


def test_a_model_folder_without_a_network_is_unreadable(tmp_path: Path) -> None:
    touch(tmp_path / "saved_model.pb", b"nothing")
    with pytest.raises(ModelError, match=r"saved_model\.pb: no network: not a model file"):
        converters.read(tmp_path)


def test_a_folder_named_by_the_user_is_reported_on_itself(tmp_path: Path) -> None:
    touch(tmp_path / MLMODEL)
    assert listed(tmp_path)[0] == (".", True, False)


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = touch(tmp_path / "outside" / "secret.mlmodel")
    package = tmp_path / "evil.mlpackage"
    (package / MLMODEL).parent.mkdir(parents=True)
    (package / MLMODEL).symlink_to(outside)
    (tmp_path / "link.onnx").symlink_to(outside)
    with pytest.raises(ModelError, match=r"model\.mlmodel: a symbolic link inside a model package"):
        converters.read(package)
    names = [name for name, _, _ in listed(tmp_path)]
    assert names == ["evil.mlpackage", "outside/secret.mlmodel"]


def test_a_linked_folder_inside_a_package_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "elsewhere" / "com.apple.CoreML" / "model.mlmodel")
    package = tmp_path / "evil.mlpackage"
    package.mkdir()
    (package / "Data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match="symbolic link"):
        packages.member(package)


def test_two_networks_in_a_package_are_refused(tmp_path: Path) -> None:
    touch(tmp_path / MLMODEL)
    touch(tmp_path / MLMODEL.parent / "other.mlmodel")
    with pytest.raises(ModelError, match=r"2 files end in \.mlmodel, expected one"):
        packages.member(tmp_path)


def test_an_ordinary_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="is a directory"):
        converters.read(tmp_path)
