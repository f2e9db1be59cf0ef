"""Parity by ear, in the summary."""

import math
from dataclasses import replace

from jitgate.config.policy import Policy
from jitgate.gates.judge import Judge
from jitgate.report.audio_metrics import heard
from jitgate.report.summary import summary
from jitgate.worker.accuracy import Parity

from tests.jitgate.measurements import made_of


def test_a_variant_whose_output_is_sound_has_a_line_of_its_own() -> None:
    measurement = made_of(1.4)
    jit = replace(measurement.arms["jit"], parity=Parity(1e-3, snr_db=60.2, log_mel_db=0.0123, mr_stft=0.0045))
    found = replace(measurement, arms={**measurement.arms, "jit": jit})
    line = "jit by ear: log-mel distance 0.012 dB, SNR 60 dB, multi-resolution STFT distance 0.0045"
    assert list(heard(found)) == [line]
    assert f"  {line}" in summary(Policy(), Judge(0.01), [found])
    same = replace(found, arms={**found.arms, "jit": replace(jit, parity=Parity(0, snr_db=math.inf, log_mel_db=0.0))})
    assert list(heard(same)) == ["jit by ear: log-mel distance 0 dB, not a bit apart"]
    assert list(heard(measurement)) == []


def test_a_variant_that_is_off_is_named_without_any_gate() -> None:
    measurement = made_of(1.4)
    jit = replace(measurement.arms["jit"], instead="it is eager")
    lines = summary(Policy(), Judge(0.01), [replace(measurement, arms={**measurement.arms, "jit": jit})])
    assert lines[-1] == "INVALID my.encoder-short-jit rebuilds=0: jit is not on: it is eager"
