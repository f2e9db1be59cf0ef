"""Six made-up measurements through a whole session: what it says on the terminal, in JSON, in JUnit and in Markdown.

The golden files change only with the words that are meant to change. `JITGATE_WRITE_GOLDEN=1 pytest` writes them.
"""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.jitgate.plugin.conftest import ROOT, Project

GOLDEN = Path(__file__).parent / "golden"

CONFIGURATION = """
[tool.jitgate]
memory_limit = "4GiB"

[tool.jitgate.workloads."my.encoder"]
factory = "mypackage.perf:encoder"
scenarios = ["passes", "fails", "open", "wrong", "dead", "grows"]
variants = ["eager", "jit"]

[tool.jitgate.variants."jit"]
factory = "mypackage.perf:plain"

[[tool.jitgate.gates]]
workload = "my.encoder"
variant = "jit"
min_speedup = 1.10
max_p95_ms = 60
"""

CONFTEST = """
from jitgate.plugin import measuring
from tests.jitgate.plugin.golden_measurements import Made

measuring.make_measurements = Made
"""


def plain_terminal(text: str, folder: Path) -> str:
    """Without what differs from machine to machine, and from run to run."""
    machine = ("platform ", "benchmark: ", "rootdir: ", "configfile: ", "plugins: ", "cachedir: ")
    text = "\n".join(line.rstrip() for line in text.splitlines() if not line.startswith(machine)) + "\n"
    text = re.sub(r"in \d+(\.\d+)?s( \(.*?\))?", "in TIME", text)
    text = text.replace(str(folder), "FOLDER").replace(str(ROOT), "ROOT")
    return re.sub(r"={3,}|-{3,}|_{3,}", lambda found: found[0][:3], text)


def plain_json(path: Path) -> str:
    document = json.loads(path.read_text())
    entries = [
        {name: entry[name] for name in ("name", "fullname", "group", "extra_info", "stats")}
        for entry in document["benchmarks"]
    ]
    own = {name: value for name, value in document.items() if name in ("perf", "jitgate")}
    return json.dumps({"benchmarks": entries, **own}, indent=1, sort_keys=True) + "\n"


def plain_junit(path: Path, folder: Path) -> str:
    lines = []
    for case in ET.parse(path).iter("testcase"):  # noqa: S314 - written by this very test
        properties = [f"{each.attrib['name']}: {each.attrib['value']}" for each in case.iter("property")]
        children = [f"{child.tag}: {child.attrib.get('message', '')}" for child in case if child.tag != "properties"]
        lines.append("\n  ".join([f"{case.attrib['classname']} {case.attrib['name']}", *children, *properties]))
    return "\n".join(lines).replace(str(folder), "FOLDER").replace(str(ROOT), "ROOT") + "\n"


def plain_markdown(path: Path) -> str:
    """From the first section on: above it stands the machine."""
    text = path.read_text()
    return text[text.index("\n## ") + 1 :]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("golden")
    (folder / "pyproject.toml").write_text(CONFIGURATION)
    (folder / "conftest.py").write_text(CONFTEST)
    done = Project(folder).pytest(
        "--benchmark-json",
        "out.json",
        "--junitxml",
        "junit.xml",
        "--jitgate-report",
        "report.md",
        "-rA",
        "-p",
        "no:randomly",
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return {
        "terminal.txt": plain_terminal(done.stdout, folder),
        "results.json": plain_json(folder / "out.json"),
        "junit.txt": plain_junit(folder / "junit.xml", folder),
        "report.md": plain_markdown(folder / "report.md"),
    }


@pytest.mark.parametrize("name", ["terminal.txt", "results.json", "junit.txt", "report.md"])
def test_a_session_says_what_it_said(written: dict[str, str], name: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("JITGATE_WRITE_GOLDEN"):
        golden.write_text(written[name])
    assert written[name] == golden.read_text()
