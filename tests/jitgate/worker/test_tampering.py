"""Functions that jitgate measures with, replaced by a model's code."""

from __future__ import annotations

import time

import pytest
from jitgate.worker.tampering import WATCHED, Tampering


def test_nothing_is_replaced_at_first() -> None:
    assert Tampering().replaced() == ()


@pytest.mark.parametrize("name", WATCHED)
def test_each_is_there_and_named_once_it_is_replaced(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Tampering()
    monkeypatch.setattr(name, lambda *arguments: None)
    assert name in before.replaced()


def test_a_function_with_other_code_is_another(monkeypatch: pytest.MonkeyPatch) -> None:
    from jitgate.worker import outputs

    before = Tampering()
    monkeypatch.setattr(outputs.read, "__code__", (lambda *a, **k: None).__code__)
    assert before.replaced() == ("jitgate.worker.outputs.read",)


def test_a_clock_that_a_model_replaces_changes_no_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    from jitgate.device.clock import WallClock

    monkeypatch.setattr(time, "perf_counter_ns", lambda: 0)
    assert WallClock().time(lambda: sum(range(1000))).wall_ns > 0
