"""What looking at timed outputs may take of the turns' time, and that it is paid back."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from jitgate.model.turn import Turn
from jitgate.pool.output_audit import COST_SHARE, FEWEST, OutputAudit
from jitgate.worker.kept_outputs import write_arrays

from tests.jitgate.pool.audits import COUNT, audited, found, right, take


def test_the_cost_is_bounded_once_a_few_were_compared(tmp_path: Path) -> None:
    dear = found(audited(tmp_path, right, turns=60, looking_s=10.0))
    assert FEWEST <= dear.compared < 20
    assert found(audited(tmp_path, right, turns=60)).compared > 40


@pytest.mark.parametrize("kept_s", [0.01, 0.5, 5.0])
def test_sampling_takes_two_percent_of_the_turns_and_one_more_sample_at_most(tmp_path: Path, kept_s: float) -> None:
    audit, turns = OutputAudit(tmp_path, random.Random(0)), 600
    for start in range(0, turns * COUNT, COUNT):
        for name in ("eager", "mine"):
            keep = audit.keep("short", start, COUNT)
            for number, path in keep.items():
                write_arrays(path, [right(number)])
            turn = Turn((1000,) * COUNT, (), kept=dict.fromkeys(keep), looking_cpu_s=kept_s * len(keep))
            audit.note(name, "short", turn, keep, 1.0)
    most = COST_SHARE + 2 * max(kept_s, 0.1) * FEWEST / (2 * turns)
    assert found(audit).share <= most
    assert FEWEST <= found(audit).compared <= max(FEWEST, 1 + COST_SHARE * turns / kept_s)


def test_what_the_first_samples_took_is_paid_back_and_then_it_is_two_percent(tmp_path: Path) -> None:
    audit, turns, kept_s = OutputAudit(tmp_path, random.Random(0)), 2000, 0.3
    shares = []
    for start in range(0, turns * COUNT, COUNT):
        for name in ("eager", "mine"):
            keep = audit.keep("short", start, COUNT)
            audit.note(name, "short", Turn((1000,) * COUNT, (), looking_cpu_s=0.005 + kept_s * len(keep)), keep, 1.0)
            shares.append(found(audit).share)
    assert shares[10] > 10 * COST_SHARE
    assert max(shares[600:]) <= COST_SHARE + 1e-3
    assert shares[-1] > 0.8 * COST_SHARE, "what is paid for is used"


def test_other_values_after_the_rounds_are_not_in_their_share(tmp_path: Path) -> None:
    audit = audited(tmp_path, right, looking_s=0.1)
    share = found(audit).share
    with audit.others():
        take(audit, "mine", right, 1 << 30, looking_s=50.0)
    assert found(audit).share == share
