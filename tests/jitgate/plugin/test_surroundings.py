"""Whole sessions whose workers do something else than the model: their figures are INVALID, and the cause is named."""

from __future__ import annotations

import sys

import pytest

from tests.jitgate.plugin.conftest import Project

MODELS = """
import copy
import sys
import threading


def traced(module, example):
    sys.settrace(lambda *event: None)
    return copy.deepcopy(module)


def busy(module, example):
    def spin():
        while True:
            sum(range(1000))

    threading.Thread(target=spin, daemon=True).start()
    return copy.deepcopy(module)
"""

CAUSES = {
    "traced": "traced was timed under a tracer (mypackage.models.traced.<locals>.<lambda>)",
    # On Linux its threads are seen after each call, and elsewhere while it waits for its turn.
    "busy": "a thread of its own works on after a timed call has returned"
    if sys.platform == "linux"
    else "busy computes while it waits for its turn (",
}


@pytest.mark.slow
def test_what_a_process_does_next_to_its_model_spoils_its_figures(project: Project) -> None:
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    variants = "".join(f'[tool.jitgate.variants.{name}]\nfactory = "mypackage.models:{name}"\n' for name in CAUSES)
    project.configure(["eager", *CAUSES], variants + project.gate("[!e]*", "min_speedup = 0.001", "short"))
    done = project.pytest("--jitgate-select", "*/short/*", "-k", "jit", "--jitgate-budget", "6")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    for name, cause in CAUSES.items():
        line = next(line for line in done.stdout.splitlines() if line.startswith(f"INVALID my.encoder/short/{name} "))
        assert cause in line, done.stdout
