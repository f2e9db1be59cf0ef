"""What the device analysis promises of JIT, half precision, INT8, batching and TensorRT, measured on this device.

A claim that does not hold is a finding and no failure: who wants one to hold writes a gate for its cell, which is then
judged by the tests beside this one. Red is a claim that should have been measured and was not.
"""

import pytest

from jitgate_cosyvoice.claims.claim import Row

pytestmark = [pytest.mark.nightly, pytest.mark.claims]


def test_every_claim_is_measured_or_can_not_be_here(measured_claim: Row) -> None:
    assert measured_claim.answered, measured_claim.sentence
