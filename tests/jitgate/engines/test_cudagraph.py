"""CUDA graphs, on a recorder that stands for the card: one capture a shape, then replays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from jitgate.engines.cudagraph import Graph, Replayed

from tests.jitgate.pool.models import Tiny


class Tape:
    """Runs the captured call again and writes where the first run wrote, as a replay does."""

    def __init__(self, call: Callable[[], torch.Tensor], output: torch.Tensor, *, empty: bool = False) -> None:
        self._call, self._output, self._empty = call, output, empty
        self.replays = 0

    def replay(self) -> None:
        self.replays += 1
        if not self._empty:
            self._output.copy_(self._call())


class FakeRecorder:
    """empty: what is captured launches nothing."""

    def __init__(self, *, empty: bool = False) -> None:
        self.tapes: list[Tape] = []
        self._empty = empty

    def capture(self, call: Callable[[], Any]) -> tuple[Graph, Any]:
        output = call()
        self.tapes.append(Tape(call, output, empty=self._empty))
        return self.tapes[-1], output


class Waiting(torch.nn.Module):
    """Asks the device something in eager code, as CosyVoice2's masks do."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if not torch.compiler.is_compiling():
            raise RuntimeError("CUDA error: operation not permitted when stream is capturing")
        return x * 2


@pytest.fixture(autouse=True)
def _inference() -> Any:
    with torch.inference_mode():
        yield


def test_a_shape_is_captured_once_and_then_replayed() -> None:
    module, recorder = Tiny().eval(), FakeRecorder()
    run = Replayed(module, recorder)
    for length in (4, 6, 4, 4):
        x = torch.randn(length, 64)
        torch.testing.assert_close(run(x, 2), module(x, 2))
    assert len(recorder.tapes) == 2
    assert [tape.replays for tape in recorder.tapes] == [4, 2], "one more each, to see that it writes"
    assert run.proof() is None


def test_plain_arguments_are_part_of_what_was_captured() -> None:
    module, recorder = Tiny().eval(), FakeRecorder()
    run = Replayed(module, recorder)
    x = torch.randn(3, 64)
    torch.testing.assert_close(run(x, 3), module(x, 3))
    torch.testing.assert_close(run(x, 1), module(x, 1))
    assert len(recorder.tapes) == 2


def test_a_new_shape_counts_as_a_capture() -> None:
    run = Replayed(Tiny().eval(), FakeRecorder())
    run(torch.randn(4, 64))
    assert dict(run.recompiles()) == {"CUDA-graph re-capture": 1}
    run(torch.randn(4, 64))
    assert dict(run.recompiles()) == {}
    run(torch.randn(5, 64))
    assert dict(run.recompiles()) == {"CUDA-graph re-capture": 1}


def test_code_that_waits_for_the_device_is_captured_as_torch_export_writes_it() -> None:
    run = Replayed(Waiting().eval(), FakeRecorder())
    x = torch.randn(4, 2)
    torch.testing.assert_close(run(x), x * 2)


def test_a_capture_that_launches_nothing_is_not_believed() -> None:
    run = Replayed(Tiny().eval(), FakeRecorder(empty=True))
    with pytest.raises(RuntimeError, match="nothing was captured"):
        run(torch.randn(4, 64))


def test_without_a_call_there_is_no_proof() -> None:
    assert "0 calls" in str(Replayed(Tiny().eval(), FakeRecorder()).proof())
