"""What excites CosyVoice-300M's vocoder: sines whose phase is summed up sample by sample."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from jitgate_cosyvoice.v1.speech import RATE_HZ
from jitgate_cosyvoice.v2.source import HARMONICS, SINE


class SampledSines(nn.Module):
    """Sines at the frequency and its harmonics where a frame is voiced (above 10 Hz), noise everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.rate = float(RATE_HZ)
        self.harmonics = HARMONICS
        self.amplitude = SINE

    def forward(self, frequency: Tensor, phase: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """frequency (B, L, 1) in Hz; phase (B, 9), radians; noise (B, 9, L), standard normal.

        Returns the excitation (B, L, 9), what is voiced (B, L, 1), and the noise as scaled (B, 9, L).
        The original draws phase and noise here; as inputs they can be equal in every variant and run. (It draws a third
        one, (B, L, 1), unread.) In version 2 the phase has no effect; here it has, but for the fundamental's, which is
        0.
        """
        hertz = frequency.transpose(1, 2)
        # Made on the CPU and copied, in every call, as version 2 does it.
        harmonic = torch.arange(1, self.harmonics + 1, dtype=frequency.dtype).to(frequency.device).unsqueeze(1)
        turns = torch.remainder(torch.cumsum(hertz * harmonic / self.rate, dim=2), 1.0)
        start = torch.cat((torch.zeros_like(phase[:, :1]), phase[:, 1:]), dim=1).unsqueeze(2)
        sines = torch.sin(turns * (2 * math.pi) + start) * self.amplitude
        voiced = (hertz > 10).to(frequency.dtype)
        scaled = (voiced * 0.003 + (1 - voiced) * self.amplitude / 3) * noise
        return (sines * voiced + scaled).transpose(1, 2), voiced.transpose(1, 2), scaled
