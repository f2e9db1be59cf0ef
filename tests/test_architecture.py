"""The order of rooms: a room imports only from rooms before it, no file imports in a circle, and torch stays below."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PERF = ROOT / "perf"

ROOMS = (
    "model",
    "statistics",
    "device",
    "values",
    "engines",
    "workloads",
    "config",
    "cache",
    "trees",
    "building",
    "worker",
    "pool",
    "measure",
    "gates",
    "history",
    "report",
    "plugin",
    "cli",
    "benchmarks",
)
"""In this order; `plugin`, `cli` and `benchmarks` may use all."""

TORCH_ROOMS = {"values", "workloads", "engines", "building", "worker"}
HEAVY = {"torch", "transformers", "onnx", "onnxruntime", "torchao", "matplotlib"}
LEDGES = {
    "model": {"statistics"},
}
"""Rooms that know each other's values."""

MODULES = sorted([*PERF.glob("jitgate/**/*.py"), *PERF.glob("jitgate_cosyvoice/**/*.py")])
JITGATE = [path for path in MODULES if path.relative_to(PERF).parts[0] == "jitgate"]


def name_of(path: Path) -> str:
    parts = path.relative_to(PERF).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(path: Path) -> str:
    return path.relative_to(PERF).parts[1].removesuffix(".py")


NAMES = {name_of(path): path for path in MODULES}


def imports(tree: ast.AST, *, everywhere: bool) -> set[str]:
    """Names of imported modules; with `everywhere` also those inside functions. TYPE_CHECKING blocks do not run."""
    found: set[str] = set()
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names if f"{node.module}.{alias.name}" in NAMES}
            found.add(node.module)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            pending += node.orelse
            continue
        if everywhere or not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            pending += list(ast.iter_child_nodes(node))
    return found


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", JITGATE, ids=lambda path: str(path.relative_to(PERF)))
def test_a_room_imports_only_from_rooms_before_it(path: Path) -> None:
    room = room_of(path)
    if room not in ROOMS:
        return
    for name in imports(parsed(path), everywhere=True):
        first, _, rest = name.partition(".")
        other = rest.split(".")[0]
        if first != "jitgate" or other not in ROOMS or other == room or other in LEDGES.get(room, ()):
            continue
        assert ROOMS.index(other) < ROOMS.index(room), f"{room} must not know {other}: {name}"


@pytest.mark.parametrize("path", JITGATE, ids=lambda path: str(path.relative_to(PERF)))
def test_pool_and_worker_meet_in_model_alone(path: Path) -> None:
    found = imports(parsed(path), everywhere=True)
    kept_apart = {"pool": {"worker"}, "worker": {"pool"}, "gates": {"pool", "worker"}, "report": {"pool", "worker"}}
    kept_apart["history"] = {"pool", "worker"}
    for other in kept_apart.get(room_of(path), ()):
        assert [name for name in found if name.startswith(f"jitgate.{other}.")] == []


@pytest.mark.parametrize("path", JITGATE, ids=lambda path: str(path.relative_to(PERF)))
def test_the_library_does_not_name_its_first_user(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "cosyvoice" not in text.lower()


PRIVATE = {"cache", "worker", "pool", "measure", "history", "plugin"}
"""Rooms that a package which adds to jitgate has no need of: it is asked by hooks, and gives values."""


@pytest.mark.parametrize("path", sorted(set(MODULES) - set(JITGATE)), ids=lambda path: str(path.relative_to(PERF)))
def test_the_first_user_gives_by_hooks_and_takes_no_part_in_a_run(path: Path) -> None:
    rooms = {name.split(".")[1] for name in imports(parsed(path), everywhere=True) if name.startswith("jitgate.")}
    assert rooms & PRIVATE == set()


def test_no_file_imports_itself_through_others() -> None:
    edges = {
        name: {other for other in imports(parsed(path), everywhere=True) if other in NAMES and other != name}
        for name, path in NAMES.items()
        if path.name != "__init__.py"
    }
    assert list(cycles(edges)) == []


def cycles(edges: dict[str, set[str]]) -> Iterator[list[str]]:
    """Strongly connected components of more than one file (Tarjan, 1972), as sorted names."""
    reach = {name: _reached(name, edges) for name in edges}
    seen: set[str] = set()
    for name in edges:
        ring = sorted(other for other in reach[name] if other in reach and name in reach[other])
        if name in reach[name] and name not in seen:
            seen |= set(ring)
            yield ring


def _reached(start: str, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    pending = list(edges[start])
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += edges.get(name, ())
    return found


def test_a_circle_is_seen() -> None:
    assert list(cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == [["a", "b", "c"]]


@pytest.mark.parametrize("path", JITGATE, ids=lambda path: str(path.relative_to(PERF)))
def test_only_what_runs_in_workers_imports_heavy_packages(path: Path) -> None:
    tree = parsed(path)
    heavy = {name for name in imports(tree, everywhere=False) if name.split(".")[0] in HEAVY}
    if room_of(path) not in TORCH_ROOMS:
        assert not heavy
    if room_of(path) in ("statistics", "model"):
        outside = {name.split(".")[0] for name in imports(tree, everywhere=True)} - set(sys.stdlib_module_names)
        assert outside <= {"numpy", "scipy", "jitgate", "cattrs"}


@pytest.mark.parametrize("path", [path for path in JITGATE if room_of(path) in {"workloads", "engines"}], ids=str)
def test_models_know_nothing_of_pytest_gates_or_storage(path: Path) -> None:
    found = imports(parsed(path), everywhere=True)
    assert not any(name.split(".")[0] in {"pytest", "pytest_benchmark", "execnet"} for name in found)


def test_private_parts_of_pytest_benchmark_are_touched_nowhere() -> None:
    users = [
        path
        for path in MODULES
        if "_benchmarksession" in path.read_text() or "import pytest_benchmark" in path.read_text()
    ]
    assert users == []


def test_no_file_is_two_rooms() -> None:
    every = [*MODULES, *PERF.glob("studies/**/*.py"), *ROOT.glob("tests/**/*.py")]
    long = {str(path.relative_to(ROOT)): lines for path in every if (lines := len(path.read_text().splitlines())) > 300}
    assert long == {}


def test_no_class_is_defined_twice() -> None:
    seen: dict[str, list[str]] = {}
    for path in MODULES:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                seen.setdefault(node.name, []).append(str(path.relative_to(PERF)))
    assert {name: paths for name, paths in seen.items() if len(paths) > 1} == {}


def test_collecting_the_benchmarks_imports_neither_torch_nor_numpy() -> None:
    script = (
        "import sys, pytest; "
        "rc = pytest.main(['--collect-only', '-q', 'perf', '-p', 'no:cacheprovider', '-p', 'no:randomly']); "
        "slow = {'torch', 'transformers', 'onnxruntime', 'matplotlib', 'numpy', 'scipy', 'sqlalchemy', 'jinja2'}; "
        "heavy = slow & set(sys.modules); "
        "assert rc == 0 and not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "test_jit_stays_faster_than_eager[" in done.stdout
