"""`--jitgate-bisect GOOD BAD`: the commit that made one cell slower, by measuring two commits a step."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from jitgate.gates.base_validity import broken_base, change_of
from jitgate.gates.requirements import Requirement
from jitgate.gates.stopping import UndecidedRequirement
from jitgate.measure.session import Measurements
from jitgate.model.errors import UsageError
from jitgate.trees.git import Repository
from jitgate.trees.history_between import as_head, commits_between, halved, subject

if TYPE_CHECKING:
    from jitgate.gates.kind import Asked
    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement
    from jitgate.plugin.session_state import State

TIME = "max_slowdown_time"


def bisect(state: State, bad: str) -> tuple[list[str], int]:
    """What is said of it, and the exit code: 0 where a commit is named. UsageError where not one cell is selected, or
    where one of the commits is not there."""
    asked, cell = state.base.asked, _one(state)
    if asked is None or not asked.trees:
        raise UsageError("--jitgate-bisect: both are one commit; name the good commit and then the bad one")
    repository = Repository.of(asked.trees["base"].head)
    good = asked.comparison
    commits = commits_between(repository, good.commit, bad)
    told: list[str] = []

    def slower(commit: str) -> tuple[float, bool] | None:
        """Logarithm by which a commit is slower than the good one, and whether that is certain; None where it can't be
        measured."""
        found = _measured(state, repository, commit, cell)
        wrong = broken_base(found)
        what = f"{commit[:10]} {subject(repository, commit)}"
        if wrong is not None:
            told.append(f"  {what}: could not be measured: {wrong.reason}")
            return None
        change = change_of(found)
        figure = state.rules.kind(TIME).figure(found)
        told.append(f"  {what}: {figure.text if figure is not None else 'nothing measured'}")
        return None if change is None else (math.log(1 / change.interval.estimate), change.interval.high < 1.0)

    last, limit = slower(commits[-1]), _limit(state, cell)
    whole, certain = last if last is not None else (0.0, False)
    why = ""
    if last is None:
        why = "could not be measured"
    elif whole <= math.log1p(limit):
        why = f"is not slower than {good.name} by more than {limit:.0%}"
    elif not certain:
        why = f"may be no slower than {good.name} at all (more rounds with --jitgate-budget may tell)"
    if why:
        return [f"{cell.id}: {bad} {why}, so there is nothing to look for:", *told], 1
    found = halved(commits, lambda commit: None if (change := slower(commit)) is None else change[0] > whole / 2)
    said = (
        f"{cell.id} became {math.expm1(whole):.1%} slower between {good.name} and {bad}, found in {found.steps} steps"
    )
    lines = [f"{said}:", *told, f"FIRST SLOW COMMIT {found.first} {subject(repository, found.first)}"]
    if found.unknown:
        lines.append(f"  or one before it that could not be measured: {', '.join(each[:10] for each in found.unknown)}")
    return lines, 0


def _one(state: State) -> Cell:
    cells = state.planned
    if len(cells) != 1:
        few = ", ".join(cell.id for cell in cells[:3]) + (", ..." if len(cells) > 3 else "")
        raise UsageError(
            f"--jitgate-bisect looks at one variant in one scenario, and {len(cells)} are selected ({few}); choose one "
            "with --jitgate-select WORKLOAD/SCENARIO/VARIANT"
        )
    return cells[0]


def _measured(state: State, repository: Repository, commit: str, cell: Cell) -> Asked:
    """The cell, with the head's workers at `commit`, next to the good commit."""
    settings, tasks, asked = state.measurements.settings, state.measurements.tasks, state.base.asked
    assert asked is not None and asked.wish is not None, "looked at before"  # noqa: S101, PT018 - for the type checker
    settings.progress.note(f"bisecting: {commit[:10]} {subject(repository, commit)}")
    there = replace(settings, base=as_head(repository, asked, commit, asked.wish.state), on_close=lambda _: None)
    kind = state.rules.kind(TIME)
    limit = _limit(state, cell)

    def undecided(measurement: Measurement) -> list[str]:
        return UndecidedRequirement(Requirement(kind, state.rules.asked(measurement, cell), limit))(measurement)

    measurements = Measurements({cell.workload: tasks[cell.workload]}, there, undecided)
    try:
        return state.rules.asked(measurements.get(cell.workload, cell.scenario), cell)
    finally:
        measurements.close()


def _limit(state: State, cell: Cell) -> float:
    found = state.policy.limit(TIME, cell, state.device.kind)
    return found if found is not None else float(state.rules.kind(TIME).default_limit or 0.0)


def run_bisect(session: pytest.Session, state: State, bad: str) -> None:
    """In place of the tests."""
    lines, code = bisect(state, bad)
    state.bisected = lines
    if code:
        session.testsfailed += 1
