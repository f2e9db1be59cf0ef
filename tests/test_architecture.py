"""The floors: a room imports only from below it, and only the workers' rooms may import torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PERF = ROOT / "perf"

FLOOR = {
    "errors": 0,
    "statistics": 0,
    "probes": 1,
    "workloads": 2,
    "variants": 3,
    "workers": 4,
    "measurement": 5,
    "gates": 6,
    "history": 6,
    "report": 7,
    "validation": 7,
    "claims": 8,
    "commands": 9,
    "plugin": 9,
    "benchmarks": 10,
}
TORCH_ROOMS = {"workloads", "variants", "workers"}
HEAVY = {"torch", "transformers", "onnx", "onnxruntime", "torchao", "matplotlib"}

MODULES = sorted(PERF.rglob("*.py"))


def room_of(path: Path) -> str:
    parts = path.relative_to(PERF).with_suffix("").parts
    return parts[0]


def imports(tree: ast.AST, *, everywhere: bool) -> set[str]:
    """Names of imported modules; with `everywhere` also those inside functions. TYPE_CHECKING blocks do not run."""
    found: set[str] = set()
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if everywhere or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += list(ast.iter_child_nodes(node))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PERF)))
def test_a_room_imports_only_from_below_it(path: Path) -> None:
    room = room_of(path)
    if room in {"__init__", "__main__"}:
        return
    for name in imports(ast.parse(path.read_text()), everywhere=True):
        if name.startswith("perf."):
            other = name.split(".")[1]
            assert other == room or FLOOR[other] < FLOOR[room], f"{room} must not know of {other}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PERF)))
def test_only_workers_import_heavy_packages(path: Path) -> None:
    tree = ast.parse(path.read_text())
    room = room_of(path)
    heavy = {name for name in imports(tree, everywhere=False) if name.split(".")[0] in HEAVY}
    if room not in TORCH_ROOMS:
        assert not heavy
    if room == "statistics":
        outside = {name.split(".")[0] for name in imports(tree, everywhere=True)} - set(sys.stdlib_module_names)
        assert outside <= {"numpy", "scipy", "perf"}


@pytest.mark.parametrize("path", [path for path in MODULES if room_of(path) in {"workloads", "variants"}], ids=str)
def test_models_know_nothing_of_pytest_gates_or_storage(path: Path) -> None:
    found = imports(ast.parse(path.read_text()), everywhere=True)
    assert not any(name.split(".")[0] in {"pytest", "pytest_benchmark", "execnet"} for name in found)


def test_private_parts_of_pytest_benchmark_are_touched_nowhere() -> None:
    users = [
        path
        for path in MODULES
        if "_benchmarksession" in path.read_text() or "import pytest_benchmark" in path.read_text()
    ]
    assert users == []


def test_no_file_is_two_rooms() -> None:
    long = {
        str(path.relative_to(ROOT)): lines for path in MODULES if (lines := len(path.read_text().splitlines())) > 300
    }
    assert long == {}


def test_collecting_the_benchmarks_does_not_import_torch() -> None:
    script = (
        "import sys, pytest; rc = pytest.main(['--collect-only', '-q', 'perf', '-p', 'no:cacheprovider']); "
        "heavy = {'torch', 'transformers', 'onnxruntime', 'matplotlib'} & set(sys.modules); "
        "assert rc == 0 and not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "test_jit_stays_faster_than_eager[cosyvoice2.flow_encoder-first_chunk_sft-torchscript]" in done.stdout
