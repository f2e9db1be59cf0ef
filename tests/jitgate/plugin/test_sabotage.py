"""Variants that lie, end to end through real workers: each is INVALID, and the cause is named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jitgate.plugin.conftest import Project

MODELS = '''
import copy
import time

import jitgate


def napping():
    """A call of some 20 ms, so that turns are short; a compiler does not see the nap."""
    import torch

    class Napping(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(64, 64)

        def forward(self, x):
            if not torch.compiler.is_compiling():
                time.sleep(0.02)
            return self.linear(x)

    return jitgate.Workload(module=Napping(), scenarios={"short": (torch.randn(4, 64),)}, threads=1)


def silent(module, example):
    """An engine that silently returns eager."""
    return lambda *inputs: module(*inputs)


def recompiles(module, example):
    """A compiled module that is made to guard on what changes in every call."""
    import torch

    torch._dynamo.config.cache_size_limit = torch._dynamo.config.accumulated_cache_size_limit = 10_000
    made = [0]

    def tagged(x, tag):
        return module(x) if tag != "never" else x

    compiled = torch.compile(tagged, backend="eager")

    def call(x):
        made[0] += 1
        return compiled(x, str(made[0]))

    return call


def quantised(module, example):
    """An int8 that quantised nothing."""
    return copy.deepcopy(module)


def louder(module, example):
    """An output off by 1 %."""
    return lambda *inputs: module(*inputs) * 1.01


def nan(module, example):
    """An output with one NaN."""

    def call(*inputs):
        answer = module(*inputs).clone()
        answer[0, 0] = float("nan")
        return answer

    return call
'''

CAUSES = {
    "silent": "silent fell back to eager: the original module's forward() ran",
    "recompiles": "recompiles recompiled ",
    "quantised": "quantised did not compute in int8: its output is float32's (relative L2 error 0.0e+00",
    "louder": "relative L2 error 1.0e-02, and at most 0.0001 is allowed",
    "nan": "of its calls gave NaN or Inf, and eager gives numbers",
}


@pytest.fixture
def settings(project: Project) -> Project:
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    (project.path / "pyproject.toml").write_text(
        "[tool.jitgate]\n"
        '[tool.jitgate.workloads."my.model"]\nfactory = "mypackage.models:napping"\nscenarios = ["short"]\n'
        f"variants = {['eager', *CAUSES]}\n"
        + "".join(
            f'[tool.jitgate.variants.{name}]\nfactory = "mypackage.models:{name}"\n'
            f"{'precision = ' + repr('int8') if name == 'quantised' else ''}\n"
            for name in CAUSES
        )
        + '[[tool.jitgate.gates]]\nvariant = "[!e]*"\nmin_speedup = 0.001\n'
    )
    return project


@pytest.mark.slow
def test_each_is_invalid_and_says_why(settings: Project) -> None:
    done = settings.pytest("-k", "jit or runs_what", "--benchmark-json", "out.json", "--jitgate-budget", "5", "-rf")
    assert done.returncode == 1, done.stdout + done.stderr
    entries = json.loads((settings.path / "out.json").read_text())["benchmarks"]
    found: dict[str, dict[str, Any]] = {
        entry["extra_info"]["jitgate"]["variant"]: entry["extra_info"]["jitgate"] for entry in entries
    }
    assert set(found) == set(CAUSES)
    for name, cause in CAUSES.items():
        (gate,) = found[name]["gates"]
        assert gate["label"] == "min_speedup=0.001", "any speed would do, if it were one"
        assert gate["verdict"] == "INVALID", name
        assert cause in gate["reason"], name
        assert f"INVALID my.model/short/{name} min_speedup=0.001" in done.stdout

    # What was counted, and where.
    timed = found["recompiles"]["recompiles"]["timed"]
    # A turn has four calls, of which the cold first one is no duration; a slow variant is left out of later rounds.
    durations = {entry["extra_info"]["jitgate"]["variant"]: entry["stats"]["rounds"] for entry in entries}
    assert sum(timed.values()) == durations["recompiles"] / 3 * 4, "in each call, the cold first ones too"
    assert all(said.startswith("recompile: ") and "tag" in said for said in timed)
    assert sum(found["recompiles"]["recompiles"]["warm_up"].values()) >= 2
    assert found["silent"]["recompiles"] == {"timed": {}, "warm_up": {}}
    assert [found[name]["fallback_check"]["on"] for name in ("silent", "quantised", "recompiles")] == [
        False,
        False,
        True,
    ]
    assert found["nan"]["accuracy"]["not_finite"] == 1

    # The requirement itself is red without any gate: the last two run eager's module too, whatever they do then.
    red = {
        line.split("/short/")[1].split("]")[0]
        for line in done.stdout.splitlines()
        if line.startswith("FAILED") and "runs_what" in line
    }
    assert red == set(CAUSES)
