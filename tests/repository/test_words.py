"""Plain words: what a user reads holds none of the private words that this project once had."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

BANNED = (
    *("anew", "nobody", "beside", "is had", "are had", "whoever", "everybody"),
    *("crew", "crowd", "party", "parties", "anchors", "seats", "seating", "oracle", "tally", "ledger", "stirred"),
    *("hearing", "by ear", "heard", "witness", "genuine", "rebuilt", "rebuilds", "tainted", "worth nothing"),
    *("shortage", "roomy", "lineage", "kept by", "passed over", "ready-made", "new length", "of the limit"),
    *("doubt", "doubts", "not on:", "built in"),
)
"""Words of before the rename, and ways of speaking, that a reader who knows pytest and PyTorch would stumble over."""

OLD_OPTIONS = ("beside",)
"""Whole strings that are spellings of before the rename, which are refused with the new ones."""

PATTERN = re.compile(rf"\b(?:{'|'.join(map(re.escape, BANNED))})", re.IGNORECASE)

SOURCES = sorted(
    [*ROOT.glob("perf/jitgate/**/*.py"), *ROOT.glob("perf/*.py"), *ROOT.glob("perf/jitgate_cosyvoice/**/*.py")]
)
DOCUMENTS = [ROOT / "README.md", ROOT / "docs" / "contributing.md"]


def strings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every string that is no docstring: line and text."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs | told:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "perf")))
def test_no_string_of_the_package_speaks_a_private_language(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [(line, text) for line, text in strings(tree) if PATTERN.search(text) and text not in OLD_OPTIONS]
    assert [f"line {line}: {text!r}" for line, text in found] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_no_document_does(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [f"line {number}: {line}" for number, line in enumerate(lines, 1) if PATTERN.search(line)] == []


def test_a_private_word_is_seen_in_a_string_and_not_in_a_docstring() -> None:
    tree = ast.parse('"""anew"""\n\n\ndef f():\n    """anew"""\n    return "built anew"\n')
    assert [text for _, text in strings(tree) if PATTERN.search(text)] == ["built anew"]
