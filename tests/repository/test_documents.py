"""What a new reader follows: links lead somewhere, tables are of the code, and blocks of README and tutorial run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from jitgate.config.table import read_policy
from jitgate.gates.builtin import pytest_jitgate_gates
from studies import reference_tables

from tests.jitgate.plugin.conftest import Project

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLLOWED = ("README.md", "docs/tutorial.md")

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")

NOT_RUN = ("pip install ", "python -m pip install tox && tox run -e ")
"""What installs: `test_packaging` holds these against tox.ini."""

SHORT = (
    "--jitgate-budget",
    "5",
    "--jitgate-extras",
    "skip",
    "--jitgate-noisy-rounds",
    "include",
    "--jitgate-device",
    "cpu",
)
"""A command of a document is run as it stands, and with these: a test has no minutes, and no quiet machine."""


def blocks(page: str, language: str) -> list[str]:
    return [body for found, body in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")) if found == language]


def commands(page: str) -> Iterator[str]:
    for body in blocks(page, "console"):
        yield from (line for line in body.splitlines() if line and not line.startswith(NOT_RUN))


def anchors(text: str) -> set[str]:
    """Of headings, as GitHub and myst name them."""
    heads = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_to_a_heading_of_it(page: Path) -> None:
    for file, anchor in LINK.findall(page.read_text(encoding="utf-8")):
        target = page if not file else (page.parent / file).resolve()
        assert target.exists(), f"{page.name} links to {file}, which is not there"
        if anchor:
            assert anchor in anchors(target.read_text(encoding="utf-8")), f"{page.name}: {file}#{anchor}"


def test_every_page_is_in_the_table_of_contents() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)
    trees = re.findall(r"```\{toctree\}\n(.*?)```", text, re.DOTALL)
    listed = {line for tree in trees for line in tree.split() if not line.startswith(":")}
    assert {path.stem for path in PAGES if path.parent.name == "docs"} - listed == {"index"}


@pytest.mark.parametrize("page", FOLLOWED)
def test_its_configuration_is_understood(page: str, tmp_path: Path) -> None:
    (table,) = blocks(page, "toml")
    assert tomllib.loads(table)["tool"]["jitgate"]["gates"]
    path = tmp_path / "pyproject.toml"
    path.write_text(table)
    policy = read_policy(path, tuple(pytest_jitgate_gates()))
    assert len(policy.gates) == 1


def test_the_reference_has_every_option_and_every_kind_of_gate(tmp_path: Path) -> None:
    reference_tables.write(tmp_path)
    written = {path.stem: path.read_text() for path in tmp_path.iterdir()}
    source = (ROOT / "perf" / "jitgate" / "plugin" / "options.py").read_text()
    assert set(re.findall(r'"(--jitgate-[\w-]+)"', source)) == set(
        re.findall(r"`(--jitgate-[\w-]+)", written["options"])
    )
    for kind in pytest_jitgate_gates():
        assert f"{kind.attribute} {kind.operator}" in written["gates"]
    assert {"doctor", "judge", "history", "report"} <= set(re.findall(r"`jitgate (\w+)`", written["commands"]))


@pytest.mark.slow
@pytest.mark.parametrize("page", FOLLOWED)
def test_its_blocks_run_in_their_order(page: str, tmp_path: Path) -> None:
    project = Project(tmp_path)
    package = tmp_path / "mypackage"
    package.mkdir()
    (package / "__init__.py").touch()
    model = next(body for body in blocks("docs/tutorial.md", "python") if body.startswith("# mypackage/models.py\n"))
    (package / "models.py").write_text(f"{model}\n\ndef encoder():\n    return Encoder()\n")
    for body in blocks(page, "python"):
        name = re.match(r"# (\S+\.py)\n", body)
        assert name is not None, "a block says in its first line which file it is"
        if name[1] != "mypackage/models.py":
            (tmp_path / name[1]).write_text(body)
    (table,) = blocks(page, "toml")
    (tmp_path / "pyproject.toml").write_text(table)
    ran = 0
    for line in commands(page):
        program, *arguments = shlex.split(line)
        chosen = ["--jitgate-variants", "eager,torchscript", *SHORT] if page == "README.md" else SHORT
        more = ["-p", "no:randomly", "-p", "no:jitgate_cosyvoice", *chosen] if program == "pytest" else []
        done = subprocess.run(
            [sys.executable, "-m", program, *arguments, *more],
            cwd=tmp_path,
            env=project.environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        said = done.stdout + done.stderr
        # README's limit may be red on a busy machine; the tutorial's is loose.
        assert done.returncode in ((0, 1) if page == "README.md" else (0,)), f"{line}\n{said}"
        assert "passed" in said or "the report lies in" in said, said
        ran += 1
    assert ran >= 2
