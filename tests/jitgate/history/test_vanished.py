"""What accepted runs had and a run has not: it is named, with what retires it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.config.history_settings import HistorySettings, Retired
from jitgate.history.append import append
from jitgate.history.database import Database
from jitgate.history.vanished import Declared, declared_before, vanished

from tests.jitgate.history.runs import run_of

BEFORE = Declared({"my.encoder/short/jit": ["min_speedup"], "my.encoder/short/eager": []}, "cpu", "here")


@pytest.mark.parametrize(
    ("now", "gone"),
    [
        ({"my.encoder/short/eager": []}, ["my.encoder/short/jit"]),
        ({"my.encoder/brief/jit": ["min_speedup"], "my.encoder/brief/eager": []}, list(BEFORE.cells)),
        ({**BEFORE.cells, "my.encoder/short/jit": []}, ["my.encoder/short/jit min_speedup"]),
        ({}, list(BEFORE.cells)),
        (BEFORE.cells, []),
        ({**BEFORE.cells, "my.encoder/new/jit": ["max_memory"]}, []),
    ],
)
def test_what_is_gone_is_named(now: dict[str, list[str]], gone: list[str]) -> None:
    found = vanished([BEFORE], Declared(now, "cpu", "here"), HistorySettings(), (), ())
    assert sorted(found) == sorted(gone)
    for name, pattern in found.items():
        assert pattern == name.replace(" ", "/")
        assert vanished([BEFORE], Declared(now, "cpu", "here"), HistorySettings(), [Retired(pattern, "why")], ()) == {
            each: other for each, other in found.items() if each != name
        }, "and what is said to retire it does"


def test_what_is_retired_or_renamed_is_not_gone() -> None:
    now = Declared({"my.encoder/brief/jit": ["min_speedup"]}, "cpu", "here")
    retired = [Retired("*/short/eager", "no need")]
    renamed = HistorySettings(aliases={"my.encoder/short": "my.encoder/brief"})
    assert vanished([BEFORE], now, renamed, retired, ()) == {}
    gate = [*retired, Retired("*/*/jit/min_speedup", "another gate holds it")]
    assert vanished([BEFORE], Declared({"my.encoder/brief/jit": []}, "cpu", "here"), renamed, gate, ()) == {}


def test_a_selection_narrows_what_should_be_there() -> None:
    now = Declared({"my.encoder/short/eager": []}, "cpu", "here")
    assert vanished([BEFORE], now, HistorySettings(), (), ["*/short/eager"]) == {}
    assert vanished([BEFORE], now, HistorySettings(), (), ["*/short"]) == {
        "my.encoder/short/jit": "my.encoder/short/jit"
    }


def test_a_device_that_was_there_on_this_host_is_missed() -> None:
    card = Declared({"my.encoder/short/jit": []}, "cuda", "here")
    now = Declared({"my.encoder/short/jit": []}, "cpu", "here")
    assert vanished([card], now, HistorySettings(), (), ()) == {"device cuda (this run of the same host is on cpu)": ""}
    assert vanished([card], replace(now, asked_for=True), HistorySettings(), (), ()) == {}
    assert vanished([card], replace(now, host="elsewhere"), HistorySettings(), (), ()) == {}


def test_many_runs_of_a_part_do_not_hide_what_is_gone(database: Database) -> None:
    whole = {"my.encoder/short/jit": ["min_speedup"], "my.encoder/long/jit": []}
    part = {"my.encoder/short/jit": ["min_speedup"]}
    options = {"table": "pyproject.toml", "device": "auto"}
    append(database, run_of(1.0, declared=whole, options=options))
    for number in range(30):
        append(database, run_of(1.0, declared=part, options={**options, "saved": str(number)}))
    with database.reading() as connection:
        before = declared_before(connection, "cpu", "pyproject.toml")
    assert [dict(each.cells) for each in before] == [part, whole]
    assert list(vanished(before, Declared(part, "cpu"), HistorySettings(), (), ())) == ["my.encoder/long/jit"]


def test_a_name_with_signs_of_globs_is_retired_by_what_is_said() -> None:
    before = Declared({"w/a[1]/jit": [], "w/a1/jit": []}, "cpu")
    gone = vanished([before], Declared({"w/a1/jit": []}, "cpu"), HistorySettings(), (), ())
    assert gone == {"w/a[1]/jit": "w/a[[]1]/jit"}
    retired = [Retired(pattern, "why") for pattern in gone.values()]
    assert list(vanished([before], Declared({}, "cpu"), HistorySettings(), retired, ())) == ["w/a1/jit"]
