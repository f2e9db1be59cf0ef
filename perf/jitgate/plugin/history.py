"""The history in a pytest session: where it is, what it says at the end, and that the run is stored."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jitgate.config.history_settings import OFF
from jitgate.plugin.answers import answers
from jitgate.plugin.saved_runs import compared_with, earlier, newest

if TYPE_CHECKING:
    from jitgate.history.session import SessionHistory
    from jitgate.model.cell import Cell
    from jitgate.plugin.session_state import State

RECORDED = (
    *("budget", "processes", "seed", "noisy_rounds", "residency", "extras", "device", "select", "variants"),
    *("memory_limit", "memory_cap", "checkpoint"),
)
"""Options that a run is stored with."""


class HistoryOfState:
    """What a session does with its history. Everything is made on first use."""

    def __init__(self, config: pytest.Config, file: Path | None, state: State) -> None:
        self._config = config
        self._file = file
        self._state = state
        self._made: SessionHistory | None = None
        self._gone: dict[str, str] | None = None
        self._before = ""
        self._red_baseline = ""

    @property
    def session(self) -> SessionHistory:
        """The history itself."""
        if self._made is None:
            import jitgate
            from jitgate.history.session import SessionHistory

            option, state = self._config.getoption, self._state
            url = option("jitgate_history") or state.policy.history.url
            own = option("jitgate_model") is not None  # a question about a model that no table names
            mark = state.fingerprint
            self._made = SessionHistory(
                root=self._config.rootpath,
                folder=self._config.rootpath if self._file is None else self._file.parent,
                policy=state.policy,
                url=OFF if own else url or str(self._config.rootpath / ".jitgate" / "history.db"),
                device=state.device.kind,
                fingerprint=mark.slug,
                facts=mark.facts(),
                options={"table": self._table, **{name: option(f"jitgate_{name}") for name in RECORDED}},
                versions={"jitgate": jitgate.__version__, "torch": mark.torch, "python": platform.python_version()},
                host=platform.node(),
                uid=uuid.uuid4().hex,
                device_asked=option("jitgate_device") != "auto",
                narrowed=option("jitgate_select"),
                read_only=option("jitgate_history_read_only"),
            )
        return self._made

    @property
    def _table(self) -> str:
        """The file of the table, from pytest's root where it lies below: another table declares other cells. So does
        the same one as a package changes it, and that may go by the model directory."""
        file, root = self._file, self._config.rootpath
        name = file.relative_to(root).as_posix() if file is not None and file.is_relative_to(root) else str(file or "")
        packages = [package for package, _ in answers(self._config, "pytest_jitgate_policy", config=self._config)]
        if not packages:
            return name
        return f"{name} by {', '.join(packages)} for {self._config.getoption('jitgate_checkpoint') or 'no directory'}"

    def check(self) -> None:
        """Before the first test: wrong acceptances are said, and a store that an option names is opened."""
        self._before = newest(self._config)
        self.session.check(self._own, early=bool(self._config.getoption("jitgate_history")))

    def gone(self) -> dict[str, str]:
        """What vanished, once -> the pattern that retires it; "" for a device."""
        if self._gone is None:
            silent = self._silent or not self._own
            self._gone = {} if silent else self.session.gone(self._state.results, self._own, self._state.planned)
            against = compared_with(self._config, self._before)
            if against and not self._silent and self.session.was_red(against):
                self._red_baseline = against
        return self._gone

    def red(self) -> bool:
        """Whether the session can't be green for what it should have been compared with."""
        return bool(self.gone() or self.session.unread or (self._red_baseline and self._demanded))

    @property
    def _demanded(self) -> bool:
        """Whether `--benchmark-compare-fail` makes a gate of what pytest-benchmark compares with."""
        return bool(getattr(self._config.option, "benchmark_compare_fail", None))

    @property
    def _own(self) -> list[Cell]:
        """The project's own cells; none where `--jitgate-variants` chooses others."""
        return [] if self._config.getoption("jitgate_variants") is not None else self._state.all_cells

    @property
    def _silent(self) -> bool:
        """Whether this session has nothing to do with history."""
        return bool(self._config.getoption("jitgate_smoke")) or self.session.off

    def store(self, session: pytest.Session) -> None:
        """Write the run; of a session that was interrupted too."""
        if not self._state.measured or self._silent:
            return
        interrupted = session.exitstatus == pytest.ExitCode.INTERRUPTED or bool(session.shouldstop)
        red = f"vanished: {', '.join(self.gone())}" if self.gone() else ""
        self.session.store(self._state.results, self._own, interrupted=interrupted, red=red)

    @contextmanager
    def finished(self, session: pytest.Session) -> Iterator[None]:
        """Around what other plugins do at the end: one that fails the session there makes the run red."""
        red = ""
        try:
            yield
        except BaseException as error:
            red = f"{type(error).__name__}: {error}"
            raise
        finally:
            if self._made is not None:
                saved = newest(self._config)
                saved = saved if saved != self._before else ""
                code = 1 if red else int(session.exitstatus)
                self._made.finish(exit_code=code, red=red, saved=saved)

    def first_lines(self) -> list[str]:
        """`history: 3 of 4 variants compared with earlier runs`, and why the others were not. [] for a model of an
        option."""
        if self._config.getoption("jitgate_model") is not None:
            return []
        if self._silent:
            return ["history: nothing compared: " + ("it is off" if self.session.off else "nothing is timed")]
        planned = self._state.planned
        done, reasons = self.session.compared(self._state.results, planned)
        why = "; ".join(f"{count} not ({reason})" for reason, count in reasons.items())
        narrowed = len(self._state.all_cells) - len(planned)
        left = f" ({narrowed} more are not selected)" if narrowed > 0 else ""
        scenarios = len({cell[:2] for cell in planned})
        of = f"{len(planned)} variants" + (f" of {scenarios} scenarios" if scenarios > 1 else "")
        return [f"history: {done} of {of} compared with earlier runs{left}{': ' if why else ''}{why}"]

    def problems(self) -> list[str]:
        """What makes the session red, whatever its gates say: a sentence each."""
        return self._said() if self.red() else []

    def lines(self) -> list[str]:
        """What is said after the tables."""
        found = self._said()
        return found if self.session.off else [*found, *self.session.notes]

    def _said(self) -> list[str]:
        found = [
            f"VANISHED {each}: an accepted run has it, and it was not measured now; bring it back, {_way_out(pattern)}"
            for each, pattern in self.gone().items()
        ]
        if self.session.unread:
            found.append(
                f"INVALID history: it can't be said what has vanished: {self.session.unread} "
                "(--jitgate-history off asks no history)"
            )
        if self._red_baseline:
            before = reversed(earlier(self._config, self._red_baseline))
            green = next((name for name in before if not self.session.was_red(name)), None)
            way = f"name an earlier one: --benchmark-compare={green[:4]}" if green else "no earlier one was green"
            said = "INVALID " if self._demanded else "note: "
            found.append(f"{said}--benchmark-compare: {self._red_baseline} is of a run that was red; {way}")
        return found


def _way_out(pattern: str) -> str:
    if not pattern:
        return "or name this run's device with --jitgate-device"
    return f'name its successor in aliases, or `jitgate history retire "{pattern}" --reason "why"`'
