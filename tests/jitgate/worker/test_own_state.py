"""What a model keeps and computes next to its output."""

from __future__ import annotations

import pytest
import torch
import torch.nn.utils.prune
from jitgate.worker.own_state import OwnState, parametrised


@pytest.fixture(autouse=True)
def _as_in_a_worker() -> object:
    with torch.no_grad():
        yield


def changed(module: torch.nn.Module) -> tuple[str, ...]:
    state = OwnState(module)
    with torch.inference_mode():
        module(torch.randn(4, 4))
    return state.changed()


def test_a_layer_in_training_mode_changes_its_running_figures() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.BatchNorm1d(4))
    assert changed(model.train()) == ("1.running_mean", "1.running_var", "1.num_batches_tracked")
    assert changed(model.eval()) == ()


def test_a_parameter_and_a_large_buffer_that_a_call_writes_to_are_named() -> None:
    class Writing(torch.nn.Linear):
        large: torch.Tensor

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            self.bias.add_(1)
            self.large.add_(1)
            return super().forward(x)

    model = Writing(4, 4)
    model.register_buffer("large", torch.zeros(1 << 17))
    assert changed(model) == ("large", "bias")


def test_values_that_do_not_equal_themselves_are_no_change() -> None:
    model = torch.nn.Linear(4, 4)
    model.register_buffer("unset", torch.full((3,), torch.nan))
    assert changed(model) == ()
    assert OwnState(None).changed() == ()


def test_weights_that_are_computed_in_every_call_are_named() -> None:
    new = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(4, 4))
    with pytest.warns(FutureWarning, match="weight_norm"):
        old = torch.nn.utils.weight_norm(torch.nn.Linear(4, 4))
    assert parametrised(torch.nn.Sequential(new, old, torch.nn.Linear(4, 4))) == ("0.weight", "1.weight")
    assert parametrised(new) == ("weight",)
    assert parametrised(None) == ()
    own, holder = torch.nn.Linear(4, 4), torch.nn.Module()
    holder.weight = torch.nn.Linear(2, 2)
    own.parametrizations = holder  # as a model that is scripted writes it, since torch's can't be
    assert parametrised(own) == ("weight",)


def test_pruned_weights_are_computed_in_every_call() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(4, 4))
    torch.nn.utils.prune.l1_unstructured(model[0], "weight", 0.5)  # type: ignore[no-untyped-call]
    assert parametrised(model) == ("0.weight",)
