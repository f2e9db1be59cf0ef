"""What a person decides about the history: accepted, renewed, retired, odd; and pruning, which decides nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jitgate.cli import history_accept, history_files
from jitgate.gates.tracked import RATIO
from jitgate.history.accepted import read_accepted
from jitgate.history.append import append
from jitgate.history.database import open_database
from jitgate.history.levels import Now, past_series
from jitgate.history.record import RunRecord, SeriesKey
from jitgate.history.stored import all_series, points_of
from jitgate.model.errors import UsageError
from jitgate.model.past import PastSeries

from tests.jitgate.history.runs import KEY, run_of

MEMORY = replace(KEY, metric="memory")
TODAY = datetime.now(UTC).date()


class Project:
    """A project with a history."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pyproject.toml").write_text("[tool.jitgate]\n")

    @property
    def accepted(self) -> Path:
        return self.folder / "perf" / "accepted.toml"

    def run(
        self,
        *estimates: float,
        keys: Sequence[SeriesKey] = (KEY,),
        change: Callable[[RunRecord], RunRecord] = lambda run: run,
        **more: Any,
    ) -> None:
        database = open_database(str(self.folder / ".jitgate" / "history.db"))
        append(database, change(run_of(*estimates, keys=keys, **more)))
        database.close()

    def past(self, now: SeriesKey = KEY) -> PastSeries:
        """What the next run is compared with."""
        database = open_database(str(self.folder / ".jitgate" / "history.db"))
        with database.reading() as connection:
            series = next(each for each in all_series(connection) if each.key == now)
            points = points_of(connection, [series.id])
        database.close()
        about = Now(now.id, "", "", "machine-a", "", None, TODAY, lower_is_worse=now.metric == RATIO)
        return past_series(points, about, read_accepted(self.accepted).of(now.id), 3)

    def runs(self) -> list[float]:
        database = open_database(str(self.folder / ".jitgate" / "history.db"))
        with database.reading() as connection:
            found = [point.estimate for each in all_series(connection) for point in points_of(connection, [each.id])]
        database.close()
        return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)


def accept(series: str = KEY.id, **options: Any) -> str:
    known = {"series": series, "reason": "safer", "expires": None, "up_to": None, "history": None}
    return history_accept.accept(argparse.Namespace(**{**known, **options}))[1]


def slower(project: Project, times: float = 1.2) -> None:
    for step in (1.0, 1.001, 0.999, 1.0):
        project.run(0.005 * step)
    project.run(0.005 * times, point={"regressed": True})


def test_a_change_that_is_accepted_twice_keeps_its_level(project: Project) -> None:
    slower(project)
    accept(reason="one")
    once = project.past()
    accept(reason="two")
    assert project.past() == once
    assert once.cap == pytest.approx(0.005 * 1.2, rel=0.01)
    assert once.target == pytest.approx(0.005 * 1.2, rel=1e-3)


def test_an_acceptance_that_no_run_followed_passes_its_level_on(project: Project) -> None:
    slower(project)
    accept()
    project.run(0.008, commit="another", point={"regressed": True})
    assert "+60.0%" in accept()
    assert project.past().cap == pytest.approx(0.008, rel=0.01)


def test_only_figures_that_changed_are_accepted(project: Project) -> None:
    for _ in range(3):
        project.run(0.005, 9.0, keys=(KEY, MEMORY))
    project.run(0.005, 9.0001, keys=(KEY, MEMORY))
    with pytest.raises(UsageError, match="nothing to accept"):
        accept("my.encoder")

    def first_regressed(run: RunRecord) -> RunRecord:
        return replace(run, points=(replace(run.points[0], regressed=True), *run.points[1:]))

    project.run(0.006, 9.0001, keys=(KEY, MEMORY), change=first_regressed)
    assert accept("my.encoder").startswith("accepted my.encoder/short/jit/time: +20.0%, up to 20.0%\ncommit ")
    assert [entry.series for entry in read_accepted(project.accepted).entries] == ["my.encoder/short/jit/time"]


def test_a_change_that_no_gate_saw_is_accepted_where_runs_show_it(project: Project) -> None:
    for number in range(40):
        project.run((0.005 if number < 20 else 0.0075) * (1 + 0.001 * (number % 3)))
    assert "accepted my.encoder/short/jit/time: +49.9%, up to 50.0%" in accept()
    assert project.past().cap == pytest.approx(0.0075, rel=0.02)


def test_an_expired_acceptance_is_renewed(project: Project) -> None:
    slower(project)
    accept(expires=str(TODAY + timedelta(1)))
    text = project.accepted.read_text()
    project.accepted.write_text(text.replace(str(TODAY + timedelta(1)), "2026-11-26"))
    assert "expired on 2026-11-26" in project.past().problem
    assert "+20.0%" in accept(reason="a while more", expires="2999-01-01")
    assert project.past().problem == ""
    assert read_accepted(project.accepted).of(KEY.id)[-1].expires == date(2999, 1, 1)


@pytest.mark.parametrize(("expires", "said"), [("", "must be a day"), ("2020-01-01", "is over"), ("soon", "a day")])
def test_a_day_that_is_none_is_refused(project: Project, expires: str, said: str) -> None:
    slower(project)
    with pytest.raises(UsageError, match=said):
        accept(expires=expires)
    assert not project.accepted.exists()


def test_more_than_twice_as_slow_is_accepted_up_to_what_was_measured(project: Project) -> None:
    slower(project, 2.5)
    assert "+150.0%, up to 150.0%" in accept()
    assert project.past().cap == pytest.approx(0.0125, rel=0.01)
    with pytest.raises(UsageError, match=r"too loose.*at most 150.0%"):
        accept(up_to="200%")


@pytest.mark.parametrize("share", ["-100%", "-1", "nan%", "inf", "-250%"])
def test_a_share_that_no_figure_can_have_is_refused(project: Project, share: str) -> None:
    slower(project)
    with pytest.raises(UsageError, match="must be more than -100%"):
        accept(up_to=share)
    accept()
    text = project.accepted.read_text()
    project.accepted.write_text(text.replace('change = "+20.00%"', f'change = "{share}"'))
    with pytest.raises(UsageError, match=r"change = .* must be more than -100%"):
        read_accepted(project.accepted)


def test_signs_of_globs_in_a_name_are_the_name(project: Project) -> None:
    odd, other = (replace(KEY, scenario=name) for name in ("a[1]", "a1"))
    for _ in range(4):
        project.run(0.005, 0.005, keys=(odd, other))
    project.run(0.006, 0.006, keys=(odd, other), point={"regressed": True})
    accept("my.encoder/a[1]/jit/time")
    file = read_accepted(project.accepted)
    assert (len(file.of(odd.id)), len(file.of(other.id))) == (1, 0)


@pytest.mark.parametrize("pattern", ["", "*", "*/*", "*/*/*", " "])
def test_not_everything_is_retired_at_once(project: Project, pattern: str) -> None:
    with pytest.raises(UsageError, match="would retire everything"):
        history_accept.retire(argparse.Namespace(series=pattern, reason="gone", history=None))
    assert not project.accepted.exists()


@pytest.mark.parametrize(
    ("pattern", "known"),
    [
        ("my.encoder", True),
        ("my.*/short", True),
        (KEY.cell_id, True),
        (f"{KEY.cell_id}/parity", True),
        ("my.enc", False),
    ],
)
def test_what_is_retired_and_was_never_there_is_said(project: Project, pattern: str, known: bool) -> None:
    project.run(0.005)
    said = history_accept.retire(argparse.Namespace(series=pattern, reason="gone", history=None))[1]
    assert said.startswith(f"retired {pattern}; ")
    assert ("is called so; there are: my.encoder/short/jit" in said) is not known


def test_a_thing_is_retired_where_no_history_is_here(project: Project) -> None:
    said = history_accept.retire(argparse.Namespace(series="my.enc", reason="gone", history=None))[1]
    assert said == f"retired my.enc; commit {project.accepted} for review"


def test_a_run_is_odd_for_a_reason(project: Project) -> None:
    slower(project)
    with pytest.raises(UsageError, match="--reason must say why"):
        history_accept.odd(argparse.Namespace(run_id="", reason=" ", history=None))


def test_pruning_keeps_the_accepted_level_and_what_came_since(project: Project) -> None:
    estimates = [0.005 + number * 7 % 12 * 1e-6 for number in range(12)]
    for estimate in estimates:
        project.run(estimate)
    for _ in range(5):
        project.run(0.009, point={"regressed": True})
    before = project.past()
    said = history_files.pruned(argparse.Namespace(keep=5, history=None))[1]
    assert said.startswith("removed 7 runs")
    assert project.runs() == [*estimates[7:], *[0.009] * 5]
    assert (before.runs, project.past().runs) == (12, 5)
