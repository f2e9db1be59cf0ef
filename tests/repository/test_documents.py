"""What a new reader follows: links lead somewhere, tables are of the code, and blocks of README and tutorial run."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

import pytest
from jitgate.config import gate_table, table
from jitgate.config.policy import Gate
from jitgate.config.table import read_policy
from jitgate.gates.builtin import pytest_jitgate_gates
from jitgate.report.decision import Ending
from jitgate.report.summary import summary
from studies import reference_tables

from tests.jitgate.measurements import made_of
from tests.jitgate.plugin.conftest import Project
from tests.jitgate.results import policy_of, results_of

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FOLLOWED = ("README.md", "docs/tutorial.md")

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")

EXTERNAL = re.compile(r"\]\((\w+:[^)\s]*)\)")

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


@pytest.mark.parametrize("page", FOLLOWED)
def test_no_block_is_left_out(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert text.count("```") == 2 * len(BLOCK.findall(text)), "a fence without a language is run by no test"
    assert {language for language, _ in BLOCK.findall(text)} <= {"console", "python", "toml", "text"}
    assert not re.search(r"^(?: {4}|\t)\S", BLOCK.sub("", text), re.MULTILINE), "an indented block is run by no test"


def test_the_sample_of_a_run_has_the_form_of_one() -> None:
    (sample,) = blocks("README.md", "text")
    headline, action, _, title, *rows = sample.splitlines()
    found = made_of(1.4)
    gate = Gate("here", variant="jit", limits={"min_speedup": 0.5})
    results = results_of(policy_of(gate, measurements=[found], memory_limit_bytes=4 << 30), found)
    first, second, _, third, *lines = summary(results, Ending(0))
    assert (plain(headline), plain(action)) == (plain(first), plain(second))
    assert re.fullmatch(r"my\.encoder short on cpu: \d+ rounds in \d+ s(?: and \d+ sets of processes)?", title)
    assert plain(third) == "my.encoder short on cpu: 0 rounds in 0 s"
    for row, line in zip(rows, lines, strict=False):
        ours = plain(line).replace("jit", "torchscript").replace("MiB of memory", "MiB of memory; ...")
        assert plain(row) == re.sub(r"\bms\b", "us", ours)


def plain(line: str) -> str:
    """Without figures, and with one blank for several."""
    return " ".join(re.sub(r"\d+(?:\.\d+)?", "0", line).split())


def test_every_external_link_is_one_that_tox_run_e_links_asks_for() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in PAGES} | {"CHANGELOG.md"}
    asked = re.search(r"include_patterns=(\S+)", (ROOT / "tox.ini").read_text(encoding="utf-8"))
    assert asked is not None
    patterns = asked[1].split(",")
    assert {page for page in pages if not any(fnmatch(page, each) for each in patterns)} == set()
    every = [link for path in PAGES for link in EXTERNAL.findall(path.read_text(encoding="utf-8"))]
    assert every
    assert [link for link in every if not link.startswith("https://")] == []


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
    (text,) = blocks(page, "toml")
    assert tomllib.loads(text)["tool"]["jitgate"]["gates"]
    path = tmp_path / "pyproject.toml"
    path.write_text(text)
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


def test_the_reference_has_every_key_of_a_table() -> None:
    text = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    keys = {*table._TOP, *table._WORKLOAD, *table._VARIANT, *gate_table._TEXTS, "max_regression", "max_slowdown"}
    assert {key for key in keys if f"`{key}" not in text} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_a_page_names_options_commands_and_studies_that_are_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    sources = [
        *(ROOT / "perf" / "jitgate" / "plugin").glob("options.py"),
        *(ROOT / "perf").glob("jitgate_cosy*/**/*.py"),
    ]
    known = set(re.findall(r'"(--jitgate-[\w-]+)"', "\n".join(path.read_text() for path in sources)))
    assert set(re.findall(r"--jitgate-\w[\w-]*\w", text)) <= known
    for name in re.findall(r"python -m (studies[\w.]*)", text):
        assert find_spec(name) is not None, name
    commands = {"init", "doctor", "judge", "history", "report"}
    assert set(re.findall(r"`jitgate (\w+)", text)) <= commands | (
        {"variants"} if page.name == "variants.md" else set()
    )


@pytest.mark.parametrize("page", [path for path in PAGES[1:] if path.stem != "tutorial"], ids=lambda path: path.name)
def test_a_table_of_a_page_is_understood(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    indented = re.findall(r"^ {4}\[+tool\.jitgate.*\n(?: {4}.*\n)+", text, re.MULTILINE)
    for body in (*blocks(f"docs/{page.name}", "toml"), *map(textwrap.dedent, indented)):
        head = "" if re.search(r"^\[tool\.jitgate\]", body, re.MULTILINE) else "[tool.jitgate]\n"
        path = tmp_path / "pyproject.toml"
        path.write_text(re.sub(r"^plugins = .*\n", "", head + body, flags=re.MULTILINE) + WORKLOADS)
        read_policy(path, tuple(pytest_jitgate_gates()))


WORKLOADS = """
[tool.jitgate.workloads."my.encoder"]
factory = "mypackage.perf:encoder"
variants = ["eager", "torchscript"]

[tool.jitgate.workloads."cosyvoice2.flow_encoder"]
factory = "mypackage.perf:encoder"
variants = ["eager", "torchscript"]
"""


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
    (text,) = blocks(page, "toml")
    (tmp_path / "pyproject.toml").write_text(text)
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
        # What a busy machine can't decide in so short a time is not the page's fault; README's limit may be red there.
        ended_badly = r"^(STOPPED|EMPTY)\b" if page == "README.md" else r"^(STOPPED|EMPTY|RED)\b"
        assert done.returncode in (0, 1), f"{line}\n{said}"
        assert not re.search(ended_badly, said, re.MULTILINE), f"{line}\n{said}"
        assert "passed" in said or "the report lies in" in said, said
        ran += 1
    assert ran >= 2
