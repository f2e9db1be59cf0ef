"""Ids of the output in the summary: who has eager's, and who has not."""

from __future__ import annotations

from dataclasses import replace

from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.model.measurement import Measurement
from jitgate.report.integers import integers
from jitgate.worker.accuracy import Parity

from tests.jitgate.measurements import made_of


def with_parities(**parities: Parity | None) -> Measurement:
    """`jit` of a measurement under several names, each with a parity of its own; eager and its control have one too."""
    whole = made_of(2.0)
    arms = {name: replace(whole.arms[name], parity=Parity(0.0, integers=4)) for name in (BASELINE, CONTROL)}
    arms |= {name: replace(whole.arms["jit"], name=name, parity=parity) for name, parity in parities.items()}
    return replace(whole, arms=arms)


def test_who_has_the_ids_of_eager_stands_on_one_line_and_who_has_not_on_one_of_its_own() -> None:
    measurement = with_parities(
        jit=Parity(1e-6, integers=4), compiled=Parity(2e-6, integers=4), rough=Parity(0.01, integers=4, unequal=1)
    )
    assert list(integers(measurement)) == [
        "all 4 integers of the output (ids, lengths, masks) are eager's in: jit, compiled",
        "rough: 1 of 4 integers of the output differ from eager's",
    ]


def test_ids_that_were_chosen_have_a_line_of_each_variant() -> None:
    measurement = with_parities(jit=Parity(1e-6, ids=4), rough=Parity(0.01, ids=4, other_ids=1, surprisal=0.01))
    assert list(integers(measurement)) == [
        "jit: all 4 ids that were chosen are eager's",
        "rough: 1 of 4 ids that were chosen are others, by eager's scores up to 1.0e-02 (relative) more surprising",
    ]


def test_an_output_without_integers_and_one_that_was_not_compared_say_nothing() -> None:
    assert list(integers(with_parities(jit=Parity(1e-6), lost=None))) == []
