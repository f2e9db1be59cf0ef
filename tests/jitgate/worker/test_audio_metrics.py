"""How far two sounds are apart: against definitions written out once more, in numpy."""

import math

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.worker.audio_metrics import (
    RESOLUTIONS,
    audio_metrics,
    band_distance_db,
    log_mel,
    mel_bands,
    multi_resolution_stft,
    snr_db,
)
from jitgate.workloads.sound import Sound

RATE = 24_000
TIME = torch.arange(RATE // 4, dtype=torch.float64) / RATE
TONE = torch.sin(2 * math.pi * 220 * TIME)[None] * 0.3
NOISE = torch.randn(1, RATE // 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 0.1
WAVE = Sound.waveform(RATE)


def amplitudes(signal: npt.NDArray[np.float64], size: int, hop: int, window: int) -> npt.NDArray[np.float64]:
    """(L,) -> (frames, bins): centred frames, the signal mirrored at its ends, the window in the middle of each."""
    padded = np.pad(signal, size // 2, mode="reflect")
    hann = np.zeros(size)
    start = (size - window) // 2
    hann[start : start + window] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    frames = [padded[at : at + size] * hann for at in range(0, len(padded) - size + 1, hop)]
    found: npt.NDArray[np.float64] = np.sqrt(np.maximum(np.abs(np.fft.rfft(np.array(frames))) ** 2, 1e-7))
    return found


def test_the_multi_resolution_distance_is_parallel_wavegans() -> None:
    right, found = (TONE + NOISE)[0].numpy(), (TONE + 1.1 * NOISE)[0].numpy()
    expected = []
    for size, hop, window in RESOLUTIONS:
        one, other = amplitudes(found, size, hop, window), amplitudes(right, size, hop, window)
        convergence = np.linalg.norm(other - one) / np.linalg.norm(other)
        expected.append(convergence + np.abs(np.log(other) - np.log(one)).mean())
    distance = multi_resolution_stft(torch.from_numpy(found), torch.from_numpy(right))
    assert distance == pytest.approx(np.mean(expected), rel=1e-9)


@given(st.floats(min_value=-20, max_value=20).filter(lambda db: abs(db) > 1e-3))
@settings(max_examples=20, deadline=None)
def test_a_gain_is_a_distance_of_as_many_decibels(gain_db: float) -> None:
    factor = 10 ** (gain_db / 20)
    mel = torch.randn(1, 80, 7, dtype=torch.float64)
    assert band_distance_db(mel + math.log(factor), mel) == pytest.approx(abs(gain_db), rel=1e-6)
    assert snr_db(factor * NOISE, NOISE) == pytest.approx(-20 * math.log10(abs(factor - 1)), abs=1e-6)


def test_one_percent_is_forty_decibels_and_no_one_hears_it() -> None:
    found = audio_metrics(TONE * 1.01, TONE, WAVE)
    assert found is not None
    assert found.snr_db == pytest.approx(40.0)
    assert found.log_mel_db < 0.1


def test_a_phase_changes_no_metric_and_noise_does() -> None:
    shifted = torch.sin(2 * math.pi * 220 * TIME + 1.0)[None] * 0.3
    phase, noise = (
        audio_metrics(shifted + NOISE, TONE + NOISE, WAVE),
        audio_metrics(TONE + NOISE.flip(1), TONE + NOISE, WAVE),
    )
    assert phase is not None
    assert noise is not None
    assert phase.snr_db < 11, "sample by sample it is another signal"
    assert phase.log_mel_db < 1.0 < noise.log_mel_db


def test_what_is_far_below_the_loudest_band_is_silence_in_both() -> None:
    hum = torch.sin(2 * math.pi * 3000 * TIME)[None] * 1e-7
    found = audio_metrics(TONE + hum, TONE, WAVE)
    assert found is not None
    assert found.log_mel_db < 1e-3


def test_every_band_hears_its_own_frequency() -> None:
    bands = mel_bands(RATE, 1920)
    assert bands.shape == (80, 961)
    assert bands.max() <= 1
    assert (bands.sum(dim=1) > 0).all()
    loudest = int(log_mel(TONE, RATE).mean(dim=-1).argmax())
    assert bands[loudest][round(220 * 1920 / RATE)] > 0.3


@pytest.mark.parametrize("length", [1, 100, 1000, 1025])
def test_a_signal_shorter_than_a_window_has_metrics_too(length: int) -> None:
    found = audio_metrics(NOISE[:, :length] * 1.1, NOISE[:, :length], WAVE)
    assert found is not None
    assert found.mr_stft is not None
    assert 0 < found.mr_stft < 1


def test_equal_sounds_are_not_apart() -> None:
    found = audio_metrics(TONE, TONE.clone(), WAVE)
    assert found is not None
    assert (found.snr_db, found.log_mel_db, found.mr_stft) == (math.inf, 0.0, 0.0)
    mel = audio_metrics(TONE.reshape(1, 80, -1), TONE.reshape(1, 80, -1), Sound.mel())
    assert mel is not None
    assert mel.mr_stft is None, "a mel has no samples"


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (TONE[:, 1:], TONE),
        (TONE * math.nan, TONE),
        (TONE, TONE * math.inf),
        (TONE, torch.zeros_like(TONE)),
        ("sound", TONE),
    ],
    ids=["shape", "nan", "inf", "silence", "no tensor"],
)
def test_what_is_not_audible_has_no_distance(found: object, right: object) -> None:
    assert audio_metrics(found, right, WAVE) is None
