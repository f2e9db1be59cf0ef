"""A small workload, and ways to run it that misbehave; copied into the folder of each session as `models.py`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jitgate

CALL = 150
"""The call in which most of them misbehave: after the first comparisons, in a turn."""

LATER = 500
"""In rounds that count."""


def net() -> Any:
    import torch

    torch.manual_seed(0)
    layers: list[Any] = []
    for _ in range(4):
        layers += [torch.nn.Linear(64, 64), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers)


def mlp() -> Any:
    import torch

    return jitgate.Workload(module=net(), scenarios={"s": (torch.randn(8, 64),)}, threads=1)


def raises_when_built() -> Any:
    raise ValueError("the weights are of another year")


def exits_when_built() -> Any:
    os._exit(9)


def plain(module: Any, example: Any) -> Any:
    import torch

    return torch.nn.Sequential(*module)


def _at(module: Any, what: Callable[[], object], number: int = CALL) -> Callable[[Any], Any]:
    """The module, and `what` in one call."""
    made, count = plain(module, None), 0

    def call(x: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            what()
        return made(x)

    return call


def _raise(error: BaseException) -> Callable[[], object]:
    def raising() -> object:
        raise error

    return raising


def exits_with_3(module: Any, example: Any) -> Any:
    return _at(module, lambda: os._exit(3))


def exits_with_0(module: Any, example: Any) -> Any:
    return _at(module, lambda: os._exit(0))


def calls_sys_exit(module: Any, example: Any) -> Any:
    return _at(module, lambda: sys.exit(0))


def interrupts(module: Any, example: Any) -> Any:
    return _at(module, _raise(KeyboardInterrupt("from the model")))


def closes_generator(module: Any, example: Any) -> Any:
    return _at(module, _raise(GeneratorExit("from the model")))


def ends_file(module: Any, example: Any) -> Any:
    return _at(module, _raise(EOFError("from the model")))


def raises(module: Any, example: Any) -> Any:
    return _at(module, _raise(ValueError("one call of many")))


def raises_at_once(module: Any, example: Any) -> Any:
    return _at(module, _raise(ValueError("in the first call")), 1)


def raises_controls(module: Any, example: Any) -> Any:
    text = "::error file=x::pwned\n::set-output name=a::b\n\x1b[31mred\x1b[0m \u202egnp \x00 %s ]]>"
    return _at(module, _raise(ValueError(text)))


def crashes(module: Any, example: Any) -> Any:
    import ctypes

    return _at(module, lambda: ctypes.string_at(0))


def killed(module: Any, example: Any) -> Any:
    return _at(module, lambda: os.kill(os.getpid(), signal.SIGKILL))


def waits_for_ever(module: Any, example: Any) -> Any:
    def dead() -> None:
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()

    return _at(module, dead)


def stops_20_s(module: Any, example: Any) -> Any:
    def stop() -> None:
        subprocess.Popen(
            ["/bin/sh", "-c", f"sleep 20; kill -CONT {os.getpid()}"], start_new_session=True, env={"PATH": os.defpath}
        )
        os.kill(os.getpid(), signal.SIGSTOP)

    return _at(module, stop, LATER)


def prints_50_mb(module: Any, example: Any) -> Any:
    return _at(module, lambda: print("x" * (50 << 20)))


def prints_and_raises(module: Any, example: Any) -> Any:
    def both() -> None:
        print("y" * (50 << 20))
        raise ValueError("after 50 MB on one line")

    return _at(module, both)


def writes_everywhere(module: Any, example: Any) -> Any:
    def spoil() -> None:
        for number in range(30):
            try:
                os.write(number, b"\x00\xff garbage")
            except OSError:
                continue

    return _at(module, spoil)


def closes_everything(module: Any, example: Any) -> Any:
    return _at(module, lambda: os.closerange(3, 200))


def signals_host(module: Any, example: Any) -> Any:
    return _at(module, lambda: os.kill(os.getppid(), signal.SIGTERM))


def starts_children(module: Any, example: Any) -> Any:
    def start() -> None:
        subprocess.Popen(["sleep", "77"])
        subprocess.Popen(["sleep", "78"], start_new_session=True)
        subprocess.Popen(["sh", "-c", "(setsid sleep 79 &) ; exit 0"])

    return _at(module, start)


def leaves_a_thread(module: Any, example: Any) -> Any:
    return _at(module, lambda: threading.Thread(target=time.sleep, args=(600,)).start())


def more_threads(module: Any, example: Any) -> Any:
    import torch

    return _at(module, lambda: torch.set_num_threads(2), 2)


def other_dtype(module: Any, example: Any) -> Any:
    import torch

    torch.set_default_dtype(torch.float64)
    return plain(module, None)


def other_folder(module: Any, example: Any) -> Any:
    os.chdir("/")
    os.umask(0o777)
    return plain(module, None)


def deaf(module: Any, example: Any) -> Any:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return plain(module, None)


def empty_environment(module: Any, example: Any) -> Any:
    os.environ.clear()
    return plain(module, None)


def slow(module: Any, example: Any) -> Any:
    made = plain(module, None)

    def call(x: Any) -> Any:
        time.sleep(0.1)
        return made(x)

    return call


def spoils_inputs(module: Any, example: Any) -> Any:
    made = plain(module, None)

    def call(x: Any) -> Any:
        found = made(x)
        x.fill_(float("nan"))
        return found

    return call


def wrong(module: Any, example: Any) -> Any:
    made = plain(module, None)
    return lambda x: made(x) * 1.01


def not_finite(module: Any, example: Any) -> Any:
    return _after(module, lambda found: found * float("nan"))


def wrong_later(module: Any, example: Any) -> Any:
    return _after(module, lambda found: found * 2)


def _after(module: Any, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Right in the calls that are compared, and other than that later."""
    made, count = plain(module, None), 0

    def call(x: Any) -> Any:
        nonlocal count
        count += 1
        found = made(x)
        return found if count <= CALL else change(found)

    return call


def removes_results(module: Any, example: Any) -> Any:
    import shutil

    return _at(module, lambda: shutil.rmtree(Path.cwd() / ".jitgate", ignore_errors=True))


def removes_temporary(module: Any, example: Any) -> Any:
    import shutil
    import tempfile

    def remove() -> None:
        for folder in Path(tempfile.gettempdir()).glob("jitgate-run-*"):
            shutil.rmtree(folder, ignore_errors=True)

    return _at(module, remove)


def fills_the_disk(module: Any, example: Any) -> Any:
    import contextlib
    import tempfile

    def fill() -> None:
        with contextlib.suppress(OSError), Path(tempfile.gettempdir(), "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"0" * 4096)

    return _at(module, fill)


def long() -> Any:
    import torch

    return jitgate.Workload(module=net(), scenarios={"n" * 245: (torch.randn(8, 64),)}, threads=1)
