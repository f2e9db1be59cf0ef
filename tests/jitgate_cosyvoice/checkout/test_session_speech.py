"""A session that measures `tts()` of a stand-in checkout: shares of its stages, first audio, what a stage gains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.jitgate.plugin.conftest import Project
from tests.jitgate_cosyvoice.checkout_speech import write_directory
from tests.jitgate_cosyvoice.checkouts import write_checkout

STAGES = ["llm", "flow_encoder", "flow_estimator", "vocoder", "between the stages"]


def entries(path: Path) -> dict[str, dict[str, Any]]:
    """Scenario/variant -> what the JSON file says of it."""
    every = [entry["extra_info"]["jitgate"] for entry in json.loads(path.read_text())["benchmarks"]]
    return {f"{each['scenario']}/{each['variant']}": each for each in every}


@pytest.mark.slow
@pytest.mark.usefixtures("unimported")
def test_a_session_measures_tts(project: Project) -> None:
    (project.path / "pyproject.toml").write_text("[tool.jitgate]")
    write_directory(project.path / "weights", write_checkout(project.path / "CosyVoice"), "cosyvoice2")
    done = project.pytest(
        *("-p", "jitgate_cosyvoice", "--jitgate-cosyvoice", "CosyVoice", "--jitgate-checkpoint", "weights", "-m", ""),
        *("--jitgate-select", "cosyvoice2.pipeline/*/flow_encoder=torchscript", "-k", "test_jit and (1s or stream_5s)"),
        *("--jitgate-extras", "skip", "--jitgate-noisy-rounds", "include", "--jitgate-verbose"),
        *("--jitgate-budget", "10", "--benchmark-json", "out.json"),
        timeout_s=600,
    )
    found = entries(project.path / "out.json")
    assert list(found) == ["1s/flow_encoder=torchscript", "stream_5s/flow_encoder=torchscript"], done.stdout
    for scenario, entry in zip(("1s", "stream_5s"), found.values(), strict=True):
        facts = entry["pipeline"]
        assert list(facts["stages"]) == STAGES
        assert entry["accuracy"]["rel_l2"] <= entry["accuracy"]["tolerance"]
        assert facts["real_time_factor"] > 0
        assert facts["gain"]["stages"] == ["flow_encoder"]
        assert len(facts["gain"]["predicted"]) == len(facts["gain"]["measured"])
        assert (facts["first_audio_s"] is not None) == (scenario == "stream_5s")
    assert found["1s/flow_encoder=torchscript"]["pipeline"]["stages"]["llm"]["calls"] == 26
    assert found["stream_5s/flow_encoder=torchscript"]["pipeline"]["gain"]["verdict"] == "INCONCLUSIVE"
    assert "so that what one gains need not arrive in the whole." in done.stdout
    assert "first audio after" in done.stdout
    assert "note: tts() of the checkout, from text tokens on" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
