"""How many files are built, and why, is told before the first."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.model.variant import VariantSpec
from jitgate.pool.exports import Job, told

INDUCTOR = VariantSpec("inductor", "jitgate.engines.inductor:Inductor", exported=True)


def jobs(count: int, values: dict[str, int], unavailable: str | None = None, stage: str | None = None) -> list[Job]:
    return [
        Job(INDUCTOR, f"kind {number}", f"key {number}", "x.pt2", unavailable, ("inductor",), values, stage)
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"argument 2": 40}, "40 packages will be built, for 40 values of argument 2; to have one, make it a size of"),
        ({"argument 2": 60}, "40 packages will be built, for 40 values of argument 2; "),
        ({"argument 2": 10, "argument 3": 4}, "for 10 values of argument 2 and 4 values of argument 3; "),
        ({}, "40 packages will be built, for as many kinds of inputs; to have one, give its tensors one type, or"),
    ],
)
def test_an_argument_that_changes_with_each_call_is_named(values: dict[str, int], said: str) -> None:
    (line,) = told(jobs(40, values))
    assert line.startswith("inductor: 40 packages will be built, for ")
    assert said in line
    assert line.endswith("leave inductor out")


def test_sizes_of_one_are_named() -> None:
    kinds = ("torch.float32[1,n] torch.int64[n]", "torch.float32[n,n] torch.int64[n]")
    two = [replace(job, kind=kind) for job, kind in zip(jobs(2, {}), kinds, strict=True)]
    why = "sizes of 1, which are constants of a package; to have one, give tensors sizes of 2 and more"
    assert list(told(two)) == [f"inductor: 2 packages will be built, for {why}, or leave inductor out"]


def test_one_file_and_files_that_are_not_built_need_no_words() -> None:
    assert list(told(jobs(1, {"argument 2": 40}))) == []
    assert list(told(jobs(40, {"argument 2": 40}, unavailable="no compiler"))) == []
    assert list(told([*jobs(1, {}), *jobs(1, {}, stage="voice")])) == []
