"""A prediction is nobody's limit: undecided it is skipped, proven wrong it is red."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from jitgate.gates.judge import Ruling
from jitgate.model.cell import Cell
from jitgate.plugin.pipeline import PredictionComparison
from jitgate.statistics import Outcome


def _comparison(monkeypatch: pytest.MonkeyPatch, verdict: Outcome) -> PredictionComparison:
    monkeypatch.setattr("jitgate.plugin.pipeline.judge_prediction", lambda *_: Ruling("prediction", verdict, "as said"))
    cell = Cell("my.pipeline", "short", "voice=torchscript")
    state = SimpleNamespace(
        judge=None,
        policy=SimpleNamespace(skip_inconclusive=False),
        measurements=SimpleNamespace(more=lambda *_: None),
    )
    candidate = SimpleNamespace(measurement=None, cell=cell, samples=SimpleNamespace(failure=None))
    return PredictionComparison(cast("Any", state), cast("Any", candidate))


def test_an_undecided_prediction_is_skipped_although_gates_fail_then(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = _comparison(monkeypatch, Outcome.INCONCLUSIVE)
    with pytest.raises(pytest.skip.Exception, match="INCONCLUSIVE: as said"):
        _ = comparison <= 0.02


@pytest.mark.parametrize(("verdict", "green"), [(Outcome.PASS, True), (Outcome.FAIL, False), (Outcome.INVALID, False)])
def test_a_decided_one_is_as_green_as_it_is(monkeypatch: pytest.MonkeyPatch, verdict: Outcome, *, green: bool) -> None:
    comparison = _comparison(monkeypatch, verdict)
    assert (comparison <= 0.02) is green
    assert comparison.ruling is not None
    assert comparison.ruling.verdict is verdict
