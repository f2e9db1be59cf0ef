"""Hooks that change no output."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from jitgate.worker.baseline_probe import probe
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.dropped_hooks import hooks_of, without_hooks
from jitgate.worker.varied_inputs import VariedInputs

CALLS: list[int] = []


def note(module: Any, inputs: Any, output: Any) -> None:
    CALLS.append(1)


def double(module: Any, inputs: Any, output: torch.Tensor) -> torch.Tensor:
    return output * 2


def probed(module: torch.nn.Module) -> tuple[str, ...]:
    inputs = VariedInputs([(torch.randn(2, 4),)])
    return probe(inputs, lambda values: partial(module, *values), BeforeCall(), 0, module).hooks


def test_a_hook_that_changes_nothing_is_named() -> None:
    module = torch.nn.Linear(4, 4)
    module.register_forward_hook(note)
    assert probed(module) == (f"{__name__}.note",)
    with without_hooks(module, hooks_of(module)):
        assert hooks_of(module) == ()
    assert hooks_of(module) == (f"{__name__}.note",)


def test_a_hook_that_changes_the_output_is_compared_with_it() -> None:
    module = torch.nn.Linear(4, 4)
    module.register_forward_hook(double)
    assert hooks_of(module)
    assert probed(module) == ()


def test_a_hook_that_changes_the_output_does_not_hide_one_that_does_not() -> None:
    module = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
    module.register_forward_hook(double)
    module[0].register_forward_hook(note)
    assert probed(module) == (f"{__name__}.note",)


def test_a_hook_of_all_modules_is_named() -> None:
    handle = torch.nn.modules.module.register_module_forward_hook(note)
    try:
        assert probed(torch.nn.Linear(4, 4)) == (f"{__name__}.note",)
    finally:
        handle.remove()


def test_a_hook_of_torch_is_part_of_its_layer() -> None:
    module = torch.nn.utils.weight_norm(torch.nn.Linear(4, 4))
    assert hooks_of(module) == ()
