"""The summary a person reads after a run."""

from dataclasses import replace

import pytest
from jitgate.config.policy import Gate
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.power_reading import PowerReading
from jitgate.report.format import format_seconds
from jitgate.report.summary import summary

from tests.jitgate.measurements import made_of
from tests.jitgate.results import policy_of, results_of

GATE = Gate("here", variant="jit", limits={"min_speedup": 1.10})


def said(*measurements: Measurement, gate: Gate | None = GATE) -> list[str]:
    gates = [] if gate is None else [gate]
    policy = policy_of(*gates, measurements=measurements, memory_limit_bytes=4 << 30)
    return summary(results_of(policy, *measurements))


def test_a_line_a_variant_with_everything_that_decides() -> None:
    title, head, eager, jit, *rest = said(made_of(1.40))
    assert title == "my.encoder short on cpu: 60 rounds in 10 s, 95% of the time inside model calls, order by seed 0"
    assert head.split() == ["variant", "median", "speed-up", "peak", "memory", "rel.", "L2", "error", "verdict"]
    assert eager.split()[0] == "eager"
    assert "noise floor" in eager
    assert jit.split()[0] == "jit"
    assert "1.4" in jit
    assert "gate 1.1" in jit
    assert "100 MiB of 4.00 GiB" in jit
    assert jit.endswith("PASS")
    assert rest[0].startswith("  recommended for my.encoder short on cpu: jit, 1.4")
    assert [line for line in rest[1:] if line] == ["8 gates: 8 PASS"], "there is nothing more to say"


def test_a_sentence_for_each_verdict_that_is_not_pass() -> None:
    lines = said(made_of(1.0))
    sentences = [line for line in lines if line.startswith("FAIL")]
    assert len(sentences) == 1
    assert sentences[0].startswith("FAIL my.encoder/short/jit min_speedup=1.10: ")


def test_one_failure_that_breaks_every_gate_is_said_once() -> None:
    dead = Failure(FailureKind.DIED, "worker jit was killed by SIGKILL in turn")
    lines = said(made_of(1.4, failure=dead))
    labels = ("min_speedup=1.10", "max_memory=4.00GiB", "rel_l2=0.0001", "max_recompiles=0", "max_memory_growth=0")
    sentences = [line for line in lines if "SIGKILL" in line]
    assert sentences == [
        f"FAIL my.encoder/short/jit {', '.join(labels)}: {dead.sentence}.",
    ]


def test_what_can_not_run_here_is_skipped_unless_a_gate_names_it() -> None:
    lacking = made_of(1.4, failure=Failure(FailureKind.UNAVAILABLE, "needs a card; get one"))
    free = said(lacking, gate=None)
    assert free[-2] == "skipped my.encoder/short/jit: needs a card; get one"
    assert [line.split()[-1] for line in free if line.strip().startswith("jit ")] == ["skipped"]
    assert not any(line.startswith("FAIL") for line in free)
    assert any(line.startswith("FAIL my.encoder/short/jit") for line in said(lacking))


@pytest.mark.parametrize(
    ("seconds", "expected"), [(None, "-"), (1.5, "1.5 s"), (0.9996, "1 s"), (0.0123, "12.3 ms"), (4.2e-6, "4.2 us")]
)
def test_durations_are_readable(seconds: float | None, expected: str) -> None:
    assert format_seconds(seconds) == expected


def test_why_no_energy_is_known_is_said_once_and_what_spoilt_memory_with_its_gates() -> None:
    measurement = made_of(1.40)
    all_samples = {
        name: replace(samples, power=PowerReading(missing="no counters"))
        for name, samples in measurement.all_samples.items()
    }
    blind = replace(
        measurement, all_samples=all_samples, residency="exclusive", notes=("one worker was resident at a time",)
    )
    lines = said(blind, replace(blind, scenario="long"))
    assert [line for line in lines if "no counters" in line] == ["energy, power, utilisation: no counters"]
    assert lines.count("  note: one worker was resident at a time") == 2
    told = {name: replace(samples, power=PowerReading(0.5)) for name, samples in measurement.all_samples.items()}
    assert not any("energy" in line for line in said(replace(measurement, all_samples=told)))
    paged = said(replace(measurement, overcommitted="memory overcommitted: full"))
    assert "INVALID my.encoder/short/jit min_speedup=1.10: memory overcommitted: full." in paged
