"""A row of the matrix: what is done to a session, and what must be true of it afterwards."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OK, FAILED, INTERRUPTED, USAGE = 0, 1, 2, 4
"""Exit codes of pytest."""

Process = subprocess.Popen[bytes]


def _nothing(_: Path) -> None: ...


def _leave(_: Process, __: Path) -> None: ...


def _always() -> str:
    return ""


@dataclass(frozen=True)
class Session:
    """A pytest session in a folder of its own. variants: of `studies.faults.models`, next to eager.

    made: measurements are made of numbers, and no worker is started. scenarios, limits: in TOML. table: more of it.
    before, after: done to the folder. during: done to the process, which it may wait for. file_limit_bytes: of every
    file that the session writes. environment: more variables.
    lacks: why it can't run on this machine; "" where it can. program: arguments of Python, instead of pytest's.
    tests: files of this repository's own tests that are run instead: what takes more than a session is tried there.
    """

    name: str
    variants: tuple[str, ...] = ("plain",)
    arguments: tuple[str, ...] = ()
    made: bool = False
    workload: str = "mlp"
    workload_name: str = "w"
    scenarios: str = '["s"]'
    limits: str = "min_speedup = 0.01"
    table: str = ""
    before: Callable[[Path], None] = _nothing
    during: Callable[[Process, Path], None] = _leave
    after: Callable[[Path], None] = _nothing
    file_limit_bytes: int | None = None
    environment: tuple[tuple[str, str], ...] = ()
    lacks: Callable[[], str] = _always
    budget_s: float = 5.0
    program: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fault:
    """One fault, in a session that other rows may share.

    part: of the issue it stands for; `holds` for what held before. code: pytest's exit code. says: the sentence, white
    space as it may. there, gone: patterns of paths in the folder that must and must not exist afterwards.
    silent: what must not be said. may_leave: what may be left behind, as it begins. written: what a file must hold.
    test: of the session's files of tests, the test that tries it; `says` is what it looks for.
    """

    part: str
    name: str
    session: Session
    code: int
    says: str
    there: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    may_leave: tuple[str, ...] = ()
    written: tuple[tuple[str, str], ...] = ()
    test: str = ""
