"""What does a device's meter, which samples in a thread, cost the calls that it watches?

`python -m studies.sampler [--device cuda] [--rounds 60]` times calls of some 5 ms with the meter on and off, in
pairs of random order, and prints the ratio with its interval.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Callable
from typing import Any

from jitgate.device.clock import Clock, clock_for
from jitgate.device.device import choose_device
from jitgate.device.power import Meter, meter_of
from jitgate.statistics.comparison import Speedup, speedup

CALL_S = 5e-3
CALLS = 20
"""Of a turn, so that a meter that samples ten times a second samples within it."""


def call_on(device: str, clock: Clock) -> Callable[[], Any]:
    """A chain of small products that takes `CALL_S`, or up to twice that: many launches, as a model's."""
    import torch

    x = torch.eye(64, device=device)

    def chain(length: int) -> Callable[[], Any]:
        def run() -> Any:
            y = x
            for _ in range(length):
                y = y @ x
            return y

        return run

    length = 50
    while min(clock.time(chain(length)).wall_ns for _ in range(10)) < CALL_S * 1e9:
        length *= 2
    return chain(length)


def turn_s(call: Callable[[], Any], clock: Clock, meter: Meter | None) -> float:
    """The median call of a turn, in seconds; with a meter while that samples."""
    if meter is not None:
        meter.begin()
    found = statistics.median(clock.time(call).wall_ns for _ in range(CALLS)) / 1e9
    if meter is not None:
        meter.end(CALLS)
    return found


def compare(device: str, meter: Meter, rounds: int) -> tuple[float, Speedup]:
    """A call's seconds without the meter, and how many times as fast the calls are with it (1: it costs nothing)."""
    clock, order = clock_for(device), random.Random(0)  # noqa: S311 - an order, and no secret
    call = call_on(device, clock)
    without: list[float] = []
    watched: list[float] = []
    for _ in range(rounds):
        arms = [(without, None), (watched, meter)]
        order.shuffle(arms)
        for arm, by in arms:
            arm.append(turn_s(call, clock, by))
    return statistics.median(without), speedup(without, watched)


def main(arguments: list[str]) -> int:
    """Print it."""
    parser = argparse.ArgumentParser(prog="python -m studies.sampler", description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--rounds", type=int, default=60)
    asked = parser.parse_args(arguments)
    device = choose_device(asked.device)
    meter = meter_of(device.card.uuid if device.card is not None else "")
    call_s, found = compare(device.name, meter, asked.rounds)
    interval = found.interval
    sys.stdout.write(
        f"{device.name}: {meter.missing or 'the meter can be read'}\n"
        f"calls of {call_s * 1e3:.2f} ms: with the meter {interval.estimate:.4f} times as fast "
        f"({interval.low:.4f} to {interval.high:.4f}, {found.pairs} pairs)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
