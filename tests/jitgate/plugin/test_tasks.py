"""What a session has to measure: what was selected, and what that is compared with."""

from jitgate.config.policy import Gate, Policy
from jitgate.model.cell import Cell
from jitgate.model.variant import BASELINE
from jitgate.plugin.measuring import tasks_of
from jitgate.workloads.spec import WorkloadSpec

NAME = "my.encoder"
MINE = WorkloadSpec(NAME, "a:b", ("5s", "1s"), (BASELINE, "torchscript", "inductor"))
HALF = Gate(
    "here", workload=NAME, variant="inductor+bf16", device="cuda", baseline="eager+bf16", limits={"min_speedup": 1.1}
)


def test_baselines_come_along_and_listed_variants_come_first() -> None:
    cells = [Cell(NAME, "5s", "inductor+bf16"), Cell(NAME, "1s", "torchscript")]
    tasks = tasks_of(Policy(gates=(HALF,), workloads={NAME: MINE}), "cuda", cells)
    assert list(tasks) == [NAME]
    assert [variant.name for variant in tasks[NAME].variants] == [
        BASELINE,
        "torchscript",
        "eager+bf16",
        "inductor+bf16",
    ]
    assert tasks[NAME].scenarios == ("5s", "1s")
    assert tasks[NAME].reference_variants == {BASELINE, "eager+bf16"}


def test_on_another_device_nobody_is_compared_with_it() -> None:
    task = tasks_of(Policy(gates=(HALF,), workloads={NAME: MINE}), "cpu", [Cell(NAME, "5s", "inductor+bf16")])[NAME]
    assert [variant.name for variant in task.variants] == [BASELINE, "inductor+bf16"]
    assert task.reference_variants == {BASELINE}
