"""Is the output right? By norm, by ear, and never with a NaN in it."""

import math
from dataclasses import replace

import pytest
from jitgate.model.accuracy import Accuracy
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.results import JUDGE, judged


def with_parity(accuracy: Accuracy, tolerance: float = 1e-4, name: str = "jit") -> Measurement:
    measurement = made_of(2.0)
    samples = replace(measurement.all_samples[name], accuracy=accuracy, tolerance=tolerance)
    return replace(measurement, all_samples={**measurement.all_samples, name: samples})


@pytest.mark.parametrize(
    ("accuracy", "tolerance", "gate", "said"),
    [
        (Accuracy(2e-4), 1e-4, "rel_l2=0.0001", "relative L2 error 2.0e-04, and at most 0.0001 is allowed"),
        (
            Accuracy(2e-4, farthest="output.logits"),
            1e-4,
            "rel_l2=0.0001",
            "relative L2 error 2.0e-04 in output.logits, and at most 0.0001 is allowed",
        ),
        (Accuracy(0.3), 0.1, "rel_l2=0.1", "relative L2 error 3.0e-01, and at most 0.1 is allowed"),
        (Accuracy(math.inf), 0.1, "rel_l2=0.1", "another shape, type or value"),
        (
            Accuracy(math.inf, integers=4, unequal=1),
            0.1,
            "rel_l2=0.1",
            "1 integer output differs (ids, lengths, masks), and these must match exactly",
        ),
        (
            Accuracy(math.inf, log_mel_db=0.1, perceptual=True, integers=25, unequal=2),
            0.1,
            "log_mel_db=1",
            "2 integer outputs differ (ids, lengths, masks), and these must match exactly",
        ),
        (Accuracy(math.inf, log_mel_db=0.1, perceptual=True), 0.1, "log_mel_db=1", "another shape, type or value"),
        (Accuracy(math.inf, not_finite=1), 0.1, "rel_l2=0.1", "it holds NaN or Inf (1 value)"),
        (
            Accuracy(math.inf, mismatch="y: sizes differ"),
            0.1,
            "rel_l2=0.1",
            "y: sizes differ.",
        ),
        (
            Accuracy(math.inf, integers=2, unequal=1, mismatch="ids: 2 expected at place 1, 5 found"),
            0.1,
            "rel_l2=0.1",
            "these must match exactly (ids: 2 expected at place 1, 5 found).",
        ),
        (Accuracy(1e-2, log_mel_db=1.5), 0.1, "rel_l2=0.1", "log-mel distance 1.5 dB, and more than 1 dB is audible"),
        (Accuracy(0.5, log_mel_db=1.5, perceptual=True), 0.1, "log_mel_db=1", "log-mel distance 1.5 dB"),
        (Accuracy(1e-9, perceptual=True), 0.1, "log_mel_db=1", "another shape, type or value"),
        (
            Accuracy(1e-9, ids=4, other_ids=1, surprisal=0.2),
            0.1,
            "rel_l2=0.1",
            "differ, by eager's scores up to 2.0e-01 (relative) more surprising, and at most 0.1 is allowed",
        ),
        (Accuracy(1e-9, ids=4, other_ids=1, surprisal=math.inf), 0.1, "rel_l2=0.1", "up to inf (relative)"),
        (
            Accuracy(1e-9, log_mel_db=0.1, perceptual=True, ids=1, other_ids=1, surprisal=0.2),
            0.1,
            "log_mel_db=1",
            "chosen",
        ),
    ],
    ids=[
        *(
            "fp32",
            "leaf",
            "bf16",
            "shape",
            "integers",
            "integers by ear",
            "shape by ear",
            "nan",
            "leaf",
            "id",
            "heard",
            "by ear",
        ),
        *("not heard at all", "chosen", "chosen where eager was sure", "chosen by ear"),
    ],
)
def test_the_wrong_answer_fails_and_no_speed_counts_for_it(
    accuracy: Accuracy, tolerance: float, gate: str, said: str
) -> None:
    measurement = with_parity(accuracy, tolerance)
    verdict = JUDGE.accuracy(measurement, "jit")
    assert (verdict.label, verdict.outcome) == (gate, Outcome.FAIL)
    assert said in verdict.reason
    speed = JUDGE.speed(measurement, "jit", 1.10)
    assert speed.outcome is Outcome.INVALID
    assert said in speed.reason


@pytest.mark.parametrize(
    ("accuracy", "tolerance", "said"),
    [
        (Accuracy(5e-2), 0.1, "Relative L2 error 5.0e-02 is within 0.1"),
        (Accuracy(5e-2, log_mel_db=0.9), 0.1, "Relative L2 error 5.0e-02 is within 0.1"),
        (Accuracy(1.4, log_mel_db=0.2, perceptual=True), 1e-4, "Log-mel distance 0.2 dB is within 1 dB"),
        (
            Accuracy(1e-6, integers=4),
            1e-4,
            "Relative L2 error 1.0e-06 is within 0.0001, and all 4 integers are equal",
        ),
        (Accuracy(1e-6, ids=4), 1e-4, "is within 0.0001, and all 4 chosen token ids are eager's"),
        (
            Accuracy(1e-2, ids=4, other_ids=2, surprisal=0.03),
            5e-2,
            "is within 0.05, and 2 of 4 chosen token ids differ, by eager's scores up to 3.0e-02 (relative)",
        ),
    ],
    ids=["norm", "norm and ear", "ear alone", "integers", "chosen", "chosen nearly as good"],
)
def test_the_right_answer_passes(accuracy: Accuracy, tolerance: float, said: str) -> None:
    measurement = with_parity(accuracy, tolerance)
    assert JUDGE.accuracy(measurement, "jit").outcome is Outcome.PASS
    assert said in JUDGE.accuracy(measurement, "jit").reason
    assert JUDGE.speed(measurement, "jit", 1.10).outcome is Outcome.PASS


def test_a_limit_of_a_test_takes_the_place_of_the_tolerance() -> None:
    measurement = made_of(1.5, rel_l2=1e-3)
    assert judged(measurement, "tolerance").outcome is Outcome.FAIL
    own = judged(measurement, "tolerance", 0.5)
    assert (own.outcome, own.reason) == (Outcome.PASS, "Relative L2 error 1.0e-03 is within 0.5.")


def test_where_eager_itself_is_not_finite_nothing_can_be_right() -> None:
    measurement = with_parity(Accuracy(0.0, not_finite=3), name=BASELINE)
    for verdict in (
        JUDGE.accuracy(measurement, "jit"),
        JUDGE.speed(measurement, "jit", 1.10),
        JUDGE.timed(measurement, BASELINE, "max_p95_ms", 1000.0),
    ):
        assert verdict.outcome is Outcome.INVALID
        assert "Eager's own output holds NaN or Inf (3 values)" in verdict.reason
        assert 'set non_finite = "equal" in its table or in jitgate.Workload' in verdict.advice
