"""What the base's table declares and the head's does not: said, and red where it is a benchmark."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from jitgate.config.history_settings import Retired
from jitgate.trees.declared import changed_gates, removed

BASE = """
alpha = 0.01
[workloads.net]
factory = "m:net"
scenarios = ["short", "long"]
variants = ["torchscript"]
[workloads.other]
factory = "m:other"
[[gates]]
workload = "net"
max_slowdown = "3%"
"""


def table(text: str) -> Mapping[str, Any]:
    return tomllib.loads(text)


def gone(
    head: str,
    retired: tuple[Retired, ...] = (),
    narrowed: list[str] | None = None,
    aliases: Mapping[str, str] | None = None,
    known: tuple[str, ...] = (),
) -> list[str]:
    names = aliases or {}
    return removed(table(BASE), table(head), lambda cell: names.get(cell, cell), retired, narrowed or [], known)


def test_nothing_is_gone_from_an_equal_table() -> None:
    assert gone(BASE) == []


def test_a_workload_a_scenario_and_a_variant_that_went_are_named() -> None:
    assert gone(BASE.replace("[workloads.other]", "[workloads.renamed]")) == ["other/*/eager"]
    assert gone(BASE.replace('"short", ', "")) == ["net/short/eager", "net/short/torchscript"]
    assert gone(BASE.replace('["torchscript"]', "[]")) == ["net/short/torchscript", "net/long/torchscript"]


def test_what_is_retired_or_has_a_successor_is_not_gone() -> None:
    head = BASE.replace("[workloads.other]", "[workloads.renamed]")
    assert gone(head, (Retired("other", "not needed"),)) == []
    assert gone(head, aliases={"other/*/eager": "renamed/*/eager"}) == []


def test_a_run_that_is_narrowed_says_nothing_of_the_rest() -> None:
    head = BASE.replace("[workloads.other]", "[workloads.renamed]")
    assert gone(head, narrowed=["net/short"]) == []
    assert gone(head, narrowed=["*/short"]) == ["other/*/eager"]


def test_scenarios_that_the_factory_tells_now_are_not_gone() -> None:
    assert gone(BASE.replace('scenarios = ["short", "long"]\n', "")) == []


def test_a_scenario_that_the_factory_no_longer_tells_is_gone() -> None:
    head = BASE.replace('scenarios = ["short", "long"]\n', "")
    known = ("net/short/eager", "net/short/torchscript")
    assert gone(head, known=known) == ["net/long/eager", "net/long/torchscript"]
    assert gone(head, known=(*known, "net/long/eager", "net/long/torchscript")) == []
    assert gone(head, (Retired("net/long", "too long"),), known=known) == []


def test_gates_that_the_same_change_has_changed_are_said() -> None:
    head = BASE.replace('"3%"', '"30%"').replace("alpha = 0.01", "alpha = 0.1")
    assert changed_gates(table(BASE), table(head)) == [
        "removed: net/*/* max_slowdown = 3%",
        "new: net/*/* max_slowdown = 30%",
        "alpha: 0.01 before, 0.1 now",
    ]
    assert changed_gates(table(BASE), table(BASE)) == []
    assert changed_gates(None, table(BASE)) == []


def test_settings_of_a_workload_that_the_same_change_has_changed_are_said() -> None:
    head = BASE.replace('scenarios = ["short", "long"]', 'scenarios = ["short"]\nnightly = ["short"]\ntolerance = 1e9')
    assert changed_gates(table(BASE), table(head)) == [
        "net nightly: not set before, ['short'] now",
        "net tolerance: not set before, 1000000000.0 now",
    ]
