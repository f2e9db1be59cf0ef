"""Other processes keep the cores busy for a third of the run: what are the verdicts then?

`python -m studies.planted --busy [--runs 10]` runs the planted slowdowns again while a process for each core
is busy a third of the time. The planted verdict and INVALID are right. Every other verdict is wrong, and so is a
run without an excluded round. Odd runs are disturbed in one stretch, even runs again and again:

| runs | busy | expected |
| --- | --- | --- |
| 1, 3, 5, ... | one stretch, a third of what an undisturbed run took | excluded; further rounds outweigh it |
| 2, 4, 6, ... | 2 s of every 6 s, from beginning to end | a third is excluded, which is too much: INVALID |
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jitgate.device.processor import usable_cores

ON_S, OFF_S = 2.0, 4.0
"""A third of the time, in pieces that are longer than a round."""

BUDGET_S = 60.0
"""Of a run: INVALID asks for more rounds until the budget is spent, and ten runs should take a quarter of an hour."""

BURN = """
import os, sys, time
on_s, off_s, wait_s, host = float(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
time.sleep(wait_s)
while os.getppid() == host:
    end = time.monotonic() + on_s
    while time.monotonic() < end:
        pass
    if not off_s:
        break
    time.sleep(off_s)
"""
"""Ends with its host. With a pause of 0 it is busy once."""


@dataclass(frozen=True)
class Pattern:
    """Busy for `on_s` after `wait_s`, and again after every `off_s`; only once if `off_s` is 0."""

    name: str
    on_s: float
    off_s: float = 0.0
    wait_s: float = 0.0


Evidence = Mapping[str, Mapping[str, Any]]
"""Variant -> its entry of the JSON report."""


class Run(Protocol):
    """One run of the suite, with further arguments for pytest."""

    def __call__(self, folder: Path, run: int, *arguments: str) -> Evidence: ...


@dataclass(frozen=True)
class DisturbedVerdict:
    """The verdict of one variant in one run. excluded: number of excluded rounds, of `rounds` in all."""

    run: int
    pattern: str
    variant: str
    expected: str
    verdict: str
    rounds: int
    excluded: int

    @property
    def right(self) -> bool:
        """The verdict is the planted one or INVALID, and the disturbance was detected."""
        return self.verdict in (self.expected, "INVALID") and self.excluded > 0

    def __str__(self) -> str:
        share = f"{self.excluded} of {self.rounds} rounds excluded"
        said = "right" if self.right else "WRONG"
        return f"run {self.run} ({self.pattern}): {self.variant:5} {self.verdict:12} {said:5} {share}"


def pattern_of(run: int, undisturbed_s: float) -> Pattern:
    """How run number `run`, from 1, is disturbed. undisturbed_s: duration of an undisturbed run."""
    if run % 2 == 0:
        return Pattern("again and again", ON_S, OFF_S)
    return Pattern("one stretch", undisturbed_s / 3, wait_s=undisturbed_s / 3)


@contextmanager
def busy(pattern: Pattern, cores: int | None = None) -> Iterator[None]:
    """Keep each core that this process may use busy while the block lasts."""
    times = [str(pattern.on_s), str(pattern.off_s), str(pattern.wait_s), str(os.getpid())]
    count = len(usable_cores()) if cores is None else cores
    burning = [
        subprocess.Popen([sys.executable, "-c", BURN, *times])  # noqa: S603 - arguments of our own
        for _ in range(count)
    ]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


def verdicts_of(run: int, pattern: Pattern, evidence: Evidence, expected: Mapping[str, str]) -> list[DisturbedVerdict]:
    """One entry a variant; the verdict of a variant without evidence is `nothing`."""
    found = []
    for variant, planted in expected.items():
        said = evidence.get(variant)
        excluded = sum(said["excluded_rounds"].values()) if said else 0
        verdict = said["gates"][0]["verdict"] if said else "nothing"
        rounds = excluded + (said["rounds"] if said else 0)
        found.append(DisturbedVerdict(run, pattern.name, variant, planted, verdict, rounds, excluded))
    return found


def study(
    run: Run,
    folder: Path,
    runs: int,
    expected: Mapping[str, str],
    say: Callable[[str], object],
    *,
    budget_s: float = BUDGET_S,
) -> int:
    """Run, print each verdict, and count; returns 0 if every verdict was right."""
    began = time.monotonic()
    budget = ("--jitgate-budget", str(budget_s))
    run(folder, 0, *budget)
    undisturbed_s = time.monotonic() - began
    say(f"undisturbed: {undisturbed_s:.0f} s")
    found: list[DisturbedVerdict] = []
    for number in range(1, runs + 1):
        pattern = pattern_of(number, undisturbed_s)
        with busy(pattern):
            evidence = run(folder, number, *budget)
        for verdict in verdicts_of(number, pattern, evidence, expected):
            found.append(verdict)
            say(str(verdict))
    for variant, planted in expected.items():
        own = [each for each in found if each.variant == variant]
        counts = Counter(each.verdict for each in own).most_common()
        seen = ", ".join(f"{verdict} {count}" for verdict, count in counts)
        say(f"{variant}: planted {planted}; right in {sum(each.right for each in own)} of {runs} runs, seen {seen}")
    return int(not all(each.right for each in found))
