"""Claims in a real run: what they need is measured, and they stand in the summary, the JSON and the document."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jitgate.config.policy import REPORT, Gate
from jitgate.gates.requirements import Rules
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate_cosyvoice import pytest_jitgate_gates
from jitgate_cosyvoice.claims import CLAIMS
from jitgate_cosyvoice.registry import offered

from tests.jitgate.measurements import made_of
from tests.jitgate.plugin.conftest import Project
from tests.jitgate.results import KINDS
from tests.jitgate_cosyvoice.policies import cosyvoice_policy

EVERY_KIND = (*KINDS, *pytest_jitgate_gates())

CONFTEST = '''
"""Claims about this project's own model, in addition to those of the device analysis."""

from jitgate.config.policy import REPORT, Gate


def claim(name, variant, workload="my.encoder", device="*", **limits):
    said = "section 1: 就是 | 这样"
    return Gate(name, workload, "short", variant, device, limits=limits, on_fail=REPORT, source=said)


def pytest_jitgate_rules():
    return [
        claim("never a thousand times", "plain", promised_speedup=1000.0),
        claim("not ten times the memory", "plain", max_memory_ratio=10.0),
        claim("lacks something", "missing", promised_speedup=1.0),
        claim("only on a card", "eager", device="cuda", min_freed_memory=1.0),
        claim("of another project", "plain", workload="their.encoder", promised_speedup=1.0),
    ]
'''


def test_every_claim_of_the_analysis_names_its_source_and_a_cell_that_there_is() -> None:
    kinds = {kind.key for kind in EVERY_KIND}
    every = offered()
    for claim in CLAIMS:
        assert claim.on_fail == REPORT
        assert claim.reason
        place, _, words = claim.source.partition(": ")
        assert place.startswith("section ")
        assert words
        assert set(claim.limits) <= kinds
        assert claim.scenario in every.workloads[claim.workload].scenarios
        assert claim.variant in every.every_variant()
    assert len({claim.where for claim in CLAIMS}) == len(CLAIMS) == 11
    on_a_card = [claim.variant for claim in CLAIMS if claim.device == "cuda"]
    assert on_a_card == ["eager", "tensorrt"]


def test_rounds_go_on_for_a_claim_about_what_is_measured_until_it_is_decided() -> None:
    def claim(where: str, scenario: str) -> Gate:
        limits = {"promised_speedup": 1.10}
        return Gate(where, "cosyvoice2.flow_encoder", scenario, "torchscript", limits=limits, on_fail=REPORT)

    policy = cosyvoice_policy(gates=(claim("here", "short"), claim("elsewhere", "long")))
    rules = Rules(policy, EVERY_KIND, "cpu", 0.01)

    def of(ratio: float) -> Measurement:
        made = made_of(ratio)
        all_samples = {name.replace("jit", "torchscript"): samples for name, samples in made.all_samples.items()}
        return replace(made, workload="cosyvoice2.flow_encoder", all_samples=all_samples)

    assert rules.undecided(of(1.10)) == ["torchscript"]
    assert rules.undecided(of(1.40)) == []
    assert rules.undecided(replace(of(1.10), scenario="new")) == []
    assert rules.count_timed([Cell("cosyvoice2.flow_encoder", "short", "torchscript")]) == 1


@pytest.mark.slow
def test_claims_are_measured_and_said_everywhere(project: Project) -> None:
    """The variant `missing` is listed by no workload: a claim alone asks for it."""
    project.configure(["eager", "plain"])
    (project.path / "conftest.py").write_text(CONFTEST)
    done = project.pytest(
        *("-p", "jitgate_cosyvoice", "-m", "reported", "-k", "my.encoder", "-rs"),
        *("--benchmark-json", "out.json", "--jitgate-report", "run.md"),
        *("--jitgate-processes", "3", "--jitgate-budget", "4", "--jitgate-extras", "measure"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed, 1 skipped" in done.stdout
    assert "needs a flux capacitor; install one" in done.stdout

    lines = [line.strip() for line in done.stdout.splitlines()]
    place = lines.index("reported, not required:")
    assert lines[place + 1].startswith("FAIL my.encoder/short/plain at least 1000.00 times as fast as eager (")
    assert lines[place + 1].endswith("[section 1: 就是 | 这样]")
    assert any(line.startswith("recommended for my.encoder short on cpu: ") for line in lines)

    document = json.loads((project.path / "out.json").read_text())
    outcomes = {found["gate"]: found["verdict"] for found in document["jitgate"]["verdicts"]}
    assert outcomes["promised_speedup"] == "FAIL"
    assert outcomes["max_memory_ratio"] == "PASS"
    assert "min_freed_memory" not in outcomes, "it is asked on a card only"
    assert {found["workload"] for found in document["jitgate"]["verdicts"]} == {"my.encoder"}
    assert [found["workload"] for found in document["jitgate"]["recommendations"]] == ["my.encoder"]
    (entry,) = [each for each in document["benchmarks"] if "promised_speedup" in each["name"]]
    assert entry["stats"]["rounds"] > 0

    report = (project.path / "run.md").read_text(encoding="utf-8")
    assert report.startswith("# A run of 20")
    assert r"section 1: 就是 \| 这样" in report
    assert "GFLOP" in report
