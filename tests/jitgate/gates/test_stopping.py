"""Who needs more rounds."""

from jitgate.config.policy import Gate, Policy
from jitgate.gates.judge import Judge
from jitgate.gates.stopping import OpenChoice, OpenGates, OpenLimit

from tests.jitgate.measurements import made_of

JUDGE = Judge(0.01)
GATED = OpenGates(Policy(gates=(Gate("here", variant="jit", min_speedup=1.10),)), JUDGE)


def test_without_a_gate_there_is_nothing_to_wait_for() -> None:
    assert OpenGates(Policy(), JUDGE)(made_of(1.10, rounds=1)) == []


def test_a_gate_is_waited_for_until_it_is_decided() -> None:
    assert GATED(made_of(1.40, rounds=3)) == ["jit"]
    assert GATED(made_of(1.10)) == ["jit"]
    assert GATED(made_of(1.40)) == []
    assert GATED(made_of(1.00)) == []


def test_a_gate_of_another_device_is_not_waited_for() -> None:
    other = OpenGates(Policy(gates=(Gate("here", variant="jit", device="cuda", min_speedup=1.10),)), JUDGE)
    assert other(made_of(1.10)) == []


def test_no_rounds_are_bought_for_a_comparison_that_is_broken() -> None:
    assert GATED(made_of(1.10, rel_l2=1.0)) == []


def test_one_limit_can_be_asked_for() -> None:
    assert OpenLimit(JUDGE, "jit", "min_speedup", 1.10)(made_of(1.40)) == []
    assert OpenLimit(JUDGE, "jit", "min_speedup", 1.40)(made_of(1.40)) == ["jit"]


def test_a_limit_on_slow_calls_is_waited_for_also_with_the_baseline() -> None:
    policy = Policy(gates=(Gate("here", variant="eager", max_p95_ms=12.0), Gate("here", variant="jit", max_p95_ms=9.0)))
    assert OpenGates(policy, JUDGE)(made_of(1.0, rounds=50)) == ["eager"]
    assert OpenGates(policy, JUDGE)(made_of(1.0, rounds=400)) == []


def test_who_was_asked_for_by_name_is_waited_for_until_faster_or_slower_is_decided() -> None:
    choice = OpenChoice(JUDGE, frozenset({"eager", "jit"}))
    assert choice(made_of(1.00)) == ["jit"]
    assert choice(made_of(1.40, rounds=3)) == ["jit"]
    assert choice(made_of(1.40)) == []
    assert choice(made_of(0.70)) == []
    assert choice(made_of(1.00, rel_l2=1.0)) == [], "no rounds make a wrong output right"
    assert OpenChoice(JUDGE, frozenset({"eager"}))(made_of(1.00)) == []
