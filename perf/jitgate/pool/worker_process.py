"""The host's side of one worker process."""

from __future__ import annotations

import contextlib
import os
import queue
import sys
import time
from pathlib import Path
from typing import Any

import execnet
import psutil

from jitgate.model.errors import UsageError
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.out_of_memory import Shortage
from jitgate.pool.exit_status import of_death

Answer = dict[str, Any]
Inbox = queue.Queue[tuple["Worker", Any]]

ENDED = "ended"
"""What the inbox gets when a worker's channel closes."""

LAST_WORDS = 12
"""Lines of stderr that a failure quotes: a C++ abort with its hint fits."""

_START = """
import sys
sys.path[:] = {path!r}
from jitgate.worker.serve import serve
serve(channel, {log!r}, {host!r})
"""


class Worker:
    """One process behind an execnet gateway. Answers arrive in `inbox`, which workers may share."""

    def __init__(self, name: str, group: execnet.Group, inbox: Inbox, log: Path) -> None:
        self.name = name
        self.failure: Failure | None = None
        self.memory_limit_bytes: int | None = None
        self.asked: str | None = None
        self.asked_at = 0.0
        self._ended = False
        self._inbox = inbox
        self._log = log
        # Without `python=` it is this interpreter, whatever spaces and backslashes are in its path.
        self._gateway = group.makegateway("popen//execmodel=main_thread_only")
        source = _START.format(path=list(sys.path), log=str(log), host=os.getpid())
        self._channel = self._gateway.remote_exec(source)
        self._process: psutil.Process | None = None

    def greet(self, timeout_s: float) -> None:
        """Wait for the first sign of life; from here on answers go to the inbox."""
        try:
            self._process = psutil.Process(self._channel.receive(timeout=timeout_s))
        except (EOFError, self._channel.TimeoutError, self._channel.RemoteError, psutil.NoSuchProcess) as error:
            self.fail(FailureKind.DIED, f"worker {self.name} did not start: {error}")
            return
        self._channel.setcallback(lambda message: self._inbox.put((self, message)), endmarker=ENDED)

    @property
    def pid(self) -> int | None:
        """Process id, for messages and tests."""
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        """Whether this worker can still be asked."""
        return self.failure is None

    def ask(self, request: str, **keywords: Any) -> None:
        """Send a request; the answer comes to the inbox."""
        self.asked, self.asked_at = request, time.monotonic()
        try:
            self._channel.send([request, keywords])
        except OSError:
            self._inbox.put((self, ENDED))

    def read(self, message: Any) -> Answer | None:
        """Make sense of what came to the inbox: the answer, or None and `failure` is set. UsageError is raised."""
        request, self.asked = self.asked, None
        if message == ENDED:
            if self.failure is None and not self._ended:
                self._bury(request)
            return None
        if message[0] == "ok":
            return message[1]  # type: ignore[no-any-return]
        if message[0] == "usage":
            raise UsageError(message[1])
        if message[0] == "unavailable":
            self.fail(FailureKind.UNAVAILABLE, message[1])
        elif message[0] == "memory":
            shortage = Shortage(**message[1])
            sentence = shortage.sentence(self.name, str(request))
            self.fail(FailureKind.OUT_OF_MEMORY, sentence, message[2], shortage)
        else:
            self.fail(FailureKind.RAISED, f"{self.name} raised in {request}: {message[1]}", message[2])
        return None

    def fail(self, kind: FailureKind, sentence: str, details: str = "", shortage: Shortage | None = None) -> None:
        """This worker is out; it is ended."""
        words = self._last_words()
        parts = [details.rstrip()] if details else []
        if words and kind is not FailureKind.UNAVAILABLE:
            parts.append(f"end of its output:\n{words}")
        self.failure = Failure(kind, sentence, "\n".join(parts), shortage)
        self.kill()

    def end(self) -> None:
        """Its work is done: end the process, without a failure."""
        self._ended = True
        self.kill()

    def kill(self) -> None:
        """End the process and what it has started (compilers), now."""
        if self._process is None:
            return
        with contextlib.suppress(psutil.NoSuchProcess):
            family = [*self._process.children(recursive=True), self._process]
            for member in family:
                with contextlib.suppress(psutil.NoSuchProcess):
                    member.kill()
            psutil.wait_procs(family, timeout=5)

    def _bury(self, request: str | None) -> None:
        code = None
        if self._process is not None:
            with contextlib.suppress(psutil.Error):
                code = self._process.wait(timeout=5)
        kind, sentence, shortage = of_death(self.name, code, request, self._last_words(), self.memory_limit_bytes)
        self.fail(kind, sentence, shortage=shortage)

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            lines = self._log.read_text(errors="replace").splitlines()
            return "\n".join(line.rstrip() for line in lines[-LAST_WORDS:])
        return ""
