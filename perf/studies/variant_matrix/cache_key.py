"""What the outcome of a variant on a workload hangs on, as one key: equal key, equal outcome."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import jitgate
from jitgate.model.tolerance import tolerance
from jitgate.model.variant import VariantSpec
from jitgate.workloads.spec import WorkloadSpec

ROOT = Path(jitgate.__file__).parent

ALWAYS = ("jitgate.engines.precision", "jitgate.engines.self_checking")
"""What every variant goes through."""


def lineage(workload: WorkloadSpec, variant: VariantSpec, made_on: Mapping[str, object]) -> str | None:
    """20 hex digits over what is tried: source of model and engine, options, tolerance, device and packages.

    None where the source is not jitgate's own: what a user brought along may hang on anything, and is tried every time.
    """
    engines = [variant, *(engine for _, engine in variant.stages)]
    factories = [workload.factory, *(engine.factory for engine in engines)]
    modules = [factory.partition(":")[0] for factory in factories]
    if not all(_file(module) for module in modules):
        return None
    lines = [
        *(f"{name}={value}" for name, value in sorted(made_on.items())),
        *factories,
        workload.scenarios[0],
        repr([(engine.name, engine.precision, engine.options) for engine in engines]),
        repr(tolerance(variant.roughest, workload.tolerance)),
        *([] if workload.token_agreement is None else [repr(workload.token_agreement)]),
        *(f"{path.name} {_digest(path)}" for path in sorted(source((*modules, *ALWAYS)))),
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:20]


@cache
def source(modules: tuple[str, ...]) -> frozenset[Path]:
    """The files of `modules` and of all that they import of this package, found by reading: nothing is imported."""
    pending = set(modules)
    seen: set[str] = set()
    found: set[Path] = set()
    while pending:
        name = pending.pop()
        seen.add(name)
        path = _file(name)
        if path is not None:
            found.add(path)
            pending |= _imports(path) - seen
    return frozenset(found)


@cache
def _file(module: str) -> Path | None:
    """The file of a module of this package; None for one of another package, and for a room itself."""
    first, *rest = module.split(".")
    path = ROOT.joinpath(*rest).with_suffix(".py")
    return path if first == "perf" and rest and path.is_file() else None


@cache
def _imports(path: Path) -> frozenset[str]:
    return frozenset(_named(_tree(path)))


def _named(tree: ast.AST) -> Iterator[str]:
    """Modules that a file imports, inside functions too; not those for the type checker alone."""
    if isinstance(tree, ast.If) and ast.unparse(tree.test) == "TYPE_CHECKING":
        return
    if isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names)
    elif isinstance(tree, ast.ImportFrom) and tree.module:
        yield tree.module
        yield from (f"{tree.module}.{alias.name}" for alias in tree.names)
    for child in ast.iter_child_nodes(tree):
        yield from _named(child)


@cache
def _digest(path: Path) -> str:
    """Of what the code says; comments and layout do nothing."""
    return hashlib.sha256(ast.dump(_tree(path)).encode()).hexdigest()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
