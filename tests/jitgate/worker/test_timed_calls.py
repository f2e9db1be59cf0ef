"""One turn: inputs of their own for every call, and outputs that are looked at once the time is known."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jitgate.device.clock import CallTime, WallClock
from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import Turn
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.stages import PipelineStages
from jitgate.worker.timed_calls import OutputWatch, take_turn
from jitgate.worker.varied_inputs import VariedInputs

X = torch.randn(4, 8)


class Lazy(torch.Tensor):
    """A subclass: when it computes is its own."""


def turn(call: Any, request: TakeTurn, watch: OutputWatch | None = None) -> Turn:
    inputs, watch = VariedInputs([(X,)]), watch or OutputWatch()
    stages, before = PipelineStages(), BeforeCall()
    return take_turn(request, inputs, lambda values: partial(call, *values), WallClock(), stages, watch, before)


def test_every_call_gets_other_values() -> None:
    seen: list[torch.Tensor] = []

    def call(x: torch.Tensor) -> torch.Tensor:
        seen.append(x.clone())
        x.zero_()
        return x

    found = turn(call, TakeTurn("short", 3, 4, seed=0))
    assert len(found.wall_ns) == 4
    for number, tensor in enumerate(seen, 3):
        assert torch.equal(tensor, VariedInputs([(X,)]).call(number, 0)[0]), "and a change in place does not last"


class Slow(dict[str, Any]):
    def __getitem__(self, name: str) -> Any:
        time.sleep(0.002)
        return super().__getitem__(name)


def test_the_time_in_which_an_output_comes_apart_is_told() -> None:
    assert turn(lambda x: Slow(y=x), TakeTurn("short", 0, 3, seed=0)).unpacking_s >= 0.002, "a nap is never shorter"
    assert turn(lambda x: x, TakeTurn("short", 0, 0, seed=0)).unpacking_s == 0.0, "of no call"


def test_nothing_but_the_call_happens_while_it_is_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []

    class Timed(WallClock):
        def time(self, call: Any) -> CallTime:
            events.append("begin")
            found = super().time(call)
            events.append("end")
            return found

    def noted(name: str, action: Any) -> Any:
        def acted(*arguments: Any, **named: Any) -> Any:
            events.append(name)
            return action(*arguments, **named)

        return acted

    for owner, name in ((VariedInputs, "call"), (OutputWatch, "look"), (BeforeCall, "__call__"), (np, "savez")):
        monkeypatch.setattr(owner, name, noted(f"{name} of it", getattr(owner, name)))
    request = TakeTurn("short", 0, 3, seed=0, keep={1: tmp_path / "kept.npz"})
    model = noted("model", lambda x: x * 2)
    take_turn(
        request,
        VariedInputs([(X,)]),
        lambda values: partial(model, *values),
        Timed(),
        PipelineStages(),
        OutputWatch(),
        BeforeCall(),
    )
    one = ["__call__ of it", "call of it", "begin", "model", "end", "look of it"]
    assert events == [*one, *one, *one, "savez of it"]


def test_what_is_kept_is_written_as_numbers(tmp_path: Path) -> None:
    def call(x: torch.Tensor) -> Any:
        return {"half": x.half(), "ids": x.argmax(dim=-1), "number": 3, "text": "x", "spectrum": torch.fft.fft(x)}

    found = turn(call, TakeTurn("short", 0, 3, seed=0, keep={1: tmp_path / "kept.npz"}))
    assert found.kept == (1,)
    assert found.looking_s > 0
    x = VariedInputs([(X,)]).call(1, 0)[0]
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as file:
        assert file["arr_0"].dtype == np.float32
        assert np.array_equal(file["arr_1"], x.argmax(dim=-1).numpy())
        assert file["arr_2"] == 3
        assert file["arr_4"].dtype == np.complex64


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_one_call_that_is_not_finite_is_seen(value: float) -> None:
    made = 0

    def call(x: torch.Tensor) -> torch.Tensor:
        nonlocal made
        made += 1
        return x.index_fill(0, torch.tensor([2]), value) if made == 3 else x

    assert turn(call, TakeTurn("short", 10, 5)).not_finite == (12,)


def test_a_sum_that_overflows_is_no_infinity() -> None:
    assert turn(lambda x: torch.full((10,), 3e38), TakeTurn("short", 0, 2)).not_finite == ()
    assert turn(lambda x: torch.full((10,), 6e4).half(), TakeTurn("short", 0, 2)).not_finite == ()


def test_subclasses_and_sizes_are_told_apart() -> None:
    assert turn(lambda x: (x, 3, x.sum()), TakeTurn("short", 0, 2)).outputs == ("Tensor[4,8] value value",)
    assert turn(torch.nn.Parameter, TakeTurn("short", 0, 2)).outputs == ("Tensor[4,8]",)
    (kind,) = turn(lambda x: x.as_subclass(Lazy), TakeTurn("short", 0, 2)).outputs
    assert kind.endswith("test_timed_calls.Lazy[4,8]")


def test_where_looking_takes_long_some_calls_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitgate.worker.timed_calls.LOOKING_S", 0.0)
    watch = OutputWatch()
    for number in range(100):
        watch.look(number, torch.full((1000,), torch.nan), CallTime(10, None).wall_ns)
    assert len(watch.told(Turn((), ())).not_finite) < 5
