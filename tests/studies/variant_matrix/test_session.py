"""From a smoke session of a real tiny model to the variant matrix."""

from __future__ import annotations

import pytest
from studies.variant_matrix.__main__ import main

from tests.jitgate.plugin.conftest import Project

OFF = '''
"""An output that is off by 1 %, from layers of its own: eager itself would count as a fall-back."""

import torch


def off(module, example):
    layers = torch.nn.Sequential(*module)
    return lambda x: layers(x) * 1.01
'''

VARIANT = '\n[tool.jitgate.variants."off"]\nfactory = "mypackage.off:off"\n'


def outcomes(project: Project, variants: list[str]) -> tuple[int, dict[str, list[str]], str]:
    """Run a smoke session. Returns its exit code, outcome -> its lines of `-rA`, and all output."""
    (project.path / "mypackage" / "off.py").write_text(OFF)
    gates = project.gate("plain", "min_speedup = 1.10\nmax_p95_ms = 1e-9\nmax_load_memory = '1B'")
    project.configure(variants, VARIANT + gates)
    done = project.pytest("-rA", "--jitgate-smoke", "--jitgate-report", "smoke.json")
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        word = line.split(" ", 1)[0]
        if word in ("PASSED", "FAILED", "SKIPPED", "ERROR"):
            found.setdefault(word, []).append(line)
    return done.returncode, found, done.stdout


@pytest.mark.slow
def test_right_variants_are_green_and_nothing_is_timed(project: Project) -> None:
    code, found, output = outcomes(project, ["eager", "plain", "missing"])
    assert code == 0, output
    assert "FAILED" not in found
    for scenario in ("short", "long"):
        passed = [line for line in found["PASSED"] if scenario in line and "plain" in line]
        assert len(passed) == 2, "accuracy and authenticity"
    assert not any("missing" in line for line in found["PASSED"])
    assert "smoke: nothing is timed" in output
    assert not (project.path / ".jitgate" / "rounds").exists()
    report, document = project.path / "smoke.json", project.path / "variants.md"
    assert main([str(report), "--to", str(document)]) == 0
    lines = document.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("|")] == [
        "| variant | my.encoder/short | my.encoder/long |",
        "| --- | --- | --- |",
        "| `eager` | 0e+00 | 0e+00 |",
        "| `plain` | 0e+00 | 0e+00 |",
        "| `missing` | [1] | [1] |",
    ]
    assert lines[-1] == "1. needs a flux capacitor; install one"


@pytest.mark.slow
def test_a_wrong_variant_is_red(project: Project) -> None:
    code, found, output = outcomes(project, ["eager", "plain", "off"])
    assert code == 1, output
    assert all("/off]" in line and "test_accuracy" in line for line in found["FAILED"])
    assert len(found["FAILED"]) == 2
    report, document = project.path / "smoke.json", project.path / "variants.md"
    assert main([str(report), "--to", str(document)]) == 1
    assert "| `off` | **out of tolerance** [1] | **out of tolerance** [1] |" in document.read_text(encoding="utf-8")
