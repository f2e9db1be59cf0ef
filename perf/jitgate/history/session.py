"""The history of one session: opened on first need, read by gates, written at the end."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.config.history_settings import is_off
from jitgate.gates.tracked import METRICS, RATIO, TIME
from jitgate.history.accepted import FILE, AcceptedFile, read_accepted
from jitgate.history.address import parsed
from jitgate.history.append import append
from jitgate.history.commit import Commit, commit_of
from jitgate.history.database import Database, open_database
from jitgate.history.made_record import record_of
from jitgate.history.past import StoredPast
from jitgate.history.problem import HistoryError
from jitgate.history.record import RunRecord
from jitgate.history.spool import keep, send
from jitgate.history.vanished import Declared, declared_before, vanished
from jitgate.history.well_formed import meant

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.gates.kind import Asked
    from jitgate.gates.results import Results
    from jitgate.model.cell import Cell
    from jitgate.model.past import PastSeries

SPOOL = "history-spool"


@dataclass
class SessionHistory:
    """root: pytest's. folder: of the file that holds the table. url: of the store; `off` for none.

    read_only: nothing is stored. device: `cpu` or `cuda`; device_asked: whether an option names it. narrowed: what
    `--jitgate-select` says. unread: why it is not known what earlier runs had.
    """

    root: Path
    folder: Path
    policy: Policy
    url: str
    device: str
    fingerprint: str
    facts: Mapping[str, Any]
    options: Mapping[str, Any]
    versions: Mapping[str, str]
    host: str
    uid: str
    device_asked: bool = False
    narrowed: Collection[str] = ()
    read_only: bool = False
    started_at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    unread: str = ""
    stored: bool = False

    @property
    def off(self) -> bool:
        """Whether there is no history at all."""
        return is_off(self.url)

    @cached_property
    def accepted(self) -> AcceptedFile:
        """The accepted changes. UsageError for a file that is not understood."""
        named = self.policy.history.accepted
        return read_accepted(self.folder / named if named else self.folder / "perf" / FILE)

    @cached_property
    def commit(self) -> Commit:
        """What is checked out."""
        return commit_of(self.root)

    @cached_property
    def database(self) -> Database | None:
        """The store, with what earlier sessions could not send; None where it is off or can't be used."""
        if self.off:
            return None
        try:
            database = open_database(self.url)
        except HistoryError as problem:
            self.problem = str(problem)
            return None
        if not self.read_only and not database.readonly:
            self._send(database)
        return database

    def _send(self, database: Database) -> None:
        try:
            sent, damaged = send(self.root / ".jitgate" / SPOOL, database)
        except HistoryError as problem:
            self.notes.append(str(problem))
            return
        self.notes += damaged
        if sent:
            self.notes.append(f"history: stored {sent} earlier run{'s' if sent > 1 else ''} that had waited")

    @cached_property
    def _past(self) -> StoredPast:
        database = self.database
        return StoredPast(
            *(database, self.policy, self.accepted, self.commit, self.fingerprint, self.facts),
            datetime.now(UTC).date(),
            self.problem,
        )

    def of(self, asked: Asked, metric: str) -> PastSeries:
        """As `jitgate.gates.kind.Past`: the store is opened when a gate first asks."""
        return self._past.of(asked, metric)

    def check(self, cells: Collection[Cell], *, early: bool) -> None:
        """Before anything is measured: UsageError for what is wrong with the acceptances, or with the URL.

        cells: the project's own; none where they are not known. early: open the store too.
        """
        if self.off:
            return
        with suppress(HistoryError):  # of a driver that is missing: that is said where the store is opened
            parsed(self.url)
        accepted = self.accepted
        if cells:
            names = [name for cell in cells for name in (cell.id, *self.policy.history.before(cell.id))]
            accepted.refuse_unknown(f"{name}/{metric}" for name in names for metric in METRICS)
        if early:
            _ = self.database

    def compared(self, results: Results, planned: Collection[Cell]) -> tuple[int, dict[str, int]]:
        """How many of the planned cells have a history that they can be compared with; why how many have not."""
        done, reasons = 0, dict[str, int]()
        measured = set(results.cells())
        for cell in planned:
            why = "not measured"
            if cell in measured and results.skipped(cell) is None:
                asked = results.asked(cell)
                found = [self.of(asked, metric) for metric in (RATIO, TIME)]
                if any(each.comparable and not each.problem for each in found):
                    done += 1
                    continue
                why = next((each.problem for each in found if each.problem), "no earlier run yet")
            reasons[why] = reasons.get(why, 0) + 1
        return done, reasons

    def declared(self, results: Results, own: Collection[Cell]) -> dict[str, list[str]]:
        """The project's own cells that were measured, with the keys of their gates."""
        rules = results.rules
        return {
            cell.id: [
                kind.key
                for kind in rules.kinds
                if rules.applies(kind, cell)
                and not kind.needs_base  # a session without a base judges none of these, and has lost nothing
                and rules.policy.gate(kind.key, cell, rules.device) is not None
            ]
            for cell in own
        }

    def _had(self, results: Results, own: Collection[Cell]) -> dict[str, list[str]]:
        """What later runs must have as well: cells that were timed, with those of their gates that are not red.

        A variant that never ran, or a gate that never held, may go.
        """
        measured = _measured(results)
        timed = [cell for cell in own if cell in measured and results.asked(cell).samples.durations_s]
        red = {(verdict.cell.id, verdict.gate) for verdict in results.red()}
        had = {}
        for cell, gates in self.declared(results, timed).items():
            held = [gate for gate in gates if (cell, gate) not in red]
            if held or not gates:
                had[cell] = held
        return had

    def gone(self, results: Results, own: Collection[Cell], planned: Collection[Cell]) -> dict[str, str]:
        """What accepted runs had and this one should have and has not -> the pattern that retires it, if any."""
        database = self.database
        if database is None:
            self.unread = "" if self.off else self.problem
            return {}
        measured = _measured(results)
        here = [cell for cell in own if cell in measured or cell not in set(planned)]
        now = Declared(self.declared(results, here), self.device, self.host, self.device_asked)
        try:
            with database.reading() as connection:
                before = declared_before(connection, self.device, str(self.options.get("table")))
        except HistoryError as problem:
            self.problem = self.unread = str(problem)
            return {}
        return vanished(before, now, self.policy.history, self.accepted.retired, self.narrowed)

    def store(self, results: Results, own: Collection[Cell], *, interrupted: bool, red: str) -> None:
        """Write the run; where that fails it waits in a file for the next session. HistoryError where it can't."""
        if self.off or self.read_only:
            return
        about = RunRecord(
            *(self.uid, self.started_at, self.device, self.fingerprint),
            commit=self.commit.id,
            parent=self.commit.parent,
            branch=self.commit.branch,
            dirty=self.commit.dirty,
            interrupted=interrupted,
            red=red,
            host=self.host,
            facts=self.facts,
            versions=self.versions,
            options=self.options,
            declared=self._had(results, own),
            aliases=self._past.aliases([cell.id for cell in results.cells()]),
        )
        if self.commit.dirty and not self.commit.id:
            self.notes.append(
                f"history: git gives no answer for {self.root}, so this run counts as one of a changed tree: no later "
                "run is compared with it"
            )
        record = record_of(results, about, self._epochs(results), keep_rounds=self.policy.history.keep_rounds)
        try:
            self.stored = self.database is not None and not self.problem and append(self.database, record)
        except HistoryError as problem:
            self.problem = str(problem)
        if not self.stored:
            self._wait(record)

    def _wait(self, record: RunRecord) -> None:
        try:
            path = keep(self.root / ".jitgate" / SPOOL, record)
        except HistoryError as worse:
            raise HistoryError(f"{self.problem}; {worse}") from None
        self.notes.append(f"{self.problem}; this run waits in {path} and is stored by the next one")

    def _epochs(self, results: Results) -> dict[str, str]:
        ids = [f"{cell.id}/{metric}" for cell in results.cells() for metric in METRICS]
        found = {series: self._past.accepted_of(series) for series in ids}
        return {series: entries[-1].epoch for series, entries in found.items() if entries}

    def finish(self, *, exit_code: int, red: str, saved: str) -> None:
        """What is known only when everything else has ended. saved: the file that pytest-benchmark wrote."""
        if not self.stored or self.database is None:
            return
        from sqlalchemy import update

        from jitgate.history.schema import RUN

        options = json.dumps({**self.options, "exit_code": exit_code, "saved": saved}, sort_keys=True, default=str)
        values = {"options": options, **({"red": red} if red else {})}
        try:
            with self.database.writing() as connection:
                connection.execute(update(RUN).where(RUN.c.uid == self.uid).values(values))
        except HistoryError:
            return  # the run itself is stored

    def was_red(self, saved: str) -> bool:
        """Whether the run that wrote this file of pytest-benchmark's was red."""
        if self.database is None:
            return False
        from sqlalchemy import select

        from jitgate.history.schema import RUN

        query = select(RUN.c.options, RUN.c.red).order_by(RUN.c.id.desc())
        try:
            with self.database.reading() as connection:
                rows = connection.execute(query.where(RUN.c.options.contains(saved, autoescape=True))).all()
                found = [(meant("options", options), red) for options, red in rows]
        except HistoryError as problem:
            self.problem = self.unread = str(problem)
            return False
        return any(options.get("saved") == saved and (options.get("exit_code") or red) for options, red in found)


def _measured(results: Results) -> set[Cell]:
    """The cells whose variant could run."""
    return {cell for cell in results.cells() if results.skipped(cell) is None}
