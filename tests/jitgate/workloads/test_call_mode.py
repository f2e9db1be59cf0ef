"""Calls are made in inference mode, unless a model can't run in it."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from jitgate.workloads.call_mode import CallMode

X = torch.ones(3)


def plain(x: torch.Tensor) -> torch.Tensor:
    return x * 2


def forces(x: torch.Tensor) -> torch.Tensor:
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        (found,) = torch.autograd.grad((x**2).sum(), x)
    return found


def is_inference(mode: CallMode) -> bool:
    with mode():
        return torch.is_inference_mode_enabled()


def test_a_model_runs_in_inference_mode() -> None:
    mode = CallMode()
    assert mode.first(partial(plain, X)).is_inference()
    assert is_inference(mode)


def test_a_model_that_computes_gradients_runs_outside_from_then_on() -> None:
    mode = CallMode()
    assert torch.equal(mode.first(partial(forces, X)), 2 * X)
    assert not is_inference(mode)
    with mode():
        assert not torch.is_grad_enabled()
        assert torch.equal(forces(X), 2 * X)


def test_any_other_error_is_told_as_it_is_and_not_tried_again() -> None:
    calls, mode = [], CallMode()

    def fails(words: str) -> None:
        calls.append(words)
        raise ValueError(words)

    with pytest.raises(ValueError, match="no such size"):
        mode.first(partial(fails, "no such size"))
    assert len(calls) == 1
    with pytest.raises(ValueError, match="about inference"):
        mode.first(partial(fails, "about inference"))
    assert len(calls) == 3
    assert is_inference(mode)
