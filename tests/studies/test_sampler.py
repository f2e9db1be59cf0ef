"""What a meter costs: it is on in one turn of every pair, and off in the other."""

from __future__ import annotations

import pytest
from jitgate.device.power import Power
from jitgate.device.reading import Missing
from studies import sampler


class FakeMeter:
    """Counts how often it was switched on and off."""

    work_s = 0.0
    missing = "it reads nothing"

    def __init__(self) -> None:
        self.begun = 0
        self.calls: list[int] = []

    def begin(self) -> None:
        self.begun += 1

    def end(self, calls: int) -> Power:
        self.calls.append(calls)
        nothing = Missing("a fake")
        return Power(nothing, nothing, nothing)


def test_every_pair_has_one_metered_turn() -> None:
    meter = FakeMeter()
    call_s, found = sampler.compare("cpu", meter, 3)
    assert call_s > 0
    assert (found.pairs, meter.begun, meter.calls) == (3, 3, [sampler.CALLS] * 3)
    assert found.interval.low <= found.interval.estimate <= found.interval.high


def test_the_ratio_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert sampler.main(["--device", "cpu", "--rounds", "2"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("cpu: ")
    assert "2 pairs)" in said
