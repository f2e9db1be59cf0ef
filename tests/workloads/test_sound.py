"""What an output is to the ear."""

import pytest

from perf.workloads.cosyvoice2 import flow, flow_estimator, vocoder
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


def test_the_narrow_workloads_of_cosyvoice2_say_what_they_give() -> None:
    given = [module() for module in (flow.small_flow, flow_estimator.small_flow_estimator, vocoder.small_vocoder)]
    assert [workload.sound for workload in given] == [Sound.mel(), Sound.mel(), Sound.waveform(24_000)]
    assert vocoder.TRAINED_SOUND.by_ear, "a voice has a phase"
