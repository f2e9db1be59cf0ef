"""The vocoder computes what CosyVoice-300M's does, given the same random numbers."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from jitgate.workloads.weight_source import WeightSource, entered
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v1.vocoder import SOUND, TRAINED_SOUND, sound, vocoder
from jitgate_cosyvoice.v2.vocoder import Vocoder
from torch import Tensor

from tests.jitgate_cosyvoice.fingerprints import assert_same, load, names_and_shapes, sum_of_weights
from tests.jitgate_cosyvoice.v2.fingerprints import build_input, outputs_of

REFERENCE = load("cosyvoice_vocoder")
OUTPUTS = REFERENCE["outputs"]
MEL, SOURCE = (build_input(REFERENCE["inputs"][name]) for name in ("mel", "source"))


@pytest.fixture(scope="module")
def hift() -> Vocoder:
    return build_seeded(vocoder)


def drawn_as_the_original_does() -> tuple[Tensor, Tensor]:
    """Its phase and noise for 50 frames after `torch.manual_seed(1234)`."""
    generator = torch.Generator().manual_seed(REFERENCE["seed"])
    phase = torch.rand(1, 9, generator=generator) * (2 * math.pi) - math.pi
    return phase, torch.randn(1, 9, 12_800, generator=generator)


def voice() -> Tensor:
    """30 frames that rise from 120 Hz by 4 Hz each, then 20 without voice: (1, 12800, 1)."""
    by_frame = torch.tensor([120.0 + 4 * frame if frame < 30 else 0.0 for frame in range(50)])
    return by_frame.repeat_interleave(256).view(1, -1, 1)


def test_names_shapes_order_and_weights(hift: Vocoder) -> None:
    assert names_and_shapes(hift) == REFERENCE["state_dict"]
    assert len(REFERENCE["state_dict"]) == 227
    assert sum(value.numel() for value in hift.parameters()) == REFERENCE["parameters"] == 20_460_591
    assert sum_of_weights(hift) == pytest.approx(REFERENCE["sum_of_weights"], abs=1e-6)
    assert not list(hift.buffers())


def test_audio_and_every_named_layer_of_a_given_source_equal_the_original(hift: Vocoder) -> None:
    outputs: dict[str, Tensor] = {}

    def run() -> None:
        outputs["audio"] = hift.decode(MEL, SOURCE)

    outputs |= outputs_of(hift, list(REFERENCE["submodules"]), run)
    assert_same(outputs["audio"], OUTPUTS["audio_of_source"])
    for name, expected in REFERENCE["submodules"].items():
        assert_same(outputs[name], expected, 1e-5)


@torch.inference_mode()
def test_frequency_and_spectrum_equal_the_original(hift: Vocoder) -> None:
    assert_same(hift.f0_predictor(MEL), OUTPUTS["frequency"])
    spectrum = hift.spectrum(SOURCE.squeeze(1))
    assert_same(spectrum[:, :9], OUTPUTS["real"], 1e-6)
    assert_same(spectrum[:, 9:], OUTPUTS["imag"], 1e-6)


@torch.inference_mode()
def test_sines_equal_the_original(hift: Vocoder) -> None:
    phase, noise = drawn_as_the_original_does()
    sines, voiced, scaled = hift.m_source.l_sin_gen(voice(), phase, noise)
    assert_same(sines, OUTPUTS["sines"])
    assert_same(voiced, OUTPUTS["voiced"], 0.0)
    assert_same(scaled, OUTPUTS["noise"], 1e-6)
    assert_same(hift.m_source(voice(), phase, noise), OUTPUTS["merged"])


@torch.inference_mode()
def test_the_phase_is_heard_but_for_the_fundamental_s(hift: Vocoder) -> None:
    phase, noise = torch.full((1, 9), 1.0), torch.zeros(1, 9, 12_800)
    one, _, _ = hift.m_source.l_sin_gen(voice(), phase, noise)
    other, _, _ = hift.m_source.l_sin_gen(voice(), 2 * phase, noise)
    assert torch.equal(one[:, :, 0], other[:, :, 0])
    assert (one[:, :, 1:] - other[:, :, 1:]).abs().amax(dim=1).min() > 0.01


@torch.inference_mode()
def test_whole_inference_equals_the_original(hift: Vocoder) -> None:
    audio, source = hift(MEL, *drawn_as_the_original_does(), SOURCE[:, :, :2048])
    assert_same(audio, OUTPUTS["audio"])
    assert_same(source, OUTPUTS["source"])
    assert torch.equal(source[:, :, :2048], SOURCE[:, :, :2048])


def test_every_reference_output_is_used() -> None:
    named = {"audio_of_source", "frequency", "real", "imag", "sines", "voiced", "noise", "merged", "audio", "source"}
    assert set(OUTPUTS) == named


def test_trained_weights_are_judged_by_ear(tmp_path: Path) -> None:
    assert sound() == SOUND
    with entered(WeightSource(tmp_path)):
        assert sound() == TRAINED_SOUND


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@torch.inference_mode()
def test_scripted_the_source_is_equal(hift: Vocoder) -> None:
    """The rest is version 2's, whose own test scripts it."""
    given = (voice(), *drawn_as_the_original_does())
    torch.testing.assert_close(torch.jit.script(hift.m_source)(*given), hift.m_source(*given), rtol=0.0, atol=1e-6)
