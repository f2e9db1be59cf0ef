"""CosyVoice2's vocoder (HiFT): mel spectrogram to waveform, through a spectrum and its inverse transform.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 2, `hift`; HiFTNet,
arXiv:2309.09493), not from its source; parameters have the original's names, shapes and order, so that a real `hift.pt`
loads.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from jitgate.workloads.sound import Sound
from jitgate.workloads.weight_source import current
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor, nn

# Public, but torch.jit has no __all__; ignored here, since script would read the comment inside a function.
from torch.jit import is_scripting  # type: ignore[attr-defined]
from torch.nn import functional

from jitgate_cosyvoice.checkpoints import VOCODER
from jitgate_cosyvoice.v2.source import HARMONICS, RATE_HZ, SAMPLES_PER_FRAME, FrequencyPredictor, Source
from jitgate_cosyvoice.v2.speech import FIRST_CHUNK_TOKENS, FRAMES_PER_TOKEN, MEL, SENTENCE_TOKENS, normal
from jitgate_cosyvoice.v2.vocoder_layers import NormedConv, NormedTransposedConv, SnakeBlock

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs

TRANSFORM = 16
HOP = 4
"""Samples of the short-time transform, and between two of them. 8 x 5 x 3 x 4 = 480 samples a mel frame."""

RATES = (8, 5, 3)
"""How often each upsampling repeats its input."""

LIMIT = 0.99
"""Audio is clamped to it."""


SOUND = Sound.waveform(RATE_HZ)
"""With seeded weights every frame is unvoiced: no sine is summed up, and two right builds agree sample by sample."""

TRAINED_SOUND = Sound.waveform(RATE_HZ, perceptual=True)
"""With trained weights there is a voice, whose phase is summed up over the sentence and scaled by 480: rounding of the
frequency ends up as an inaudible phase, and sample by sample two right builds differ."""


class Vocoder(nn.Module):
    """Frequency predictor, source, and a stack of transposed convolutions that the source joins at each of their rates.

    width: channels of the first layer; each upsampling halves them. predictor_width: channels of the frequency
    predictor. source: what excites it. rates, kernels: of the upsamplings. source_kernels: of the blocks where the
    source joins. The defaults are CosyVoice2-0.5B's: 20,821,295 parameters in 328 tensors.
    float32 only, as the original runs it: on a CPU its transforms know no half precision.
    """

    def __init__(
        self,
        mel: int = MEL,
        width: int = 512,
        predictor_width: int = 512,
        source: Source | None = None,
        rates: tuple[int, ...] = RATES,
        kernels: tuple[int, ...] = (16, 11, 7),
        source_kernels: tuple[int, ...] = (7, 7, 11),
    ) -> None:
        super().__init__()
        self.transform = TRANSFORM
        self.hop = HOP
        self.limit = LIMIT
        self.stride = HOP * math.prod(rates)
        self.last = len(rates) - 1
        bins = TRANSFORM // 2 + 1
        channels = [width // 2 ** (level + 1) for level in range(len(rates))]
        to_come = [math.prod(rates[level + 1 :]) for level in range(len(rates))]
        self.m_source = Source() if source is None else source
        self.conv_pre = NormedConv(mel, width, 7)
        self.ups = nn.ModuleList(
            NormedTransposedConv(2 * out, out, kernel, stride)
            for out, kernel, stride in zip(channels, kernels, rates, strict=True)
        )
        # The source comes at the last rate: before each level it is brought down by what is still to come.
        self.source_downs = nn.ModuleList(
            nn.Conv1d(2 * bins, out, 2 * stride if stride > 1 else 1, stride, stride // 2)
            for out, stride in zip(channels, to_come, strict=True)
        )
        self.source_resblocks = nn.ModuleList(
            SnakeBlock(out, kernel) for out, kernel in zip(channels, source_kernels, strict=True)
        )
        self.resblocks = nn.ModuleList(SnakeBlock(out, kernel) for out in channels for kernel in (3, 7, 11))
        self.conv_post = NormedConv(channels[-1], 2 * bins, 7)
        self.f0_predictor = FrequencyPredictor(mel, predictor_width)
        self.window = torch.hann_window(TRANSFORM, device="cpu")

    def forward(self, mel: Tensor, phase: Tensor, noise: Tensor, cache_source: Tensor) -> tuple[Tensor, Tensor]:
        """The waveform of M frames, at 24 kHz unless the rates are others (here: 480 samples a frame).

        mel (B, 80, M). phase (B, 9), noise (B, 480 M, 9): the source's random numbers, as its sines take them.
        cache_source (B, 1, C): what the source begins with instead, C = 0 for none.
        Returns audio (B, 480 M), within 0.99, and the source (B, 1, 480 M), which the next chunk's cache is cut from.
        Source: CosyVoice2's HiFT inference, public description.
        """
        frequency = self.f0_predictor(mel).unsqueeze(1)
        frequency = functional.interpolate(frequency, scale_factor=float(self.stride), mode="nearest").transpose(1, 2)
        source = self.m_source(frequency, phase, noise).transpose(1, 2)
        if cache_source.size(2) != 0:
            source = torch.cat((cache_source, source[:, :, cache_source.size(2) :]), dim=2)
        return self.decode(mel, source), source

    def decode(self, mel: Tensor, source: Tensor) -> Tensor:
        """mel (B, 80, M), source (B, 1, 480 M) -> audio (B, 480 M)."""
        spectrum = self.spectrum(source.squeeze(1))
        x = self.conv_pre(mel)
        for level, (up, down, joined) in enumerate(zip(self.ups, self.source_downs, self.source_resblocks)):  # noqa: B905
            x = up(functional.leaky_relu(x, 0.1))
            if level == self.last:
                x = functional.pad(x, [1, 0], mode="reflect")
            x = x + joined(down(spectrum))
            x = self.refine(x, 3 * level)
        # torch's default, where every other layer has 0.1: the original's, and its weights depend on it.
        x = self.conv_post(functional.leaky_relu(x, 0.01))
        bins = x.size(1) // 2
        magnitude = torch.clamp(torch.exp(x[:, :bins]), max=100.0)
        return torch.clamp(self.waveform(magnitude, torch.sin(x[:, bins:])), -self.limit, self.limit)

    def refine(self, x: Tensor, first: int) -> Tensor:
        """The mean of three residual blocks of x, from number `first` on."""
        # Three in a list, since script can't index modules by a number that is not written down.
        out: list[Tensor] = []
        for number, block in enumerate(self.resblocks):
            if first <= number and number < first + 3:
                out.append(block(x))
        return (out[0] + out[1] + out[2]) / 3

    def spectrum(self, signal: Tensor) -> Tensor:
        """signal (B, L) -> real and imaginary parts (B, 18, L / 4 + 1) of its short-time Fourier transform."""
        window = self.fit_window(signal)
        bins = torch.stft(signal, self.transform, self.hop, self.transform, window=window, return_complex=True)
        parts = torch.view_as_real(bins)
        return torch.cat((parts[..., 0], parts[..., 1]), dim=1)

    def waveform(self, magnitude: Tensor, phase: Tensor) -> Tensor:
        """magnitude, phase in radians (B, 9, T) -> signal (B, 4 (T - 1)) by the inverse transform."""
        bins = torch.complex(magnitude * torch.cos(phase), magnitude * torch.sin(phase))
        return torch.istft(bins, self.transform, self.hop, self.transform, window=self.fit_window(magnitude))

    def fit_window(self, like: Tensor) -> Tensor:
        """The periodic Hann window, a plain attribute on the CPU that every call copies, as in the original.

        A graph makes it itself: of a constant with several readers, inductor's freezing deletes what the others read
        (torch 2.13).
        """
        if is_scripting():
            return self.window.to(like.device)
        if torch.compiler.is_compiling():
            return torch.hann_window(self.transform, device=like.device)
        return self.window.to(like.device)


def vocoder() -> Workload:
    """The vocoder at its true size."""
    return Workload(build_seeded(Vocoder, VOCODER), scenarios(), artefact="hift", sound=sound())


def sound() -> Sound:
    """What the waveform is, by where its weights come from."""
    return SOUND if current().checkpoint is None else TRAINED_SOUND


def small_vocoder() -> Workload:
    """The same graph at a quarter of the width."""
    module = build_seeded(lambda: Vocoder(width=128, predictor_width=128))
    return Workload(module, scenarios(), threads=1, artefact="hift.small", sound=SOUND)


def scenarios() -> dict[str, Inputs]:
    """Scenario name -> positional arguments of `Vocoder.forward`: the new speech alone, without the prompt's frames.

    The first chunk has no cache yet; the three tokens that the flow looks ahead at become no frames.
    """
    every = {name: call(name, FRAMES_PER_TOKEN * new) for name, new in SENTENCE_TOKENS.items()}
    return {"first_chunk": call("first_chunk", FRAMES_PER_TOKEN * (FIRST_CHUNK_TOKENS - 3)), **every}


def call(name: str, frames: int, cached: int = 0) -> Inputs:
    """`frames` of mel, after a chunk that left `cached` samples of its source."""
    # Half a turn: a normal draw would not be a phase, and no output depends on it.
    phase = torch.full((1, HARMONICS), 0.5)
    noise = normal(f"{name}.noise", 1, SAMPLES_PER_FRAME * frames, HARMONICS)
    return (normal(f"{name}.mel", 1, MEL, frames), phase, noise, torch.zeros(1, 1, cached))
