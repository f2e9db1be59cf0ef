"""Part B: saving one thing never stops another, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from studies.faults.fault import FAILED, INTERRUPTED, OK, Fault, Process, Session

EVERYTHING = ("--benchmark-json", "out.json", "--junitxml", "junit.xml", "--jitgate-report", "report.md")
FILES = ("out.json", "junit.xml", "report.md")
ROUNDS = ".jitgate/rounds/*/*/plain.csv"
LONG = "n" * 245
GOES = "import shutil\ndef pytest_runtest_setup():\n    shutil.rmtree('reports', ignore_errors=True)\n"
ENDS_SLOWLY = """
import time
from pathlib import Path

def pytest_sessionfinish():
    Path("ending").touch()
    time.sleep(20)
"""


def a_file_at(*parts: str) -> Callable[[Path], None]:
    """Where a folder is wanted."""

    def before(folder: Path) -> None:
        path = folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("in the way", encoding="utf-8")

    return before


def _report_folder_goes(folder: Path) -> None:
    (folder / "reports").mkdir()
    (folder / "goes.py").write_text(GOES, encoding="utf-8")


def _an_old_report(folder: Path) -> None:
    (folder / "report.md").write_text("all PASS", encoding="utf-8")


def _in_rounds(folder: Path) -> None:
    """Wait until rounds are being made."""
    log = folder.with_name(f"{folder.name}.log")
    for _ in range(2400):
        if ": round 3" in log.read_text(errors="replace") or any((folder / ".jitgate").glob("unfinished/*/*/*/*.csv")):
            return
        time.sleep(0.05)


def _signalled(*numbers: int, pause_s: float = 0.05) -> Callable[[Process, Path], None]:
    def during(process: Process, folder: Path) -> None:
        _in_rounds(folder)
        for number in numbers:
            process.send_signal(number)
            time.sleep(pause_s)

    return during


def _twice_at_the_end(process: Process, folder: Path) -> None:
    """The second one comes while the session ends, which a plugin makes long."""
    _in_rounds(folder)
    process.send_signal(signal.SIGINT)
    for _ in range(1200):
        if (folder / "ending").exists():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)


def _ends_slowly(folder: Path) -> None:
    (folder / "ends.py").write_text(ENDS_SLOWLY, encoding="utf-8")


def _lost_history(folder: Path) -> None:
    """The store is damaged, and a file lies where runs wait for it."""
    (folder / ".jitgate").mkdir()
    (folder / ".jitgate" / "history.db").write_bytes(b"no database" * 1000)
    (folder / ".jitgate" / "history-spool").write_text("in the way", encoding="utf-8")


def _after_a_killed_run(folder: Path) -> None:
    """A run was killed here in its rounds."""
    unfinished = folder / ".jitgate" / "unfinished" / "2026-11-27-120000-4711"
    (unfinished / "w" / "s").mkdir(parents=True)
    (unfinished / "w" / "s" / "plain.csv").write_text("eager,plain\n0.01,0.009\n", encoding="utf-8")
    (unfinished / "owner.lock").touch()


def no_signals() -> str:
    """Whether a process can be sent SIGINT alone."""
    return "this system can't send SIGINT to one process" if os.name == "nt" else ""


LONG_RUN = "alpha = 0.000001\n"
UNDECIDED = "min_speedup = 1.0"
LASTING = Session("lasting", table=LONG_RUN, limits=UNDECIDED, budget_s=600.0, lacks=no_signals)
"""Rounds that go on until a signal comes."""

SAVING = [
    Fault(
        *("B", "a file lies where the rounds folder goes"),
        Session("rounds-file", made=True, arguments=EVERYTHING, before=a_file_at(".jitgate", "rounds")),
        *(FAILED, "NOT SAVED the rounds of w s: Not a directory"),
        there=(*FILES, ".jitgate/history.db"),
    ),
    Fault(
        *("B", "a file lies where .jitgate goes"),
        Session(
            "jitgate-file", made=True, arguments=(*EVERYTHING, "--jitgate-cache", "cache"), before=a_file_at(".jitgate")
        ),
        *(FAILED, "NOT SAVED the rounds of w s: Not a directory"),
        there=FILES,
    ),
    Fault(
        *("B", "names of 245 letters"),
        Session("long", made=True, workload_name=LONG, scenarios=f'["{LONG}"]', arguments=EVERYTHING),
        *(OK, "recommended"),
        there=(*FILES, ROUNDS),
    ),
    Fault(
        *("B", "names of 245 letters, and workers"),
        Session("long-real", workload="long", workload_name=LONG, scenarios=f'["{LONG}"]', arguments=EVERYTHING),
        *(OK, "recommended"),
        there=(*FILES, ROUNDS),
    ),
    Fault(
        *("B", "the run can neither be stored in the history nor wait for it"),
        Session("lost-history", made=True, arguments=EVERYTHING, before=_lost_history),
        *(FAILED, "RED: NOT SAVED the run in the history"),
        there=(*FILES, ROUNDS),
        written=(("report.md", "NOT SAVED the run in the history"),),
    ),
    Fault(
        *("B", "a name of 251 letters"),
        Session("too-long", made=True, workload_name="n" * 251),
        *(4, "a name has at most 250 characters, and this one has 251"),
    ),
    Fault(
        *("B", "the folder of the report vanishes while the session runs"),
        Session(
            "report-gone",
            made=True,
            arguments=("-p", "goes", *EVERYTHING[:4], "--jitgate-report", "reports/report.md"),
            before=_report_folder_goes,
        ),
        *(FAILED, "NOT SAVED the report"),
        there=(*FILES[:2], ROUNDS),
    ),
    Fault(
        *("B", "the summary is switched off (-p no:terminal)"),
        Session("no-terminal", made=True, arguments=("-p", "no:terminal", *EVERYTHING)),
        *(OK, ""),
        there=(*FILES, ROUNDS),
    ),
    Fault(
        *("B", "Ctrl-C in the rounds"),
        replace(LASTING, name="interrupted", arguments=EVERYTHING, during=_signalled(signal.SIGINT)),
        *(INTERRUPTED, "w s on cpu:"),
        there=(*FILES, ROUNDS),
        gone=(".jitgate/unfinished/*/*/*/*.csv",),
    ),
    Fault(
        *("B", "SIGTERM in the rounds"),
        replace(LASTING, name="terminated", arguments=EVERYTHING, during=_signalled(signal.SIGTERM)),
        *(INTERRUPTED, "w s on cpu:"),
        there=(*FILES, ROUNDS),
    ),
    Fault(
        *("B", "Ctrl-C twice at once"),
        replace(LASTING, name="at-once", arguments=EVERYTHING, during=_signalled(signal.SIGINT, signal.SIGINT)),
        *(INTERRUPTED, "w s on cpu:"),
        there=(ROUNDS,),
    ),
    Fault(
        *("B", "Ctrl-C again while the session ends"),
        replace(
            LASTING,
            name="at-end",
            arguments=("-p", "ends", *EVERYTHING),
            before=_ends_slowly,
            during=_twice_at_the_end,
        ),
        *(INTERRUPTED, "interrupted while it saved: stopped at once"),
        there=(ROUNDS, "report.md"),
    ),
    Fault(
        *("B", "pytest is killed in the rounds"),
        replace(LASTING, name="killed", during=_signalled(9)),
        *(-9, "w s: round"),
        may_leave=("temporary jitgate-run-",),
        there=(".jitgate/unfinished/*/w/s/plain.csv",),
    ),
    Fault(
        *("B", "the run before was killed"),
        Session("after-killed", made=True, before=_after_a_killed_run),
        *(OK, "an earlier run was killed; its rounds lie in"),
        there=(".jitgate/unfinished/*/w/s/plain.csv",),
        gone=(".jitgate/unfinished/*/owner.lock",),
    ),
]
