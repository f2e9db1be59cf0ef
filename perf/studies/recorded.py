"""The judge on recorded rounds of a real model; `data/README.md` says how they were recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jitgate.statistics import Outcome, first_decision, judge, speedup

from studies.noise import Rounds
from studies.ours import watch
from studies.study import SectionResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from studies.study import Study

DATA = Path(__file__).parent / "data"
CASES = (
    ("slower_12pct", 1.0),
    ("slower_12pct", 0.80),
    ("slower_3pct", 1.0),
    ("torchscript", 1.10),
    ("eager_twin", 1.0),
)


def traces() -> Iterator[tuple[str, dict[str, NDArray[np.float64]]]]:
    """Name and arms of every recorded file."""
    for path in sorted(DATA.glob("*.csv")):
        table = np.genfromtxt(path, delimiter=",", names=True)
        yield path.stem, {name: np.asarray(table[name]) for name in table.dtype.names or ()}


def verdicts(study: Study) -> SectionResult:
    """One line for each file and question, without and with the twin as control."""
    lines = [
        "| rounds | candidate | limit | without control | with control | noise floor | pairs, spread | decided after |",
        "| --- | --- | ---: | --- | --- | ---: | --- | ---: |",
    ]
    for name, arms in traces():
        for candidate, limit in CASES:
            alone = speedup(arms["eager"], arms[candidate], alpha=study.alpha)
            controlled = speedup(arms["eager"], arms[candidate], arms["eager_twin"], alpha=study.alpha)
            stopped = first_decision(arms["eager"], arms[candidate], limit, arms["eager_twin"], alpha=study.alpha)
            said = [
                f"{judge(found, limit).outcome} [{found.interval.low:.3f}, {found.interval.high:.3f}]"
                for found in (alone, controlled)
            ]
            lines.append(
                f"| {name} | {candidate} | {limit:.2f} | {said[0]} | {said[1]} | {controlled.noise_floor:.1%} "
                f"| {alone.pairs}, {alone.spread:.1%} | {stopped if stopped is not None else '-'} |"
            )
    return SectionResult(lines)


def false_alarms(study: Study) -> SectionResult:
    """Rounds of two eager instances in a random new order, the two exchanged at random in each: truly equal arms."""
    lines = ["| rounds | wrong PASS or FAIL, looking after every round |", "| --- | ---: |"]
    for number, (name, arms) in enumerate(traces()):
        study.say(f"recorded: {name}")
        rng = study.generator(9, number)
        pairs = np.stack([arms["eager"], arms["eager_twin"]])
        length = pairs.shape[1]
        drawn = np.stack([rng.permutation(length) for _ in range(study.runs)])
        swapped = rng.integers(0, 2, drawn.shape)
        rounds = Rounds(pairs[swapped, drawn], pairs[1 - swapped, drawn], None)
        outcome = watch(rounds, 1.0, study.alpha, final_intervals=False)
        lines.append(f"| {name} | {outcome.share(Outcome.PASS, Outcome.FAIL):.2%} |")
    return SectionResult(lines)
