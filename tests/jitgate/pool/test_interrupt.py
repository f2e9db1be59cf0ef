"""Signals that are held back: delivered where it is safe, never lost, and given back."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from types import FrameType

import pytest
from jitgate.pool.interrupt import NUMBERS, Interrupts


class Sank:
    """Its end is interrupted, in a place whose exceptions Python prints and forgets."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def delivered() -> Iterator[list[int]]:
    """Both signals raise as in a session, whatever this process was started with; the numbers that arrived."""
    arrived: list[int] = []

    def owner(number: int, frame: FrameType | None) -> None:
        arrived.append(number)
        raise KeyboardInterrupt(number)

    before = {number: signal.signal(number, owner) for number in NUMBERS}
    yield arrived
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def interrupts() -> Interrupts:
    return Interrupts()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_signal_waits_for_a_safe_place_and_goes_to_its_owner(
    interrupts: Interrupts, delivered: list[int], number: signal.Signals
) -> None:
    steps = []

    def work() -> None:
        with interrupts.held():
            signal.raise_signal(number)
            steps.append(f"written down, and {len(delivered)} delivered")
            interrupts.deliver()
            steps.append("not reached")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert steps == ["written down, and 0 delivered"]
    assert delivered == [number]


def test_one_that_python_would_have_forgotten_is_delivered(interrupts: Interrupts, delivered: list[int]) -> None:
    def work() -> None:
        with interrupts.held():
            Sank()
            interrupts.deliver()

    with pytest.raises(KeyboardInterrupt):
        work()
    assert delivered == [signal.SIGINT]


def test_the_second_does_not_wait(interrupts: Interrupts, delivered: list[int]) -> None:
    def work() -> None:
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)
            pytest.fail("what hangs could not be interrupted")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert delivered == [signal.SIGTERM, signal.SIGINT]


def test_what_was_not_delivered_is_at_the_end_also_with_another_exception(
    interrupts: Interrupts, delivered: list[int]
) -> None:
    def work() -> None:
        with interrupts.held():
            signal.raise_signal(signal.SIGINT)
            raise ValueError("of the rounds")

    with pytest.raises(KeyboardInterrupt) as caught:
        work()
    assert delivered == [signal.SIGINT]
    assert isinstance(caught.value.__context__, ValueError)


def test_handlers_are_given_back_and_nothing_is_delivered_twice(interrupts: Interrupts, delivered: list[int]) -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    with interrupts.held():
        assert [signal.getsignal(number) for number in NUMBERS] != before
        with interrupts.held():
            interrupts.deliver()
        assert [signal.getsignal(number) for number in NUMBERS] != before, "the inner one gave back what is held"
    assert [signal.getsignal(number) for number in NUMBERS] == before
    interrupts.deliver()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with interrupts.held():
        interrupts.deliver()
    assert delivered == [signal.SIGINT]


def test_what_is_ignored_stays_ignored(interrupts: Interrupts) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.held():
        signal.raise_signal(signal.SIGINT)
        interrupts.deliver()
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_outside_of_the_main_thread_nothing_is_held(interrupts: Interrupts) -> None:
    before = [signal.getsignal(number) for number in NUMBERS]
    found: list[object] = []

    def elsewhere() -> None:
        with interrupts.held():
            found.extend(signal.getsignal(number) for number in NUMBERS)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert found == before
