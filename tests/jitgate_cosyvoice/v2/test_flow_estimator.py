"""The estimator computes what CosyVoice2's does: names, shapes, order, and outputs of the real module."""

from __future__ import annotations

import copy

import pytest
import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.estimator_blocks import attention_bias
from jitgate_cosyvoice.v2.flow_estimator import FlowEstimator
from torch import Tensor
from torch.export import Dim

from tests.jitgate_cosyvoice.fingerprints import assert_same, names_and_shapes, sum_of_weights
from tests.jitgate_cosyvoice.v2.fingerprints import build_input, load, outputs_of

REFERENCE = load("flow_estimator")
CASES = ["M100", "M100_stream", "M60_masked"]

# Rounding on another CPU moved the real module's outputs by up to 3.0e-6; chunk 25 instead of 50, another order of sine
# and cosine, or frequencies over 160 instead of 159 move them by 0.3 and more, tanh instead of exact GELU by 6.9e-4.
ABSOLUTE = 5e-5


@pytest.fixture(scope="module")
def estimator() -> FlowEstimator:
    return build_seeded(FlowEstimator)


@pytest.fixture(scope="module")
def slim() -> FlowEstimator:
    return build_seeded(lambda: FlowEstimator(mel=8, width=16, heads=2, head_width=4, time_width=32))


def inputs(frames: int, seed: int = 0) -> list[Tensor]:
    """x, mask, mu, t, spks, cond of the slim estimator."""
    generator = torch.Generator().manual_seed(seed)
    x, mu, cond = (torch.randn(2, 8, frames, generator=generator) for _ in range(3))
    spks = torch.randn(2, 8, generator=generator)
    return [x, torch.ones(2, 1, frames), mu, torch.tensor([0.3, 0.3]), spks, cond]


def test_state_dict_has_the_original_names_shapes_and_order(estimator: FlowEstimator) -> None:
    assert names_and_shapes(estimator) == REFERENCE["state_dict"]
    assert sum(value.numel() for value in estimator.parameters()) == REFERENCE["parameters"] == 71_302_480
    assert len(estimator.state_dict()) == 910
    assert not list(estimator.buffers())


def test_weights_are_those_of_the_reference(estimator: FlowEstimator) -> None:
    assert sum_of_weights(estimator) == pytest.approx(REFERENCE["sum_of_weights"], abs=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_output_equals_the_original(estimator: FlowEstimator, case: str) -> None:
    expected = REFERENCE["cases"][case]
    given = {name: build_input(rule) for name, rule in expected["inputs"].items()}
    with torch.inference_mode():
        output = estimator(**given, streaming=expected["streaming"])
    assert_same(output, expected["output"], ABSOLUTE)
    assert not output[given["mask"].expand_as(output) == 0].any()


@pytest.fixture(scope="module")
def submodule_outputs(estimator: FlowEstimator) -> dict[str, Tensor]:
    given = {name: build_input(rule) for name, rule in REFERENCE["cases"]["M100"]["inputs"].items()}
    return outputs_of(estimator, list(REFERENCE["submodules"]), lambda: estimator(**given))


@pytest.mark.parametrize("name", REFERENCE["submodules"])
def test_submodule_equals_the_original(submodule_outputs: dict[str, Tensor], name: str) -> None:
    expected = REFERENCE["submodules"][name]
    assert_same(submodule_outputs[name], expected, max(1.0, expected["std"]) * 2e-5)


def test_every_reference_case_is_used() -> None:
    assert sorted(REFERENCE["cases"]) == sorted(CASES)


def test_streaming_frames_of_complete_chunks_never_change(slim: FlowEstimator) -> None:
    x, mask, mu, t, spks, cond = inputs(130)
    with torch.inference_mode():
        late = slim(x, mask, mu, t, spks, cond, streaming=True)
        early = slim(x[:, :, :100], mask[:, :, :100], mu[:, :, :100], t, spks, cond[:, :, :100], streaming=True)
        whole = slim(x, mask, mu, t, spks, cond)
    torch.testing.assert_close(late[:, :, :100], early, rtol=0.0, atol=1e-5)
    assert (late - whole).abs().max() > 1e-3, "without streaming a frame sees all others"


def test_padded_frames_change_nothing(slim: FlowEstimator) -> None:
    x, mask, mu, t, spks, cond = inputs(40)
    mask[:, :, 30:] = 0
    with torch.inference_mode():
        padded = slim(x, mask, mu, t, spks, cond)
        x[:, :, 30:], mu[:, :, 30:], cond[:, :, 30:] = 7.0, 7.0, 7.0
        torch.testing.assert_close(slim(x, mask, mu, t, spks, cond), padded, rtol=0.0, atol=1e-5)


def test_bias_forbids_by_a_large_number_and_never_everything() -> None:
    mask = torch.tensor([[[1.0, 1.0, 0.0]], [[0.0, 0.0, 0.0]]])
    assert attention_bias(mask, 50, streaming=False)[0].tolist() == [[0.0, 0.0, -1e10]] * 3
    assert attention_bias(mask, 1, streaming=True)[0, 0].tolist() == [0.0, -1e10, -1e10]
    assert not attention_bias(mask, 50, streaming=False)[1].any()
    assert attention_bias(mask.half(), 50, streaming=False)[0, 0].tolist() == [0.0, 0.0, -torch.inf]


@pytest.mark.slow
def test_one_graph_serves_all_lengths(slim: FlowEstimator) -> None:
    short = copy.deepcopy(slim)
    short.mid_blocks = short.mid_blocks[:2]  # all twelve are alike, and tracing is what takes the time
    frames = {2: Dim.DYNAMIC}
    shapes = {"x": frames, "mask": frames, "mu": frames, "t": None, "spks": None, "cond": frames, "streaming": None}
    with torch.no_grad():
        program = torch.export.export(short, (*inputs(60), False), dynamic_shapes=shapes)
        graph = program.module()
        for length in (2, 61, 224):
            given = inputs(length, seed=length)
            torch.testing.assert_close(graph(*given, False), short(*given), rtol=0.0, atol=1e-5)
    called = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert not [target for target in called if target.startswith("aten.item") or "_local_scalar" in target]
