"""Memory in real processes: every part of a peak, a leak, and what only looks like one."""

from __future__ import annotations

import json
import sys

import pytest

from tests.jitgate.plugin.conftest import Project

MIB = 1 << 20

MODELS = '''
import jitgate


def big():
    """100 MiB of weights and 300 MiB of temporaries."""
    import torch

    class Big(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Parameter(torch.ones(100 << 18), requires_grad=False)

        def forward(self, x):
            return x + torch.full((300 << 18,), 1.0)[:4] + self.table[:4]

    return jitgate.Workload(module=Big(), scenarios={"short": (torch.zeros(4),)}, threads=1)


def tiny():
    import torch

    return jitgate.Workload(module=torch.nn.Linear(64, 64), scenarios={"short": (torch.ones(4, 64),)}, threads=1)


def same(module, example):
    return module


def leaks(module, example):
    import torch

    kept = []

    def call(x):
        kept.append(torch.full((1 << 18,), 1.0))
        return module(x)

    return call


def caches(module, example):
    import torch

    kept = []

    def call(x):
        if len(kept) < 64 and len(kept) % 2 == 0:
            kept.append(torch.full((8 << 18,), 1.0))
        kept.append(None)
        return module(x)

    return call
'''

HEAD = """
[tool.jitgate]

[tool.jitgate.workloads."my.{workload}"]
factory = "mypackage.models:{workload}"
scenarios = ["short"]
variants = {variants}
"""


def configure(project: Project, workload: str, variants: list[str], rest: str = "") -> None:
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    settings = HEAD.format(workload=workload, variants=variants) + "".join(
        f'\n[tool.jitgate.variants.{name}]\nfactory = "mypackage.models:{name}"\n'
        for name in variants
        if name in ("same", "leaks", "caches")
    )
    (project.path / "pyproject.toml").write_text(settings + rest)


def limit(size: str, name: str = "max_memory", variant: str = "eager") -> str:
    return f'\n[[tool.jitgate.gates]]\nvariant = "{variant}"\n{name} = "{size}"\n'


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux resets a process's peak")
@pytest.mark.slow
def test_a_peak_is_right_and_named_by_its_parts(project: Project) -> None:
    loose = limit("450MiB", variant="same")
    configure(project, "big", ["eager", "same"], limit("350MiB") + limit("150MiB", "max_load_memory") + loose)
    done = project.pytest("--jitgate-budget", "4", "--benchmark-json", "out.json", "-rA")
    assert done.returncode == 1, done.stdout + done.stderr
    entries = json.loads((project.path / "out.json").read_text())["benchmarks"]
    (memory,) = (
        entry["extra_info"]["jitgate"]["memory"]
        for entry in entries
        if entry["extra_info"]["jitgate"]["variant"] == "eager"
    )
    assert memory["weight_bytes"] == 100 * MIB
    assert memory["activation_bytes"] == pytest.approx(300 * MIB, rel=0.02)
    assert memory["steady_peak_bytes"] == pytest.approx(400 * MIB, rel=0.02)
    assert memory["load_peak_bytes"] == pytest.approx(400 * MIB, rel=0.02), "the first call belongs to loading"
    assert "above 350 MiB; of it activations 30" in done.stdout
    for line in (
        "FAILED test_memory.py::test_variant_stays_under_the_memory_limit[my.big/short/eager]",
        "FAILED test_memory.py::test_variant_fits_while_loading[my.big/short/eager]",
        "PASSED test_memory.py::test_variant_stays_under_the_memory_limit[my.big/short/same]",
    ):
        assert line in done.stdout


@pytest.mark.slow
def test_a_leak_fails_with_its_slope_and_a_cache_that_fills_once_does_not(project: Project) -> None:
    configure(project, "tiny", ["eager", "leaks", "caches"])
    done = project.pytest(
        "--jitgate-budget", "2", "--benchmark-json", "out.json", "-rA", "-k", "memory or noise or jit"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAILED")]
    assert len(failed) == 1
    assert "test_memory_does_not_grow_with_the_calls[my.tiny/short/leaks]" in failed[0]
    grown = {
        entry["extra_info"]["jitgate"]["variant"]: entry["extra_info"]["jitgate"]["memory_growth"]
        for entry in json.loads((project.path / "out.json").read_text())["benchmarks"]
    }
    assert grown["leaks"]["leaks"]
    assert 0.9 * MIB < grown["leaks"]["bytes_a_call"] < 1.1 * MIB
    assert not grown["caches"]["leaks"]
