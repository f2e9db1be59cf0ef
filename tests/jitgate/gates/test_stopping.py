"""Who needs more rounds, and who needs workers that are started again."""

from dataclasses import replace

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.recommendation import recommend
from jitgate.gates.requirements import Requirement
from jitgate.gates.stopping import AnyOf, UndecidedFastest, UndecidedRequirement, UndecidedSelection
from jitgate.model.measurement import Measurement
from jitgate.report.recommendation import recommendation_data, recommendation_line

from tests.jitgate.measurements import made_of
from tests.jitgate.results import asked_of, policy_of, results_of, rules_of

GATED = rules_of(policy_of(Gate("here", variant="jit", limits={"min_speedup": 1.10}))).undecided


def test_without_a_gate_there_is_nothing_to_wait_for() -> None:
    assert rules_of().undecided(made_of(1.10, rounds=1)) == []


def test_a_gate_is_waited_for_until_it_is_decided() -> None:
    assert GATED(made_of(1.40, rounds=3)) == ["jit"]
    assert GATED(made_of(1.10)) == ["jit"]
    assert GATED(made_of(1.40)) == []
    assert GATED(made_of(1.00)) == []


def test_a_gate_of_another_device_is_not_waited_for() -> None:
    other = rules_of(policy_of(Gate("here", variant="jit", device="cuda", limits={"min_speedup": 1.10}))).undecided
    assert other(made_of(1.10)) == []


def test_no_rounds_are_bought_for_a_comparison_that_is_broken() -> None:
    assert GATED(made_of(1.10, rel_l2=1.0)) == []


def test_one_limit_can_be_asked_for() -> None:
    speed, measured = rules_of().kind("min_speedup"), made_of(1.40)
    one = UndecidedRequirement(Requirement(speed, asked_of(measured), 1.10))
    other = UndecidedRequirement(Requirement(speed, asked_of(measured), 1.40))
    assert one(measured) == []
    assert other(measured) == ["jit"]
    assert AnyOf((one, other, lambda _: ["jit", "aot"]))(measured) == ["jit", "aot"]


def test_a_limit_on_slow_calls_is_waited_for_also_with_the_baseline() -> None:
    policy = policy_of(
        Gate("here", variant="eager", limits={"max_p95_ms": 12.0}),
        Gate("here", variant="jit", limits={"max_p95_ms": 9.0}),
    )
    assert rules_of(policy).undecided(made_of(1.0, rounds=50)) == ["eager"]
    assert rules_of(policy).undecided(made_of(1.0, rounds=400)) == []


def test_who_was_asked_for_by_name_is_waited_for_until_faster_or_slower_is_decided() -> None:
    choice = UndecidedSelection(rules_of(), frozenset({"eager", "jit"}))
    assert choice(made_of(1.00)) == ["jit"]
    assert choice(made_of(1.40, rounds=3)) == ["jit"]
    assert choice(made_of(1.40)) == []
    assert choice(made_of(0.70)) == []
    assert choice(made_of(1.00, rel_l2=1.0)) == [], "no rounds make a wrong output right"
    assert UndecidedSelection(rules_of(), frozenset({"eager"}))(made_of(1.00)) == []


@pytest.mark.parametrize(
    ("ratio", "rounds", "starts"), [(1.15, [], ["jit"]), (1.60, [], []), (1.101, ["jit"], ["jit"])]
)
def test_what_is_near_its_limit_needs_starts_and_what_is_far_from_it_needs_none(
    ratio: float, rounds: list[str], starts: list[str]
) -> None:
    rules = rules_of(policy_of(Gate("here", variant="jit", limits={"min_speedup": 1.10})))
    measured = replace(made_of(ratio, rounds=60), restarts=True)
    assert rules.undecided(measured) == rounds
    assert rules.undecided(measured, starts=True) == starts
    one = Requirement(rules.kind("min_speedup"), asked_of(measured), 1.10)
    assert UndecidedRequirement(one, starts=True)(measured) == starts
    chosen = UndecidedSelection(rules, frozenset({"jit"}), starts=True)
    assert chosen(replace(made_of(1.05), restarts=True)) == ["jit"]
    assert chosen(measured) == []


@pytest.mark.parametrize("given", [{}, {"restarts": True, "residency": "exclusive"}])
def test_a_given_number_of_sets_and_blocks_of_their_own_processes_need_no_start(given: dict[str, object]) -> None:
    measured = replace(made_of(1.15), **given)  # type: ignore[arg-type]
    assert GATED(measured) == []
    assert (
        rules_of(policy_of(Gate("here", variant="jit", limits={"min_speedup": 1.10}))).undecided(measured, starts=True)
        == []
    )


def test_no_start_is_paid_for_a_comparison_that_is_broken() -> None:
    rules = rules_of(policy_of(Gate("here", variant="jit", limits={"min_speedup": 1.10})))
    assert rules.undecided(replace(made_of(1.15, rel_l2=1.0), restarts=True), starts=True) == []


def three(fast_rounds: int) -> Measurement:
    """A `jit` of 1.69x with 60 rounds, and a `compile` of 2.40x that rested after some."""
    found, fast = made_of(1.69, seed=1), made_of(2.40, seed=2).all_samples["jit"]
    turns = tuple(turn if number < fast_rounds else () for number, turn in enumerate(fast.turns))
    return replace(found, all_samples={**found.all_samples, "compile": replace(fast, name="compile", turns=turns)})


def test_what_looks_fastest_gets_rounds_until_it_is_decided_where_a_slower_one_is() -> None:
    rules = rules_of()
    assert UndecidedFastest(rules)(three(6)) == ["compile"]
    assert UndecidedFastest(rules)(three(60)) == []
    assert UndecidedFastest(rules)(made_of(2.40, rounds=6)) == [], "nothing is recommended before it"


def test_a_slower_variant_is_not_recommended_while_a_faster_one_is_open() -> None:
    early, late = three(6), three(60)
    found = recommend(results_of(policy_of(measurements=[early]), early, ask=False), early)
    assert found is not None
    assert found.undecided == "compile"
    line = recommendation_line(found)
    assert line.startswith("nothing recommended yet for my.encoder short on cpu: compile, 2.4")
    assert "looks faster than jit, 1.69x (" in line
    assert recommendation_data(found)["variant"] is None
    decided = recommend(results_of(policy_of(measurements=[late]), late, ask=False), late)
    assert decided is not None
    assert (decided.variant, decided.undecided) == ("compile", "")
