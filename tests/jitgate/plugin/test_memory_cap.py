"""`--jitgate-memory-cap` in real processes: what does not fit fails by so much, and everyone else goes on."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
from jitgate.config.policy import Gate, Policy
from jitgate.device.device import choose_device
from jitgate.device.process_limit import why_no_limit
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.plugin.memory_cap import memory_cap_bytes

from tests.jitgate.plugin.conftest import Project

MIB = 1 << 20

MODELS = '''
import jitgate


def modest():
    """40 MiB of weights."""
    import torch

    class Modest(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Parameter(torch.ones(40 << 18), requires_grad=False)

        def forward(self, x):
            return x + self.table[:4]

    return jitgate.Workload(module=Modest(), scenarios={"short": (torch.zeros(4),)}, threads=1)


def wasteful():
    """4 MiB of weights, made from 300 MiB that nobody needs once they are exported."""
    import torch

    class Slim(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Parameter(torch.ones(300 << 18)[: 4 << 18].clone(), requires_grad=False)

        def forward(self, x):
            return x + self.table[:4]

    return jitgate.Workload(module=Slim(), scenarios={"short": (torch.zeros(4),)}, threads=1)


def hungry(module, example):
    """300 MiB of temporaries."""
    import torch

    return lambda x: module(x) + torch.full((300 << 18,), 1.0)[:4].sub_(1.0)
'''

SETTINGS = """
[tool.jitgate]
memory_limit = "4GiB"

[tool.jitgate.workloads."my.{workload}"]
factory = "mypackage.models:{workload}"
scenarios = ["short"]
variants = {variants}

[tool.jitgate.variants.hungry]
factory = "mypackage.models:hungry"

[[tool.jitgate.gates]]
variant = "{gated}"
min_speedup = 0.001
"""

enforceable = pytest.mark.skipif(why_no_limit() is not None, reason=str(why_no_limit()))


def configure(project: Project, workload: str, variants: list[str]) -> None:
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    text = SETTINGS.format(workload=workload, variants=variants, gated=variants[-1])
    (project.path / "pyproject.toml").write_text(text)


def entry_of(project: Project, variant: str) -> dict[str, Any]:
    entries = json.loads((project.path / "out.json").read_text())["benchmarks"]
    found: list[dict[str, Any]] = [entry["extra_info"]["jitgate"] for entry in entries]
    return next(entry for entry in found if entry["variant"] == variant)


def capped(project: Project, limit: str) -> subprocess.CompletedProcess[str]:
    """A short session whose workers can't take more than `limit`."""
    cap = ("--jitgate-memory-limit", limit, "--jitgate-memory-cap")
    return project.pytest(*cap, "--jitgate-budget", "1", "--benchmark-json", "out.json", "-rA")


def outcomes(text: str) -> dict[str, str]:
    """Test name -> PASSED, FAILED or SKIPPED, of the short summary."""
    return {name: word for word, name in re.findall(r"^(PASSED|FAILED) \S+::(\S+)", text, re.MULTILINE)}


@enforceable
@pytest.mark.slow
def test_a_variant_that_does_not_fit_fails_by_so_much_and_the_others_complete(project: Project) -> None:
    configure(project, "modest", ["eager", "hungry"])
    done = capped(project, "200MiB")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    for name, outcome in outcomes(done.stdout).items():
        assert outcome == ("FAILED" if "hungry" in name else "PASSED"), said

    sentence = re.search(
        r"FAIL: hungry does not fit under the enforced 200 MiB: an allocation of 300 MiB failed at "
        r"level (\d+) MiB "
        r"in the first call, at least (\d+) MiB missing \(without the cap it took (\d+) MiB\)",
        done.stdout,
    )
    assert sentence is not None, said
    level, missing, needed = (int(number) for number in sentence.groups())
    assert level == pytest.approx(40, abs=16)
    assert missing == pytest.approx(140, abs=16)
    assert needed == pytest.approx(340, abs=16)
    assert "Traceback" in done.stdout, "the allocation is named in the last words of the worker"

    assert "note: Every measured worker ran under a memory cap of 200 MiB, by " in done.stdout
    eager = entry_of(project, "eager")
    assert eager["memory"]["enforced_bytes"] == 200 * MIB
    assert eager["memory"]["peak_bytes"] == pytest.approx(40 * MIB, abs=16 * MIB)
    lost = eager["other_failures"]["hungry"]
    assert lost["kind"] == "out of memory"
    assert lost["out_of_memory"]["requested_bytes"] == 300 * MIB
    assert lost["out_of_memory"]["missing_bytes"] == pytest.approx(140 * MIB, abs=16 * MIB)


@enforceable
@pytest.mark.slow
def test_where_the_baseline_does_not_fit_the_others_are_judged_as_far_as_they_can_be(project: Project) -> None:
    configure(project, "wasteful", ["eager", "torchscript"])
    done = capped(project, "100MiB")
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert outcomes(done.stdout) == {
        "test_variant_stays_under_the_memory_limit[my.wasteful/short/eager]": "FAILED",
        "test_memory_does_not_grow_with_the_calls[my.wasteful/short/eager]": "FAILED",
        "test_eager_agrees_with_itself[my.wasteful/short/eager]": "FAILED",
        "test_variant_stays_under_the_memory_limit[my.wasteful/short/torchscript]": "PASSED",
        "test_memory_does_not_grow_with_the_calls[my.wasteful/short/torchscript]": "PASSED",
        "test_candidate_runs_what_its_name_says[my.wasteful/short/torchscript]": "PASSED",
        "test_jit_stays_faster_than_eager[my.wasteful/short/torchscript]": "FAILED",
        "test_candidate_gives_the_answer_of_eager[my.wasteful/short/torchscript]": "FAILED",
    }, said
    short = "eager does not fit under the enforced 100 MiB: an allocation of 300 MiB failed at level "
    assert f"FAIL: {short}" in done.stdout
    assert f"INVALID: There is nothing to compare with: {short}" in done.stdout
    assert f"INVALID: The output was not compared with the baseline's, because there is none: {short}" in done.stdout
    found = entry_of(project, "torchscript")
    assert found["memory"]["peak_bytes"] < 100 * MIB
    assert found["other_failures"]["eager"]["out_of_memory"]["requested_bytes"] == 300 * MIB


CELL = Cell("my.encoder", "short", "jit")


def cap_of(**policy: Any) -> int:
    """The cap of a session on the CPU with one planned cell."""
    return memory_cap_bytes(Policy(**policy), choose_device("cpu"), [CELL])


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({}, "--jitgate-memory-cap needs a memory limit to enforce"),
        (
            {"memory_limit_bytes": 5 * MIB},
            "a memory limit of 5 MiB is below what an empty worker takes to answer; 32 MiB are",
        ),
        (
            {"memory_limit_bytes": 300 * MIB, "gates": (Gate("my.toml, gate 1", limits={"max_memory": 350 * MIB}),)},
            "my.toml, gate 1 allows 350 MiB, which the enforced memory limit of 300 MiB never lets happen",
        ),
    ],
)
@enforceable
def test_a_cap_that_makes_no_sense_is_refused(policy: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        cap_of(**policy)


@enforceable
def test_a_gate_of_another_cell_contradicts_nothing() -> None:
    gates = (
        Gate("here", variant="other", limits={"max_memory": 1 << 40}),
        Gate("there", limits={"max_load_memory": 90 * MIB}),
    )
    assert cap_of(memory_limit_bytes=100 * MIB, gates=gates) == 100 * MIB


def test_where_nothing_enforces_a_cap_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitgate.plugin.memory_cap.why_no_limit", lambda: "this system has no limits")
    with pytest.raises(UsageError, match="memory can't be capped here: this system has no limits; leave"):
        cap_of(memory_limit_bytes=100 * MIB)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--jitgate-memory-limit", "4 parsecs"), "'4 parsecs' is not a size"),
        (("--jitgate-memory-limit", "2MiB", "--jitgate-memory-cap"), "a memory limit of 2 MiB is below"),
    ],
)
@enforceable
def test_bad_input_ends_the_session_before_anything_is_measured(
    project: Project, arguments: tuple[str, ...], said: str
) -> None:
    configure(project, "modest", ["eager", "hungry"])
    done = project.pytest(*arguments)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert "importing torch" not in done.stdout
