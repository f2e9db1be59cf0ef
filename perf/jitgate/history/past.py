"""Earlier runs, as gates ask about them: `jitgate.gates.kind.Past` over a store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from jitgate.gates.tracked import RATIO
from jitgate.history.accepted import Accepted, AcceptedFile
from jitgate.history.commit import Commit
from jitgate.history.fingerprints import difference
from jitgate.history.levels import Now, past_series
from jitgate.history.made_record import series_of
from jitgate.history.problem import HistoryError
from jitgate.history.stored import StoredSeries, points_of, series_named
from jitgate.model.past import PastSeries

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jitgate.config.policy import Gate, Policy
    from jitgate.gates.kind import Asked
    from jitgate.history.database import Database
    from jitgate.history.record import SeriesKey


@dataclass
class StoredPast:
    """Each series is read once. problem: why the store can't be read, "" where it can; then nothing is comparable.

    facts: of this machine's fingerprint. today: by which acceptances expire. series: how many are watched together.
    """

    database: Database | None
    policy: Policy
    accepted: AcceptedFile
    commit: Commit
    fingerprint: str
    facts: Mapping[str, Any]
    today: date
    problem: str = ""
    series: int = 1
    _read: dict[tuple[SeriesKey, str, str], PastSeries] = field(default_factory=dict)

    def of(self, asked: Asked, metric: str) -> PastSeries:
        """The series of the metric, with what the cell's gate says of it."""
        key = series_of(asked, metric, self.fingerprint)
        known = (key, asked.measurement.digests.inputs, asked.measurement.digests.weights)
        if known not in self._read:
            try:
                self._read[known] = self._of(asked, key)
            except HistoryError as problem:
                self._read[known] = PastSeries(problem=f"The history can't be read: {problem}")
        found = self._read[known]
        gate = self._gate(asked, metric)
        if gate is None:
            return found
        return replace(found, fail_without=gate.on_no_history == "fail", direction=gate.direction)

    def _gate(self, asked: Asked, metric: str) -> Gate | None:
        return self.policy.gate(f"max_regression_{metric}", asked.cell, asked.device)

    def _of(self, asked: Asked, key: SeriesKey) -> PastSeries:
        if self.problem or self.database is None:
            return PastSeries(problem=f"The history can't be read: {self.problem or 'it is switched off'}")
        now = Now(
            key.id,
            asked.measurement.digests.inputs,
            asked.measurement.digests.weights,
            self.fingerprint,
            self.commit.branch,
            self.commit.ancestors,
            self.today,
            lower_is_worse=key.metric == RATIO,
            series=self.series,
        )
        with self.database.reading() as connection:
            every = self._named(connection, key)
            own = [each for each in every if each.key.machine == key.machine]
            points = points_of(connection, [each.id for each in own])
            needed = self.policy.history.min_history
            found = past_series(points, now, self.accepted_of(key.id), needed)
            if found.runs < needed and not found.problem:
                others = [each for each in every if each.key.machine != key.machine]
                found = replace(found, note=_elsewhere(connection, others, self.facts))
        return found

    def _named(self, connection: Connection, key: SeriesKey) -> list[StoredSeries]:
        """This series on every machine, under its names of before too."""
        old = self.policy.history.before(key.cell_id)
        found = series_named(connection, [key.cell_id, *old], key.metric)
        renamed = [name for each in found for name in each.aliases if name not in (*old, key.cell_id)]
        if renamed:
            found += series_named(connection, renamed, key.metric)
        return [each for each in found if each.key.baseline == key.baseline and each.key.precision == key.precision]

    def aliases(self, cell_ids: Sequence[str]) -> dict[str, list[str]]:
        """Cell id -> its earlier names, of those that the configuration renames."""
        found = {cell_id: self.policy.history.before(cell_id) for cell_id in cell_ids}
        return {cell_id: names for cell_id, names in found.items() if names}

    def accepted_of(self, series_id: str) -> list[Accepted]:
        """The acceptances of a series, under its names of before too."""
        cell_id, _, metric = series_id.rpartition("/")
        return self.accepted.of(series_id, *(f"{name}/{metric}" for name in self.policy.history.before(cell_id)))


def _elsewhere(connection: Connection, others: Sequence[StoredSeries], now: Mapping[str, Any]) -> str:
    """`torch 2.12.1 -> 2.13.0; 14 earlier runs are of AMD EPYC 7763`: of the machine that has most."""
    from sqlalchemy import func, select

    from jitgate.history.schema import POINT, RUN

    if not others:
        return ""
    latest = func.max(POINT.c.run_id)
    ids = [each.id for each in others]
    query = select(func.count(), latest).where(POINT.c.series_id.in_(ids)).group_by(POINT.c.series_id)
    rows = connection.execute(query.order_by(latest.desc())).all()
    if not rows:
        return ""
    count, run_id = rows[0]
    facts = json.loads(connection.execute(select(RUN.c.facts).where(RUN.c.id == run_id)).scalar_one())
    runs = f"{count} earlier run{'s are' if count != 1 else ' is'} of {facts.get('device', 'another machine')}"
    return "; ".join(filter(None, (difference(facts, now), runs)))
