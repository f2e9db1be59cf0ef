"""A workload that can't be one is refused where it is made, in a sentence with what to write."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.model.produced import Produced
from jitgate.workloads.workload import Workload


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (torch.nn.Linear, r"must be a torch.nn.Module, not a class; write Linear\(\.\.\.\)"),
        (lambda x: x, "must be a torch.nn.Module, not function"),
        (torch.nn.ModuleList([torch.nn.Linear(1, 1)]), r"ModuleList has no forward\(\); give one of its parts"),
        (torch.compile(torch.nn.Linear(1, 1)), "is compiled already, .* take the variant compile"),
        (torch.nn.LazyLinear(1), r"weight has no sizes before the first call; call the model once"),
        (torch.nn.Linear(1, 1, device="meta"), r"weight is on the meta device, .*; load its weights in the factory"),
        (None, "must be a torch.nn.Module, not NoneType"),
    ],
)
def test_what_is_no_module_is_refused(module: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Workload(module, {"s": (torch.ones(1),)})


def test_inputs_have_values() -> None:
    with pytest.raises(TypeError, match=r"'s': input\[0\]\['x'\] is on the meta device, .*; make it on the CPU"):
        Workload(torch.nn.Identity(), {"s": ({"x": torch.ones(1, device="meta")},)})


def test_a_scenario_that_yields_is_refused() -> None:
    def calls() -> Any:
        yield (torch.ones(1),)

    with pytest.raises(TypeError, match="or a function that returns one, not generator"):
        Workload(torch.nn.Identity(), {"s": calls})


def test_what_a_call_makes_has_a_count_and_a_unit() -> None:
    made = Workload(torch.nn.Identity(), {"s": (torch.ones(1),)}, produces={"s": (8, "token")})
    assert made.produced() == {"s": Produced(8.0, "token")}
    for wrong, words in (
        ({"t": (8, "token")}, r"there is no scenario 't' \(there are: s\)"),
        ({"s": (0, "token")}, r"'s': \(0, 'token'\) must be like \(32, \"token\"\)"),
        ({"s": 8}, "'s': 8 must be like"),
        ({"s": (8, "")}, "must be like"),
    ):
        with pytest.raises(TypeError, match=words):
            Workload(torch.nn.Identity(), {"s": (torch.ones(1),)}, produces=wrong)  # type: ignore[arg-type]
