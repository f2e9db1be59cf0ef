"""What modules of a checkout import of other packages, read from their source: nothing is executed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jitgate_cosyvoice.checkout.allowed import OWN


def needed(modules: Iterable[str], folders: Sequence[Path]) -> list[str]:
    """Dotted names of others' modules that importing `modules` imports, in that order; each once.

    folders: where the checkout's packages lie. What a function imports when it is called, and what stands in a `try`
    or below a condition, can be done without.
    """
    todo = list(modules)
    seen: set[str] = set()
    found: dict[str, None] = {}
    while todo:
        name = todo.pop(0)
        parents = [name.rsplit(".", level)[0] for level in range(1, name.count(".") + 1)]
        for each in (*reversed(parents), name):
            path = _file(each, folders)
            if path is None or each in seen:
                continue
            seen.add(each)
            for imported in _imports(path, each):
                if imported.partition(".")[0] in OWN:
                    todo.append(imported)
                elif imported.partition(".")[0] not in sys.stdlib_module_names:
                    found[imported] = None
    return list(found)


def _file(module: str, folders: Sequence[Path]) -> Path | None:
    for folder in folders:
        path = folder.joinpath(*module.split("."))
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return file
    return None


def _imports(path: Path, module: str) -> Iterator[str]:
    try:
        body = ast.parse(path.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return  # importing it says what is wrong with it
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            above = package.rsplit(".", statement.level - 1)[0] if statement.level > 1 else package
            base = ".".join(filter(None, (above if statement.level else "", statement.module)))
            yield base
            if base.partition(".")[0] in OWN:  # a name may be a module of the package
                yield from (f"{base}.{alias.name}" for alias in statement.names)
