"""By what else a process does its figures are not the model's."""

from __future__ import annotations

import pytest
from jitgate.model.surroundings import Surroundings, joined, uneven

QUIET = Surroundings((), 1, 1, 5.0, 5.0, 0.01, 5.0)


def test_a_quiet_process_has_no_cause() -> None:
    assert QUIET.cause() is None
    assert Surroundings().cause() is None, "nothing is known of it"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Surroundings(("a tracer (coverage.CTracer)",)), "was timed under a tracer (coverage.CTracer)"),
        (Surroundings((), 1, 1, 5.0, 5.0, 0.36, 0.4), "computes while it waits for its turn (0.9 processors busy)"),
        (Surroundings((), 1, 2, 9.5, 5.0), "kept 1.9 processors busy where the workload has 1 thread"),
        (Surroundings((), None, 2, 15.0, 5.0), "kept 3.0 processors busy where the workload has 2 threads"),
    ],
)
def test_what_spoils_the_figures_is_said(found: Surroundings, said: str) -> None:
    cause = found.cause()
    assert cause is not None
    assert cause[0] == said


@pytest.mark.parametrize(
    "found",
    [
        Surroundings((), 1, 1, 0.09, 0.05, 0.04, 0.05),
        Surroundings((), 2, 2, 9.5, 5.0, 0.0, 5.0),
        Surroundings((), None, None, 15.0, 5.0),
    ],
)
def test_too_little_time_and_allowed_threads_spoil_nothing(found: Surroundings) -> None:
    assert found.cause() is None


def test_turns_are_joined() -> None:
    tracer = Surroundings(("a tracer",), 1, 1, 1.0, 2.0, 3.0, 4.0)
    assert joined([QUIET, tracer, tracer]) == Surroundings(("a tracer",), 1, 1, 7.0, 9.0, 6.01, 13.0)
    assert joined([]) == Surroundings()


def test_another_number_of_threads_than_the_baseline_is_said() -> None:
    found = {"eager": QUIET, "jit": QUIET, "more": Surroundings(torch_threads=2), "failed": Surroundings()}
    assert uneven(found, "eager") == (
        "torch has 2 threads in more and 1 thread in eager: they are compared with what they were given",
    )
