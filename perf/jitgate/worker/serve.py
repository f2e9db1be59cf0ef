"""The loop of a worker: one request in, one answer out, until the host is done or gone."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil

from jitgate.engines.scratch import unpack_in
from jitgate.model.errors import Unavailable, UsageError
from jitgate.worker.out_of_memory import shortage_of
from jitgate.worker.retry_uncapped import with_room
from jitgate.worker.service import WorkerService

WATCH_S = 2.0
"""How often a worker looks whether its host lives: rare enough not to be seen in a measurement."""


def serve(channel: Any, log: str, host_pid: int) -> None:
    """Serve `channel` (execnet) in this process.

    A request is `[name, keywords]` for a method of `WorkerService`. Answers: `["ok", dict]`, `["usage", sentence]`,
    `["unavailable", sentence]`, `["memory", fields of Shortage, traceback]`, `["raised", sentence, traceback]`.
    """
    _own_output(log)
    unpack_in(Path(log).parent)
    # Ctrl-C goes to the whole foreground group; the host decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with, args=(host_pid,), daemon=True).start()
    channel.send(os.getpid())
    service = WorkerService()
    while True:
        try:
            name, keywords = channel.receive()
        except EOFError:
            return
        if name == "stop":
            return
        channel.send(_answer(service, name, keywords, log))


def _answer(service: WorkerService, name: str, keywords: dict[str, Any], log: str) -> list[Any]:
    printed = os.fstat(1).st_size
    try:
        return ["ok", getattr(service, name)(**keywords)]
    except UsageError as problem:
        return ["usage", str(problem)]
    except Unavailable as reason:
        return ["unavailable", str(reason)]
    except Exception as error:  # noqa: BLE001 - whatever a model raises is that variant's failure, and is reported
        shortage = shortage_of(error, _printed_since(log, printed), service.cap)
        if shortage is None:
            first_line = (str(error).splitlines() or [""])[0]
            return ["raised", f"{type(error).__name__}: {first_line}", traceback.format_exc()]
        details = traceback.format_exc()
    # The error is gone by now, and with it what its frames held.
    if shortage.cap_bytes is not None:
        print(shortage.sentence("it", name), file=sys.stderr)  # noqa: T201 - if this process dies now, that is why
        repeat = with_room(service, name, keywords)
        if repeat is not None and service.cap.forgives(repeat.needed_bytes):
            return ["ok", repeat.answer]
        shortage = replace(shortage, needed_bytes=None if repeat is None else repeat.needed_bytes)
    return ["memory", asdict(shortage), details]


def _own_output(log: str) -> None:
    """Send stdout and stderr, Python's and C's, to `log`: its end is the worker's last words."""
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False, errors="backslashreplace")
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False, errors="backslashreplace")
    faulthandler.enable(sys.stderr)


def _printed_since(log: str, begin: int) -> str:
    """What went to stdout and stderr from byte `begin` on."""
    with Path(log).open("rb") as file:
        file.seek(begin)
        return file.read().decode(errors="replace")


def _leave_with(host_pid: int) -> None:
    """End this process when its host has ended, even in the middle of a call."""
    try:
        host = psutil.Process(host_pid)
        there = True
        while there:
            with contextlib.suppress(MemoryError):  # a model under a cap may have left nothing to look with
                there = host.is_running() and host.status() != psutil.STATUS_ZOMBIE
            time.sleep(WATCH_S)
    except psutil.NoSuchProcess:
        pass
    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(1)
