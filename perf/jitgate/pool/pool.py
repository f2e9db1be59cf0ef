"""All workers of one workload: started side by side, made ready, asked one at a time."""

from __future__ import annotations

import contextlib
import queue
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import execnet

from jitgate.model.failure import FailureKind
from jitgate.model.size import mib
from jitgate.model.turn import StageTime, Turn
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.memory_attribution import DeviceMemoryAttribution
from jitgate.pool.progress import Progress
from jitgate.pool.worker_process import Answer, Inbox, Worker
from jitgate.workloads.spec import WorkloadSpec

GREET_S = 60.0
"""A Python process that does not answer within a minute of its start never will."""

TICK_S = 0.25
"""How often waiting looks up: often enough for a smooth progress line."""


class WorkerPool:
    """The worker processes of one workload, and the folder through which tensors pass between them.

    Workers are named by their variant; the control by `CONTROL`. A worker that fails stays in `workers` with its
    `failure`; the others go on. Use as a context manager: nothing outlives it.
    `alone`: whether workers live one at a time. `quiet`: whether what is asked is no news any more.
    `memory_attribution`: what they put on a card.

    memory_limit_bytes: the cap that workers which are measured run under; None for none. Builders and helpers have
    none. compiled_in: where torch.compile keeps what it builds in them; None leaves that to torch.
    """

    def __init__(
        self,
        workload: WorkloadSpec,
        device: str,
        progress: Progress,
        timeout_s: float,
        memory_limit_bytes: int | None = None,
        memory_attribution: DeviceMemoryAttribution | None = None,
    ) -> None:
        self.workload = workload
        self.device = device
        self.memory_limit_bytes = memory_limit_bytes
        self.enforced_by: str | None = None
        self.compiled_in: Path | None = None
        self.workers: dict[str, Worker] = {}
        self.alone = False
        self.quiet = False
        self.memory_attribution = memory_attribution or DeviceMemoryAttribution()
        self._progress = progress
        self._timeout_s = timeout_s
        self._inbox: Inbox = queue.Queue()
        self._group = execnet.Group(execmodel="thread")
        self._folder = tempfile.TemporaryDirectory(prefix="jitgate-", ignore_cleanup_errors=True)
        self._spawned = 0

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Inputs and right outputs lie here while the pool lives."""
        return Path(self._folder.name)

    def pids(self) -> set[int]:
        """Process ids of the workers that are measured and still alive."""
        return {worker.pid for worker in self.workers.values() if worker.alive and worker.pid is not None}

    def spawn(self, names: Iterable[str]) -> list[Worker]:
        """Start a process for each name, side by side; they have imported nothing yet."""
        workers = []
        for name in names:
            self._spawned += 1
            workers.append(Worker(name, self._group, self._inbox, self.folder / f"worker-{self._spawned}.log"))
        self.memory_attribution.invalidate()
        for worker in workers:
            worker.greet(GREET_S)
        return workers

    def start(self, names: Iterable[str]) -> None:
        """Hire the workers that are measured and let them import torch."""
        self.spawn_measured(names)
        self.initialise(self.workers.values())

    def spawn_measured(self, names: Iterable[str]) -> None:
        """Hire the workers that are measured."""
        self.workers = {worker.name: worker for worker in self.spawn(names)}
        for name in self.workers:
            self.memory_attribution.add(name)

    def initialise(self, workers: Iterable[Worker]) -> None:
        """Let them import torch and take their device, under the cap where there is one."""
        workers = list(workers)
        cap = {} if self.memory_limit_bytes is None else {"memory_limit_bytes": self.memory_limit_bytes}
        for worker in workers:
            worker.memory_limit_bytes = self.memory_limit_bytes
        kept = {} if self.compiled_in is None else {"compiled_in": str(self.compiled_in.resolve())}
        answers = self.ask_each(workers, "importing torch", "start", device=self.device, **cap, **kept)
        if cap:
            self.enforced_by = next((answer["enforced_by"] for answer in answers.values()), self.enforced_by)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know of how these workers ran."""
        if self.memory_limit_bytes is None or self.enforced_by is None:
            return ()
        return (
            f"every worker that was measured ran under a cap of {mib(self.memory_limit_bytes)}, by {self.enforced_by}",
        )

    def replace(self, name: str) -> Worker:
        """A new process in the place of worker `name`, whose own has ended."""
        (worker,) = self.spawn([name])
        self.workers[name] = worker
        self.memory_attribution.add(name)
        return worker

    def stop(self, workers: Iterable[Worker]) -> None:
        """End workers that have done their stage; those that failed keep their failure."""
        for worker in workers:
            worker.end()
        self.memory_attribution.invalidate()

    def ask_all(self, workers: Iterable[Worker], what: str, request: str, **keywords: Any) -> dict[Worker, Answer]:
        """Ask all of `workers` at once; the answers of those that did not fail."""
        asked = [worker for worker in workers if worker.alive]
        attributed = [worker.name for worker in asked if self.workers.get(worker.name) is worker]
        with self.memory_attribution.attributed(attributed, self.pids()):
            for worker in asked:
                worker.ask(request, **keywords)
            answers = self.gather(asked, what)
        if len(answers) < len(asked):
            self.memory_attribution.invalidate()
        return answers

    def ask_each(self, workers: Iterable[Worker], what: str, request: str, **keywords: Any) -> dict[Worker, Answer]:
        """As `ask_all`, but one after the other where each must be seen to allocate by itself."""
        if not (self.memory_attribution.one_at_a_time or self.device.startswith("cuda")):
            return self.ask_all(workers, what, request, **keywords)
        answers: dict[Worker, Answer] = {}
        for worker in workers:
            answers |= self.ask_all([worker], what, request, **keywords)
        return answers

    def ask(self, worker: Worker, what: str, request: str, **keywords: Any) -> Answer | None:
        """Ask one worker; None where it failed."""
        return self.ask_all([worker], what, request, **keywords).get(worker)

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        """One turn of worker `name`; None where it failed."""
        worker = self.workers[name]
        worker.ask("turn", scenario=scenario, start=start, count=count)
        self.memory_attribution.invalidate()
        answer = self.gather([worker], "").get(worker)
        if answer is None:
            return None
        stage_times = tuple(tuple(StageTime(*stage_time) for stage_time in call) for call in answer["stage_times"])
        wall_ns, device_ns = tuple(answer["wall_ns"]), tuple(answer["device_ns"])
        return Turn(wall_ns, device_ns, answer["level_bytes"], answer["recompiles"], stage_times=stage_times)

    def gather(self, asked: Iterable[Worker], what: str) -> dict[Worker, Answer]:
        """Wait for the answers of `asked`; a worker that takes longer than the limit has hung, and is ended.

        A place where an interrupt that is held back is heard, at every look.
        """
        waiting = {worker for worker in asked if worker.alive}
        answers: dict[Worker, Answer] = {}
        began = time.monotonic()
        while waiting:
            INTERRUPTS.hear()
            try:
                worker, message = self._inbox.get(timeout=TICK_S)
            except queue.Empty:
                if what and not self.quiet:
                    names = ", ".join(sorted(worker.name for worker in waiting))
                    self._progress.busy(f"{self.workload.name}: {what} ({names}), {time.monotonic() - began:.0f} s")
                waiting -= {worker for worker in waiting if self._hung(worker)}
                continue
            answer = worker.read(message)
            if answer is not None:
                answers[worker] = answer
            waiting.discard(worker)
        return answers

    def close(self) -> None:
        """End every process, now, and remove the folder."""
        for worker in self.workers.values():
            worker.kill()
        # Builders and described workers are not in `workers`; terminate ends whatever the group still holds.
        self._group.terminate(timeout=1.0)
        self._folder.cleanup()

    def _hung(self, worker: Worker) -> bool:
        if time.monotonic() - worker.asked_at < self._timeout_s:
            return False
        worker.fail(
            FailureKind.HUNG,
            f"worker {worker.name} gave no answer to {worker.asked!r} within {self._timeout_s:.0f} s "
            "(--jitgate-timeout)",
        )
        return True


@contextlib.contextmanager
def released(workers: Iterable[Worker]) -> Iterator[None]:
    """End `workers` whatever happens inside."""
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
