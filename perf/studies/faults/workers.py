"""Part C: what a model does to its worker, and what is said of it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from studies.faults.fault import FAILED, OK, USAGE, Fault, Session

SLOW_IMPORT = """
import sys, time

class Slow:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "torch":
            sys.meta_path.remove(Slow)
            time.sleep(25)

sys.meta_path.insert(0, Slow)
"""


def _torch_is_slow(folder: Path) -> None:
    """In each process that looks for modules in this folder."""
    (folder / "sitecustomize.py").write_text(SLOW_IMPORT, encoding="utf-8")


def not_posix() -> str:
    """Signals between processes are POSIX's."""
    return "this system has no such signals" if sys.platform == "win32" else ""


ENDS = Session(
    "ends",
    (
        *("exits_with_3", "exits_with_0", "calls_sys_exit", "interrupts", "closes_generator", "ends_file"),
        *("raises", "raises_controls", "plain"),
    ),
)
"""Variants that end in a call, and one that does not: its verdict is still PASS."""

PRINTS = Session("prints", ("prints_50_mb", "prints_and_raises", "writes_everywhere", "closes_everything", "plain"))

PROCESSES = Session(
    "processes",
    ("crashes", "killed", "stops_20_s", "signals_host", "starts_children", "leaves_a_thread", "plain"),
    lacks=not_posix,
    budget_s=20.0,
)

STATE = Session(
    "state",
    ("more_threads", "other_dtype", "other_folder", "deaf", "empty_environment", "plain"),
    limits='max_memory = "4GiB"',  # what a busy machine decides is not asked here
    lacks=not_posix,
)

OUTPUTS = Session("outputs", ("wrong", "wrong_later", "not_finite", "spoils_inputs", "plain"))

SLOW = Session("slow", ("slow", "plain"), budget_s=12.0)

HANGS = Session("hangs", ("waits_for_ever", "plain"), arguments=("--jitgate-timeout", "20"))

BUILD_RAISES = Session("build-raises", workload="raises_when_built", scenarios='["s", "t"]')

BUILD_EXITS = replace(BUILD_RAISES, name="build-exits", workload="exits_when_built")

CODE_0 = "exited with code 0 (it called os._exit, or touched file descriptors that it had not opened)"

WORKERS = [
    Fault("C", "os._exit(3) in a call", ENDS, FAILED, "worker exits_with_3 exited with code 3 in a call"),
    Fault("C", "os._exit(0) in a call", ENDS, FAILED, f"worker exits_with_0 {CODE_0} in a call"),
    Fault(
        "C",
        "sys.exit(0) in a call",
        ENDS,
        FAILED,
        "calls_sys_exit raised in a call: SystemExit (0): it called sys.exit",
    ),
    Fault(
        "C",
        "KeyboardInterrupt from a call",
        ENDS,
        FAILED,
        "interrupts raised in a call: KeyboardInterrupt (from the model)",
    ),
    Fault(
        "C",
        "GeneratorExit from a call",
        ENDS,
        FAILED,
        "closes_generator raised in a call: GeneratorExit (from the model)",
    ),
    Fault("holds", "EOFError from a call", ENDS, FAILED, "ends_file raised in a call: EOFError: from the model"),
    Fault(
        "holds", "ValueError in one call of many", ENDS, FAILED, "raises raised in a call: ValueError: one call of many"
    ),
    Fault(
        *("D", "control characters and ::commands in an error", ENDS, FAILED, "raises_controls raised in a call"),
        silent=("\x1b[31m", "\u202e"),
    ),
    Fault("holds", "the others of a workload go on", ENDS, FAILED, "recommended for w s on cpu:"),
    Fault("C", "50 MB on one line", PRINTS, FAILED, "prints_50_mb"),
    Fault("C", "50 MB on one line, then an error", PRINTS, FAILED, "ValueError: after 50 MB on one line"),
    Fault(
        *("C", "a model writes into the worker's pipe", PRINTS, FAILED),
        "worker writes_everywhere wrote into its connection to pytest in a call what is no answer, and begins with",
    ),
    Fault(
        *("C", "a model closes all file descriptors", PRINTS, FAILED),
        f"worker closes_everything {CODE_0} in a call",
    ),
    Fault("holds", "a segmentation fault", PROCESSES, FAILED, "worker crashes was killed by SIGSEGV"),
    Fault("holds", "SIGKILL", PROCESSES, FAILED, "worker killed was killed by SIGKILL"),
    Fault(
        *("C", "a worker stands still for 20 s (SIGSTOP)", PROCESSES, FAILED),
        "a signal had stopped a worker (SIGSTOP): stops_20_s for",
    ),
    Fault(
        *("C", "a model sends SIGTERM to pytest", PROCESSES, FAILED),
        "signals_host raised in a call: RuntimeError: it sends SIGTERM to process",
    ),
    Fault("B", "children, detached and not, end with their worker", PROCESSES, FAILED, "starts_children"),
    Fault("holds", "a thread that goes on for ten minutes", PROCESSES, FAILED, "leaves_a_thread"),
    Fault("C", "another number of threads", STATE, OK, "torch has 2 threads in more_threads and 1 thread in eager"),
    Fault("C", "another default dtype", STATE, OK, "other_dtype has changed the default dtype from torch.float32"),
    Fault(
        *("C", "another working directory and umask", STATE, OK),
        "other_folder has changed the working directory (put back), the umask (put back)",
    ),
    Fault("C", "signals switched off in the worker", STATE, OK, "deaf has changed what SIGINT does (put back)"),
    Fault("holds", "an empty environment", STATE, OK, "empty_environment"),
    Fault("holds", "a wrong output", OUTPUTS, FAILED, "FAIL w/s/wrong"),
    Fault("A", "wrong in later calls", OUTPUTS, FAILED, "No figure of wrong_later can be believed"),
    Fault("A", "NaN in later calls", OUTPUTS, FAILED, "No figure of not_finite can be believed"),
    Fault("holds", "a model overwrites its inputs", OUTPUTS, FAILED, "spoils_inputs"),
    Fault("C", "one variant 1,000 times slower than the others", SLOW, FAILED, "9 of 10 gates held"),
    Fault(
        "holds", "a call that does not end", HANGS, FAILED, "worker waits_for_ever did not finish a call within 20 s"
    ),
    Fault(
        *("C", "torch takes 25 s to import, and a call may take 20 s"),
        Session("slow-torch", arguments=("--jitgate-timeout", "20"), before=_torch_is_slow),
        *(OK, "recommended"),
        silent=("did not finish",),
    ),
    Fault(
        *("C", "the factory of the only workload raises", BUILD_RAISES, USAGE),
        "ValueError: the weights are of another year",
        silent=("opened just before", "was stopped"),
    ),
    Fault("C", "the factory ends the process", BUILD_EXITS, FAILED, "exited with code 9 in building the model"),
]
