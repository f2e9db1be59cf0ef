"""Text of others goes through one function wherever it leaves jitgate: whoever writes to a log calls it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WRITES = re.compile(r"\bprint\(|\.write_line\(|_writer\.(?:line|write)\(|std(?:err|out)\.write\(|pytest\.UsageError\(")

HARMLESS = {
    "perf/jitgate/plugin/terminal.py": "the writer that progress, which makes its text printable, writes to",
    "perf/jitgate/plugin/selection.py": "a constant",
    "perf/jitgate/worker/peak_rates.py": "a comment",
    "perf/jitgate_cosyvoice/checkout/interpreter.py": "what another interpreter answers, as JSON",
}
"""Files that write what is printable already."""


def writers() -> list[Path]:
    paths = [path for package in ("jitgate", "jitgate_cosyvoice") for path in (ROOT / "perf" / package).rglob("*.py")]
    return [path for path in [*paths, ROOT / "perf" / "pytest_jitgate.py"] if WRITES.search(path.read_text("utf-8"))]


@pytest.mark.parametrize("path", writers(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_who_writes_to_a_log_makes_it_printable(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    assert "printable" in path.read_text("utf-8") or name in HARMLESS


def test_there_are_writers() -> None:
    assert len(writers()) > 5
