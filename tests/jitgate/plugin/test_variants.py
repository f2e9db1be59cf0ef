"""`--jitgate-variants`: any variant on any workload, by its name."""

from __future__ import annotations

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.test_collection import cell_of, ids


def variants_of(names: list[str]) -> set[str]:
    return {cell_of(name).variant for name in names}


def test_named_variants_take_the_place_of_those_that_workloads_list(project: Project) -> None:
    project.configure(["eager", "torchscript", "plain"])
    found = ids(project, "--jitgate-variants", "torchscript+ofi+bf16,int8-dynamic", "-k", "short")
    assert variants_of(found) == {"eager", "torchscript+ofi+bf16", "int8-dynamic"}
    assert ids(project, "--jitgate-variants", "eager+bf16", "-k", "eager+bf16 and test_jit and long") == [
        "test_jit_stays_faster_than_eager[my.encoder/long/eager+bf16]"
    ]


def test_a_gate_on_what_was_left_out_is_still_a_gate_and_a_name_that_is_not_there_is_bad_input(
    project: Project,
) -> None:
    project.configure(["eager", "plain"], project.gate("plain", "min_speedup = 1.1"))
    assert variants_of(ids(project, "--jitgate-variants", "eager+fp16")) == {"eager", "eager+fp16"}
    done = project.pytest("--collect-only", "-q", "--jitgate-variants", "eager+fp8")
    assert done.returncode == 4
    assert "--jitgate-variants: there is no variant 'eager+fp8': 'fp8' is neither a precision" in done.stderr
    assert "Traceback" not in done.stderr
