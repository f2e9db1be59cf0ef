"""Audio metrics, in the summary."""

import math
from dataclasses import replace

from jitgate.model.accuracy import Accuracy
from jitgate.report.outputs import audio_metrics
from jitgate.report.summary import summary

from tests.jitgate.measurements import made_of
from tests.jitgate.results import policy_of, results_of


def test_a_variant_whose_output_is_sound_has_a_line_of_its_own() -> None:
    measurement = made_of(1.4)
    jit = replace(
        measurement.all_samples["jit"], accuracy=Accuracy(1e-3, snr_db=60.2, log_mel_db=0.0123, mr_stft=0.0045)
    )
    found = replace(measurement, all_samples={**measurement.all_samples, "jit": jit})
    line = "jit, audio: log-mel distance 0.012 dB, SNR 60 dB, multi-resolution STFT distance 0.0045"
    assert list(audio_metrics(found)) == [line]
    assert f"  {line}" in summary(results_of(policy_of(), found), verbose=True)
    same = replace(
        found,
        all_samples={**found.all_samples, "jit": replace(jit, accuracy=Accuracy(0, snr_db=math.inf, log_mel_db=0.0))},
    )
    assert list(audio_metrics(same)) == ["jit, audio: log-mel distance 0 dB, bit-identical"]
    assert list(audio_metrics(measurement)) == []


def test_a_variant_that_is_off_is_named_without_any_gate() -> None:
    measurement = made_of(1.4)
    jit = replace(measurement.all_samples["jit"], fallback="it is eager")
    off = replace(measurement, all_samples={**measurement.all_samples, "jit": jit})
    lines = summary(results_of(policy_of(), off), verbose=True)
    assert "INVALID my.encoder/short/jit max_recompiles=0: jit is eager." in lines
