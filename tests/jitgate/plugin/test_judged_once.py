"""One verdict for each measurement, cell, gate and limit in a whole session, whatever reads it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.test_golden import CONFIGURATION, CONFTEST

COUNTED = """
max_counted = 2

[[tool.jitgate.gates]]
workload = "my.encoder"
variant = "jit"
max_counted = 3
on_fail = "report"
source = "a data sheet"
"""

COUNTING = """
import json
from pathlib import Path

from jitgate.gates import builtin
from jitgate.gates.kind import GateKind, Judged
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

JUDGED = []


class MaxCounted(GateKind):
    key, attribute, heading = "max_counted", "counted", "counted"

    def figure(self, asked):
        return Figure.exact(1.0, "1 of them")

    def judge(self, asked, limit):
        return Judged(Outcome.PASS, "There are few.")


def counting(kind):
    judge = kind.judge

    def counted(asked, limit):
        JUDGED.append([kind.key, *asked.cell, limit, asked.baseline, id(asked.measurement)])
        return judge(asked, limit)

    kind.judge = counted
    return kind


for own in (plain := builtin.pytest_jitgate_gates()):
    counting(own)
builtin.pytest_jitgate_gates = lambda: plain


def pytest_jitgate_gates():
    return [counting(MaxCounted())]


def pytest_sessionfinish(session):
    Path("judged.json").write_text(json.dumps(JUDGED))
"""

OWN_TESTS = """
import pytest


def test_as_the_project_does(candidate, max_counted):
    assert candidate.counted <= max_counted
    assert candidate.counted <= max_counted


def test_a_limit_of_its_own(candidate):
    assert candidate.counted <= 1.5
    assert not candidate.counted > 1.5


def test_speed_again(candidate, min_speedup):
    with pytest.raises(BaseException):
        assert candidate.speedup >= 100 * min_speedup
"""


def test_every_gate_is_judged_once_for_a_measurement_and_a_limit(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION + COUNTED)
    (tmp_path / "conftest.py").write_text(CONFTEST + COUNTING)
    (tmp_path / "test_own.py").write_text(OWN_TESTS)
    outputs = ("--benchmark-json", "out.json", "--junitxml", "junit.xml", "--jitgate-report", "report.html")
    done = Project(tmp_path).pytest("--pyargs", "jitgate.benchmarks", "test_own.py", "-m", "", "-rA", *outputs)
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    judged = Counter(map(tuple, json.loads((tmp_path / "judged.json").read_text())))
    assert {limit for key, *_, limit, _, _ in judged if key == "max_counted"} == {1.5, 2, 3}, said
    assert [each for each, times in judged.items() if times > 1] == []
