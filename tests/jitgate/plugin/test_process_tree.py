"""Memory that is not in the worker's own heap: in child processes, in a mapped file."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest

from tests.jitgate.plugin.conftest import Project

MIB = 1 << 20

MODELS = '''
import copy
import multiprocessing
import os
import subprocess
import sys

import jitgate
import torch
from torch import nn

BLOCK = POOL = None


def hold(size):
    global BLOCK
    BLOCK = bytearray(b"x") * size


class Family(nn.Linear):
    def forward(self, x):
        global POOL
        if POOL is None:
            POOL = multiprocessing.get_context("fork").Pool(2)
            POOL.map(hold, [150 << 20] * 2, chunksize=1)
        return super().forward(x)


class Passing(nn.Linear):
    """A child process in every call, which ends in it."""

    def forward(self, x):
        child = multiprocessing.get_context("fork").Process(target=hold, args=(200 << 20,))
        child.start()
        child.join()
        return super().forward(x)


class Mapped(nn.Module):
    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(25, 1024, 1024))

    def forward(self, x):
        return x * self.w.mean()


def mapped():
    if not os.path.exists("weights.pt"):
        torch.save({"w": torch.randn(25, 1024, 1024)}, "weights.pt")
    with torch.device("meta"):
        module = Mapped()
    module.load_state_dict(torch.load("weights.pt", mmap=True, weights_only=True), assign=True)
    return jitgate.Workload(module.eval(), {"s": (torch.randn(4, 64),)}, threads=1)


def family():
    return jitgate.Workload(Family(64, 64).eval(), {"s": (torch.randn(4, 64),)}, threads=1)


def passing():
    return jitgate.Workload(Passing(64, 64).eval(), {"s": (torch.randn(4, 64),)}, threads=1)


def copied(module, example):
    return copy.deepcopy(module)
'''

SETTINGS = """
[tool.jitgate]
memory_limit = "{limit}"

[tool.jitgate.workloads."my.{workload}"]
factory = "mypackage.models:{workload}"
variants = {variants}

[tool.jitgate.variants.copied]
factory = "mypackage.models:copied"
"""


def memory_of(project: Project, workload: str, variants: list[str], limit: str) -> tuple[str, dict[str, Any]]:
    """What the session said, and variant -> its memory in the JSON."""
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    text = SETTINGS.format(workload=workload, variants=variants, limit=limit)
    (project.path / "pyproject.toml").write_text(text)
    quick = ("--jitgate-budget", "1", "--jitgate-extras", "skip", "--jitgate-noisy-rounds", "include")
    done = project.pytest(*quick, "--jitgate-verbose", "--benchmark-json", "out.json", "-rA")
    found = [
        entry["extra_info"]["jitgate"] for entry in json.loads((project.path / "out.json").read_text())["benchmarks"]
    ]
    return done.stdout + done.stderr, {entry["variant"]: entry["memory"] for entry in found}


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks, and tells kinds of memory apart")


@linux
@pytest.mark.slow
def test_what_children_hold_counts_against_the_limit(project: Project) -> None:
    said, memory = memory_of(project, "family", ["eager", "copied"], "250MiB")
    for variant in ("eager", "copied"):
        assert memory[variant]["children_count"] == 2
        assert memory[variant]["children_held_bytes"] == pytest.approx(300 * MIB, abs=30 * MIB)
        assert memory[variant]["peak_bytes"] == pytest.approx(300 * MIB, abs=40 * MIB)
        assert re.search(rf"memory of {variant}: .*2 child processes hold 3\d\d MiB, which is counted", said)
        assert re.search(rf"FAIL my.family/s/{variant} max_memory=250MiB: Peak memory 3\d\d MiB is \d+ MiB above", said)


@linux
@pytest.mark.slow
def test_a_child_that_ends_in_the_call_that_started_it_counts(project: Project) -> None:
    said, memory = memory_of(project, "passing", ["eager"], "150MiB")
    assert memory["eager"]["steady_peak_bytes"] == pytest.approx(200 * MIB, abs=50 * MIB)
    assert memory["eager"]["children_count"] == 0
    assert re.search(r"child processes held \d+ MiB at most, which is counted in the peak", said)
    assert "FAIL my.passing/s/eager max_memory=150MiB" in said


@linux
@pytest.mark.slow
def test_mapped_weights_are_told_from_a_copy_of_them(project: Project) -> None:
    said, memory = memory_of(project, "mapped", ["eager", "copied"], "1GiB")
    for variant, own in (("eager", 0), ("copied", 100)):
        assert memory[variant]["mapped_bytes"] == pytest.approx(100 * MIB, abs=15 * MIB)
        assert memory[variant]["own_bytes"] == pytest.approx(own * MIB, abs=15 * MIB)
        assert memory[variant]["peak_bytes"] == pytest.approx((100 + own) * MIB, abs=25 * MIB)
        assert "children_count" not in memory[variant]
    assert re.search(r"memory of copied: .*1\d\d MiB mapped file, 1\d\d MiB own between calls", said)
