"""Ids that greedy decoding chose: nearly as good is right, another than a clear choice is wrong."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.accuracy import worst
from jitgate.model.token_agreement import TokenAgreement
from jitgate.worker.accuracy import compare
from jitgate.worker.token_agreement import token_difference
from jitgate_cosyvoice.registry import shipped_workloads

GREEDY = TokenAgreement(token_ids=0, log_probs=1, vocab_size=3)
NEAR = torch.tensor([0.5, 0.4999, 0.0001]).log()
SURE = torch.tensor([0.99, 0.005, 0.005]).log()


def output(chosen: int, scores: torch.Tensor) -> list[Any]:
    return [torch.tensor([chosen]), scores, torch.tensor([1.0])]


@given(st.lists(st.floats(-20, 20), min_size=2, max_size=30), st.data())
def test_an_id_is_worth_what_the_right_scores_say(logits: list[float], data: st.DataObject) -> None:
    scores = torch.tensor(logits, dtype=torch.float64).log_softmax(dim=0)
    best, chosen = int(scores.argmax()), data.draw(st.integers(0, len(logits) - 1))
    found = token_difference(output(chosen, scores), output(best, scores), TokenAgreement(0, 1, len(logits)))
    assert found is not None
    assert (found.ids, found.others) == (1, int(chosen != best))
    least, taken = -float(scores[best]), -float(scores[chosen])
    assert found.surprisal >= 0.0
    assert (found.surprisal == 0.0) == (least == taken)
    assert found.surprisal * least == pytest.approx(taken - least, abs=1e-9) or math.isinf(found.surprisal)


def test_one_of_two_that_are_nearly_as_good_is_near_and_another_than_a_clear_choice_is_far() -> None:
    near = compare(output(1, NEAR), output(0, NEAR), token_agreement=GREEDY)
    assert (near.rel_l2, near.unequal, near.integers) == (0.0, 0, 0)
    assert (near.ids, near.other_ids) == (1, 1)
    assert 0 < near.surprisal < 1e-3
    assert compare(output(1, SURE), output(0, SURE), token_agreement=GREEDY).surprisal > 100


def test_where_eager_was_certain_any_other_id_is_infinitely_far() -> None:
    certain = torch.tensor([0.0, -1e4, -1e4])
    assert compare(output(1, certain), output(0, certain), token_agreement=GREEDY).surprisal == math.inf
    assert compare(output(0, certain), output(0, certain), token_agreement=GREEDY).surprisal == 0.0


def test_every_row_of_scores_judges_its_own_id() -> None:
    right = [torch.tensor([[0], [0]]), torch.stack((NEAR, SURE)).unsqueeze(1)]
    for chosen, others, far in (([[1], [0]], 1, False), ([[0], [1]], 1, True), ([[1], [1]], 2, True)):
        found = token_difference([torch.tensor(chosen), right[1]], right, GREEDY)
        assert found is not None
        assert (found.ids, found.others, found.surprisal > 1) == (2, others, far)


def test_the_scores_of_what_was_found_say_nothing() -> None:
    boasting = torch.tensor([-9.0, 0.0, -9.0])
    found = compare(output(1, boasting), output(0, SURE), token_agreement=GREEDY)
    assert found.surprisal > 100
    assert found.rel_l2 > 1


def test_the_worst_of_all_steps_counts() -> None:
    steps = [
        compare(output(chosen, scores), output(0, scores), token_agreement=GREEDY)
        for chosen, scores in ((0, NEAR), (1, NEAR), (2, NEAR))
    ]
    whole = worst(steps)
    assert (whole.ids, whole.other_ids, whole.surprisal) == (3, 2, steps[2].surprisal)


@pytest.mark.parametrize(
    ("found", "right"),
    [
        (output(1, NEAR)[:1], output(0, NEAR)),
        ([torch.tensor(1), NEAR], [torch.tensor([0]), NEAR]),
        ([torch.tensor([1], dtype=torch.int32), NEAR], [torch.tensor([0]), NEAR]),
        ([torch.tensor([1.0]), NEAR], [torch.tensor([0.0]), NEAR]),
        ([torch.tensor([True]), NEAR], [torch.tensor([False]), NEAR]),
        ([1, NEAR], [0, NEAR]),
        (output(3, NEAR), output(0, NEAR)),
        (output(-1, NEAR), output(0, NEAR)),
        (output(1, NEAR[:2]), output(0, NEAR[:2])),
        (output(1, torch.stack((NEAR, NEAR))), output(0, torch.stack((NEAR, NEAR)))),
        (output(1, -NEAR), output(2, -NEAR)),
        (output(0, NEAR), output(1, NEAR)),
        (output(1, NEAR), output(0, torch.tensor([-1.0, math.nan, -2.0]))),
        (output(1, NEAR), output(0, torch.tensor([-1.0, -math.inf, -2.0]))),
        (output(1, NEAR), output(0, torch.tensor(-1.0))),
    ],
    ids=[
        *("leaves", "shape", "type", "no integers", "masks", "plain", "too high", "too low", "too few scores"),
        *("rows", "no probabilities", "right is not the best", "nan", "inf", "no row"),
    ],
)
def test_where_the_scores_can_not_judge_only_equal_ids_are_right(found: list[Any], right: list[Any]) -> None:
    assert token_difference(found, right, GREEDY) is None
    assert compare(found, right, token_agreement=GREEDY).rel_l2 == math.inf


def test_without_saying_so_ids_are_integers_as_others() -> None:
    found = compare(output(1, NEAR), output(0, NEAR))
    assert (found.rel_l2, found.unequal, found.ids) == (math.inf, 1, 0)


@pytest.mark.parametrize("arguments", [(0, 0, 9), (-1, 1, 9), (0, 1, 0), (0, 1, "9"), (0, True, 9)])
def test_places_that_make_no_sense_are_refused(arguments: tuple[Any, Any, Any]) -> None:
    with pytest.raises(TypeError):
        TokenAgreement(*arguments)


@pytest.mark.parametrize("name", ["cosyvoice2-small.llm_prefill", "cosyvoice2-small.llm_decode"])
def test_the_shipped_language_model_has_ids_and_scores_where_it_says(name: str) -> None:
    from jitgate.values.leaves import leaves
    from jitgate.worker.factories import build_workload

    spec = shipped_workloads()[name]
    workload = build_workload(spec.factory, name)
    with torch.inference_mode():
        right = leaves(workload.module(*workload.calls("1s")[0]))
    found = token_difference(right, right, spec.token_agreement)
    assert found is not None
    assert (found.ids, found.others, found.surprisal) == (1, 0, 0.0)
    worse = [torch.tensor([int(right[1][:6561].argmin())]), *right[1:]]
    other = token_difference(worse, right, spec.token_agreement)
    assert other is not None
    assert other.surprisal > 0.1
