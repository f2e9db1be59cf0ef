"""Short texts: one after another, and in a batch, give the same answer."""

from __future__ import annotations

import pytest
import torch
from jitgate.model.errors import Unavailable
from jitgate.worker.accuracy import distance
from jitgate_cosyvoice.batched import batched
from jitgate_cosyvoice.v2.short_texts import TEXTS, small_short_texts


def test_a_batch_gives_the_answer_of_one_after_another() -> None:
    workload = small_short_texts()
    (inputs,) = workload.calls("four_of_1s")
    with torch.inference_mode():
        one_by_one = workload.module(*inputs)
        together = batched(workload.module, inputs)(*inputs)
    assert one_by_one.shape == (TEXTS, 2 * inputs[0].size(1), 128)
    assert distance([together], [one_by_one]) < 1e-5
    assert not torch.equal(one_by_one[0], one_by_one[1]), "texts differ, or a batch could cheat"


def test_a_module_that_takes_no_batch_says_so() -> None:
    with pytest.raises(Unavailable, match="`together`"):
        batched(torch.nn.Linear(2, 2), ())
