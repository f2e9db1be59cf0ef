"""Arguments by keyword, through every engine."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.engines.capture import captured
from jitgate.engines.compiled import compiled
from jitgate.engines.inductor import Inductor
from jitgate.engines.onnxruntime import OnnxRuntime
from jitgate.engines.precision import Precision, adapted, cast
from jitgate.engines.protocols import Exported
from jitgate.engines.torchscript import TorchScript
from jitgate.model.inputs import Call, Inputs, arguments, bound, called, inputs_of
from jitgate.workloads.workload import Workload


class Keywords(torch.nn.Module):
    """Takes its mask and its features by keyword only."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(4, 4)

    def forward(self, x: torch.Tensor, *, mask: torch.Tensor, features: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"y": self.layer(x * mask + features)}


class Any1(Keywords):
    def forward(self, **named: torch.Tensor) -> Any:  # type: ignore[override]
        return self.layer(named["x"]) + named["m"]


class Any2(Keywords):
    def forward(self, x: torch.Tensor, **named: torch.Tensor) -> Any:
        return self.layer(x) + named["m"]


class Any3(Keywords):
    def forward(self, *given: torch.Tensor, **named: torch.Tensor) -> Any:
        return self.layer(given[0]) + named["m"]


class Any4(Keywords):
    def forward(self, *given: torch.Tensor) -> Any:  # type: ignore[override]
        return self.layer(given[0]) + given[1]


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (Any1, lambda x, m: Call((), {"x": x, "m": m})),
        (Any2, lambda x, m: Call((x,), {"m": m})),
        (Any3, lambda x, m: Call((x,), {"m": m})),
        (Any4, lambda x, m: (x, m)),
    ],
)
def test_a_forward_that_takes_any_arguments_is_captured_with_free_sizes(kind: type[Keywords], call: Any) -> None:
    module = kind().eval()
    program = captured(module, [call(torch.randn(length, 4), torch.ones(4)) for length in (2, 3)])
    longer = call(torch.randn(7, 4), torch.ones(4))
    torch.testing.assert_close(called(program.module(), longer), called(module, longer))


def calls() -> list[Inputs]:
    """Of two lengths; the order of the names changes."""
    torch.manual_seed(0)

    def tensors(length: int) -> list[torch.Tensor]:
        return [torch.randn(length, 4) for _ in range(3)]

    (x, mask, features), (x2, mask2, features2) = tensors(3), tensors(5)
    return [Call((x,), {"mask": mask, "features": features}), Call((x2,), {"features": features2, "mask": mask2})]


ENGINES = [
    pytest.param(TorchScript, id="torchscript"),
    pytest.param(lambda: TorchScript(trace=True), id="torchscript+trace"),
    pytest.param(OnnxRuntime, id="onnxruntime"),
    pytest.param(Inductor, id="inductor", marks=pytest.mark.slow),
]


@pytest.mark.parametrize("make", ENGINES)
def test_an_exported_file_takes_them_by_their_names(make: Any, tmp_path: Path) -> None:
    engine: Exported = make()
    module, every = Keywords().eval(), calls()
    path = tmp_path / f"file{engine.suffix}"
    facts = engine.export(module, every, path)
    runner = engine.load(path, "cpu", facts)
    with torch.inference_mode():
        for call in every:
            torch.testing.assert_close(bound(runner, call)()["y"], called(module, call)["y"])


@pytest.mark.slow
def test_a_compiled_module_takes_them() -> None:
    module, every = Keywords().eval(), calls()
    runner = compiled(module, every[0])
    with torch.inference_mode():
        torch.testing.assert_close(called(runner, every[0])["y"], called(module, every[0])["y"])


def test_a_precision_converts_them_too() -> None:
    call = adapted(calls()[0], Precision.BF16)
    args, kwargs = arguments(call)
    assert [tensor.dtype for tensor in (*args, *kwargs.values())] == [torch.bfloat16] * 3
    runner = cast(Keywords().eval(), Precision.AUTOCAST_BF16, "cpu")
    assert called(runner, calls()[0])["y"].dtype == torch.bfloat16


def test_a_call_keeps_its_arguments_in_the_order_of_their_names() -> None:
    call = Call((1,), {"b": 2, "a": 3})
    assert list(call.kwargs) == ["a", "b"]
    for again in (copy.deepcopy(call), inputs_of(bound(print, call))):
        assert arguments(again) == ((1,), {"a": 3, "b": 2})
    assert inputs_of(bound(print, (1,))) == (1,)
    assert repr(call) == "Call((1,), {'a': 3, 'b': 2})"


@pytest.mark.parametrize(
    ("args", "kwargs", "words"),
    [([1], {}, "args must be a tuple, not list"), ((), [1], "kwargs must be a dict"), ((), {1: 2}, "kwargs must be")],
)
def test_a_call_of_anything_else_is_refused(args: Any, kwargs: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Call(args, kwargs)


def test_keywords_of_the_call_itself_are_told_where_they_go() -> None:
    with pytest.raises(TypeError, match=r'write jitgate.Call\(\(x,\), {"mask": value}\)'):
        Call((1,), mask=2)


def test_a_call_that_forward_does_not_take_is_refused_with_the_way_to_write_it() -> None:
    x = torch.zeros(1, 4)
    words = r"^scenario 's' does not fit Keywords.forward: .*positional.*\"mask\": \.\.\., \"features\": "
    with pytest.raises(TypeError, match=words):
        Workload(Keywords(), {"s": (x, x, x)})
    with pytest.raises(TypeError, match=r"missing a required.*'features'"):
        Workload(Keywords(), {"s": Call((x,), {"mask": x})})
    workload = Workload(Keywords(), {"s": [Call((x,), {"mask": x, "features": x})]})
    assert isinstance(workload.calls("s")[0], Call)
    assert type(Workload(torch.nn.Linear(4, 4), {"s": Call((x,))}).calls("s")[0]) is tuple
