"""`torchscript+trace`: what can't be scripted is recorded, and what a record can't hold is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.engines.torchscript import TorchScript
from jitgate.engines.traced import Traced
from jitgate.model.errors import Unavailable

X = torch.randn(3, 8, generator=torch.Generator().manual_seed(1))


class Unscriptable(torch.nn.Module):
    """Python that TorchScript does not read, with a nested answer and a plain argument."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(8, 8)

    def forward(self, x: Any, *, scale: Any = 1) -> Any:
        raise NotImplementedError


class Keyed(Unscriptable):
    def forward(self, x: Any, scale: Any = 1) -> Any:
        found = {name: getattr(self, name)(x) * scale for name in ("linear",)}
        return {"answer": found["linear"], "pair": (x + 1, x.argmax(-1))}


class OnData(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return x * 2 if x.sum() > 0 else x - 1


class OnSizes(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return sum(row * number for number, row in enumerate(x))


class Baked(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return x / float(x.max())


class InPlace(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return x.add_(1) * 2


class Noisy(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return x + torch.rand_like(x)


def reloaded(module: torch.nn.Module, calls: list[Any], folder: Path) -> Any:
    engine = TorchScript(trace=True)
    path = folder / f"model{engine.suffix}"
    facts = engine.export(module.eval(), calls, path)
    return engine.load(path, "cpu", facts)


def test_what_cannot_be_scripted_is_traced_and_called_as_the_module_is(tmp_path: Path) -> None:
    module = Keyed().eval()
    with pytest.raises(Unavailable, match=r", or take torchscript\+trace, which records a call$"):
        TorchScript().export(module, [(X, 3)], tmp_path / "scripted.zip")
    run = reloaded(module, [(X, 3), (torch.cat([X, X]), 3)], tmp_path)
    assert isinstance(run, Traced)
    assert isinstance(run.module, torch.jit.ScriptModule)
    for x in (X, torch.cat([X, X, X])):
        found, right = run(x, 3), module(x, 3)
        torch.testing.assert_close(found, right)
    assert list(run.module.parameters()) == [], "frozen: weights are constants of the graph"
    assert run.proof() is None


@pytest.mark.parametrize("module", [OnData(), Baked()], ids=["a branch", "a number"])
def test_control_flow_on_data_is_refused_in_a_sentence(module: torch.nn.Module, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        reloaded(module, [(X.abs(),)], tmp_path)
    said = str(caught.value)
    assert said.startswith("torchscript+trace can't carry this model: its control flow depends on data")
    assert "with other values of the same sizes the trace gives another answer" in said
    assert "\n" not in said


def test_a_loop_over_sizes_is_refused_where_calls_have_other_sizes(tmp_path: Path) -> None:
    reloaded(OnSizes(), [(X,)], tmp_path)
    with pytest.raises(Unavailable, match="with the inputs of another call the trace gives another answer"):
        reloaded(OnSizes(), [(X,), (torch.cat([X, X]),)], tmp_path)


@pytest.mark.parametrize("module", [InPlace(), Noisy()], ids=["in place", "random"])
def test_a_model_that_changes_its_inputs_or_does_not_repeat_itself_is_not_blamed(
    module: torch.nn.Module, tmp_path: Path
) -> None:
    given = X.clone()
    run = reloaded(module, [(given,)], tmp_path)
    assert torch.equal(given, X), "the workload's inputs stay as they are"
    assert run(X.clone()).shape == X.shape


class Plain(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        return x, 3


class Raising(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        if torch._C._get_tracing_state() is not None:
            raise RuntimeError("not while tracing")
        return x


@pytest.mark.parametrize(
    ("module", "said"),
    [(Plain(), "this model also returns plain values"), (Raising(), "can't carry this model: .*not while tracing")],
)
def test_what_a_trace_cannot_hold_is_refused(module: torch.nn.Module, said: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=said):
        reloaded(module, [(X,)], tmp_path)
