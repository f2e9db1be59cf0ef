"""Does eager repeat itself, and can its inputs change?"""

from __future__ import annotations

import random
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from jitgate.model.probe_baseline import EagerProbe
from jitgate.worker.baseline_probe import probe
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.varied_inputs import VariedInputs

X = torch.linspace(-2, 2, 32).reshape(4, 8)


def probed(call: Any, *inputs: Any) -> EagerProbe:
    return probe(VariedInputs([inputs or (X,)]), lambda values: partial(call, *values), BeforeCall(), 0)


def test_a_model_that_repeats_itself() -> None:
    assert probed(lambda x: x * 2) == EagerProbe()


def test_a_change_in_place_is_named_and_does_no_harm() -> None:
    found = probed(lambda x, y: y.mul_(1.5) + x, X, X)
    assert found == EagerProbe(changes=(1,))


def test_what_is_taken_out_of_an_input_is_there_in_the_next_call() -> None:
    def pops(batch: dict[str, Any], options: dict[str, Any]) -> torch.Tensor:
        options["scale"] = options.pop("scale")
        found: torch.Tensor = batch.pop("x") * options["scale"]
        return found

    found = probed(pops, {"x": X, "mask": X > 0}, {"scale": 2.0, "name": "a"})
    assert found.changes == (0,)
    assert (found.differs, found.fixed) == ("", "")


@pytest.mark.parametrize("kind", ["numpy", "sparse", "csr"])
def test_a_change_in_place_is_seen_in_any_kind_of_array(kind: str) -> None:
    given = X.numpy() if kind == "numpy" else torch.eye(4).to_sparse() if kind == "sparse" else X.to_sparse_csr()

    def doubles(x: Any) -> Any:
        (x if kind == "numpy" else x.values() if kind == "csr" else x._values()).__imul__(2)
        return torch.ones(1)

    assert probed(doubles, given).changes == (0,)
    assert probed(lambda x: torch.ones(1), given).changes == ()


@pytest.mark.parametrize("draw", [random.random, np.random.rand, lambda: torch.rand(1)])
def test_every_generator_that_a_seed_reaches_is_told_from_kept_state(draw: Any) -> None:
    assert probed(lambda x: x + draw()).differs == "it draws random numbers"
    probe_inputs = VariedInputs([(X,)])
    assert probe(probe_inputs, lambda values: partial(lambda x: x + draw(), *values), BeforeCall(3), 0).differs == ""


def test_a_hook_without_which_eager_fails_is_no_dropped_work() -> None:
    module = torch.nn.Linear(8, 8)
    module.register_forward_pre_hook(lambda _, args: (torch.as_tensor(args[0]),))
    given = VariedInputs([(X.numpy(),)])
    assert probe(given, lambda values: partial(module, *values), BeforeCall(), 0, module).hooks == ()


def test_random_numbers_and_kept_state_are_told_apart() -> None:
    made = [0]

    def keeps(x: torch.Tensor) -> torch.Tensor:
        made[0] += 1
        return x + made[0]

    assert probed(lambda x: x + torch.rand(1)).differs == "it draws random numbers"
    assert probed(keeps).differs == "it keeps state from call to call"


def test_values_that_eager_does_not_take_stay_as_they_are() -> None:
    def strict(x: torch.Tensor) -> torch.Tensor:
        if not torch.equal(x, X):
            raise ValueError("these are not the values I know")
        return x

    assert probed(strict).fixed == "eager raised ValueError for other values"
    assert probed(lambda x: x[x > 0.5]).fixed == "the sizes of eager's output depend on their values"
    assert probed(lambda x: x if torch.equal(x, X) else x / 0).fixed == "eager gives NaN or Inf for other values"
    assert probed(lambda n: n + 1, torch.tensor(3)).fixed.startswith("they hold no data that may change")


def test_whether_eager_takes_other_values_is_told() -> None:
    assert probed(lambda x: x[x > 0.5]).others
    assert not probed(lambda x: x if torch.equal(x, X) else x[99]).others


def test_ids_are_varied_below_the_rows_of_the_embedding_that_eager_looks_them_up_in() -> None:
    words = torch.nn.Embedding(70, 4)
    found = probed(lambda ids: words(ids.long()), torch.full((1, 6), 9, dtype=torch.int32))
    assert (found.rows, found.fixed, found.few) == ({0: 70}, "", 0)
    assert probed(words, torch.tensor([[3]])).repeated == "there are only 70 different inputs"
    assert probed(lambda ids: ids * 2, torch.full((1, 6), 9)).repeated.startswith("they hold no data")


def test_ids_change_next_to_data_unless_eager_can_not_have_that() -> None:
    words, prompt = torch.nn.Embedding(70, 8), torch.tensor([[3, 9, 4, 1]])
    found = probed(lambda x, ids: x + words(ids)[0], X, prompt)
    assert (found.together, found.rows, found.fixed) == (True, {1: 70}, "")

    def strict(x: torch.Tensor, ids: torch.Tensor) -> torch.Tensor:
        return x if torch.equal(ids, prompt) else x[99]

    found = probed(strict, X, prompt)
    assert (found.together, found.fixed) == (False, "")


def test_an_output_that_is_not_finite_says_nothing_of_repeating() -> None:
    assert probed(lambda x: x / 0).differs == ""
