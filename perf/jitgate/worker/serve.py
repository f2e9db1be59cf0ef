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
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psutil

from jitgate.device.orphans import MARK, adopt_orphans, end_marked
from jitgate.engines.scratch import unpack_in
from jitgate.model.error_words import shortly, with_place
from jitgate.model.errors import Unavailable, UsageError
from jitgate.model.failure import FailureKind, RequestError
from jitgate.model.file_problem import folders_of, full_disk
from jitgate.model.printable import printable
from jitgate.model.requests import Request
from jitgate.model.wire import pack, unpack_request
from jitgate.worker.host_guard import guard_host
from jitgate.worker.out_of_memory import out_of_memory
from jitgate.worker.retry_uncapped import retry_uncapped
from jitgate.worker.service import WorkerService

AnswerT = TypeVar("AnswerT")

LAST_BYTES = 1 << 16
"""Of what a model prints in one request, how much is looked through for what it says of memory."""

WATCH_S = 2.0
"""How often a worker checks that its host runs: rare enough not to show in a measurement."""


def serve(channel: Any, log: str, host_pid: int) -> None:
    """Serve `channel` (execnet) in this process: requests in, `["answer", plain]` or `["error", plain]` out.

    Plain values are those of `jitgate.model.wire`; an error is a `RequestError`.
    """
    _own_output(log)
    unpack_in(Path(log).parent)
    adopt_orphans()
    # Ctrl-C goes to the whole foreground group; the host decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    guard_host(host_pid)
    threading.Thread(target=_leave_with, args=(host_pid,), daemon=True).start()
    channel.send(os.getpid())
    service = WorkerService()
    while True:
        try:
            message = channel.receive()
        except EOFError:
            return
        found = answer(service, unpack_request(message), log)
        channel.send(["error" if isinstance(found, RequestError) else "answer", pack(found)])


def answer(service: WorkerService, request: Request[AnswerT], log: str) -> AnswerT | RequestError:
    """The answer, or how the request failed; `log` has what was printed meanwhile."""
    printed = os.fstat(1).st_size
    folders = [Path(log).parent, *folders_of(request)]
    try:
        return service.answer(request)
    except UsageError as problem:
        return RequestError(FailureKind.USAGE, str(problem))
    except Unavailable as reason:
        if full := full_disk(reason, folders):  # an exporter's refusal may be the disk's
            return RequestError(FailureKind.RAISED, f"{full} ({shortly(reason)})")
        return RequestError(FailureKind.UNAVAILABLE, str(reason))
    except BaseException as error:  # noqa: BLE001 - whatever a model raises is that variant's failure, sys.exit too
        lacking = out_of_memory(error, _printed_since(log, printed), service.cap)
        full = full_disk(error, folders)
        message = f"{full} ({with_place(error)})" if full else with_place(error)
        details = printable(traceback.format_exc())
        if lacking is None:
            return RequestError(FailureKind.RAISED, message, details)
    # The error is gone by now, and with it what its frames held.
    if lacking.cap_bytes is not None:
        sentence = lacking.sentence("it", request.phase)
        print(sentence, file=sys.stderr)  # noqa: T201 - if this process dies now, that is why
        uncapped = retry_uncapped(service, request)
        if uncapped is not None and service.cap.refused_early(uncapped.needed_bytes):
            return uncapped.answer
        lacking = replace(lacking, needed_bytes=None if uncapped is None else uncapped.needed_bytes)
    return RequestError(FailureKind.OUT_OF_MEMORY, message, details, lacking)


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
    """What went to stdout and stderr from byte `begin` on, or the end of it."""
    with contextlib.suppress(OSError), Path(log).open("rb") as file:
        file.seek(max(begin, file.seek(0, os.SEEK_END) - LAST_BYTES))
        return file.read(LAST_BYTES).decode(errors="replace")
    return ""


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
    end_marked(os.environ.get(MARK, ""))
    os._exit(1)
