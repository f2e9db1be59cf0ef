"""A package of a stranger adds an exported engine in one file, by an entry point, and it is measured as any other."""

from __future__ import annotations

import json

import pytest

from tests.jitgate.plugin.conftest import Project, project
from tests.jitgate.plugin.test_extension import install

__all__ = ["project"]

ENGINE = '''
"""What torch.jit.trace makes of a model."""

from jitgate.engines.catalogue import Engine
from jitgate.engines.precision import Precision


class Traced:
    suffix, per_signature = ".pt", True

    def __init__(self, checked=False):
        self._checked = checked

    def options(self):
        return {"checked": self._checked}

    def unavailable(self):
        return None

    def export(self, module, calls, path):
        import torch

        torch.jit.save(torch.jit.trace(module, calls[0], check_trace=self._checked), str(path))
        return {}

    def load(self, path, device, facts):
        import torch

        return torch.jit.load(str(path), map_location=device)


def pytest_jitgate_engines():
    both = (Precision.FP32, Precision.BF16)
    words = {"checked": ((("checked", True),), (Precision.FP32,))}
    return [Engine("traced", "traced_engine:Traced", both, exported=True, words=words)]
'''


@pytest.mark.slow
def test_an_exported_engine_in_one_file_is_exported_loaded_judged_and_cached(project: Project) -> None:
    install(project, "traced_engine", ENGINE)
    project.configure(["eager", "traced+checked"], project.gate("traced+checked", "min_speedup = 0.001"))
    chosen = ("-k", "short and test_jit_stays_faster")
    done = project.pytest(*chosen, "--jitgate-budget", "1", "--benchmark-json", "out.json")
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    (entry,) = json.loads((project.path / "out.json").read_text())["benchmarks"]
    found = entry["extra_info"]["jitgate"]
    assert (found["workload"], found["variant"]) == ("my.encoder", "traced+checked")
    assert found["accuracy"]["rel_l2"] <= found["accuracy"]["tolerance"]
    assert [gate["verdict"] for gate in found["gates"] if gate["gate"] == "min_speedup"] == ["PASS"]
    assert [path.suffix for path in (project.path / ".jitgate" / "cache").glob("traced+checked-*/my.encoder*")] == [
        ".pt"
    ]


def test_its_names_are_understood_and_explained_as_jitgates_own_are(project: Project) -> None:
    install(project, "traced_engine", ENGINE)
    project.configure(["eager", "traced+fp16"])
    done = project.pytest("--collect-only")
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert "there is no variant 'traced+fp16'; of traced there are: traced, traced+bf16, traced+checked" in said

    install(project, "second_engine", ENGINE.replace("traced_engine:", "second_engine:"))
    done = project.pytest("--collect-only")
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert "two packages bring an engine 'traced': " in said
    assert "leave one of them out with -p no:NAME" in said
    assert "Traceback" not in said
