"""Only the factories that a selection can need are asked: never fewer."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jitgate.plugin.needed import may_be_meant, needed
from jitgate.workloads.spec import WorkloadSpec

NAMES = ("a.good", "b.bad", "plain")
WORKLOADS = {name: WorkloadSpec(name, "m:work", (), ("eager", "torchscript", "v1.good")) for name in NAMES}
WORKLOADS["plain"] = WorkloadSpec("plain", "m:work", (), ("eager",))


def config(keyword: str = "", select: tuple[str, ...] = (), args: tuple[str, ...] = ("jitgate.benchmarks",)) -> Any:
    options = {"jitgate_select": list(select)}
    return SimpleNamespace(
        option=SimpleNamespace(keyword=keyword),
        getoption=options.get,
        args=list(args),
        invocation_params=SimpleNamespace(dir=Path.cwd()),
    )


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("", NAMES),
        ("a.good", ("a.good",)),
        ("A.GOOD and eager", ("a.good",)),
        ("a.good or b.bad", ("a.good", "b.bad")),
        ("not a.good", ("b.bad", "plain")),
        ("a.good or short", NAMES),
        ("plain", NAMES),
        ("good", NAMES),
        (".good", ("a.good", "b.bad")),
        ("test_jit", NAMES),
        ("test_speed.py", NAMES),
        ("unknown", NAMES),
        ("a.good and", NAMES),
        (" or ".join(["a.good", *"bcdefghijk"]), NAMES),
    ],
)
def test_a_word_that_can_only_mean_another_workload_leaves_this_one_out(expression: str, left: tuple[str, ...]) -> None:
    assert tuple(name for name in NAMES if may_be_meant(expression, name, WORKLOADS)) == left


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("plain", ("plain",)),
        ("PLAIN and speed", ("plain",)),
        ("not plain", ("a.good", "b.bad")),
        ("plain or a.good", ("a.good", "plain")),
        ("plai", NAMES),
        ("good", NAMES),
    ],
)
def test_the_whole_name_of_another_workload_leaves_this_one_out_where_no_test_has_it(
    expression: str, left: tuple[str, ...]
) -> None:
    assert tuple(name for name in NAMES if may_be_meant(expression, name, WORKLOADS, lambda _: False)) == left


@pytest.mark.parametrize(
    ("text", "left"), [("def test_it(candidate): ...", {"plain"}), ("def test_plain(candidate): ...", set(NAMES))]
)
def test_a_word_in_the_files_of_the_tests_may_mean_any_workload(tmp_path: Path, text: str, left: set[str]) -> None:
    (tmp_path / "test_mine.py").write_text(text)
    assert needed(config("plain", args=(f"{tmp_path / 'test_mine.py'}::test_it",)), WORKLOADS) == left
    assert needed(config("plain", args=("jitgate.benchmarks", str(tmp_path))), WORKLOADS) == left
    assert needed(config("plain", args=("no.such_module",)), WORKLOADS) == set(NAMES)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        (config(), set(NAMES)),
        (config(select=("a.*",)), {"a.good"}),
        (config(select=("a.*/s", "plain/*/eager")), {"a.good", "plain"}),
        (config(select=("*/s",)), set(NAMES)),
        (config(select=("nowhere",)), set()),
        (config(args=("x.py::test_it[b.bad/s/eager]",)), {"b.bad"}),
        (config(args=("x.py::test_it[b.bad/s/eager]", "x.py")), set(NAMES)),
        (config(args=("x.py::test_it[other]",)), set(NAMES)),
        (config("a.good", select=("b.bad", "a.good")), {"a.good"}),
    ],
)
def test_patterns_and_node_ids_name_workloads(given: Any, left: set[str]) -> None:
    assert needed(given, WORKLOADS) == left
