"""Gates that are only reported have to be about something, too."""

from __future__ import annotations

import pytest
from jitgate.config.policy import REPORT, Gate, Policy
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError

CELLS = [Cell("m", "short", "eager")]


@pytest.mark.parametrize(
    ("workload", "scenario", "said"), [("n", "*", "workload 'n'"), ("m", "long", "scenario 'long'")]
)
def test_one_of_the_project_that_matches_nothing_is_bad_input(workload: str, scenario: str, said: str) -> None:
    gate = Gate("my.toml, gate 1", workload, scenario, "jit", on_fail=REPORT)
    with pytest.raises(UsageError, match=rf"my\.toml, gate 1 matches nothing: there is no {said}"):
        Policy("my.toml", gates=(gate,)).check(CELLS)


def test_one_of_a_package_or_of_a_variant_that_is_not_here_is_left_alone() -> None:
    package = Gate("a package, claim 1", "n", on_fail=REPORT)
    variant = Gate("my.toml, gate 1", "m", "short", "tensorrt", on_fail=REPORT)
    assert all(not gate.matches(cell) for gate in (package, variant) for cell in CELLS)
    Policy("my.toml", gates=(package, variant)).check(CELLS)
