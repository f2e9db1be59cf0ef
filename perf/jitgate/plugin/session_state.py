"""What one pytest session knows: the policy, the device, the plan, and the measurements."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import pytest

from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.printable import printable
from jitgate.plugin.answers import answers
from jitgate.plugin.base import BaseOfState
from jitgate.plugin.blocked import Blocked
from jitgate.plugin.checkpoint_option import describe, require_files
from jitgate.plugin.history import HistoryOfState
from jitgate.plugin.items import cell_of
from jitgate.plugin.left_out import not_answered, refuse_without_cells
from jitgate.plugin.losses import Losses
from jitgate.plugin.own_model import head_lines, refuse_without_benchmarks
from jitgate.plugin.report_file import ReportFile, asked_for
from jitgate.plugin.rounds_on_disk import RoundsOnDisk
from jitgate.plugin.second_interrupt import SECOND_INTERRUPT
from jitgate.plugin.session_policy import session_policy

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.device.device import Device
    from jitgate.device.fingerprint import Fingerprint
    from jitgate.device.lock import RunLock
    from jitgate.gates.kind import GateKind
    from jitgate.gates.requirements import Rules
    from jitgate.gates.results import Results
    from jitgate.measure.session import Measurements
    from jitgate.plugin.discovery import Discovered
    from jitgate.plugin.scenarios import Scenarios
    from jitgate.report.progress import TerminalProgress


class State:
    """Kept in `config.stash[STATE]`. Everything that costs time is made on first use."""

    def __init__(self, config: pytest.Config, gates_file: Path | None) -> None:
        self._config = config
        self._file = gates_file
        self._policy: Policy | None = None
        self._refused: UsageError | None = None
        self._wanted: frozenset[str] | None = None
        self._discovered: Discovered | None = None
        self._problem: UsageError | None = None
        self._lock: RunLock | None = None
        self._old_sigterm: Any = None
        self.planned: list[Cell] = []
        self.bisected: list[str] = []
        self.ended: pytest.Session | None = None
        self.blocked = Blocked()
        self.given: set[tuple[Cell, str]] = set()
        self.timed_gates = 0
        self.reports: tuple[ReportFile, ...] = ()
        self.history = HistoryOfState(config, gates_file, self)
        self.losses = Losses()
        self.rounds_on_disk = RoundsOnDisk(config.rootpath / ".jitgate", self.losses)
        self.base = BaseOfState(config, gates_file, self)

    @property
    def is_xdist_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    @property
    def policy(self) -> Policy:
        if self._refused is not None:
            raise self._refused  # what was refused once must not be measured at the second asking
        if self._policy is None:
            try:
                self._policy, self._wanted = session_policy(self._config, self._file, self.kinds, self)
            except UsageError as problem:
                self._refused = problem
                raise
        return self._policy

    @cached_property
    def device(self) -> Device:
        from jitgate.device.device import choose_device

        return choose_device(self._config.getoption("jitgate_device"))

    @cached_property
    def fingerprint(self) -> Fingerprint:
        from jitgate.device.fingerprint import fingerprint

        found = fingerprint(self.device)
        specs = self.policy.workloads.values()
        other = next((spec.interpreter for spec in specs if spec.interpreter and not spec.left_out), None)
        return found if other is None else found.of(other)

    @cached_property
    def progress(self) -> TerminalProgress:
        from jitgate.plugin.terminal import UncapturedWriter, writer_of
        from jitgate.report.progress import TerminalProgress

        width = writer_of(self._config).fullwidth
        return TerminalProgress(UncapturedWriter(self._config), live=self._on_a_terminal(), width=width)

    @cached_property
    def kinds(self) -> tuple[GateKind, ...]:
        """The kinds of gate of this session, of every package that offers some."""
        from jitgate.gates.checked import checked

        return checked(answer for _, answer in answers(self._config, "pytest_jitgate_gates"))

    @cached_property
    def rules(self) -> Rules:
        """What this session judges by, at the level that keeps all of its false alarms together at alpha."""
        from jitgate.gates.requirements import Rules
        from jitgate.statistics import level_per_gate

        past = self.history.session
        earlier = None if past.off else past
        rules = Rules(self.policy, self.kinds, self.device.kind, self.policy.alpha, earlier, self.base.wanted)
        self.timed_gates = rules.count_timed(self.planned)
        return replace(rules, alpha=level_per_gate(self.policy.alpha, max(1, self.timed_gates)))

    @cached_property
    def results(self) -> Results:
        """All that was measured and judged so far."""
        from jitgate.gates.results import Results

        return Results(self.rules, self.measurements.done)

    @property
    def all_cells(self) -> list[Cell]:
        """Every cell of the policy, selected or not; none before anything was collected."""
        return [] if self._discovered is None else self.policy.cells(self._discovered.scenarios)

    @cached_property
    def _scenarios(self) -> Scenarios:
        from jitgate.plugin.scenarios import Scenarios

        return Scenarios(self._config, self)

    @cached_property
    def measurements(self) -> Measurements:
        from jitgate.plugin.measuring import make_measurements

        wanted = self._wanted or ()
        return make_measurements(
            *(self._config, self.device, self.rules, self.planned, wanted, self.progress, self.claim_device),
            *(self.rounds_on_disk, self.base.asked),
        )

    def cells(self) -> list[Cell]:
        """Every cell that may be selected. A problem is kept for `raise_problem`, since pytest can't take it here."""
        if self._problem is not None:
            return []  # asking again would start another process for each test, to hear the same
        try:
            if self._discovered is None:
                self._discovered = self._discover()
            return [cell for cell in self.all_cells if self._wanted is None or cell.variant in self._wanted]
        except UsageError as problem:
            self._problem = problem
            return []

    def raise_problem(self) -> None:
        """Turn what `cells` could not say into pytest's usage error."""
        if self._problem is not None:
            raise pytest.UsageError(printable(str(self._problem)))

    def plan(self, items: Iterable[pytest.Item]) -> None:
        """Note which cells the selected tests ask for."""
        items = list(items)
        found = dict.fromkeys(cell for item in items if (cell := cell_of(item)))
        self.planned = list(found)
        if not found:
            refuse_without_benchmarks(self._config)
        if self._discovered is not None and not self.is_xdist_worker:
            if self._wanted is None:
                refuse_without_cells(items, self._discovered, self.policy.where)
            self.planned = self.blocked.without(self.planned, self._discovered.problem)
        if self._problem is not None or self.is_xdist_worker or self._config.option.collectonly:
            return
        self.reports = tuple(asked_for(self._config, self._file))  # also of a run that measures nothing
        if self.planned:
            require_files(self.policy.workloads[name] for name in dict.fromkeys(cell.workload for cell in self.planned))
            self.history.check()
            self.base.skip_unchanged(items)
            _ = self.measurements  # an unwritable cache is said before the first test
            if threading.current_thread() is threading.main_thread():
                self._old_sigterm = signal.signal(signal.SIGTERM, _interrupt)
                SECOND_INTERRUPT.end = self.close

    def claim_device(self) -> None:
        """Wait until no other run measures on this device. UsageError where that takes longer than
        --jitgate-lock-timeout."""
        if self._lock is None:
            from jitgate.device.lock import RunLock

            self._lock = RunLock(self.device)
        self._lock.acquire(self._config.getoption("jitgate_lock_timeout"), self.progress.busy)

    def finish(self, exitstatus: int) -> None:
        """End the session: close, and drop what was remembered of scenarios and may be wrong."""
        self.close()
        if self._discovered is not None:
            self._scenarios.close(self._discovered, exitstatus)

    def close(self) -> None:
        """End all workers, and give the device and SIGTERM back."""
        if "measurements" in vars(self):
            self.measurements.close()
        if self._lock is not None:
            self._lock.release()
        if self._old_sigterm is not None and not SECOND_INTERRUPT.armed:
            signal.signal(signal.SIGTERM, self._old_sigterm)
            self._old_sigterm = None

    def head(self) -> list[str]:
        try:
            asked = self._config.getoption("jitgate_checkpoint") or list(
                answers(self._config, "pytest_jitgate_policy", config=self._config)
            )
            own = head_lines(self.policy)
            return own or [self._gates_line(), *(describe(self.policy) if asked else [])]
        except UsageError:
            return []  # collection says it

    def _gates_line(self) -> str:
        root, file = self._config.rootpath, self._file
        where = file.relative_to(root).as_posix() if file and file.is_relative_to(root) else file
        workloads, gates = len(self.policy.workloads), len(self.policy.gates)
        found = f"{workloads} workload{'s' * (workloads != 1)} and {gates} [[tool.jitgate.gates]]"
        return f"jitgate: {where} has {found}; gates of every variant without one: {ALWAYS}"

    @property
    def measured(self) -> bool:
        return "measurements" in vars(self) and bool(self.measurements.done)

    def red(self) -> bool:
        """Whether a gate of the project is not PASS, now that the session is over: then it can't end green."""
        if not self.measured:
            return bool(self.base.removed())
        self.results.close()
        gone = self.history.red() or self.base.removed()
        return bool(self.results.red() or not_answered(self) or gone)

    @property
    def verbose(self) -> bool:
        return bool(self._config.getoption("jitgate_verbose"))

    def _on_a_terminal(self) -> bool:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        return bool(getattr(reporter, "isatty", False))

    def _discover(self) -> Discovered:
        from jitgate.plugin.discovery import with_remembered
        from jitgate.plugin.needed import needed

        ask = frozenset() if self.is_xdist_worker else needed(self._config, self.policy.workloads)
        found = self._scenarios.found(ask)
        if found.unasked and not self.is_xdist_worker:
            self.progress.note(f"not selected, and not asked for scenarios: {', '.join(sorted(found.unasked))}")
        self._policy = with_remembered(self.policy, found)
        return found


ALWAYS = "the output is right, no recompiles, no leak"
"""What is asked of every variant, and counted as gates, without a table."""


STATE = pytest.StashKey[State]()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM as Ctrl-C: pytest then ends in order, keeps what was measured, and no worker is left."""
    raise KeyboardInterrupt(f"signal {signal.Signals(number).name}")
