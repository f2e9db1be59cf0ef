"""A checkout whose `tts()` does other work than what is measured of it, or has another interface: one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.model.errors import UsageError
from jitgate.worker.factories import build_workload
from jitgate.workloads.weight_source import WeightSource
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.checkout.adapters import Door
from torch import nn

from tests.jitgate_cosyvoice.checkout.test_speech import FILES, forget, said
from tests.jitgate_cosyvoice.checkout_speech import write_directory

LLM, MODEL, VOCODER, FLOW = (
    f"cosyvoice/{name}.py" for name in ("llm/llm", "cli/model", "hifigan/generator", "flow/flow")
)

ONCE = """        if not hasattr(self, "kept"):
            self.kept = list(self.llm.inference(**given))
        for token in self.kept:
"""


@pytest.fixture
def directory(tmp_path: Path, checkout: Path, unimported: None) -> Path:
    return write_directory(tmp_path / "weights", checkout, "cosyvoice2")


def changed(checkout: Path, directory: Path, file: str, old: str, new: str, part: str = "pipeline") -> Workload:
    path = checkout / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    forget()
    factory = f"jitgate_cosyvoice.checkout.modules:cosyvoice2_{part}"
    files = FILES if part == "pipeline" else ("hift.pt",) if part == "vocoder" else ("flow.pt",)
    return build_workload(factory, "here", WeightSource(directory, checkout, files))


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        (LLM, "range(max_token_text_ratio * text.size(1))", "range(5)", "for 5 speech ids of 25"),
        (LLM, "self.sampling(scores.squeeze(0), said, sampling)", "int(scores.argmax())", "for 0 speech ids of 25"),
        (MODEL, 'yield {"tts_speech": audio}', 'yield {"tts_speech": audio[:, ::2]}', "12000 samples for 25 speech"),
        (MODEL, 'yield {"tts_speech": audio}', 'yield {"speech": audio}', r"gives a NoneType; jitgate reads pieces"),
        (MODEL, 'yield {"tts_speech": audio}', 'yield {"tts_speech": audio[0]}', r"a tensor of shape \[24000\]"),
        (MODEL, 'yield {"tts_speech": audio}', 'yield {"tts_speech": audio.numpy()}', "gives a ndarray"),
        (MODEL, 'yield {"tts_speech": audio}', "yield audio", r"a tensor of shape \[1, 24000\]"),
    ],
)
def test_another_sentence_than_the_one_that_is_measured_is_no_answer(
    checkout: Path, directory: Path, file: str, old: str, new: str, found: str
) -> None:
    workload = changed(checkout, directory, file, old, new)
    with pytest.raises(RuntimeError, match=rf"^the checkout's tts\(\) .*{found}"):
        said(workload, "1s")


def test_ids_that_were_kept_of_the_call_before_are_no_answer(checkout: Path, directory: Path) -> None:
    workload = changed(checkout, directory, MODEL, "        for token in self.llm.inference(**given):\n", ONCE)
    said(workload, "1s")
    with pytest.raises(RuntimeError, match="the sampler of jitgate for 0 speech ids of 25"):
        said(workload, "1s")


@pytest.mark.parametrize(
    ("part", "file", "old", "new", "found"),
    [
        ("pipeline", MODEL, "flow_prompt_speech_token", "flow_prompt_token", "takes no flow_prompt_speech_token, by"),
        ("pipeline", VOCODER, "def inference", "def infer", "HiFTGenerator has no inference(), which jitgate calls"),
        ("vocoder", VOCODER, "def inference", "def infer", "HiFTGenerator has no inference(), which jitgate calls"),
        ("vocoder", VOCODER, "feat, cache", "feat, f0=None, cache", "takes (speech_feat, f0, cache_source), but"),
        ("vocoder", VOCODER, "feat, cache", "feat, *, cache", "takes (speech_feat), but jitgate calls it with (speech"),
        ("flow", FLOW, "def inference", "def infer", "CausalMaskedDiffWithXvec has no inference(), which jitgate"),
    ],
)
def test_another_interface_is_refused_before_anything_runs(
    checkout: Path, directory: Path, part: str, file: str, old: str, new: str, found: str
) -> None:
    with pytest.raises(UsageError) as caught:
        changed(checkout, directory, file, old, new, part)
    assert found in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_flow_that_gives_the_mel_alone_is_said(checkout: Path, directory: Path) -> None:
    workload = changed(checkout, directory, FLOW, "prompt_feat.size(1):], None", "prompt_feat.size(1):]", "flow")
    with torch.inference_mode(), pytest.raises(RuntimeError, match=r"^inference\(\) of CausalMasked.* gives a Tensor;"):
        workload.module(*workload.calls("1s")[0])


def test_what_goes_by_keyword_only_passes_through_a_door() -> None:
    class Scaled(nn.Module):
        def scale(self, x: int, *, by: int = 1) -> int:
            return x * by

    owner: Any = Scaled()
    Door(owner, "scale")
    assert owner.scale(3, by=5) == 15
