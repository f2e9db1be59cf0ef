"""What an output is to the ear."""

from pathlib import Path

import pytest
from jitgate.workloads.sound import Kind, Sound
from jitgate.workloads.weight_source import WeightSource, entered
from jitgate_cosyvoice.v2 import vocoder


@pytest.mark.parametrize("sound", [Sound.mel(), Sound.mel(leaf=1), Sound.waveform(24_000, perceptual=True)])
def test_it_travels_as_plain_values(sound: Sound) -> None:
    plain = sound.as_plain()
    assert {type(value) for value in plain.values()} <= {str, int, bool, type(None)}
    assert Sound.of_plain(plain) == sound


@pytest.mark.parametrize(("kind", "rate"), [(Kind.WAVEFORM, None), (Kind.WAVEFORM, 0), (Kind.MEL, 24_000)])
def test_a_waveform_has_a_rate_and_a_mel_has_none(kind: Kind, rate: int | None) -> None:
    with pytest.raises(TypeError, match="a waveform has a sampling rate"):
        Sound(kind, rate)


def test_a_voice_of_trained_weights_has_a_phase_and_is_judged_by_ear() -> None:
    assert vocoder.sound() == Sound.waveform(24_000)
    with entered(WeightSource(checkpoint=Path("CosyVoice2-0.5B"))):
        assert vocoder.sound() == Sound.waveform(24_000, perceptual=True)
