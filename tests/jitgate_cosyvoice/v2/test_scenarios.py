"""What the two factories hand out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import torch
from jitgate_cosyvoice.v2.flow_encoder import flow_encoder, small_flow_encoder
from jitgate_cosyvoice.v2.scenarios import VARIED

if TYPE_CHECKING:
    from jitgate.workloads.workload import Workload

NAMES = ["first_chunk", "first_chunk_sft", "1s", "5s", "15s", "varied"]


@pytest.fixture(scope="module", params=[flow_encoder, small_flow_encoder])
def workload(request: pytest.FixtureRequest) -> Workload:
    factory: Callable[[], Workload] = request.param
    return factory()


def test_names_and_lengths(workload: Workload) -> None:
    assert list(workload.scenarios) == NAMES
    lengths = {name: [call[0].size(1) for call in workload.calls(name)] for name in NAMES}
    assert lengths == {
        "first_chunk": [125],
        "first_chunk_sft": [25],
        "1s": [112],
        "5s": [212],
        "15s": [462],
        "varied": list(VARIED),
    }


def test_varied_lengths_are_all_different_and_real() -> None:
    assert len(set(VARIED)) == len(VARIED) == 40
    assert min(VARIED) >= 87 + 25
    assert max(VARIED) <= 87 + 15 * 25


def test_arguments_are_what_the_original_passes(workload: Workload) -> None:
    for name in NAMES:
        for xs, lengths, context, chunk, left, streaming in workload.calls(name):
            assert xs.dtype is torch.float32
            assert xs.shape[2] == workload.module.state_dict()["after_norm.weight"].numel()
            assert lengths.dtype is torch.int32
            assert (chunk, left) == (0, -1)
            assert streaming is name.startswith("first_chunk")
            assert context.size(1) == (3 if streaming else 0)
            assert lengths.tolist() == [xs.size(1) + context.size(1)]


def test_a_call_succeeds(workload: Workload) -> None:
    with torch.inference_mode():
        for name in ("first_chunk_sft", "1s"):
            call = workload.calls(name)[0]
            frames, mask = workload.module(*call)
            assert frames.shape == (1, 2 * call[0].size(1), call[0].size(2))
            assert frames.isfinite().all()
            assert mask.all()


def test_built_anew_everything_is_equal() -> None:
    one, other = small_flow_encoder(), small_flow_encoder()
    for name, value in one.module.state_dict().items():
        assert torch.equal(value, other.module.state_dict()[name])
    for name in NAMES:
        for mine, yours in zip(one.calls(name), other.calls(name), strict=True):
            for a, b in zip(mine, yours, strict=True):
                assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def test_settings() -> None:
    assert small_flow_encoder().threads == 1
    assert small_flow_encoder().artefact == "flow.encoder.small"


def test_inputs_of_different_scenarios_differ(workload: Workload) -> None:
    firsts = {workload.calls(name)[0][0].flatten()[0].item() for name in NAMES}
    assert len(firsts) == len(NAMES)
