"""The host's side of one worker process."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import time
import uuid
from pathlib import Path
from typing import Any

import execnet
import psutil

from jitgate.device.orphans import end_marked, marking
from jitgate.model.error_words import cut, shortly
from jitgate.model.errors import UsageError
from jitgate.model.failure import Failure, FailureKind, RequestError
from jitgate.model.file_problem import failed_write, folders_of, full_place
from jitgate.model.interpreter import Interpreter
from jitgate.model.out_of_memory import OutOfMemory
from jitgate.model.printable import printable_line
from jitgate.model.requests import Request
from jitgate.model.source_tree import SourceTree
from jitgate.model.wire import pack_request, unpack
from jitgate.pool.exit_status import of_death
from jitgate.pool.guarded_pipe import GuardedPipe
from jitgate.pool.worker_start import address, start_of

Inbox = queue.Queue[tuple["Worker", Any]]

ENDED = "ended"
"""What the inbox gets when a worker's channel closes."""

STOPPED = (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)

LEAVES_S = 5.0
"""A process whose connection has ended ends within this, unless it goes on without it."""

LAST_WORDS = 12
"""Lines of stderr that a failure quotes: a C++ abort with its hint fits."""

LAST_BYTES = 1 << 14
"""Of its output that are read for them: a model may print megabytes on one line."""


class Worker:
    """One process behind an execnet gateway. Answers arrive in `inbox`, which workers may share.

    tree: the checkout that it imports from; None for the head, of which bad input is raised as `UsageError`.
    interpreter: the Python that it runs in where its tree has none of its own; None for this one.
    """

    def __init__(
        self,
        name: str,
        group: execnet.Group,
        inbox: Inbox,
        log: Path,
        tree: SourceTree | None = None,
        interpreter: Interpreter | None = None,
    ) -> None:
        self.name = name
        self.tree = tree
        self.failure: Failure | None = None
        self.memory_limit_bytes: int | None = None
        self.asked: Request[Any] | None = None
        self.asked_at = 0.0
        self._ended = False
        self._inbox = inbox
        self._log = log
        python = tree.python if tree is not None else None
        python = python or (interpreter.path if interpreter is not None else None)
        packages = interpreter.packages if interpreter is not None else {}
        self._mark = uuid.uuid4().hex
        with marking(self._mark):
            self._gateway = group.makegateway(f"popen//execmodel=main_thread_only{address(python)}")
        self._pipe = GuardedPipe(self._gateway)
        source = start_of(python, packages).format(path=list(sys.path), log=str(log), host=os.getpid())
        self._channel = self._gateway.remote_exec(source)
        self._process: psutil.Process | None = None

    def greet(self, timeout_s: float) -> None:
        """Wait for the first sign of life; from here on answers go to the inbox."""
        try:
            self._process = psutil.Process(self._channel.receive(timeout=timeout_s))
        except (EOFError, self._channel.TimeoutError, self._channel.RemoteError, psutil.NoSuchProcess) as error:
            self.fail(FailureKind.DIED, f"worker {self.name} did not start: {shortly(error)}")
            return
        self._channel.setcallback(lambda message: self._inbox.put((self, message)), endmarker=ENDED)

    @property
    def pid(self) -> int | None:
        """Process id, for messages and tests."""
        return self._process.pid if self._process else None

    @property
    def stopped(self) -> bool:
        """Whether a signal has stopped its process, which goes on with SIGCONT."""
        with contextlib.suppress(psutil.Error):
            return self._process is not None and self._process.status() in STOPPED
        return False

    @property
    def alive(self) -> bool:
        """Whether this worker can still be asked."""
        return self.failure is None

    def ask(self, request: Request[Any]) -> None:
        """Send a request; the answer comes to the inbox."""
        self.asked, self.asked_at = request, time.monotonic()
        try:
            self._channel.send(pack_request(request))
        except OSError:
            self._inbox.put((self, ENDED))

    def read(self, message: Any) -> Any:
        """The answer to what was asked, or None and `failure` is set. UsageError is raised."""
        request, self.asked = self.asked, None
        if message == ENDED or request is None:
            if self.failure is None and not self._ended:
                self._note_end(request)
            return None
        try:
            what, plain = message
            if what == "answer":
                return unpack(request.answer_type(), plain)
            error = unpack(RequestError, plain)
        except Exception as problem:  # noqa: BLE001 - whatever the converter makes of what a model has sent
            said = f"worker {self.name} answered {request.phase} with what is no answer: {shortly(problem)}"
            self.fail(FailureKind.DIED, said)
            return None
        if error.kind is FailureKind.USAGE and self.tree is None:
            raise UsageError(error.message)
        sentence = error.message
        if error.kind in (FailureKind.RAISED, FailureKind.USAGE):
            sentence = f"{self.name} raised in {request.phase}: {error.message}"
        elif error.out_of_memory is not None:
            sentence = error.out_of_memory.sentence(self.name, request.phase)
        kind = FailureKind.RAISED if error.kind is FailureKind.USAGE else error.kind
        self.fail(kind, sentence, error.traceback, error.out_of_memory)
        return None

    def has_died(self) -> bool:
        """Whether the process has ended unasked, and `failure` is set: a child of it may keep its channel open."""
        if self._process is None or self._ended:
            return False
        with contextlib.suppress(psutil.NoSuchProcess):
            if self._process.is_running() and self._process.status() != psutil.STATUS_ZOMBIE:
                return False
        self.read(ENDED)
        return True

    def fail(
        self, kind: FailureKind, sentence: str, details: str = "", out_of_memory: OutOfMemory | None = None
    ) -> None:
        """This worker has failed; its process is ended."""
        words = self._last_words()
        parts = [details.rstrip()] if details else []
        if words and kind is not FailureKind.UNAVAILABLE:
            parts.append(f"end of its output:\n{words}")
        self.failure = Failure(kind, sentence, "\n".join(parts), out_of_memory)
        self.kill()

    def end(self) -> None:
        """End the process, without a failure."""
        self._ended = True
        self.kill()

    def kill(self) -> None:
        """End the process and what it has started (compilers, children of a model), now."""
        if self._process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [*self._process.children(recursive=True), self._process]
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            psutil.wait_procs(family, timeout=5)
        end_marked(self._mark)

    def _note_end(self, request: Request[Any] | None) -> None:
        code = None
        phase = None if request is None else request.phase
        where = f" in {phase}" if phase else ""
        alone = "a model must leave alone file descriptors that it has not opened"
        if self._pipe.odd:
            odd = printable_line(self._pipe.odd.decode(errors="replace"))
            said = f"wrote into its connection to pytest{where} what is no answer, and begins with '{odd}'"
            self.fail(FailureKind.DIED, f"worker {self.name} {said}: {alone}")
            return
        if self._process is not None:
            try:
                code = self._process.wait(timeout=LEAVES_S)
            except psutil.TimeoutExpired:
                self.fail(FailureKind.DIED, f"worker {self.name} closed its connection to pytest{where}: {alone}")
                return
            except psutil.Error:
                code = None
        kind, sentence, lacking = of_death(self.name, code, phase, self._last_words(), self.memory_limit_bytes)
        if request is not None and lacking is None:
            # Native code may end the process where it can't write.
            full = full_place([*folders_of(request), self._log.parent]) or failed_write(self._printed())
            sentence = f"{sentence}, and {full}" if full else sentence
        self.fail(kind, sentence, out_of_memory=lacking)

    def _last_words(self) -> str:
        return "\n".join(cut(line.rstrip()) for line in self._printed().splitlines()[-LAST_WORDS:])

    def _printed(self) -> str:
        """The end of its output."""
        with contextlib.suppress(OSError), self._log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - LAST_BYTES))
            return file.read(LAST_BYTES).decode(errors="replace")
        return ""
