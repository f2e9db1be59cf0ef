"""Kinds of several packages side by side, and gates that would say nothing."""

from __future__ import annotations

from typing import Any

import pytest
from jitgate.config.policy import Gate, Policy
from jitgate.gates.checked import check_gates, checked
from jitgate.gates.kind import GateKind
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.results import KINDS


def kind(key: str, attribute: str, fixture: str = "") -> GateKind:
    made: Any = type("Made", (GateKind,), {"key": key, "attribute": attribute, "fixture": fixture or key})
    return made()  # type: ignore[no-any-return]


def test_the_built_in_kinds_and_another_one_stand_in_order() -> None:
    more = kind("max_energy_j", "energy_j")
    assert checked([KINDS, [more]]) == (*KINDS, more)


@pytest.mark.parametrize(
    ("offered", "said"),
    [
        ([kind("max_e", "speedup")], "have one attribute, 'speedup'"),
        ([kind("min_speedup", "other")], "have one key, 'min_speedup'"),
        ([kind("max_e", "e", "tolerance")], "have one fixture, 'tolerance'"),
        ([kind("max e", "e")], "can't have key = 'max e'"),
        ([kind("max_e", "measurement")], "can't have attribute = 'measurement'"),
        ([kind("max_e", "e", "request")], "can't have fixture = 'request'"),
        ([GateKind], "has to give a list of GateKind objects"),
        (7, "has to give a list of GateKind objects"),
    ],
)
def test_what_would_hide_another_kind_is_refused(offered: object, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        checked([KINDS, offered])


@pytest.mark.parametrize(("variant", "red"), [("e*", True), ("*", False), ("jit", False)])
def test_a_speed_up_of_the_baseline_alone_is_no_gate(variant: str, red: bool) -> None:
    spec = WorkloadSpec("m", "p:f", ("short",), ("eager", "jit"))
    policy = Policy(
        gates=(Gate("my.toml, gate 1", variant=variant, limits={"min_speedup": 5.0}),), workloads={"m": spec}
    )
    cells = [Cell("m", "short", "eager"), Cell("m", "short", "jit")]
    if red:
        with pytest.raises(UsageError, match=r"my\.toml, gate 1: min_speedup is no limit for eager"):
            check_gates(policy, KINDS, cells)
    else:
        check_gates(policy, KINDS, cells)
