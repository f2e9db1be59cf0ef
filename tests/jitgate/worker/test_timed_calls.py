"""One turn: inputs of their own for every call, and outputs that are looked at once the time is known."""

from __future__ import annotations

import io
import sys
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
from jitgate.worker import timed_calls
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.kept_outputs import as_numbers
from jitgate.worker.stages import PipelineStages
from jitgate.worker.timed_calls import OutputWatch, take_turn
from jitgate.worker.varied_inputs import VariedInputs
from torch.utils._python_dispatch import TorchDispatchMode

X = torch.randn(4, 8)


class Lazy(torch.Tensor):
    """A subclass: when it computes is its own."""


def turn(call: Any, request: TakeTurn, watch: OutputWatch | None = None) -> Turn:
    inputs, watch = VariedInputs([(X,)]), watch or OutputWatch()
    stages, before = PipelineStages(), BeforeCall()
    watch._funds_ns = 1e12  # every call is looked at
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
    found = turn(lambda x: Slow(y=x), TakeTurn("short", 0, 3, seed=0)).unpacking_s
    assert found is not None
    assert found >= 0.002, "a nap is never shorter"
    assert turn(lambda x: x, TakeTurn("short", 0, 0, seed=0)).unpacking_s is None, "of no call"


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

    for owner, name in (
        (VariedInputs, "call"),
        (OutputWatch, "look"),
        (BeforeCall, "__call__"),
        (timed_calls, "packed"),
    ):
        monkeypatch.setattr(owner, name, noted(f"{name} of it", getattr(owner, name)))
    request = TakeTurn("short", 0, 3, seed=0, keep={1: tmp_path / "kept.npy"})
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
    assert events == [*one, *one, *one, "packed of it"]


@pytest.mark.parametrize("small_bytes", [1 << 16, 0])
def test_what_is_kept_is_handed_over_as_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_bytes: int
) -> None:
    monkeypatch.setattr("jitgate.worker.kept_outputs.SMALL_BYTES", small_bytes)

    def call(x: torch.Tensor) -> Any:
        return {"half": x.half(), "ids": x.argmax(dim=-1), "number": 3, "text": "x", "spectrum": torch.fft.fft(x)}

    found = turn(call, TakeTurn("short", 0, 3, seed=0, keep={1: tmp_path / "kept.npy"}))
    assert found.looking_s > 0
    x = VariedInputs([(X,)]).call(1, 0)[0]
    ((made, content),) = found.kept.items()
    assert made == 1
    assert (content is None) is (small_bytes == 0) is (tmp_path / "kept.npy").exists()
    file = io.BytesIO((tmp_path / "kept.npy").read_bytes() if content is None else content)
    half, ids, number, text, spectrum = (np.load(file, allow_pickle=False) for _ in range(5))
    assert file.read() == b""
    assert half.dtype == np.float32
    assert np.array_equal(ids, x.argmax(dim=-1).numpy())
    assert (number, str(text)) == (3, "str x")
    assert spectrum.dtype == np.complex64


class Made(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Fills an output once an operator asks for its values."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = [torch.ones_like(each) if isinstance(each, torch.Tensor) else each for each in args]
        return func(*made, **(kwargs or {}))


def test_what_is_kept_is_what_memory_held_when_the_call_returned(tmp_path: Path) -> None:
    request = TakeTurn("short", 0, 1, keep={0: tmp_path / "kept.npy"})
    with Made():  # type: ignore[no-untyped-call]
        content = turn(lambda x: torch.zeros(2, 3), request).kept[0]
    assert content is not None
    assert np.array_equal(np.load(io.BytesIO(content)), np.zeros((2, 3)))


@pytest.mark.parametrize(
    "tensor",
    [
        *(X, X.t(), X[1:, ::3], X[0, 0], X[:0], X.expand(2, 4, 8), X.bfloat16(), X.half(), X.to_sparse(), X > 0),
        *(torch.fft.fft(X), torch.fft.fft(X).conj(), torch.nn.Parameter(X), X.as_subclass(Lazy), X.double()),
    ],
    ids=lambda tensor: f"{type(tensor).__name__} {tensor.dtype} {tuple(tensor.shape)}",
)
def test_memory_is_read_as_torch_reads_it(tensor: torch.Tensor) -> None:
    plain = tensor.as_subclass(torch.Tensor) if isinstance(tensor, Lazy) else tensor
    dense = plain.detach().to_dense().resolve_conj()
    wanted = dense.float() if dense.dtype in (torch.float16, torch.bfloat16) else dense
    found = as_numbers(tensor)
    assert found.dtype == wanted.numpy().dtype
    assert np.array_equal(found, wanted.numpy())


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


def test_answers_of_the_call_before_are_counted() -> None:
    one, few = torch.randn(8, 8), torch.randn(7, 9)
    last = [one]

    def every_other(x: torch.Tensor) -> torch.Tensor:
        last.append(torch.randn(8, 8) if len(last) % 2 else last[-1])
        return last[-1]

    def same_sum(x: torch.Tensor) -> torch.Tensor:
        last.append(torch.zeros(8, 8))
        last[-1][4, 4], last[-1][0, 0] = len(last), 8 - len(last)
        return last[-1]

    assert turn(every_other, TakeTurn("short", 0, 6)).looked == 5
    assert turn(lambda x: one, TakeTurn("short", 0, 6)).repeats == (1, 2, 3, 4, 5)
    assert len(turn(every_other, TakeTurn("short", 0, 6)).repeats) == 3
    assert len(turn(lambda x: torch.randn(8, 8), TakeTurn("short", 0, 6)).repeats) == 0
    assert len(turn(lambda x: few, TakeTurn("short", 0, 6)).repeats) == 0, "too few values to tell"
    assert len(turn(lambda x: one.roll(len(last)), TakeTurn("short", 0, 6)).repeats) == 5
    assert len(turn(same_sum, TakeTurn("short", 0, 6)).repeats) == 0, "as probabilities have, which differ"
    assert turn(lambda x: one > 0, TakeTurn("short", 0, 6)).looked == 0, "a choice of two may stay the same"


def test_ids_of_the_call_before_are_counted() -> None:
    ids = iter(torch.tensor([[3, 9], [3, 9], [9, 3], [7, 9], [7, 9]]))
    assert len(turn(lambda x: next(ids), TakeTurn("short", 0, 5)).repeats) == 2


def test_durations_that_are_edited_are_seen() -> None:
    def edits(x: torch.Tensor) -> torch.Tensor:
        frame = sys._getframe()
        while frame is not None and frame.f_code.co_name != "take_turn":
            frame = frame.f_back  # type: ignore[assignment]
        for number in range(len(frame.f_locals["wall_ns"])):
            frame.f_locals["wall_ns"][number] = 1
        return x

    assert turn(edits, TakeTurn("short", 0, 3)).edited
    assert not turn(lambda x: x, TakeTurn("short", 0, 3)).edited
    assert not turn(lambda x: x, TakeTurn("short", 0, 0)).edited
    warm = OutputWatch()
    warm.look(-1, X, 1000)
    assert not turn(lambda x: x, TakeTurn("short", 0, 3), warm).edited, "calls before the first turn have no durations"


def test_the_time_in_which_inputs_are_made_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    real = VariedInputs.call

    def slow(self: VariedInputs, number: int, seed: int | None) -> Any:
        time.sleep(0.002)
        return real(self, number, seed)

    monkeypatch.setattr(VariedInputs, "call", slow)
    found = turn(lambda x: x, TakeTurn("short", 0, 3, seed=0)).making_s
    assert found is not None
    assert found >= 0.002


def kinds(call: Any, count: int = 2) -> set[str]:
    return set(turn(call, TakeTurn("short", 0, count)).seen)


def test_subclasses_and_sizes_are_told_apart() -> None:
    assert kinds(lambda x: (x, 3, x.sum())) == {"Tensor[4,8] value value"}
    assert kinds(torch.nn.Parameter) == {"Tensor[4,8]"}
    texts = iter("abc")
    assert kinds(lambda x: (x, next(texts), None), 3) == {"Tensor[4,8] value value"}
    (kind,) = kinds(lambda x: x.as_subclass(Lazy))
    assert kind.endswith("test_timed_calls.Lazy[4,8]")


class LazyArray(np.ndarray):
    """Computes when somebody copies it."""


class LazyText(str):
    """Computes when somebody reads it."""


@pytest.mark.parametrize("own", [torch.zeros(()).as_subclass(Lazy), np.zeros(3).view(LazyArray), LazyText("a")])
def test_a_class_of_the_models_own_is_named_whatever_it_holds(own: Any) -> None:
    (kind,) = kinds(lambda x: own)
    assert f"test_timed_calls.{type(own).__name__}" in kind
    assert kinds(lambda x: (np.zeros(3), np.float32(1), "a", 2, None, 1j)) == {"value value value value value value"}
