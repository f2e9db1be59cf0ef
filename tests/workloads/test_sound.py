"""What an output is to the ear."""

import pytest

from perf.workloads.cosyvoice2 import vocoder
from perf.workloads.sound import Kind, Sound


@pytest.mark.parametrize("sound", [Sound.mel(), Sound.mel(leaf=1), Sound.waveform(24_000, by_ear=True)])
def test_it_travels_as_plain_values(sound: Sound) -> None:
    plain = sound.as_plain()
    assert {type(value) for value in plain.values()} <= {str, int, bool, type(None)}
    assert Sound.of_plain(plain) == sound


@pytest.mark.parametrize(("kind", "rate"), [(Kind.WAVEFORM, None), (Kind.WAVEFORM, 0), (Kind.MEL, 24_000)])
def test_a_waveform_has_a_rate_and_a_mel_has_none(kind: Kind, rate: int | None) -> None:
    with pytest.raises(TypeError, match="a waveform has a sampling rate"):
        Sound(kind, rate)


def test_a_voice_has_a_phase() -> None:
    assert (vocoder.SOUND.by_ear, vocoder.TRAINED_SOUND.by_ear) == (False, True)
