"""The command line: every command and every exit code, each from a real situation."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from running import HOSTILE, RESNET, ROOT, Run

from genescan import __version__
from genescan.benchmark import plain

COMPLETE, FAILED, INCOMPLETE, NOTHING, USAGE, INVALID = range(6)
MARKUP = str(HOSTILE / "markup.onnx")
"""Readable, and of no family."""
TRUNCATED = str(HOSTILE / "truncated.onnx")
ZIP = str(HOSTILE / "zip.onnx")


# --- scan --------------------------------------------------------------------------------------

SQUEEZENET = ROOT / "fixtures" / "onnx" / "squeezenet.onnx"


def test_scanning_a_file_says_what_it_is(run: Run) -> None:
    ran = run("scan", RESNET)
    assert (ran.code, ran.err) == (COMPLETE, "")
    assert ran.out.startswith(f"{RESNET}  identified  ResNet (resnet-50)\n")
    assert "vision/resnet" in ran.out


def test_scan_is_the_default_command(run: Run) -> None:
    def fixed(out: str) -> str:
        return re.sub(r'"seconds": [\d.]+', "", out)

    plain, spelt = run("--format", "json", RESNET), run("scan", RESNET, "--format", "json")
    assert plain.code == spelt.code == COMPLETE
    assert fixed(plain.out) == fixed(spelt.out)


def test_a_folder_is_a_table_and_its_files_come_in_order(run: Run, tmp_path: Path) -> None:
    for name in ("b.onnx", "a.onnx", "deep/c.onnx"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(Path(RESNET).read_bytes())
    lines = run("scan", tmp_path).out.splitlines()
    assert lines[0].split() == [
        "file",
        "outcome",
        "family",
        "confidence",
        "explained",
        "components",
    ]
    assert [line.split()[0] for line in lines[1:4]] == [
        str(tmp_path / name) for name in ("a.onnx", "b.onnx", "deep/c.onnx")
    ]
    assert lines[4].startswith("3 models: 3 identified")


def test_more_words_with_v_and_every_match_with_vv(run: Run) -> None:
    short, long, longest = (run("scan", RESNET, *v).out for v in ((), ("-v",), ("-vv",)))
    assert "because" not in short and "because" in long and "match " not in long
    assert longest.count("\n  match ") >= 16


def test_json_and_its_file(run: Run, tmp_path: Path) -> None:
    ran = run("scan", RESNET, MARKUP, "--format", "json")
    assert [m["outcome"] for m in json.loads(ran.out)["models"]] == ["identified", "unknown"]
    target = tmp_path / "report.json"
    written = run("scan", RESNET, "--format", "json", "--output", target)
    assert (written.code, written.out, written.err) == (COMPLETE, "", "")
    assert json.loads(target.read_text())["models"][0]["family"]["variant"] == "resnet-50"


def test_ndjson_is_one_object_a_line_and_names_skipped_models_aside(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.onnx").write_bytes(Path(RESNET).read_bytes())
    (tmp_path / "b.ort").write_bytes((HOSTILE / "ort-format.onnx").read_bytes())
    (tmp_path / "c.txt").write_text("notes")
    ran = run("scan", tmp_path, RESNET, "--format", "ndjson")
    paths = [json.loads(line)["path"] for line in ran.out.splitlines()]
    assert paths == [str(tmp_path / "a.onnx"), RESNET]
    assert "b.ort" in ran.err and "c.txt" not in ran.err
    assert ran.code == INCOMPLETE


def test_ndjson_streams_before_the_end() -> None:
    command = [sys.executable, "-m", "genescan", "scan", "--format", "ndjson"]
    process = subprocess.Popen(
        [*command, *[RESNET] * 200], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["outcome"] == "identified"
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


# --- exit codes --------------------------------------------------------------------------------


def mixed(tmp_path: Path) -> Path:
    for source in (RESNET, TRUNCATED, MARKUP):
        (tmp_path / Path(source).name).write_bytes(Path(source).read_bytes())
    (tmp_path / "empty.onnx").touch()
    (tmp_path / "notes.txt").write_text("nothing here")
    return tmp_path


def test_a_broken_file_does_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    ran = run("scan", mixed(tmp_path), "--format", "json")
    report = json.loads(ran.out)
    assert {Path(m["path"]).name: m["outcome"] for m in report["models"]} == {
        "markup.onnx": "unknown", "resnet-50.onnx": "identified", "truncated.onnx": "unreadable",
    }  # fmt: skip
    assert {Path(s["path"]).name: s["model"] for s in report["skipped"]} == {
        "empty.onnx": False, "notes.txt": False,
    }  # fmt: skip
    assert ran.code == INCOMPLETE


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([RESNET], COMPLETE),
        ([MARKUP], COMPLETE),
        ([RESNET, "--fail-on", "unknown,ambiguous"], COMPLETE),
        ([MARKUP, "--fail-on", "unknown"], FAILED),
        ([RESNET, "--fail-on", "family:vision/*"], FAILED),
        ([RESNET, "--fail-on", "family:text/*"], COMPLETE),
        ([TRUNCATED, "--fail-on", "unreadable"], FAILED),
        ([ZIP, "--fail-on", "unsupported"], FAILED),
        ([MARKUP, "--fail-on", "unknown", "--exit-zero"], COMPLETE),
        ([TRUNCATED], INCOMPLETE),
        ([TRUNCATED, "--exit-zero"], COMPLETE),
        (["no/such/file.onnx"], INCOMPLETE),
        ([RESNET, "no/such/file.onnx"], INCOMPLETE),
        ([RESNET, ZIP], INCOMPLETE),
        ([RESNET, "--max-nodes", "5"], INCOMPLETE),
        ([RESNET, "--timeout", "0.000001"], INCOMPLETE),
        ([ZIP], NOTHING),
        ([str(ROOT / "docs")], NOTHING),
        ([], USAGE),
        ([RESNET, "--no-such-option"], USAGE),
        ([RESNET, "--format", "pdf"], USAGE),
        ([RESNET, "--fail-on", "findings"], USAGE),
        ([RESNET, "--timeout", "-1"], USAGE),
        ([RESNET, "--timeout", "soon"], USAGE),
        ([RESNET, "--rules", str(ROOT / "tests" / "cases" / "errors")], INVALID),
        ([RESNET, "--rules", "no/such/folder"], INVALID),
        ([RESNET, "--output", "no/such/folder/report"], INCOMPLETE),
    ],
)  # fmt: skip
def test_exit_codes(run: Run, arguments: list[str], code: int) -> None:
    ran = run(*(["scan", *arguments] if arguments else []))
    assert ran.code == code
    assert "Traceback" not in ran.err


def test_a_skipped_model_in_a_folder_counts_as_unsupported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(Path(RESNET).read_bytes())
    (tmp_path / "b.ort").write_bytes((HOSTILE / "ort-format.onnx").read_bytes())
    assert run("scan", tmp_path).code == INCOMPLETE
    assert run("scan", tmp_path, "--fail-on", "unsupported").code == FAILED


def test_a_missing_path_and_a_limit_are_named(run: Run) -> None:
    assert "no/such/file.onnx: cannot open" in run("scan", "no/such/file.onnx").out
    assert "limit        5 nodes" in run("scan", RESNET, "--max-nodes", "5").out


def test_every_problem_of_the_signatures_is_told_with_its_place(run: Run) -> None:
    ran = run("scan", RESNET, "--rules", ROOT / "tests" / "cases" / "errors" / "missing-fields.yml")
    assert (ran.code, ran.out) == (INVALID, "")
    assert re.search(r"missing-fields\.yml:\d+:\d+: ", ran.err)


def test_rules_are_added_to_the_bundled_ones(run: Run, tmp_path: Path) -> None:
    source = (ROOT / "signatures" / "vision" / "resnet.yml").read_text()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "net.yml").write_text(source.replace("id: vision/resnet", "id: own/net"))
    ran = run("signatures", "list", "--rules", tmp_path)
    assert ran.code == COMPLETE
    assert {"own/net", "vision/resnet"} <= {line.split()[0] for line in ran.out.splitlines()}


# --- the other commands ------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["core", "full", "raw"])
@pytest.mark.parametrize("form", ["text", "json", "dot"])
def test_graph(run: Run, form: str, view: str) -> None:
    ran = run("graph", RESNET, "--format", form, "--view", view)
    assert (ran.code, ran.err) == (COMPLETE, "")
    assert "Conv" in ran.out
    if form == "json":
        assert len(json.loads(ran.out)["nodes"]) > 100


def test_graph_to_a_file_that_cannot_be_written_and_of_one_that_cannot_be_read(run: Run) -> None:
    assert run("graph", RESNET, "--output", "no/such/folder/x").code == INCOMPLETE
    ran = run("graph", TRUNCATED)
    assert (ran.code, ran.out) == (INCOMPLETE, "")
    assert "truncated.onnx: byte 2" in ran.err


def test_explain(run: Run) -> None:
    yes, no = run("explain", RESNET, "vision/resnet"), run("explain", MARKUP, "vision/resnet")
    assert yes.code == no.code == COMPLETE
    assert yes.out.startswith("vision/resnet matches, variant resnet-50\n")
    assert no.out.startswith("vision/resnet does not match\n") and "needs" in no.out
    assert run("explain", RESNET, "vision/no-such").code == USAGE
    assert run("explain", TRUNCATED, "vision/resnet").code == INCOMPLETE


def test_signatures(run: Run) -> None:
    assert "vision/resnet" in run("signatures", "list").out
    assert run("signatures", "show", "vision/resnet").out.startswith("id: vision/resnet\n")
    for action in ("show", "lint", "test"):
        assert run("signatures", action, "no/such").code == USAGE
    assert run("signatures", "test", "vision/resnet").out.endswith(" passed, 0 failed\n")
    assert run("signatures").code == USAGE


def test_a_signature_whose_test_fails_is_invalid(run: Run, tmp_path: Path) -> None:
    source = (ROOT / "signatures" / "vision" / "resnet.yml").read_text()
    wrong = source.replace("id: vision/resnet", "id: own/net").replace(">= 2", ">= 3")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "net.yml").write_text(wrong)
    ran = run("signatures", "test", "own/net", "--rules", tmp_path)
    assert ran.code == INVALID
    assert "FAILED own/net::match[" in ran.out


def test_learn_drafts_a_signature_that_names_the_model(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "net.yml"
    assert run("learn", SQUEEZENET, "--id", "net", "-o", target).code == COMPLETE
    assert run("signatures", "test", "net", "-r", target).code == COMPLETE
    assert "net" in run("explain", SQUEEZENET, "net", "-r", target).out
    assert "net matches" in run("explain", SQUEEZENET, "net", "-r", target).out
    again = run("learn", SQUEEZENET, "-o", target)
    assert again.code == USAGE and "already there" in again.err
    assert run("learn", SQUEEZENET, "--not", SQUEEZENET).code == INCOMPLETE
    assert run("learn", "no/such.onnx").code == INCOMPLETE


def test_a_new_signature_passes_its_own_tests(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "mine.yml"
    assert run("signatures", "new", "mine", "-o", target).code == COMPLETE
    assert run("signatures", "test", "mine", "-r", target).code == COMPLETE
    assert run("signatures", "fmt", "--check", target).code == COMPLETE
    target.write_text(target.read_text() + "\n\n")
    assert run("signatures", "fmt", "--check", target).code == INVALID
    assert run("signatures", "fmt", target).code == COMPLETE
    assert run("signatures", "fmt", "--check", target).code == COMPLETE
    near = run("signatures", "near-misses", "mine", "-r", target)
    assert near.code == COMPLETE and "mine: refuses" in near.out


def test_a_pinned_pack_is_the_one_that_was_pinned(run: Run, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    run("signatures", "new", "mine", "-o", pack / "mine.yml")
    pin = run("signatures", "digest", pack).out.strip()
    assert run("signatures", "test", "mine", "-r", pin).code == COMPLETE
    (pack / "mine.yml").write_text((pack / "mine.yml").read_text().replace(">= 2", ">= 1"))
    changed = run("signatures", "test", "mine", "-r", pin)
    assert changed.code == INVALID and "its digest is" in changed.err


def test_family_names_differ_by_signs_too() -> None:
    assert plain("U-Net") == plain("vision/unet")
    assert plain("UNet++") == plain("vision/unet-plus-plus")
    assert len({plain("U-Net"), plain("UNet++"), plain("U²-Net")}) == 3


def test_benchmark(run: Run, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    with labels.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerows([("path", "family"), (RESNET, "ResNet"), (MARKUP, "nothing-known")])
    target = tmp_path / "figures.json"
    ran = run("benchmark", labels, "--json", target)
    assert ran.code == COMPLETE and "ResNet" in ran.out
    assert len(json.loads(target.read_text())["rows"]) == 2
    assert run("benchmark", "no/such.csv").code == INCOMPLETE
    assert run("benchmark", labels, "--json", "no/such/folder/x").code == INCOMPLETE


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["scan", "--help"],
        ["graph", "--help"],
        ["signatures", "list", "-h"],
        ["--version"],
    ],
)
def test_help_and_version(run: Run, arguments: list[str]) -> None:
    ran = run(*arguments)
    assert ran.code == COMPLETE
    assert __version__ in ran.out if arguments == ["--version"] else "usage: genescan" in ran.out
