"""What the README shows is what the program prints, and what it links to exists.

Rewrite a block that should change: `GENESCAN_GOLDEN=write pytest tests/test_help_in_readme.py`.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from running import ROOT, Run

from genescan import cli

README = ROOT / "README.md"
TEXT = README.read_text(encoding="utf-8")
PAGES = [README, *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))]
PAGES += [*sorted((ROOT / "docs").glob("*.md")), ROOT / "fixtures/README.md"]
BLOCK = re.compile(r"```console\n\$ genescan (.*)\n((?:.*\n)*?)```\n")


def plain(text: str) -> str:
    """Help as every Python version writes it: `-r DIR, --rules DIR` became `-r, --rules DIR`."""
    text = re.sub(r"(-\w) [A-Z]+, (--\w+ [A-Z]+)", r"\1, \2", text)
    return " ".join(text.split())


@pytest.mark.parametrize("command", [match[1] for match in BLOCK.finditer(TEXT)])
def test_commands_print_what_is_shown(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    ran = run(*shlex.split(command))
    shown = next(match[2] for match in BLOCK.finditer(TEXT) if match[1] == command)
    if os.environ.get("GENESCAN_GOLDEN") == "write":
        start = f"```console\n$ genescan {command}\n"
        text = README.read_text(encoding="utf-8")
        text = text.replace(f"{start}{shown}```", f"{start}{ran.out}```")
        README.write_text(text, encoding="utf-8")
        shown = ran.out
    assert ran.code == 0
    assert plain(shown) == plain(ran.out)


def test_the_exit_codes_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d) \| (.+) \|$", TEXT, re.MULTILINE)
    told = "; ".join(f"{code} {meaning}" for code, meaning in rows)
    assert told.replace("`", "").lower() in plain(str(cli._EPILOG)).lower()


def test_every_key_of_a_model_is_in_the_table() -> None:
    schema = json.loads((ROOT / "scanner" / "report.schema.json").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| (`.+?`(?:, `.+?`)*) \| .+ \|$", TEXT, re.MULTILINE)
    keys = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert keys == set(schema["$defs"]["Model"]["properties"])


def test_the_python_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    ast.parse(example)
    ran = subprocess.run(
        [sys.executable, "-c", example], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("identified text/bert gs1:")


def test_the_two_commands_name_files_and_extras_that_exist() -> None:
    (block,) = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    first, second = block.splitlines()
    assert (ROOT / first.split()[-1]).exists()
    assert "'.[dev]'" in second and second.endswith("pytest")


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    inner = [link for link in links if not link.startswith("https:")]
    assert [link for link in inner if not (page.parent / link).exists()] == []
