"""Gates of kinds that another package brings."""

from jitgate.model.verdict import Verdict


def test_gate_holds(other_gate: Verdict) -> None:
    assert other_gate.green, other_gate.sentence
