"""Ids of the output in the summary: who has eager's, and who has not."""

from __future__ import annotations

from dataclasses import replace

from jitgate.model.accuracy import Accuracy
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.report.outputs import integers

from tests.jitgate.measurements import made_of


def with_parities(**accuracies: Accuracy | None) -> Measurement:
    """`jit` of a measurement under several names, each with a accuracy of its own; eager and its control have one
    too."""
    whole = made_of(2.0)
    all_samples = {
        name: replace(whole.all_samples[name], accuracy=Accuracy(0.0, integers=4)) for name in (BASELINE, CONTROL)
    }
    all_samples |= {
        name: replace(whole.all_samples["jit"], name=name, accuracy=accuracy) for name, accuracy in accuracies.items()
    }
    return replace(whole, all_samples=all_samples)


def test_who_has_the_ids_of_eager_stands_on_one_line_and_who_has_not_on_one_of_its_own() -> None:
    measurement = with_parities(
        jit=Accuracy(1e-6, integers=4), compiled=Accuracy(2e-6, integers=4), rough=Accuracy(0.01, integers=4, unequal=1)
    )
    assert list(integers(measurement)) == [
        "all 4 integer outputs (ids, lengths, masks) match eager's: jit, compiled",
        "rough: 1 of 4 integer outputs differ from eager's",
    ]


def test_ids_that_were_chosen_have_a_line_of_each_variant() -> None:
    measurement = with_parities(jit=Accuracy(1e-6, ids=4), rough=Accuracy(0.01, ids=4, other_ids=1, surprisal=0.01))
    assert list(integers(measurement)) == [
        "jit: all 4 chosen token ids are eager's",
        "rough: 1 of 4 chosen token ids differ, by eager's scores up to 1.0e-02 (relative) more surprising",
    ]


def test_an_output_without_integers_and_one_that_was_not_compared_say_nothing() -> None:
    assert list(integers(with_parities(jit=Accuracy(1e-6), lost=None))) == []
