"""Gates that are only reported: red is one that should have been measured, and was not."""

import pytest

from jitgate.model.verdict import Verdict
from jitgate.statistics import Outcome

pytestmark = [pytest.mark.nightly, pytest.mark.reported]


def test_reported_gate_is_answered(reported_gate: Verdict) -> None:
    assert reported_gate.outcome is not Outcome.INVALID, reported_gate.sentence
