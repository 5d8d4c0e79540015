"""What the command prints: safe whatever a file's author wrote, quiet in pipes, cheap to start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from onnx_writer import data, graph, model, node, value
from running import FIXTURES, HOSTILE, ONNX, RESNET, Run, genescan

COMPLETE = 0
EVIL = "\x1b[31mred\x07\u202e\n[bold]b[/bold]\r"


def test_output_to_a_pipe_is_plain_and_standard_error_is_quiet() -> None:
    ran = genescan("scan", str(ONNX), FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b" not in ran.stdout
    assert ran.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_colour_on_a_terminal_unless_switched_off(environment: dict[str, str]) -> None:
    import pty

    chunks: list[bytes] = []

    def collect(descriptor: int) -> bytes:
        chunks.append(os.read(descriptor, 4096))
        return chunks[-1]

    inherited = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    settings = {**inherited, "TERM": "xterm-256color", **environment}
    assignments = [f"{name}={setting}" for name, setting in settings.items()]
    command = ["env", "-i", *assignments, sys.executable, "-m", "genescan", RESNET]
    status = os.waitstatus_to_exitcode(pty.spawn(command, collect))
    assert status == COMPLETE
    assert (b"\x1b[" in b"".join(chunks)) is (not environment)


@pytest.mark.parametrize("arguments", [("scan", "-vv"), ("scan", "--format", "ndjson"), ("graph",)])
def test_a_reader_that_goes_away_is_no_error(arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "genescan", *arguments, RESNET]
    reading, writing = os.pipe()
    os.close(reading)
    ran = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, b"")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_a_terminal_of_another_encoding_gets_escapes(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "模型.onnx"
    path.write_bytes(Path(RESNET).read_bytes())
    ran = genescan("scan", "-v", str(path), PYTHONIOENCODING=encoding)
    assert ran.returncode == COMPLETE and "\\u6a21" in ran.stdout


@pytest.fixture
def hostile(tmp_path: Path) -> str:
    """A readable model in which every name is hostile, in a file whose name is."""
    strange = node("Evil" + EVIL, "x", "y", name=EVIL, domain=EVIL, **{"a" + EVIL: EVIL})
    blocks = [node("Conv", f"h{i} w", f"c{i}", name=EVIL) for i in range(2)]
    blocks += [node("Relu", f"c{i}", f"h{i + 1}", name=EVIL) for i in range(2)]
    nodes = [strange, node("Identity", "y", "h0"), *blocks]
    ends = value("x", "n" + EVIL, 3, 8, 8), value("w", 3, 3, 1, 1)
    body = graph(nodes, ends, "h2", name=EVIL, doc_string=EVIL)
    path = tmp_path / ("evil\x1b[31m\u202e\n[bold].onnx")
    path.write_bytes(data(model(body, producer_name=EVIL, producer_version=EVIL, domain=EVIL)))
    return str(path)


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan",),
        ("scan", "-vv"),
        ("scan", RESNET),
        ("scan", "--format", "json", "-vv"),
        ("scan", "--format", "ndjson"),
        ("graph", "--format", "text"),
        ("graph", "--format", "json"),
        ("graph", "--format", "dot"),
        ("graph", "--view", "raw"),
    ],
    ids=" ".join,
)
def test_names_are_neutralised(run: Run, hostile: str, arguments: tuple[str, ...]) -> None:
    ran = run(*arguments, hostile)
    assert ran.code == COMPLETE
    shown = ran.out + ran.err
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert "evil" in shown.lower()


def test_names_in_explanations_are_neutralised(run: Run, hostile: str) -> None:
    ran = run("explain", hostile, "vision/resnet")
    assert ran.code == COMPLETE
    assert all(char.isprintable() or char == "\n" for char in ran.out + ran.err)


@pytest.mark.parametrize("name", ["escape-codes.onnx", "not-utf8.onnx", "markup.onnx"])
def test_hostile_fixtures_print_nothing_that_acts(run: Run, name: str) -> None:
    for arguments in (("scan", "-vv"), ("graph",)):
        ran = run(*arguments, HOSTILE / name)
        assert all(char.isprintable() or char == "\n" for char in ran.out + ran.err)


# --- what starting costs -----------------------------------------------------------------------

HEAVY = ("google.protobuf", "yaml", "rich", "genescan.pipeline", "genescan.library")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["scan", "--help"], ["--version"], ["--no-such"], []], ids=str
)
def test_help_and_usage_errors_import_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys; from genescan.cli import main; main(sys.argv[1:]); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stderr.splitlines()[-1] == "[]"


def test_scanning_imports_no_framework() -> None:
    script = (
        "import sys; from genescan.cli import main; main(sys.argv[1:]); "
        "banned = {'torch', 'onnx', 'numpy', 'tensorflow', 'onnxruntime', 'networkx'}; "
        "print(sorted(banned & set(sys.modules)), file=sys.stderr)"
    )
    command = [sys.executable, "-c", script, "scan", str(FIXTURES)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert ran.stderr.splitlines()[-1] == "[]"
