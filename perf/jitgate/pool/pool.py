"""All workers of one workload: started side by side, made ready, asked one at a time."""

from __future__ import annotations

import contextlib
import math
import queue
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import execnet

from jitgate.model.failure import FailureKind
from jitgate.model.package_requests import ImportPackages
from jitgate.model.requests import Request, StartWorker
from jitgate.model.size import mib
from jitgate.model.turn import Turn
from jitgate.pool.arms import Arms
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.memory_attribution import DeviceMemoryAttribution
from jitgate.pool.output_audit import OutputAudit
from jitgate.pool.progress import Progress
from jitgate.pool.run_folder import RunFolder
from jitgate.pool.worker_process import Inbox, Worker
from jitgate.workloads.spec import WorkloadSpec

AnswerT = TypeVar("AnswerT")

Asking: TypeAlias = Request[AnswerT] | Callable[[Worker], Request[AnswerT]]

STARTING_S = 600.0
"""A process that is starting, or importing torch, has hung after this at the earliest: on a machine that does much else
both take minutes, and nothing of a model is in it yet."""

TICK_S = 0.25
"""How often waiting looks up: often enough for a smooth progress line."""


class WorkerPool:
    """The worker processes of one workload, and the folder through which tensors pass between them.

    Workers are named by their variant; the control by `CONTROL`. A worker that fails stays in `workers` with its
    `failure`; the others go on. Use as a context manager: no process outlives it.
    `exclusive`: whether one worker is resident at a time. `quiet`: whether requests show no progress.
    `memory_attribution`: what workers take of a card. `audit`: what their timed outputs showed.
    `now`: seconds, by the host's clock.

    memory_limit_bytes: the cap of the workers that are measured; None for none. Builders and helpers have none.
    compiled_in: where torch.compile keeps what it builds; None leaves that to torch. arms: what is run from checkouts
    of another commit.
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
        self.packages_bytes = 0
        self.arms = Arms()
        self.workers: dict[str, Worker] = {}
        self.exclusive = False
        self.quiet = False
        self.warm_up_s = math.inf
        self.memory_attribution = memory_attribution or DeviceMemoryAttribution()
        self._progress = progress
        self._timeout_s = timeout_s
        self._inbox: Inbox = queue.Queue()
        self._group = execnet.Group(execmodel="thread")
        self._folder = RunFolder()
        self.audit = OutputAudit(self.folder)
        self.now: Callable[[], float] = time.perf_counter
        self._spawned = 0
        self._stopped: dict[str, float] = {}

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def folder(self) -> Path:
        """Inputs and right outputs lie here until the pool is closed."""
        return self._folder.path

    def announce(self, what: str) -> None:
        """Tell a person; it stays."""
        self._progress.note(f"{self.workload.name} {what}")

    def pids(self) -> set[int]:
        """Process ids of the workers that are measured and still alive."""
        return {worker.pid for worker in self.workers.values() if worker.alive and worker.pid is not None}

    def spawn(self, names: Iterable[str]) -> list[Worker]:
        """Start a process for each name, side by side; they have imported nothing yet."""
        workers = []
        for name in names:
            self._spawned += 1
            log = self.folder / f"worker-{self._spawned}.log"
            tree, interpreter = self.arms.tree_of(name), self.workload.interpreter
            workers.append(Worker(name, self._group, self._inbox, log, tree, interpreter))
        self.memory_attribution.invalidate()
        for worker in workers:
            worker.greet(STARTING_S)
        return workers

    def spawn_measured(self, names: Iterable[str]) -> None:
        """Start the processes of the workers that are measured."""
        self.workers = {worker.name: worker for worker in self.spawn(names)}
        for name in self.workers:
            self.memory_attribution.add(name)

    def initialise(self, workers: Iterable[Worker]) -> None:
        """Let them import torch and take their device, under the cap where there is one."""
        workers = list(workers)
        for worker in workers:
            worker.memory_limit_bytes = self.memory_limit_bytes
        found = self.ask_each(workers, "importing torch", self._start_of)
        if self.memory_limit_bytes is not None:
            self.enforced_by = next((each.enforced_by for each in found.values()), self.enforced_by)
        if self.workload.packages:
            spec, source = self.workload, self.workload.weight_source
            asked = ImportPackages(spec.packages, spec.factory, spec.where, source.checkpoint, source.checkout)
            taken = self.ask_each(workers, "importing its packages", asked)
            self.packages_bytes = max((self.packages_bytes, *(each.bytes for each in taken.values())))

    def _start_of(self, worker: Worker) -> StartWorker:
        folder = None if self.compiled_in is None else self.compiled_in.resolve()
        if folder is not None and worker.tree is not None:
            folder = folder.with_name(f"{folder.name}-{worker.tree.commit[:12]}-{worker.tree.role}")
        return StartWorker(self.device, self.memory_limit_bytes, folder)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know of how these workers ran."""
        said = []
        if self.workload.packages:
            said.append(
                f"Every worker imported the packages of the model first; they take {mib(self.packages_bytes)} of the "
                "host's memory, which no figure here counts."
            )
        if self.memory_limit_bytes is not None and self.enforced_by is not None:
            cap = mib(self.memory_limit_bytes)
            said.append(f"Every measured worker ran under a memory cap of {cap}, by {self.enforced_by}.")
        return tuple(said)

    def replace(self, name: str) -> Worker:
        """A new process for worker `name`, whose last one has ended."""
        (worker,) = self.spawn([name])
        self.workers[name] = worker
        self.memory_attribution.add(name)
        return worker

    def stop(self, workers: Iterable[Worker]) -> None:
        """End workers that are no longer needed; those that failed keep their failure."""
        for worker in workers:
            worker.end()
        self.memory_attribution.invalidate()

    def ask_all(self, workers: Iterable[Worker], what: str, request: Asking[AnswerT]) -> dict[Worker, AnswerT]:
        """Ask all of `workers` at once; the answers of those that did not fail. request: the same for all, or what to
        ask each."""
        asked = [worker for worker in workers if worker.alive]
        attributed = [worker.name for worker in asked if self.workers.get(worker.name) is worker]
        with self.memory_attribution.attributed(attributed, self.pids()):
            for worker in asked:
                worker.ask(request if isinstance(request, Request) else request(worker))
            answers: dict[Worker, AnswerT] = self.gather(asked, what)
        if len(answers) < len(asked):
            self.memory_attribution.invalidate()
        return answers

    def ask_each(self, workers: Iterable[Worker], what: str, request: Asking[AnswerT]) -> dict[Worker, AnswerT]:
        """As `ask_all`, but one after the other where each worker's allocations must be seen by themselves."""
        if not (self.memory_attribution.one_at_a_time or self.device.startswith("cuda")):
            return self.ask_all(workers, what, request)
        answers: dict[Worker, AnswerT] = {}
        for worker in workers:
            answers |= self.ask_all([worker], what, request)
        return answers

    def ask(self, worker: Worker, what: str, request: Request[AnswerT]) -> AnswerT | None:
        """Ask one worker; None where it failed."""
        return self.ask_all([worker], what, request).get(worker)

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        """One turn of worker `name`; None where it failed."""
        worker, request = self.workers[name], self.audit.request(scenario, start, count)
        began = self.now()
        worker.ask(request)
        self.memory_attribution.invalidate()
        answers: dict[Worker, Turn] = self.gather([worker], "")
        if worker in answers:
            self.audit.note(name, scenario, answers[worker], request.keep, self.now() - began)
        return answers.get(worker)

    def gather(self, asked: Iterable[Worker], what: str) -> dict[Worker, Any]:
        """Wait for the answers of `asked`; a worker that takes longer than the limit has hung, and is ended.

        An interrupt that is held back is delivered while this waits.
        """
        waiting = {worker for worker in asked if worker.alive}
        answers: dict[Worker, Any] = {}
        began = time.monotonic()
        while waiting:
            INTERRUPTS.deliver()
            try:
                worker, message = self._inbox.get(timeout=TICK_S)
            except queue.Empty:
                if what and not self.quiet:
                    names = ", ".join(sorted(worker.name for worker in waiting))
                    self._progress.busy(f"{self.workload.name}: {what} ({names}), {time.monotonic() - began:.0f} s")
                self._note_stopped(waiting)
                waiting -= {worker for worker in waiting if worker.has_died() or self._hung(worker)}
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
        # Builders and helpers are not in `workers`; terminate ends whatever the group still holds.
        self._group.terminate(timeout=1.0)
        self._folder.cleanup()

    def _hung(self, worker: Worker) -> bool:
        starting = isinstance(worker.asked, StartWorker)
        limit_s = max(STARTING_S, self._timeout_s) if starting else self._timeout_s
        if time.monotonic() - worker.asked_at < limit_s:
            return False
        phase = "its request" if worker.asked is None else worker.asked.phase
        stopped = ": a signal has stopped its process (SIGSTOP)" if worker.stopped else ""
        option = "" if starting else " (--jitgate-timeout)"
        worker.fail(
            FailureKind.HUNG, f"worker {worker.name} did not finish {phase} within {limit_s:.0f} s{option}{stopped}"
        )
        return True

    def _note_stopped(self, waiting: Iterable[Worker]) -> None:
        for worker in waiting:
            if worker.stopped:
                self._stopped[worker.name] = self._stopped.get(worker.name, 0.0) + TICK_S

    def stopped_s(self) -> Mapping[str, float]:
        """Worker -> seconds that its process was stopped by a signal while it was waited for, since this was asked
        last."""
        found, self._stopped = self._stopped, {}
        return found


@contextlib.contextmanager
def released(workers: Iterable[Worker]) -> Iterator[None]:
    """End `workers` whatever happens inside."""
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
