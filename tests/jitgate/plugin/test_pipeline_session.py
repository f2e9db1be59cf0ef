"""A user's own pipeline: variants given per stage, from the configuration to the summary and the JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.jitgate.plugin.conftest import HEAD, Project
from tests.jitgate.plugin.test_run import outcomes

PACKAGE = """
import copy

import jitgate


def copied(module, example):
    return copy.deepcopy(module)


def pipeline():
    import torch

    class Speaker(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.front = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.ReLU())
            self.voice = torch.nn.Linear(256, 512)

        def forward(self, x):
            h = self.front(x)
            return torch.cat([self.voice(h) for _ in range(5)])

    stages = {
        "front": jitgate.Stage("front", output=jitgate.StageOutput.TOKENS),
        "voice": jitgate.Stage("voice", output=jitgate.StageOutput.AUDIO),
    }
    utterances = {"short": jitgate.Utterance(audio_s=2.0, speech_tokens=50, characters=10, streaming=True)}
    inputs = {"short": (torch.randn(64, 256),)}
    return jitgate.Workload(Speaker(), inputs, threads=1, stages=stages, utterances=utterances)
"""

SPEAKER = """
[tool.jitgate.workloads."my.pipeline"]
factory = "mypackage.speaker:pipeline"
scenarios = ["short"]
variants = {variants}

[tool.jitgate.variants."copied"]
factory = "mypackage.speaker:copied"
"""


@pytest.fixture
def speaker(project: Project) -> Project:
    (project.path / "mypackage" / "speaker.py").write_text(PACKAGE)
    return project


def configure(project: Project, *variants: str) -> None:
    listed = json.dumps(["eager", *variants])
    (project.path / "pyproject.toml").write_text(HEAD.format(variants=["eager"]) + SPEAKER.format(variants=listed))


def entry(path: Path, variant: str) -> dict[str, object]:
    every = json.loads(path.read_text())["benchmarks"]
    (found,) = [each["extra_info"]["jitgate"] for each in every if each["extra_info"]["jitgate"]["variant"] == variant]
    pipeline: dict[str, object] = found["pipeline"]
    return pipeline


@pytest.mark.slow
def test_a_stage_and_the_sentence_stand_on_one_line(speaker: Project) -> None:
    configure(speaker, "front=torchscript,voice=copied", "voice=missing")
    done = speaker.pytest(
        "-k", "front=torchscript,voice=copied", "--benchmark-json", "out.json", "--junitxml", "junit.xml",
        "--jitgate-budget", "8",
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stdout + done.stderr
    seen = outcomes(speaker.path / "junit.xml")
    assert {name.split("[")[1] for name in seen} == {"my.pipeline/short/front=torchscript,voice=copied]"}
    assert (
        seen["test_candidate_gives_the_answer_of_eager[my.pipeline/short/front=torchscript,voice=copied]"] == "passed"
    )
    # Whether a busy machine lets them agree is not this test's to say; that they are compared is.
    assert "test_the_whole_gains_what_its_stages_predict[my.pipeline/short/front=torchscript,voice=copied]" in seen
    (title,) = [line for line in done.stdout.splitlines() if "an utterance with eager" in line]
    assert "(without the front end), first audio after" in title
    (gain,) = [line for line in done.stdout.splitlines() if line.startswith("  front=torchscript,voice=copied: ")]
    assert "front and voice, " in gain
    assert "% of the utterance, " in gain
    assert "; utterance predicted " in gain
    assert ", measured " in gain
    facts = entry(speaker.path / "out.json", "front=torchscript,voice=copied")
    stages = facts["stages"]
    assert isinstance(stages, dict)
    assert [(name, stage["calls"]) for name, stage in stages.items()] == [
        ("front", 1),
        ("voice", 5),
        ("between the stages", 0),
    ]
    assert stages["voice"]["share_of_arithmetic"] == pytest.approx(10 / 11), "5 x 256 x 512 beside 256 x 256"
    assert facts["gain"] is not None
    assert list((speaker.path / ".jitgate" / "rounds").glob("my.pipeline/short/front=torchscript,voice=copied.csv"))


def test_an_engine_that_there_is_not_is_one_sentence(speaker: Project) -> None:
    configure(speaker, "front=torchscrip")
    done = speaker.pytest("-k", "my.pipeline and short")
    assert done.returncode == 4, done.stdout + done.stderr
    assert "there is no variant 'torchscrip', did you mean 'torchscript'?" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
