"""The summary a person reads after a run."""

import re
from dataclasses import replace

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.kind import AFTER_A_FAILURE
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.power_reading import PowerReading
from jitgate.model.verdict import Verdict
from jitgate.report.decision import Ending
from jitgate.report.format import format_seconds
from jitgate.report.summary import MORE, summary
from jitgate.report.table import WIDEST, short_table
from jitgate.statistics import ordinary_ratio, speedup

from tests.jitgate.measurements import made_of
from tests.jitgate.results import ALPHA, policy_of, results_of

GATE = Gate("here", variant="jit", limits={"min_speedup": 1.10})
TOLD = "not gated: no limit is set, so it is only reported; a speed-up then has an ordinary 95 % interval"


def said(
    *measurements: Measurement,
    gate: Gate | None = GATE,
    code: int | None = None,
    verbose: bool = False,
    memory_limit_bytes: int | None = 4 << 30,
) -> list[str]:
    gates = [] if gate is None else [gate]
    policy = policy_of(*gates, measurements=measurements, memory_limit_bytes=memory_limit_bytes)
    return summary(results_of(policy, *measurements), Ending(code), verbose=verbose)


def test_the_decision_comes_first_and_then_a_line_a_variant() -> None:
    headline, action, _, title, head, eager, jit, recommended, *rest = said(made_of(1.40))
    assert (headline, action) == ("GREEN: 8 of 8 gates held.", "Nothing to do.")
    assert title == "my.encoder short on cpu: 60 rounds in 10 s"
    assert head.split() == ["variant", "median", "speed-up", "memory", "right", "fits", "fast"]
    assert eager.split()[-3:] == ["baseline", "PASS", "baseline"]
    assert "noise floor" in eager
    assert re.fullmatch(r"  jit +7\.\d+ ms +1\.4\dx \(1\.\d\d to 1\.\d\d\) >= 1\.1 +100 MiB +PASS +PASS +PASS", jit)
    assert recommended.startswith("  recommended for my.encoder short on cpu: jit, 1.4")
    assert [line for line in rest if line] == [MORE], "there is nothing more to say"


def test_verbose_has_every_figure() -> None:
    lines = said(made_of(1.40), verbose=True)
    assert lines[3] == "my.encoder short on cpu: 60 rounds in 10 s, 95% of the time inside model calls, order by seed 0"
    assert "rel. L2 error" in lines[4]
    assert "100 MiB of 4.00 GiB" in lines[6]
    assert "gate 1.1" in lines[6]


def test_what_is_not_gated_has_an_ordinary_interval_and_says_so() -> None:
    for rounds in (2, 5, 8, 60):
        lines = said(made_of(1.17, rounds=rounds), gate=None)
        assert lines[0].endswith("; speed is not gated.")
        (jit,) = [line for line in lines if line.startswith("  jit ")]
        assert re.search(r"1\.\d\dx \(\d\.\d\d to \d\.\d\d\) +100 MiB +PASS +PASS +not gated$", jit)
        assert f"  {TOLD}" in lines
        assert not any("no interval yet" in line for line in lines)
    assert "(1 pair)" in "\n".join(said(made_of(1.17, rounds=1), gate=None))


def test_what_has_no_limit_is_never_said_to_fit() -> None:
    lines = said(made_of(1.40), memory_limit_bytes=None)
    assert lines[0] == "GREEN: 6 of 6 gates held; memory is not gated."
    assert lines[1] == "To gate memory, set memory_limit in [tool.jitgate], or max_memory in [[tool.jitgate.gates]]."
    answers = {line.split()[0]: line for line in lines if line.startswith(("  eager ", "  jit "))}
    assert answers["eager"].endswith("  100 MiB  baseline  not gated  baseline")
    assert answers["jit"].endswith("  100 MiB  PASS      not gated  PASS")
    assert f"  {TOLD}" in lines
    leaking = made_of(1.40)
    levels = (tuple((calls, (100 + calls) << 20) for calls in range(4, 84, 4)),)
    jit = replace(leaking.all_samples["jit"], levels=levels)
    (line,) = [
        line
        for line in said(replace(leaking, all_samples={**leaking.all_samples, "jit": jit}), memory_limit_bytes=None)
        if line.startswith("  jit ")
    ]
    assert line.split()[-2:] == ["FAIL", "PASS"], "what accompanies a limit may still fail"


def test_a_run_without_any_limit_says_what_is_not_gated() -> None:
    lines = said(made_of(1.40), gate=None, memory_limit_bytes=None)
    assert lines[0] == "GREEN: 5 of 5 gates held; speed and memory are not gated."
    assert lines[1].startswith("To gate speed, set min_speedup in [[tool.jitgate.gates]]; to gate memory, set ")


@pytest.mark.parametrize("gate", [GATE, None])
@pytest.mark.parametrize("verbose", [False, True])
def test_a_figure_has_one_interval_wherever_it_is_shown(gate: Gate | None, verbose: bool) -> None:
    measurement = made_of(1.40)
    lines = said(measurement, gate=gate, verbose=verbose)
    arms = measurement.columns("jit")
    found = speedup(arms.baseline, arms.candidate, arms.control, alpha=ALPHA).interval
    if gate is None:
        ordinary = ordinary_ratio(arms.baseline, arms.candidate, None)
        assert ordinary is not None
        assert (ordinary.low, ordinary.high) != (found.low, found.high)
        found = replace(found, low=ordinary.low, high=ordinary.high)
    expected = f"{found.estimate:.2f}x ({found.low:.2f} to {found.high:.2f}"
    (jit,) = [line for line in lines if line.startswith("  jit ")]
    (recommended,) = [line for line in lines if line.startswith("  recommended ")]
    assert expected in jit
    assert f"jit, {expected}) as fast as eager" in recommended
    assert len(set(re.findall(r"1\.\d\dx \([^),]+", "\n".join(lines)))) == 1


def test_a_gate_with_too_few_rounds_shows_the_ordinary_interval_and_that_it_is_not_decided() -> None:
    lines = said(made_of(1.40, rounds=7), code=1)
    assert any(re.search(r"1\.\d\dx \(1\.\d\d to 1\.\d\d, 95 %\), gate 1\.1", line) for line in lines)


def test_a_variant_that_is_slower_is_never_said_to_be_fast() -> None:
    (jit,) = [line for line in said(made_of(0.62)) if line.startswith("  jit ")]
    assert jit.split()[-3:] == ["PASS", "PASS", "FAIL"]


@pytest.mark.parametrize("name", ["jit", "torchscript-frozen-with-a-very-long-name", "x" * 200])
@pytest.mark.parametrize("ratio", [0.01, 1.1, 123.4])
def test_a_table_has_at_most_a_hundred_columns(name: str, ratio: float) -> None:
    found = made_of(ratio, seed=3)
    renamed = {
        each if each != "jit" else name: replace(samples, name=name) for each, samples in found.all_samples.items()
    }
    measurement = replace(found, all_samples=renamed)
    gate = replace(GATE, variant="[!e]*")
    policy = policy_of(gate, measurements=[measurement], memory_limit_bytes=4 << 30)
    table = short_table(results_of(policy, measurement), measurement)
    assert max(len(line) for line in table) <= WIDEST


def test_a_gate_says_why_the_project_asks_for_it() -> None:
    lines = said(made_of(1.0), gate=replace(GATE, reason="the first chunk must be quick"))
    assert any(line.endswith(" Asked for because: the first chunk must be quick.") for line in lines)


def test_a_sentence_for_each_verdict_that_is_not_pass() -> None:
    lines = said(made_of(1.0))
    sentences = [line for line in lines if line.startswith("FAIL")]
    assert len(sentences) == 1
    assert sentences[0].startswith("FAIL my.encoder/short/jit min_speedup=1.10: ")


def test_one_failure_that_breaks_every_gate_is_said_once() -> None:
    dead = Failure(FailureKind.DIED, "worker jit was killed by SIGKILL in turn")
    lines = said(made_of(1.4, failure=dead))
    labels = ("min_speedup=1.10", "max_memory=4.00GiB", "rel_l2=0.0001", "max_recompiles=0", "max_memory_growth=0")
    assert lines[1] == f"Begin with my.encoder/short/jit: {dead.sentence}. {AFTER_A_FAILURE}"
    sentences = [line for line in lines[2:] if "SIGKILL" in line]
    assert sentences == [
        f"FAIL my.encoder/short/jit {', '.join(labels)}: {dead.sentence}. {AFTER_A_FAILURE}",
    ]


def test_what_can_not_run_here_is_skipped_unless_a_gate_names_it() -> None:
    lacking = made_of(1.4, failure=Failure(FailureKind.UNAVAILABLE, "needs a card; get one"))
    free = said(lacking, gate=None)
    assert free[-2] == "can't run, and no gate names it: my.encoder/short/jit: needs a card; get one"
    assert [line.split()[-2:] for line in free if line.strip().startswith("jit ")] == [["can't", "run"]]
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
    lines = said(blind, replace(blind, scenario="long"), verbose=True)
    assert [line for line in lines if "no counters" in line] == ["energy, power, utilisation: no counters"]
    assert lines.count("  note: one worker was resident at a time") == 2
    told = {name: replace(samples, power=PowerReading(0.5)) for name, samples in measurement.all_samples.items()}
    assert not any("energy" in line for line in said(replace(measurement, all_samples=told), verbose=True))
    paged = said(replace(measurement, overcommitted="memory overcommitted: full"))
    assert "INVALID my.encoder/short/jit min_speedup=1.10: memory overcommitted: full." in paged


def row_of(lines: list[str], variant: str = "jit") -> str:
    return next(line for line in lines if line.startswith(f"  {variant} "))


@pytest.mark.parametrize(
    ("ratio", "seed", "shown"), [(1.40, 0, ") >= 1.1 "), (1.0, 0, ") < 1.1 "), (1.10, 3, "), gate 1.1 ")]
)
def test_the_sign_before_a_limit_says_what_became_of_it(ratio: float, seed: int, shown: str) -> None:
    line = row_of(said(made_of(ratio, seed=seed), code=1))
    assert shown in line
    assert sum(sign in line for sign in (" >= ", " < ", ", gate ")) == 1


def test_a_limit_that_could_not_be_judged_is_not_said_to_hold() -> None:
    assert "), gate 1.1 " in row_of(said(made_of(1.40, rel_l2=1e-2), code=1))


@pytest.mark.parametrize("verbose", [False, True])
def test_no_figure_stands_beside_a_worker_that_died(verbose: bool) -> None:
    dead = made_of(1.40, rel_l2=0.0, failure=Failure(FailureKind.DIED, "worker jit died"))
    lines = said(dead, code=1, verbose=verbose)
    assert set(re.split(r" {2,}", row_of(lines).strip())[2:]) == {"-", "FAIL"}
    assert not any("0e+00" in line or "1.4" in line for line in lines if not line.startswith("  eager "))
    assert all(each.figure is None for each in judged_of(dead) if each.cell.variant == "jit")


def judged_of(measurement: Measurement) -> list[Verdict]:
    return results_of(policy_of(GATE, measurements=[measurement], memory_limit_bytes=4 << 30), measurement).verdicts


def test_a_reason_of_the_project_stays_on_one_line() -> None:
    gate = replace(GATE, reason="first\nGREEN: 8 of 8 gates held.")
    (line,) = [line for line in said(made_of(1.0), gate=gate, code=1) if "Asked for because" in line]
    assert line.endswith("Asked for because: first GREEN: 8 of 8 gates held.")
