"""`tts()` of a checkout: said whole and in pieces, stage by stage, in CosyVoice's own ways and others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.engines.available import missing
from jitgate.engines.torchscript import TorchScript
from jitgate.model.artefact_file import StageVariant
from jitgate.model.errors import Unavailable, UsageError
from jitgate.worker.factories import build_workload
from jitgate.worker.stages import PipelineStages
from jitgate.workloads.weight_source import WeightSource, entered
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.checkout.modules import import_packages
from jitgate_cosyvoice.checkout.own_ways import FP16, JIT_FILE, ONNX_FILE, fp16, load_jit, load_trt, with_files

from tests.jitgate_cosyvoice.checkout_speech import write_directory
from tests.jitgate_cosyvoice.checkouts3 import write_checkout3

FILES = ("llm.pt", "flow.pt", "hift.pt")


@pytest.fixture
def directory(tmp_path: Path, checkout: Path, unimported: None) -> Path:
    return write_directory(tmp_path / "weights", checkout, "cosyvoice2")


def built(checkout: Path, directory: Path, family: str = "cosyvoice2") -> Workload:
    factory = f"jitgate_cosyvoice.checkout.modules:{family}_pipeline"
    return build_workload(factory, "here", WeightSource(directory, checkout, FILES))


def loaded() -> set[str]:
    return {name for name in sys.modules if name.split(".")[0] in {"cosyvoice", "matcha"}}


def forget() -> None:
    """What the fixtures have imported."""
    for name in loaded():
        del sys.modules[name]


def said(workload: Workload, scenario: str) -> tuple[torch.Tensor, torch.Tensor]:
    assert workload.reset is not None
    workload.reset()
    torch.manual_seed(0)
    with torch.inference_mode():
        audio, ids = workload.module(*workload.calls(scenario)[0])
    return audio, ids


def test_a_sentence_is_said_the_same_again_and_by_its_stages(checkout: Path, directory: Path) -> None:
    workload = built(checkout, directory)
    audio, ids = said(workload, "1s")
    assert audio.shape == (1, 24_000)
    assert ids.shape == (1, 25)
    stages = PipelineStages(workload)
    stages.replace([])
    stages.start()
    again, same = said(workload, "1s")
    assert torch.equal(again, audio)
    assert torch.equal(same, ids)
    calls = {time.stage: time.calls for time in stages.read()}
    assert calls == {"llm": 26, "flow_encoder": 1, "flow_estimator": 3, "vocoder": 1}


def test_every_streamed_sentence_is_a_first_one(checkout: Path, directory: Path) -> None:
    workload = built(checkout, directory)
    stages = PipelineStages(workload)
    stages.replace([])
    heard = []
    for _ in range(2):
        stages.start()
        audio, ids = said(workload, "stream_5s")
        heard.append((audio, {time.stage: time.calls for time in stages.read()}))
        assert audio.shape == (1, 120_000)
        assert ids.shape == (1, 125)
    assert torch.equal(heard[0][0], heard[1][0])
    assert heard[0][1] == heard[1][1]
    assert heard[0][1]["vocoder"] == 3
    assert workload.utterances["stream_5s"].overlapping
    assert not workload.utterances["5s"].overlapping


def test_version_3_speaks_too(tmp_path: Path, unimported: None) -> None:
    checkout = write_checkout3(tmp_path / "CosyVoice")
    workload = built(checkout, write_directory(tmp_path / "weights", checkout, "cosyvoice3"), "cosyvoice3")
    audio, ids = said(workload, "1s")
    assert audio.shape == (1, 24_000)
    assert ids.shape == (1, 25)
    assert list(workload.stages) == ["llm", "flow_estimator", "vocoder"]


def test_weights_are_counted_once(checkout: Path, directory: Path) -> None:
    workload = built(checkout, directory)
    files = (torch.load(directory / name, weights_only=True) for name in FILES)
    assert len(workload.module.state_dict()) == sum(map(len, files))


def test_load_jit_runs_the_directory_s_own_file(checkout: Path, directory: Path) -> None:
    source: Any = built(checkout, directory).module
    TorchScript().export(source.flow.encoder, [], directory / JIT_FILE)
    workload = built(checkout, directory)
    right, _ = said(workload, "1s")
    stages = PipelineStages(workload)
    stages.replace([StageVariant("flow_encoder", with_files(directory)["load_jit"], {})])
    audio, _ = said(workload, "1s")
    torch.testing.assert_close(audio, right)
    module: Any = workload.module
    assert not list(module.flow.encoder.parameters()), "the file has them"


def test_load_trt_runs_the_onnx_file_next_to_the_plan(checkout: Path, directory: Path) -> None:
    pytest.importorskip("onnxruntime")
    workload = built(checkout, directory)
    right, _ = said(workload, "1s")
    module: Any = workload.module
    call = workload.stages["flow_estimator"].calls()["1s"][0]  # type: ignore[misc]
    torch.onnx.export(
        module.flow.decoder.estimator,
        call[:6],
        directory / ONNX_FILE,
        input_names=["x", "mask", "mu", "t", "spks", "cond"],
        output_names=["estimator_out"],
        dynamic_axes={name: {2: "frames"} for name in ("x", "mask", "mu", "cond")},
        dynamo=False,
    )
    PipelineStages(workload).replace([StageVariant("flow_estimator", with_files(directory)["load_trt"], {})])
    audio, _ = said(workload, "1s")
    # Sines of a sum over all of the sentence: roundings add up.
    torch.testing.assert_close(audio, right, rtol=0, atol=5e-3)


def test_fp16_is_the_class_s_own_and_says_where_that_turns_it_off(checkout: Path, directory: Path) -> None:
    workload = built(checkout, directory)
    right, _ = said(workload, "1s")
    spoken: Any = workload.module
    first = spoken.model
    runner = fp16(spoken, workload.calls("1s")[0])
    assert spoken.model is not first
    assert spoken.model.fp16
    assert runner.proof() is None  # type: ignore[attr-defined]
    with torch.inference_mode():
        torch.manual_seed(0)
        audio, _ = runner(*workload.calls("1s")[0])
    assert torch.equal(audio, right), "the stand-in has no autocast"
    spoken.model.fp16 = False
    assert runner.proof() == "ran in float32: the checkout's class has turned fp16 off"  # type: ignore[attr-defined]
    assert missing(FP16, "cpu") is not None
    assert missing(FP16, "cuda") is None


@pytest.mark.parametrize("make", [load_jit, load_trt])
def test_a_file_that_is_not_there_is_said_in_one_sentence(make: Any, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"^load_\w+: .* has no x\.zip; name one that has it with --jitgate-checkp"):
        make(torch.nn.Identity(), (torch.zeros(1),), file=str(tmp_path / "x.zip"))
    with pytest.raises(Unavailable, match="it is a file of a model directory; name one"):
        make(torch.nn.Identity(), (torch.zeros(1),))


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("cosyvoice/llm/llm.py", "forward_one_step", "one_step", "Qwen2LM has no llm.forward_one_step, by which"),
        ("cosyvoice/llm/llm.py", "self.sampling = sampling", "self.choose = sampling", "Qwen2LM has no sampling, by"),
        ("cosyvoice/cli/model.py", "fp16=False", "half=False", "CosyVoice2Model does not take (llm, flow, hift, fp16)"),
        ("cosyvoice/cli/model.py", "CosyVoice2Model", "Model", "has no 'CosyVoice2Model'"),
    ],
)
def test_another_interface_is_said_in_one_sentence(
    checkout: Path, directory: Path, file: str, old: str, new: str, found: str
) -> None:

    forget()
    path = checkout / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(UsageError) as caught:
        built(checkout, directory)
    assert found in str(caught.value)
    assert "\n" not in str(caught.value)


def test_importing_its_packages_imports_all_that_building_does(checkout: Path, directory: Path) -> None:
    forget()
    with entered(WeightSource(directory, checkout, FILES)):
        import_packages("jitgate_cosyvoice.checkout.modules:cosyvoice2_pipeline")
    before = loaded()
    assert "cosyvoice.cli.model" in before
    built(checkout, directory)
    assert loaded() == before


def test_a_directory_without_the_language_model_is_said(checkout: Path, directory: Path) -> None:
    (directory / "CosyVoice-BlankEN").rename(directory / "elsewhere")
    with pytest.raises(UsageError, match="has no folder CosyVoice-BlankEN, which describes the language model"):
        built(checkout, directory)


def test_what_a_thread_raises_is_raised(checkout: Path, directory: Path, recwarn: pytest.WarningsRecorder) -> None:
    workload = built(checkout, directory)
    module: Any = workload.module
    module.llm.speech_embedding = None
    with pytest.raises(TypeError, match="NoneType"):
        said(workload, "1s")


def test_a_pipeline_that_gives_nothing_is_said(checkout: Path, directory: Path) -> None:
    workload = built(checkout, directory)
    module: Any = workload.module
    module.model.tts = lambda **_: iter(())
    with pytest.raises(RuntimeError, match=r"^the checkout's tts\(\) gave no audio for 0 speech ids$"):
        said(workload, "1s")
