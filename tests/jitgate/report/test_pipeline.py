"""What a person and a file are told of a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.report.pipeline import pipeline_facts, pipeline_lines

from tests.jitgate.measurements import made_of
from tests.jitgate.results import policy_of, results_of
from tests.jitgate.spoken import STAGED, sentence_of


def lines_of(measurement: Measurement) -> list[str]:
    return pipeline_lines(results_of(policy_of(measurements=[measurement]), measurement), measurement)


def facts_of(measurement: Measurement, variant: str) -> dict[str, Any] | None:
    results = results_of(policy_of(measurements=[measurement]), measurement)
    return pipeline_facts(results, Cell(measurement.workload, measurement.scenario, variant))


def test_shares_add_up_and_stage_and_sentence_stand_on_one_line() -> None:
    title, head, *rows, together, gain = lines_of(sentence_of(2.0, spread=0.001, streaming=True))
    assert title.startswith(
        "  an utterance with eager: 1 s (median of 30), real-time factor 0.5 (without the front end)"
    )
    assert "first audio after 35" in title
    assert "100 speech tokens/s" in title
    assert "10 characters/s" in title
    assert head.split() == ["stage", "calls", "time", "of", "the", "time", "of", "the", "arithmetic"]
    assert [row.split()[0] for row in rows] == ["llm", "encoder", "vocoder", "between"]
    assert rows[0].split()[-2:] == ["50.0%", "60.0%"]
    assert together.split() == ["together", "100.0%"]
    assert gain.startswith("  encoder=jit: encoder, 20.0% of the utterance, 2.00x (")
    assert "; utterance predicted 1.111x (" in gain
    assert ", measured 1.111x (" in gain
    assert ": they agree, measured over predicted 1.00" in gain


def test_what_is_not_decided_is_said() -> None:
    *_, gain = lines_of(sentence_of(2.0, rounds=4))
    assert gain.endswith("4 rounds are too few to compare with a prediction.")
    *_, gain = lines_of(sentence_of(2.0, elsewhere=0.9))
    assert ": they do not agree, measured over predicted 0.9" in gain
    *_, gain = lines_of(sentence_of(2.0, elsewhere=0.99, spread=0.001))
    assert ": they agree to within 2%, measured over predicted 0.99" in gain, "proven to be off, and by less"
    assert lines_of(made_of(1.4)) == []


def test_the_file_has_what_the_summary_has() -> None:
    facts = json.loads(json.dumps(facts_of(sentence_of(2.0), STAGED)))
    assert facts["stages"]["encoder"]["share_of_time"] == pytest.approx(0.2, rel=0.05)
    assert facts["together"] == pytest.approx(1.0, abs=0.01)
    assert facts["real_time_factor"] == pytest.approx(0.45, rel=0.02), "of the variant itself: 0.9 s for 2 s of audio"
    assert facts["gain"]["stages"] == ["encoder"]
    assert facts["gain"]["verdict"] == "PASS"
    low, high = (facts["gain"]["measured_over_predicted"][end] for end in ("low", "high"))
    assert low <= 1 <= high
    assert facts_of(made_of(1.4), "jit") is None


def test_stages_that_overlap_are_said_to() -> None:
    found = sentence_of(2.0, twice=True)
    assert found.utterance is not None
    *_, together, gain = lines_of(replace(found, utterance=replace(found.utterance, overlapping=True)))
    assert together.split()[:3] == ["together", "(stages", "overlap)"]
    assert gain.endswith("so that what one gains need not arrive in the whole.")
