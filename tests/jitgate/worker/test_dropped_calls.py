"""Work that a class does in `__call__`, around `forward`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from jitgate.engines.torchscript import TorchScript
from jitgate.worker.baseline_probe import probe
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.dropped_calls import overrides_of, without_overrides
from jitgate.worker.varied_inputs import VariedInputs

CALLS: list[float] = []
X = torch.linspace(-1, 1, 8).reshape(2, 4)


def logged(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def call(*args: Any) -> Any:
        CALLS.append(1)
        return method(*args)

    return call


class Net(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.layer(x)
        return y


class Counts(Net):
    def __call__(self, x: torch.Tensor) -> Any:
        CALLS.append(float(x.sum()))
        return super().__call__(x)


class Bounds(Net):
    """What it does shows for no input between -9 and 9."""

    def __call__(self, x: torch.Tensor) -> Any:
        return super().__call__(x.clamp(-9, 9))


class Inner(Net):
    @logged
    def _call_impl(self, *args: Any) -> Any:
        of_class: Any = super()
        return of_class._call_impl(*args)


class Decorated(Net):
    @logged
    def __call__(self, x: torch.Tensor) -> Any:
        return super().__call__(x)


class Doubles(Net):
    def __call__(self, x: torch.Tensor) -> Any:
        return super().__call__(x) * 2


class Converts(Net):
    def __call__(self, x: Any) -> Any:
        return super().__call__(torch.as_tensor(x))


class Typed(Net):
    """For a type checker."""

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Shape [batch, 4]."""
        out: torch.Tensor = cast("torch.Tensor", super().__call__(x))
        return out


class Checks(Net):
    @torch.no_grad()
    def __call__(self, *args: torch.Tensor, **kwargs: torch.Tensor) -> Any:
        if args[0].shape[-1] != 4:
            raise ValueError(f"{args[0].shape} is not [..., 4]")
        assert args[0].dim() == 2, "a batch"
        return self.forward(*args, **kwargs)


class Same(Net):
    __call__ = Net.forward


def probed(module: torch.nn.Module, x: Any = X) -> tuple[str, ...]:
    return probe(VariedInputs([(x,)]), lambda values: partial(module, *values), BeforeCall(), 0, module).overrides


@pytest.mark.parametrize("kind", [Counts, Bounds, Decorated])
def test_work_that_changes_no_output_is_named(kind: type[Net]) -> None:
    assert probed(kind()) == (f"{__name__}.{kind.__name__}.__call__",)
    assert probed(torch.nn.Sequential(torch.nn.ReLU(), kind(), kind())) == (f"{__name__}.{kind.__name__}.__call__",)


def test_what_torch_runs_inside_of_a_call_is_one_too() -> None:
    assert probed(Inner()) == (f"{__name__}.Inner._call_impl",)
    module = Net()
    of_class: Any = module
    vars(module)["_call_impl"] = logged(of_class._call_impl)
    assert probed(module) == (f"{__name__}.Net._call_impl",)
    assert "_call_impl" in vars(module)


def test_a_comparison_of_outputs_sees_what_changes_them() -> None:
    assert overrides_of(Doubles())
    assert probed(Doubles()) == probed(Converts(), X.numpy()) == ()
    assert probed(torch.nn.Sequential(Doubles(), Counts())) == (f"{__name__}.Counts.__call__",)


@pytest.mark.parametrize("kind", [Net, Typed, Checks, Same])
def test_arguments_that_are_passed_on_are_no_work(kind: type[Net]) -> None:
    assert overrides_of(kind()) == ()


def test_what_torch_overrides_itself_is_not_accused() -> None:
    traced = torch.fx.symbolic_trace(Net())
    lists = torch.nn.ParameterList([torch.nn.Parameter(X)])
    net = Net()
    net.extend = torch.nn.ModuleList([traced, lists, torch.nn.LazyLinear(4)])
    net.add_module("compiled", cast("torch.nn.Module", torch.compile(Net())))
    assert overrides_of(net) == ()


def test_a_layer_that_no_call_reaches_drops_nothing() -> None:
    module = Net()
    module.unused = Counts()
    assert overrides_of(module)
    assert probed(module) == ()


def test_a_call_of_all_modules_that_was_replaced_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.nn.Module, "__call__", logged(torch.nn.Module._wrapped_call_impl))
    assert probed(Net()) == ("torch.nn.modules.module.Module.__call__",)


def test_everything_is_as_it_was_afterwards() -> None:
    before = Counts.__call__
    with without_overrides(overrides_of(Counts())):
        assert Counts.__call__ is not before
    assert Counts.__call__ is before


def test_a_scripted_file_does_not_do_it(tmp_path: Path) -> None:
    engine, module = TorchScript(), Counts().eval()
    facts = engine.export(module, [(X,)], tmp_path / "net.zip")
    loaded = engine.load(tmp_path / "net.zip", "cpu", facts)
    CALLS.clear()
    with torch.no_grad():
        assert torch.allclose(loaded(X), module.forward(X))
        assert CALLS == []
        module(X)
        assert len(CALLS) == 1
