"""The estimator computes what CosyVoice-300M's does: names, shapes, order, and outputs of the real module."""

from __future__ import annotations

import copy

import pytest
import torch
from jitgate.engines.capture import free_sizes
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v1.flow_estimator import FlowEstimatorV1
from torch import Tensor

from tests.jitgate_cosyvoice.fingerprints import assert_same, load, names_and_shapes, sum_of_weights
from tests.jitgate_cosyvoice.v2.fingerprints import build_input

REFERENCE = load("cosyvoice_flow_estimator")


@pytest.fixture(scope="module")
def estimator() -> FlowEstimatorV1:
    return build_seeded(FlowEstimatorV1)


@pytest.fixture(scope="module")
def slim() -> FlowEstimatorV1:
    return build_seeded(lambda: FlowEstimatorV1(mel=8, width=16, heads=2, head_width=4, time_width=32))


def inputs(frames: int) -> list[Tensor]:
    """x, mask, mu, t, spks, cond of the slim estimator."""
    generator = torch.Generator().manual_seed(frames)
    x, mu, cond = (torch.randn(2, 8, frames, generator=generator) for _ in range(3))
    spks = torch.randn(2, 8, generator=generator)
    return [x, torch.ones(2, 1, frames), mu, torch.tensor([0.3, 0.3]), spks, cond]


def test_names_shapes_order_and_weights(estimator: FlowEstimatorV1) -> None:
    assert names_and_shapes(estimator) == REFERENCE["state_dict"]
    assert len(REFERENCE["state_dict"]) == 1042
    assert sum(value.numel() for value in estimator.parameters()) == REFERENCE["parameters"] == 81_878_864
    assert sum_of_weights(estimator) == pytest.approx(REFERENCE["sum_of_weights"], abs=1e-6)
    assert not list(estimator.buffers())


@pytest.mark.parametrize("case", REFERENCE["cases"])
def test_output_equals_the_original(estimator: FlowEstimatorV1, case: str) -> None:
    """An even number of frames and an odd one, which is cut before the last group."""
    expected = REFERENCE["cases"][case]
    given = {name: build_input(rule) for name, rule in expected["inputs"].items()}
    with torch.inference_mode():
        output = estimator(**given)
    assert_same(output, expected["output"])


@torch.inference_mode()
def test_there_is_no_streaming(slim: FlowEstimatorV1) -> None:
    given = inputs(70)
    assert torch.equal(slim(*given, streaming=True), slim(*given))
    x, mask, mu, t, spks, cond = given
    early = slim(x[:, :, :50], mask[:, :, :50], mu[:, :, :50], t, spks, cond[:, :, :50])
    assert (slim(*given)[:, :, :50] - early).abs().max() > 1e-3, "a frame sees all others"


@pytest.mark.parametrize("frames", [40, 41])
@torch.inference_mode()
def test_padded_frames_give_nothing(slim: FlowEstimatorV1, frames: int) -> None:
    x, mask, mu, t, spks, cond = inputs(frames)
    mask[:, :, 30:] = 0
    output = slim(x, mask, mu, t, spks, cond)
    assert output.shape == (2, 8, frames)
    assert not output[:, :, 30:].any()
    x[:, :, 30:], mu[:, :, 30:], cond[:, :, 30:] = 7.0, 7.0, 7.0
    torch.testing.assert_close(slim(x, mask, mu, t, spks, cond), output, rtol=0.0, atol=1e-5)


@pytest.mark.slow
def test_one_graph_serves_all_lengths(slim: FlowEstimatorV1) -> None:
    """Odd and even, although frames are halved and doubled."""
    short = copy.deepcopy(slim)
    short.mid_blocks = short.mid_blocks[:2]  # all twelve are alike, and tracing is what takes the time
    calls = [(*inputs(frames), False) for frames in (41, 60)]
    with torch.no_grad():
        graph = torch.export.export(short, calls[0], dynamic_shapes=free_sizes(calls)).module()
        for frames in (8, 40, 61, 224):
            given = inputs(frames)
            torch.testing.assert_close(graph(*given, False), short(*given), rtol=0.0, atol=1e-5)
