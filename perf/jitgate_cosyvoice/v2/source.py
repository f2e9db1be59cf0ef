"""What excites the vocoder: a fundamental frequency, predicted from the mel, and sines and noise made of it."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from jitgate_cosyvoice.v2.vocoder_layers import NormedConv

RATE_HZ = 24_000
SAMPLES_PER_FRAME = 480
HARMONICS = 9
"""The fundamental and eight above it."""

SINE = 0.1
"""Amplitude of a sine."""


class FrequencyPredictor(nn.Module):
    """Mel (B, mel, M) -> fundamental frequency (B, M) in Hz."""

    def __init__(self, mel: int, width: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for number in range(5):
            layers += [NormedConv(width if number else mel, width, 3), nn.ELU()]
        self.condnet = nn.Sequential(*layers)
        self.classifier = nn.Linear(width, 1)

    def forward(self, mel: Tensor) -> Tensor:
        hidden = self.condnet(mel).transpose(1, 2)
        out: Tensor = torch.abs(self.classifier(hidden).squeeze(-1))
        return out


class SineGenerator(nn.Module):
    """Sines at the frequency and its harmonics where a frame is voiced (above 10 Hz), noise everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = float(RATE_HZ)
        self.stride = SAMPLES_PER_FRAME
        self.harmonics = HARMONICS
        self.amplitude = SINE

    def forward(self, frequency: Tensor, phase: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """frequency (B, L, 1) in Hz, L = 480 M; phase (B, 9), 0 to 1; noise (B, L, 9), standard normal.

        Returns the excitation (B, L, 9), what is voiced (B, L, 1), and the noise as scaled (B, L, 9).
        The original draws phase and noise here, so that no two calls give the same audio. As inputs they can be equal
        in every variant and run, and drawing them is not measured. (It draws a third one, (B, L, 1), unread.)
        The sine of a phase that is summed up over the sentence and scaled by 480 magnifies rounding: two right builds
        differ by up to 5e-5 after a second of voice. With seeded weights all is unvoiced: no sine is audible at all.
        """
        # Made on the CPU and copied, in every call, as in the original.
        harmonic = torch.arange(1, self.harmonics + 1, dtype=frequency.dtype).to(frequency.device)
        turns = torch.remainder(frequency * harmonic / self.rate, 1.0)
        start = torch.cat((torch.zeros_like(phase[:, :1]), phase[:, 1:]), dim=1)
        # It has no effect: of each frame's samples, the line after next reads the two in the middle.
        turns = torch.cat((turns[:, :1] + start.unsqueeze(1), turns[:, 1:]), dim=1)
        by_frame = functional.interpolate(turns.transpose(1, 2), size=turns.size(1) // self.stride, mode="linear")
        angle = torch.cumsum(by_frame, dim=2) * (2 * math.pi)
        angle = functional.interpolate(angle * self.stride, size=turns.size(1), mode="linear").transpose(1, 2)
        sines = torch.sin(angle) * self.amplitude
        voiced = (frequency > 10).to(frequency.dtype)
        scaled = (voiced * 0.003 + (1 - voiced) * self.amplitude / 3) * noise
        return sines * voiced + scaled, voiced, scaled


class Source(nn.Module):
    """The nine sines merged into one signal: `l_linear` and tanh. sines: their maker, `SineGenerator` unless given."""

    def __init__(self, sines: nn.Module | None = None) -> None:
        super().__init__()
        self.l_sin_gen = SineGenerator() if sines is None else sines
        self.l_linear = nn.Linear(HARMONICS, 1)

    def forward(self, frequency: Tensor, phase: Tensor, noise: Tensor) -> Tensor:
        """As `SineGenerator.forward`; returns (B, L, 1)."""
        excitation, _, _ = self.l_sin_gen(frequency, phase, noise)
        return torch.tanh(self.l_linear(excitation))
