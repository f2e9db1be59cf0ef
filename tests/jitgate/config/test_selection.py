"""Which variants a workload is run by, and what a gate compares them with."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from jitgate.config.offered import Offered
from jitgate.config.policy import Policy
from jitgate.config.selection import chosen, with_chosen
from jitgate.config.table import parse_policy
from jitgate.gates.validity import speedup_of
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.model.verdict import Verdict
from jitgate.statistics import Outcome
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measurements import made_of
from tests.jitgate.results import KINDS, asked_of, policy_of, results_of, rules_of

MINE = """
[workloads."my.encoder"]
factory = "mypackage.perf:encoder"
scenarios = ["short"]
variants = ["torchscript", "fused"]
[variants."fused"]
factory = "mypackage.perf:fused"
"""


def policy(gates: str = "") -> Policy:
    return parse_policy(tomllib.loads(MINE + gates), "my.toml", KINDS)


def gate(text: str) -> str:
    return f"[[gates]]\n{text}\n"


def test_any_variant_may_be_listed_by_its_name() -> None:
    text = MINE.replace('"torchscript"', '"torchscript+ofi+bf16", "int8-dynamic"')
    found = parse_policy(tomllib.loads(text), "my.toml", KINDS)
    assert found.workloads["my.encoder"].variants == (BASELINE, "torchscript+ofi+bf16", "int8-dynamic", "fused")


def test_a_gate_brings_the_variant_that_it_names() -> None:
    found = policy(gate('workload = "my.encoder"\nvariant = "inductor+bf16"\nmin_speedup = 1.5'))
    assert "inductor+bf16" in found.workloads["my.encoder"].variants
    assert found.names(Cell("my.encoder", "short", "inductor+bf16"), "cpu")
    patterned = policy(gate('workload = "my.*"\nvariant = "inductor+bf16"\nmin_speedup = 1.5'))
    with pytest.raises(UsageError, match=r"there is no variant 'inductor\+bf16'"):
        patterned.check(patterned.cells({"my.encoder": ("short",)}))


def test_a_wish_is_names_and_always_the_baseline() -> None:
    assert chosen(" torchscript , inductor+bf16,fused", policy(), "cpu") == {
        BASELINE,
        "torchscript",
        "inductor+bf16",
        "fused",
    }


def test_all_is_what_can_run_here() -> None:
    on_cpu, on_cuda = chosen("all", policy(), "cpu"), chosen("all", policy(), "cuda")
    assert {"eager+bf16", "torchscript+original", "compile", "inductor+fp16", "fused"} <= on_cpu
    assert not {"eager+tf32", "cudagraph", "tensorrt"} & on_cpu
    assert {"eager+tf32", "cudagraph", "compile-reduce-overhead"} <= on_cuda


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (" , ", "--jitgate-variants names no variant"),
        ("torchscrip", "did you mean 'torchscript'.* without an engine there are: fused"),
        ("eager+fp8", "--jitgate-variants: there is no variant 'eager.fp8': 'fp8' is neither"),
    ],
)
def test_a_wish_that_can_not_be_granted_is_one_sentence(wish: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        chosen(wish, policy(), "cpu")


def test_a_variant_of_ones_own_stays_with_the_workloads_that_list_it() -> None:
    theirs = WorkloadSpec("their.flow", "a:b", ("short",), (BASELINE,))
    both = parse_policy(tomllib.loads(MINE), "my.toml", KINDS, Offered(workloads={theirs.name: theirs}))
    found = with_chosen(both, chosen("fused,eager+bf16", both, "cpu"))
    assert found.workloads["my.encoder"].variants == (BASELINE, "torchscript", "fused", "eager+bf16")
    assert "fused" not in found.workloads["their.flow"].variants
    assert "eager+bf16" in found.workloads["their.flow"].variants


JIT = Cell("my.encoder", "short", "jit")


def other_baseline(limit: float = 1.1, baseline: str = "eager+fp16") -> Policy:
    text = f'workload = "my.*"\nvariant = "jit"\nmin_speedup = {limit}\nbaseline = "{baseline}"'
    return policy(gate(text))


def measured(ratio: float, of_other: float, floor: float = 1.0) -> Measurement:
    """`jit` is `ratio` times as fast as eager, `eager+fp16` is `of_other` times as fast."""
    one, two = made_of(ratio, floor=floor, seed=1), made_of(of_other, seed=1)
    all_samples = {**one.all_samples, "eager+fp16": two.all_samples["jit"]}
    return Measurement("my.encoder", "short", "cpu", 0, all_samples, wall_s=10.0, busy_s=9.5)


def verdicts(measurement: Measurement) -> list[Verdict]:
    (gate,) = other_baseline().gates
    results = results_of(policy_of(gate, measurements=[measurement]), measurement)
    return results.of(JIT)


def test_a_gate_compares_with_the_baseline_that_it_names() -> None:
    (speed, *_) = verdicts(measured(1.8, 1.5))
    assert (speed.label, speed.outcome) == ("min_speedup=1.10 of eager+fp16", Outcome.PASS)
    (speed, *_) = verdicts(measured(1.5, 1.5))
    assert speed.outcome is Outcome.FAIL, "1.5 times eager, and no faster than eager in half precision"
    assert other_baseline().baseline(JIT, "cpu") == "eager+fp16"
    assert policy().baseline(JIT, "cpu") == BASELINE


def test_what_the_controls_differ_by_is_carried_over() -> None:
    measurement = measured(1.8, 1.5, floor=1.07)
    columns = measurement.columns("jit", "eager+fp16")
    assert columns.control is not None
    eager = measurement.columns("jit")
    assert eager.control is not None
    np.testing.assert_allclose(columns.baseline / columns.control, eager.baseline / eager.control)
    floors = [speedup_of(asked_of(measurement, baseline=name)) for name in (BASELINE, "eager+fp16")]
    one, other = [found.noise_floor for found in floors if found is not None]
    assert one == pytest.approx(other)


def test_a_baseline_that_was_not_measured_is_nothing_to_compare_with() -> None:
    (speed, *_) = verdicts(made_of(1.5))
    assert speed.outcome is Outcome.INVALID
    assert "nothing to compare with: eager+fp16: It was not run" in speed.reason


def test_the_baseline_takes_turns_while_its_candidate_is_undecided() -> None:
    few = measured(1.2, 1.1)
    all_samples = {
        name: samples if name == CONTROL else type(samples)(**{**vars(samples), "turns": samples.turns[:3]})
        for name, samples in few.all_samples.items()
    }
    (gate,) = other_baseline().gates
    measurement = Measurement("my.encoder", "short", "cpu", 0, all_samples, wall_s=1.0)
    found = rules_of(policy_of(gate, measurements=[few])).undecided(measurement)
    assert found == ["jit", "eager+fp16"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('variant = "fused"\nmin_speedup = 1.1\nbaseline = "eager+fp8"', "number 1: baseline: there is no variant"),
        ('variant = "fused"\nmax_p95_ms = 5\nbaseline = "eager+fp16"', "baseline = 'eager.fp16' goes with min_speedup"),
        ('variant = "fused"\nmin_speedup = 1.1\nbaseline = "fused"', "'fused' is its own baseline"),
        ('variant = "fused"\nmin_speedup = 1.1\nbaseline = 3', "baseline = 3 must be a string"),
    ],
)
def test_a_baseline_that_makes_no_sense_is_bad_input(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        policy(gate(text))


def test_two_gates_with_two_baselines_contradict_each_other() -> None:
    same = 'workload = "my.encoder"\nvariant = "fused"\nmin_speedup = 1.1\n'
    found = policy(gate(same) + gate(f'{same}baseline = "eager+fp16"'))
    with pytest.raises(UsageError, match=r"they set min_speedup to 1.1 and 1.1 of eager\+fp16"):
        found.check(found.cells({"my.encoder": ("short",)}))
