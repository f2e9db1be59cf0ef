"""Work that is not in the time of its calls: what of it shows, and what accuses nobody."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jitgate.model.turn import Turn
from jitgate.pool.output_audit import OutputAudit

from tests.jitgate.pool.audits import COUNT, audited, found, right, take


def test_threads_that_work_on_after_calls_are_named_unless_those_of_eager_do(tmp_path: Path) -> None:
    audit = audited(tmp_path, right, late=(0.9, 0.0, 0.8))
    assert found(audit).problem.startswith("a thread of its own works on after a timed call has returned, for 80% of")
    assert audit.untimed("short", "mine") == found(audit).problem
    assert found(audited(tmp_path, right, late=(0.2,))).problem == ""
    for start in range(800, 800 + 2 * COUNT, COUNT):
        keep = audit.keep("short", start, COUNT)
        audit.note("eager", "short", Turn((1000,) * COUNT, (), late=(0.9, 0.9)), keep, 60.0)
    assert found(audit).problem == ""


@pytest.mark.parametrize(("unpacking_s", "accused"), [(4e-5, False), (2e-7, False), (9e-5, True), (2e-3, True)])
def test_an_output_that_is_made_when_it_is_looked_at_is_found(
    tmp_path: Path, unpacking_s: float, *, accused: bool
) -> None:
    problem = found(audited(tmp_path, right, unpacking_s=unpacking_s)).problem
    assert problem.startswith("its output is made when somebody looks at it: taking it apart") is accused
    assert accused or not problem


@pytest.mark.parametrize(("making_s", "accused"), [(4e-5, False), (3e-4, False), (2e-3, True)])
def test_work_before_a_call_is_found(tmp_path: Path, making_s: float, *, accused: bool) -> None:
    problem = found(audited(tmp_path, right, making_s=making_s)).problem
    assert problem.startswith("it works before its calls: making the inputs of one takes") is accused
    assert accused or not problem


def test_what_is_around_a_long_call_may_take_longer(tmp_path: Path) -> None:
    """Caches are cold after a call of 100 ms, where eager's takes a microsecond."""
    audit = OutputAudit(tmp_path, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        take(audit, "eager", right, start)
        take(audit, "mine", right, start, wall_ns=(100_000_000,) * COUNT, making_s=6e-4, unpacking_s=9e-5)
    assert found(audit).problem == ""


def test_durations_that_were_edited_are_named(tmp_path: Path) -> None:
    problem = found(audited(tmp_path, right, edited=True)).problem
    assert problem == "it replaced the durations of its calls, with which jitgate measures"


def repeating(folder: Path, of_eager: Callable[[int], object], looked: int = COUNT) -> OutputAudit:
    """Every second call of the variant gives the answer of the call before. of_eager: first call of a turn -> those of
    eager that do so. looked: how many of eager's are known."""
    audit = OutputAudit(folder, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        take(audit, "eager", right, start, looked=looked, repeats=of_eager(start))
        take(audit, "mine", right, start, repeats=tuple(range(start + 1, start + COUNT, 2)))
    return audit


@pytest.mark.parametrize(("precision", "tolerance"), [("fp32", 1e-4), ("bf16", 0.05)])
def test_answers_of_the_call_before_are_found(tmp_path: Path, precision: str, tolerance: float) -> None:
    problem = found(repeating(tmp_path, lambda start: ()), precision, tolerance).problem
    assert problem.startswith("24 of 48 timed calls gave the very answer of the call before")
    assert found(audited(tmp_path, right), precision, tolerance).problem == ""


def test_an_answer_that_eager_repeats_too_is_none(tmp_path: Path) -> None:
    audit = repeating(tmp_path, lambda start: tuple(range(start + 1, start + COUNT, 2)))
    assert found(audit).problem == found(audit, "bf16", 0.05).problem == ""


def test_where_eager_repeats_some_others_of_a_lower_precision_may_be_roundings(tmp_path: Path) -> None:
    audit = repeating(tmp_path, lambda start: (start + 1,))
    assert found(audit, "bf16", 0.05).problem == ""
    assert found(audit).problem.startswith("16 of 48 timed calls gave the very answer of the call before")


def test_an_answer_that_eager_was_hardly_seen_not_to_repeat_accuses_nobody(tmp_path: Path) -> None:
    """A fast eager is looked at in few calls that follow each other, a slow variant in many."""
    assert found(repeating(tmp_path, lambda start: (), looked=0), "bf16", 0.05).problem == ""


def saturated(number: int) -> np.ndarray:
    """Numbers that low precision rounds to one: they vary by less than that."""
    return 1 - 1e-4 * right(number)


def test_answers_that_rounding_makes_equal_are_no_stored_ones(tmp_path: Path) -> None:
    audit = OutputAudit(tmp_path, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        take(audit, "eager", saturated, start)
        take(audit, "mine", lambda number: np.ones((4, 50)), start, repeats=tuple(range(start + 1, start + COUNT)))
    assert found(audit, "bf16", 0.05).problem == ""


@pytest.mark.parametrize("what", ["making_s", "unpacking_s"])
def test_a_busy_machine_that_lengthens_most_turns_accuses_nobody(tmp_path: Path, what: str) -> None:
    audit = OutputAudit(tmp_path, random.Random(0))
    for number in range(10):
        take(audit, "eager", right, number * COUNT, **{what: 0.004 if number % 3 == 0 else 0.0})
        take(audit, "mine", right, number * COUNT, **{what: 0.004 if number % 3 else 0.0})
    assert found(audit).problem == ""


@pytest.mark.parametrize("what", ["making_s", "unpacking_s"])
def test_two_turns_tell_nothing(tmp_path: Path, what: str) -> None:
    """The first access may pay an import, or a pool of threads that starts."""
    slow: dict[str, Any] = {what: 0.5}
    assert found(audited(tmp_path, right, turns=2, **slow)).problem == ""


def test_a_turn_of_which_no_call_was_looked_at_is_not_one_that_came_apart_at_once(tmp_path: Path) -> None:
    audit = OutputAudit(tmp_path, random.Random(0))
    for number in range(12):
        take(audit, "eager", right, number * COUNT)
        take(audit, "mine", right, number * COUNT, unpacking_s=0.002 if number % 3 == 0 else None)
    assert found(audit).problem.startswith("its output is made when somebody looks at it")


def test_an_output_of_many_parts_may_take_longer_to_come_apart(tmp_path: Path) -> None:
    """Where eager gives tuples, and the variant dataclasses."""
    many = {" ".join(["Tensor[4,50]"] * 48): tuple(range(8 * COUNT))}
    audit = OutputAudit(tmp_path, random.Random(0))
    for start in range(0, 8 * COUNT, COUNT):
        take(audit, "eager", right, start, seen=many, unpacking_s=2.5e-5)
        take(audit, "mine", right, start, seen=many, unpacking_s=1.5e-4)
    assert found(audit).problem == ""


def test_one_turn_in_which_an_output_came_apart_slowly_accuses_nobody(tmp_path: Path) -> None:
    audit = audited(tmp_path, right, turns=4)
    take(audit, "mine", right, 800 * COUNT, unpacking_s=0.5)
    assert found(audit).problem == ""
