"""The vocoder computes what CosyVoice2's does, given the same random numbers; scripted and exported too."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.vocoder import Vocoder, scenarios
from jitgate_cosyvoice.v2.vocoder_layers import NormedConv, NormedTransposedConv
from torch import Tensor, nn
from torch.export import Dim

from tests.jitgate_cosyvoice.fingerprints import assert_same, names_and_shapes, sum_of_weights
from tests.jitgate_cosyvoice.v2.fingerprints import build_input, load, outputs_of

REFERENCE = load("vocoder")
OUTPUTS = REFERENCE["outputs"]
MEL, SOURCE = (build_input(REFERENCE["inputs"][name]) for name in ("mel", "source"))

# Rounding on another CPU moved the real outputs by up to 1.3e-6; slope 0.1 before the last convolution, a symmetric
# window, or a zero column instead of a reflected one move them by 4.0e-2 and more.
ABSOLUTE = 5e-5

# Of the sines alone: the sum of phases, scaled by 480, magnifies rounding to 4.9e-5.
OF_SINES = 5e-4


@pytest.fixture(scope="module")
def vocoder() -> Vocoder:
    return build_seeded(Vocoder)


@pytest.fixture(scope="module")
def slim() -> Vocoder:
    return build_seeded(lambda: Vocoder(width=32, predictor_width=16))


def drawn_as_the_original_does() -> tuple[Tensor, Tensor]:
    """Its phase and noise for 50 frames after `torch.manual_seed(1234)`."""
    generator = torch.Generator().manual_seed(REFERENCE["seed"])
    phase = torch.rand(1, 9, generator=generator)
    # In the memory order of the original's sines, which decides which number goes where.
    noise = torch.empty(1, 9, 24_000).transpose(1, 2).normal_(generator=generator)
    return phase, noise


def voice() -> Tensor:
    """30 frames that rise from 120 Hz by 4 Hz each, then 20 without voice: (1, 24000, 1)."""
    by_frame = torch.tensor([120.0 + 4 * frame if frame < 30 else 0.0 for frame in range(50)])
    return by_frame.repeat_interleave(480).view(1, -1, 1)


def example(frames: int, cached: int = 0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(frames)
    mel = torch.randn(1, 80, frames, generator=generator)
    noise = torch.randn(1, 480 * frames, 9, generator=generator)
    return mel, torch.full((1, 9), 0.5), noise, 0.1 * torch.randn(1, 1, cached, generator=generator)


def test_state_dict_has_the_original_names_shapes_and_order(vocoder: Vocoder) -> None:
    assert names_and_shapes(vocoder) == REFERENCE["state_dict"]
    assert sum(value.numel() for value in vocoder.parameters()) == REFERENCE["parameters"] == 20_821_295
    assert len(vocoder.state_dict()) == 328
    assert not list(vocoder.buffers())


def test_weights_are_those_of_the_reference(vocoder: Vocoder) -> None:
    assert sum_of_weights(vocoder) == pytest.approx(REFERENCE["sum_of_weights"], abs=1e-6)


@pytest.fixture(scope="module")
def token_difference(vocoder: Vocoder) -> dict[str, Tensor]:
    """Outputs of the named submodules while the given source is token_difference, and the audio as `audio`."""
    outputs: dict[str, Tensor] = {}

    def run() -> None:
        outputs["audio"] = vocoder.decode(MEL, SOURCE)

    return outputs_of(vocoder, list(REFERENCE["submodules"]), run) | outputs


def test_audio_of_a_given_source_equals_the_original(token_difference: dict[str, Tensor]) -> None:
    assert_same(token_difference["audio"], OUTPUTS["audio_of_source"], ABSOLUTE)


@pytest.mark.parametrize("name", REFERENCE["submodules"])
def test_submodule_equals_the_original(token_difference: dict[str, Tensor], name: str) -> None:
    assert_same(token_difference[name], REFERENCE["submodules"][name], 1e-5)


@torch.inference_mode()
def test_frequency_and_spectrum_equal_the_original(vocoder: Vocoder) -> None:
    assert_same(vocoder.f0_predictor(MEL), OUTPUTS["frequency"], ABSOLUTE)
    spectrum = vocoder.spectrum(SOURCE.squeeze(1))
    assert_same(spectrum[:, :9], OUTPUTS["real"], 1e-6)
    assert_same(spectrum[:, 9:], OUTPUTS["imag"], 1e-6)


@torch.inference_mode()
def test_sines_equal_the_original(vocoder: Vocoder) -> None:
    phase, noise = drawn_as_the_original_does()
    sines, voiced, scaled = vocoder.m_source.l_sin_gen(voice(), phase, noise)
    assert_same(sines, OUTPUTS["sines"], OF_SINES)
    assert_same(voiced, OUTPUTS["voiced"], 0.0)
    assert_same(scaled, OUTPUTS["noise"], 1e-6)
    assert_same(vocoder.m_source(voice(), phase, noise), OUTPUTS["merged"], ABSOLUTE)


@torch.inference_mode()
def test_whole_inference_equals_the_original(vocoder: Vocoder) -> None:
    audio, source = vocoder(MEL, *drawn_as_the_original_does(), SOURCE[:, :, :3840])
    assert_same(audio, OUTPUTS["audio"], ABSOLUTE)
    assert_same(source, OUTPUTS["source"], ABSOLUTE)
    assert torch.equal(source[:, :, :3840], SOURCE[:, :, :3840])


def test_every_reference_output_is_used() -> None:
    named = {"audio_of_source", "frequency", "real", "imag", "sines", "voiced", "noise", "merged", "audio", "source"}
    assert set(OUTPUTS) == named


@torch.inference_mode()
def test_the_initial_phase_has_no_effect(slim: Vocoder) -> None:
    frequency, noise = voice(), torch.zeros(1, 24_000, 9)
    one, _, _ = slim.m_source.l_sin_gen(frequency, torch.zeros(1, 9), noise)
    other, _, _ = slim.m_source.l_sin_gen(frequency, torch.full((1, 9), 0.7), noise)
    assert torch.equal(one, other)


@pytest.mark.parametrize(
    ("ours", "plain"),
    [
        (NormedConv(4, 6, 5, dilation=3), nn.Conv1d(4, 6, 5, dilation=3, padding=6)),
        (NormedTransposedConv(4, 6, 11, stride=5), nn.ConvTranspose1d(4, 6, 11, stride=5, padding=3)),
    ],
)
def test_normed_convolutions_are_torch_s_parametrised_ones(ours: nn.Module, plain: nn.Module) -> None:
    theirs = nn.utils.parametrizations.weight_norm(plain)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    theirs.load_state_dict({name: value + 0.1 for name, value in ours.state_dict().items()})
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(2, 4, 40, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(x), theirs(x))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_scripted_and_frozen_it_is_equal(slim: Vocoder) -> None:
    frozen: Any = torch.jit.freeze(torch.jit.script(slim))
    with torch.inference_mode():
        for frames, cached in ((20, 0), (33, 3840)):
            given = example(frames, cached)
            for got, expected in zip(frozen(*given), slim(*given), strict=True):
                torch.testing.assert_close(got, expected, rtol=0.0, atol=1e-5)
    assert "_weight_norm" not in str(frozen.inlined_graph), "constants now: what freezing wins here"


@pytest.mark.slow
def test_one_graph_serves_all_lengths(slim: Vocoder) -> None:
    shapes = {"mel": {2: Dim.DYNAMIC}, "phase": None, "noise": {1: Dim.DYNAMIC}, "cache_source": None}
    with torch.no_grad():
        program = torch.export.export(slim, example(20), dynamic_shapes=shapes)
        graph = program.module()
        for frames in (2, 21, 50):
            given = example(frames)
            for got, expected in zip(graph(*given), slim(*given), strict=True):
                torch.testing.assert_close(got, expected, rtol=0.0, atol=1e-5)
    assert not [name for name in program.constants if "window" in name], "inductor's freezing would break it"


def test_scenarios_are_as_long_as_the_original_makes_them() -> None:
    assert {name: call[0].size(2) for name, call in scenarios().items()} == {
        "first_chunk": 76,
        "1s": 50,
        "5s": 250,
        "15s": 750,
    }
    for mel, phase, noise, cache in scenarios().values():
        assert noise.shape == (1, 480 * mel.size(2), 9)
        assert phase.shape == (1, 9)
        assert cache.shape == (1, 1, 0)
