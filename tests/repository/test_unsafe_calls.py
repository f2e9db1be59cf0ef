"""No call of this code runs what it reads: ruff's S rules hold too, and do not know all of these.

Not by semgrep: it reads a local file of rules without a network, and takes 71 packages and 386 MB to install
(2026-11-27); three such rules found nothing in 599 files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PERF = Path(__file__).parents[2] / "perf"
FILES = sorted(PERF.rglob("*.py"))

NEVER = {
    *("eval", "exec", "os.system", "os.popen", "pickle.load", "pickle.loads", "marshal.loads", "shelve.open"),
    *("yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "torch.hub.load", "runpy.run_path"),
    *("tempfile.mktemp", "markupsafe.Markup", "Markup"),
}
NEEDS = {
    "torch.load": ("weights_only", True),
    "np.load": ("allow_pickle", False),
    "read_array": ("allow_pickle", False),
}
"""Call -> the keyword that makes it safe, and its value."""

OURS = {"markupsafe.Markup(style)"}
"""The style sheet, a file of this package."""


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def unsafe(source: str) -> list[str]:
    found = []
    for name, call in calls(ast.parse(source)):
        given = {each.arg: each.value.value for each in call.keywords if isinstance(each.value, ast.Constant)}
        last = name.rpartition(".")[2]
        needed = NEEDS.get(name) or NEEDS.get(last)
        if ast.unparse(call) in OURS:
            continue
        if name in NEVER or given.get("shell") is True or (needed and given.get(needed[0]) is not needed[1]):
            found.append(f"line {call.lineno}: {ast.unparse(call)[:80]}")
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PERF).as_posix())
def test_nothing_that_is_read_is_run(file: Path) -> None:
    assert unsafe(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        *("eval('1')", "torch.load(path)", "torch.load(path, weights_only=False)", "np.load(path, allow_pickle=True)"),
        *("subprocess.run('x', shell=True)", "yaml.load(text, Loader=yaml.Loader)", "pickle.loads(data)"),
        *("np.load(path)", "os.system('x')", "markupsafe.Markup(text)", "np.lib.format.read_array(file)"),
    ],
)
def test_what_would_run_it_is_found(source: str) -> None:
    assert len(unsafe(source)) == 1


def test_what_is_safe_is_not_accused() -> None:
    assert unsafe("torch.load(path, map_location='cpu', weights_only=True)") == []
    assert unsafe("subprocess.run(['x'])") == []
    assert unsafe("np.lib.format.read_array(file, allow_pickle=False)") == []
