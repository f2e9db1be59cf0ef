"""Runs the session of a fault in a folder of its own, and looks at what is left of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import psutil

from studies.faults import models
from studies.faults.fault import Fault, Session

PERF = Path(__file__).parents[2]
ROOT = PERF.parent
MARK = "FAULTS_SESSION"
LEAVES_S = 15.0
"""A worker looks every two seconds whether its host is still there."""

LONGEST_S, LONGEST_TESTS_S = 300.0, 1500.0
"""No session of these, and no file of tests, takes so long on its own; what does has hung."""

LONGEST_LOG = 2 << 20
"""Bytes of a log that somebody may still read."""

THEIRS = ("PYTEST_", "COV_", "GITHUB_", "TOX_", "JITGATE_")
DECIDES = ("CI", "BUILD_NUMBER", "FORCE_COLOR", "PY_COLORS", "NO_COLOR", "TERM")
"""Variables that change what pytest prints or what a session does."""

_OURS = re.compile(
    r'^\s*File "[^"]*[/\\]jitgate[/\\](?:plugin|measure|gates|history|report|pool|config|cli|trees)[/\\]', re.MULTILINE
)
"""A line of a traceback that lies in the host's code. What lies in a worker's belongs to an error of the model."""

MADE = """
from jitgate.plugin import measuring
from studies.faults.made import MadeMeasurements

measuring.Measurements = MadeMeasurements
"""

LIMITED = """
import resource, signal, sys, pytest
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
sys.exit(pytest.main())
"""

TABLE = """
[tool.jitgate.workloads."{name}"]
factory = "models:{workload}"
scenarios = {scenarios}
variants = {variants}
"""

VARIANT = """
[tool.jitgate.variants."{name}"]
factory = "models:{name}"
"""

GATE = """
[[tool.jitgate.gates]]
variant = "{name}"
{limits}
"""


@dataclass(frozen=True)
class Ran:
    """What became of a session. said: all that it wrote, white space as single blanks. left: what it left running,
    locked or half-written. lacks: why it was not run here."""

    code: int | None
    output: str
    left: tuple[str, ...]
    folder: Path
    took_s: float
    lacks: str = ""

    @property
    def said(self) -> str:
        return " ".join(self.output.split())


def problems(fault: Fault, ran: Ran) -> list[str]:
    """What is not as the row says; [] where all is."""
    found = []
    if ran.code != fault.code:
        green = "green on red: " if fault.code and ran.code == 0 else ""
        found.append(f"{green}exit code {ran.code}, not {fault.code}")
    says = f"PASSED {fault.test}" if fault.test else fault.says
    if " ".join(says.split()) not in ran.said:
        found.append(f"not said: {says}")
    if len(ran.output) > LONGEST_LOG:
        found.append(f"a log of {len(ran.output)} characters")
    found += [f"said: {each}" for each in fault.silent if each in ran.said]
    found += [f"lost: {each}" for each in fault.there if not any(ran.folder.glob(each))]
    found += [f"is there: {each}" for each in fault.gone if any(ran.folder.glob(each))]
    found += [f"lost: {text} in {name}" for name, text in fault.written if text not in _text(ran.folder / name)]
    if "INTERNALERROR" in ran.output or _OURS.search(ran.output):
        found.append("a traceback of jitgate's own")
    # What compilers keep between tests stays; pytest's own folders too.
    may_leave = (*fault.may_leave, *(("temporary",) if fault.test else ()))
    return [*found, *(f"left: {each}" for each in ran.left if not each.startswith(may_leave or "\0"))]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


_RAN: dict[Session, Ran] = {}


def run(session: Session) -> Ran:
    """Run it, once for all rows that share it; the folder stays until it is forgotten."""
    if session not in _RAN:
        lacks = session.lacks()
        _RAN[session] = Ran(None, "", (), Path(), 0.0, lacks) if lacks else _run(session)
    return _RAN[session]


def _run(session: Session) -> Ran:
    folder = Path(tempfile.mkdtemp(prefix="jitgate-fault-"))
    _lay_out(folder, session)
    session.before(folder)
    mark, began, log = uuid.uuid4().hex, time.monotonic(), _log_of(folder)
    # What a shell starts in its background ignores SIGINT, and so would all that is started here.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with log.open("wb") as file:
            process = subprocess.Popen(  # noqa: S603 - a command of ours
                command(session),
                cwd=ROOT if session.tests else folder,
                env=_environment(folder, session, mark),
                stdout=file,
                stderr=file,
            )
            try:
                session.during(process, folder)
                code: int | None = process.wait(LONGEST_TESTS_S if session.tests else LONGEST_S)
            except subprocess.TimeoutExpired:
                process.kill()
                code = None
        took_s = time.monotonic() - began
        left = (*_processes(mark), *_folders(folder), *_locks(folder))
    finally:
        signal.signal(signal.SIGINT, before)
        session.after(folder)
    return Ran(code, log.read_text(errors="replace"), left, folder, took_s)


def forget(session: Session) -> None:
    """Remove what it has written, if it was run."""
    ran = _RAN.pop(session, None)
    if ran is None or ran.lacks:
        return
    shutil.rmtree(ran.folder, ignore_errors=True)
    _log_of(ran.folder).unlink(missing_ok=True)


def _log_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.log")


def command(session: Session) -> list[str]:
    """As a user would type it."""
    # The benchmarks lie below this repository's conftest.py here, and a wheel's do not: its plugins stay out.
    without = ["-p", "no:randomly", "-p", "no:jitgate_cosyvoice", "-p", "no:cacheprovider"]
    if session.program:
        return [sys.executable, *session.program]
    if session.tests:
        return [sys.executable, "-m", "pytest", *without[:2], *without[4:], "-m", "", "-q", "-rp", *session.tests]
    chosen = [
        "--jitgate-device",
        "cpu",
        "--jitgate-noisy-rounds",
        "include",
        "--jitgate-extras",
        "skip",
        "--jitgate-verbose",
    ]
    tests = ["--jitgate-budget", str(session.budget_s), "--pyargs", "jitgate.benchmarks"]
    limit = [] if session.file_limit_bytes is None else ["-c", LIMITED.format(size=session.file_limit_bytes)]
    return [sys.executable, *(limit or ["-m", "pytest"]), *without, *chosen, *tests, *session.arguments]


def _lay_out(folder: Path, session: Session) -> None:
    shutil.copy(Path(__file__).with_name("models.py"), folder / "models.py")
    if session.made:
        (folder / "conftest.py").write_text(MADE, encoding="utf-8")
    variants = ["eager", *session.variants]
    parts = [session.table if session.table.startswith("[") else f"[tool.jitgate]\n{session.table}"]
    parts.append(
        TABLE.format(
            name=session.workload_name, workload=session.workload, scenarios=session.scenarios, variants=variants
        )
    )
    parts += [VARIANT.format(name=name) for name in session.variants if hasattr(models, name)]
    parts += [GATE.format(name=name, limits=session.limits) for name in session.variants if session.limits]
    (folder / "pyproject.toml").write_text("".join(parts), encoding="utf-8")
    (folder / "tmp").mkdir()


def _environment(folder: Path, session: Session, mark: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(THEIRS) and name not in DECIDES}
    return {
        **own,
        "JITGATE_LOCKS": str(folder / ".locks"),
        "TMPDIR": str(folder / "tmp"),
        "TMP": str(folder / "tmp"),
        "COLUMNS": "400",
        "PYTHONPATH": os.pathsep.join([str(folder), str(PERF)]),
        MARK: mark,
        **dict(session.environment),
    }


def _processes(mark: str) -> Iterator[str]:
    """What still runs of the session once its workers have noticed its end, and is ended now."""
    deadline = time.monotonic() + LEAVES_S
    while time.monotonic() < deadline and any(_marked(mark)):
        time.sleep(0.5)
    for process in _marked(mark):
        yield f"process {' '.join(process.info['cmdline'] or ())[:80]}"
        process.kill()


def _marked(mark: str) -> Iterator[Any]:
    for process in psutil.process_iter(["environ", "cmdline"]):
        if (process.info["environ"] or {}).get(MARK) == mark:
            yield process


def _folders(folder: Path) -> Iterator[str]:
    for path in (folder / "tmp").iterdir():
        yield f"temporary {path.name}"
    for path in (folder / ".jitgate").rglob("*draft*"):
        yield f"half-written {path.name}"


def _locks(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.lock"):
        try:
            with filelock.FileLock(path).acquire(timeout=0):
                continue
        except filelock.Timeout:
            yield f"locked {path.name}"
        except OSError:
            continue
