"""How far two sounds are apart, as an ear would judge. Runs in workers, on the CPU, in float64."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jitgate.workloads.sound import Kind, Sound

if TYPE_CHECKING:
    from torch import Tensor

DECIBELS = 20 / math.log(10)
"""Of an amplitude's natural logarithm."""

WINDOW_S, HOP_S, BANDS, TOP_HZ = 0.08, 0.02, 80, 8000.0
"""A mel spectrogram as text-to-speech models use it: 1920 and 480 samples at 24 kHz, 80 bands up to 8 kHz."""

RANGE_DB = 80.0
"""What is so far below the loudest band of the right answer is inaudible, and counts as silence in both."""

RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))
"""Transform, hop and window in samples: Parallel WaveGAN's (arXiv:1910.11480, table 1), which auraloss has too."""

LEAST_POWER = 1e-7
"""Below it a bin is silent, as in Parallel WaveGAN: its logarithm must be finite."""


@dataclass(frozen=True)
class AudioMetrics:
    """snr_db: infinite where both are equal. mr_stft: of waveforms only; without a unit."""

    snr_db: float
    log_mel_db: float
    mr_stft: float | None = None


def audio_metrics(found: Any, right: Any, sound: Sound) -> AudioMetrics | None:
    """How far `found` is from `right`; None where they are not finite tensors of one shape, or `right` is silent."""
    import torch

    if not isinstance(found, torch.Tensor) or not isinstance(right, torch.Tensor) or found.shape != right.shape:
        return None
    one, other = found.double(), right.double()
    if not (one.isfinite().all() and other.isfinite().all() and other.any()):
        return None
    snr = snr_db(one, other)
    if sound.kind is Kind.MEL:
        return AudioMetrics(snr, band_distance_db(one, other))
    rate = sound.rate_hz or 0
    quietest = log_mel(other, rate).max().item() - RANGE_DB / DECIBELS
    spectra = [log_mel(each, rate).clamp(min=quietest) for each in (one, other)]
    return AudioMetrics(snr, band_distance_db(*spectra), multi_resolution_stft(one, other))


def snr_db(found: Tensor, right: Tensor) -> float:
    """Power of the right answer over that of the difference, dB."""
    import torch

    noise = torch.linalg.vector_norm(found - right).item()
    signal = torch.linalg.vector_norm(right).item()
    return math.inf if noise == 0 else 20 * math.log10(signal / noise)


def band_distance_db(found: Tensor, right: Tensor) -> float:
    """Log-spectral distance of log amplitudes (..., bands, frames), dB: RMS over bands, mean over frames."""
    gap = (found - right) * DECIBELS
    return gap.square().mean(dim=-2).sqrt().mean().item()


def log_mel(signal: Tensor, rate_hz: int) -> Tensor:
    """Natural logarithms of mel band amplitudes: (..., L) -> (..., 80, frames)."""
    size = round(WINDOW_S * rate_hz)
    bins = _amplitudes(signal, size, round(HOP_S * rate_hz), size, least_power=0.0)
    return (mel_bands(rate_hz, size).to(bins.dtype) @ bins).clamp(min=1e-12).log()


def mel_bands(rate_hz: int, size: int) -> Tensor:
    """Triangles (80, size / 2 + 1), corners evenly spaced in mel = 2595 log10(1 + Hz / 700) (O'Shaughnessy, 1987)."""
    import torch

    top = 2595 * math.log10(1 + min(TOP_HZ, rate_hz / 2) / 700)
    corners = 700 * (10 ** (torch.linspace(0, top, BANDS + 2, dtype=torch.float64) / 2595) - 1)
    hertz = torch.linspace(0, rate_hz / 2, size // 2 + 1, dtype=torch.float64)
    low, middle, high = (corners[start : start + BANDS, None] for start in range(3))
    return torch.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)).clamp(min=0)


def multi_resolution_stft(found: Tensor, right: Tensor) -> float:
    """Spectral convergence plus mean distance of log amplitudes, mean of three resolutions; (..., L), no unit.

    Parallel WaveGAN's auxiliary loss (Yamamoto, Song and Kim, arXiv:1910.11480, equations 4 to 6).
    """
    import torch

    total = 0.0
    for resolution in RESOLUTIONS:
        one, other = (_amplitudes(each, *resolution, least_power=LEAST_POWER) for each in (found, right))
        convergence = torch.linalg.vector_norm(other - one) / torch.linalg.vector_norm(other)
        total += (convergence + (other.log() - one.log()).abs().mean()).item()
    return total / len(RESOLUTIONS)


def _amplitudes(signal: Tensor, size: int, hop: int, window: int, least_power: float) -> Tensor:
    """(..., L) -> (..., size / 2 + 1, frames) of the short-time Fourier transform with a Hann window."""
    import torch

    flat = signal.reshape(-1, signal.size(-1))
    hann = torch.hann_window(window, dtype=signal.dtype)
    # A signal shorter than half a window can't be mirrored at its ends.
    ends = "reflect" if signal.size(-1) > size // 2 else "constant"
    bins = torch.stft(flat, size, hop, window, hann, center=True, pad_mode=ends, return_complex=True)
    power = bins.real.square() + bins.imag.square()
    return power.clamp(min=least_power).sqrt().reshape(*signal.shape[:-1], *power.shape[-2:])
