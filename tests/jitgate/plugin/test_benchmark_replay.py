"""pytest-benchmark as front end: what we rely on, in the versions we allow."""

from __future__ import annotations

import importlib.metadata
import json

import pytest

from tests.jitgate.plugin.conftest import ROOT

pytest_plugins = ["pytester"]

TEST = """
import pytest
from jitgate.plugin.benchmark_replay import Replay, replay

@pytest.mark.benchmark(timer=Replay(), group="of two")
@pytest.mark.parametrize("data", [[0.5, 0.25, 0.75], [2.0]])
def test_it(request, benchmark, data):
    # A mark made in a decorator is shared by the parameters, as one made at collection is not: feed it again.
    replay(request.node, benchmark, data)

@pytest.mark.benchmark(timer=Replay())
def test_nothing(request, benchmark):
    replay(request.node, benchmark, [])
"""


def test_measured_durations_come_out_as_they_went_in(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Else pytest-benchmark takes the session inside for an xdist worker, and switches itself off.
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makepyfile(TEST)
    done = pytester.runpytest_subprocess("--benchmark-json", "out.json", "-p", "no:jitgate.plugin", "-p", "no:randomly")
    done.assert_outcomes(passed=2 + 1)
    found = json.loads((pytester.path / "out.json").read_text())["benchmarks"]
    assert [entry["stats"]["data"] for entry in found] == [[0.5, 0.25, 0.75], [2.0]]
    assert found[0]["stats"]["median"] == 0.5
    assert {entry["group"] for entry in found} == {"of two"}


def test_the_installed_version_is_one_this_holds_for() -> None:
    major, minor, *_ = map(int, importlib.metadata.version("pytest-benchmark").split("."))
    assert (5, 2) <= (major, minor) < (6, 0)
