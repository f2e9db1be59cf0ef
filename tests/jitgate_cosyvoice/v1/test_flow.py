"""Tokens to mel as CosyVoice-300M does it: the length regulator, the solver, and the cache between pieces.

Of the whole flow no output of the original is known: it draws its noise itself.
"""

from __future__ import annotations

import pytest
import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v1.conformer import ConformerEncoder
from jitgate_cosyvoice.v1.flow import FlowV1
from jitgate_cosyvoice.v1.flow_estimator import FlowEstimatorV1
from jitgate_cosyvoice.v1.length_regulator import LengthRegulator
from jitgate_cosyvoice.v1.speech import PROMPT_FRAMES, frames_of
from torch import Tensor, nn

from tests.jitgate_cosyvoice.checkpoints import v1_flow
from tests.jitgate_cosyvoice.fingerprints import assert_same, load, names_and_shapes, sum_of_weights
from tests.jitgate_cosyvoice.v2.fingerprints import build_input

REFERENCE = load("cosyvoice_flow")


class Around(nn.Module):
    """What of the flow has names of its own: its weights follow from them."""

    def __init__(self) -> None:
        super().__init__()
        self.length_regulator = LengthRegulator()


@pytest.fixture(scope="module")
def slim() -> FlowV1:
    """Narrow in all but tokens, bands and speaker."""

    def build() -> FlowV1:
        encoder = ConformerEncoder(inputs=16, width=16, heads=2, feed_forward=32, causal=False)
        return FlowV1(encoder, FlowEstimatorV1(width=16, heads=2, head_width=4, time_width=32), width=16)

    flow = build_seeded(build)
    flow.steps = 2  # all ten are alike
    return flow


def example(new: int, old: int) -> tuple[list[Tensor], Tensor]:
    """All but cache and noise of `FlowV1.forward`, and a noise."""
    generator = torch.Generator().manual_seed(new)
    token, prompt = (torch.randint(0, 4096, (1, count), generator=generator, dtype=torch.int32) for count in (new, old))
    feat = torch.randn(1, frames_of(old), 80, generator=generator)
    lengths = [torch.tensor([value.size(1)], dtype=torch.int32) for value in (token, prompt, feat)]
    speaker = torch.randn(1, 192, generator=generator)
    noise = torch.randn(1, 80, frames_of(old) + frames_of(new), generator=generator)
    return [token, lengths[0], prompt, lengths[1], feat, lengths[2], speaker], noise


NO_CACHE = torch.zeros(1, 80, 0, 2)


def test_names_shapes_and_order_at_true_size() -> None:
    with torch.device("meta"):
        flow = FlowV1()
    assert names_and_shapes(flow) == [[name, shape] for name, shape in v1_flow()]
    assert sum(value.numel() for value in flow.parameters()) == REFERENCE["parameters"] == 104_874_752
    assert len(flow.state_dict()) == 1185


def test_the_regulator_equals_the_original() -> None:
    """With a prompt and 40 tokens, with a prompt and more, and without one."""
    assert len(REFERENCE["regulator"]) == 3
    regulator = build_seeded(Around).length_regulator
    for expected in REFERENCE["regulator"].values():
        given = {name: build_input(rule) for name, rule in expected["inputs"].items()}
        with torch.inference_mode():
            out = regulator(given["x1"], given["x2"], *expected["frames"])
        assert_same(out, expected["output"])


@pytest.mark.slow
def test_weights_and_the_solver_equal_the_original() -> None:
    flow = build_seeded(FlowV1)
    assert sum_of_weights(flow) == pytest.approx(REFERENCE["sum_of_weights"], abs=1e-6)
    expected = REFERENCE["matching"]
    given = {name: build_input(rule) for name, rule in expected["inputs"].items()}
    mask = torch.ones(1, 1, given["mu"].size(2))
    with torch.inference_mode():
        mel, _ = flow.decoder(given["mu"], mask, given["spks"], given["cond"], 10, given["x"], 0, NO_CACHE)
    assert_same(mel, expected["mel"])


def test_frames_are_rounded_as_the_original_does() -> None:
    assert [frames_of(tokens) for tokens in (20, 40, 50, 90, 120)] == [34, 68, 86, 155, 206]
    assert PROMPT_FRAMES == 299


@torch.inference_mode()
def test_a_piece_goes_on_from_the_noise_of_the_one_before(slim: FlowV1) -> None:
    given, noise = example(60, 30)
    mel, cache = slim(*given, NO_CACHE, noise)
    prompt, new = frames_of(30), frames_of(60)
    assert mel.shape == (1, 80, new)
    assert cache.shape == (1, 80, prompt + 34, 2)
    assert torch.equal(cache[:, :, :prompt, 0], noise[:, :, :prompt])
    assert torch.equal(cache[:, :, prompt:, 0], noise[:, :, -34:])
    kept, other = noise.clone(), example(61, 30)[1]
    again, following = slim(*given, cache, other[:, :, : prompt + new])
    assert torch.equal(following[:, :, :prompt], cache[:, :, :prompt]), "the prompt keeps both, from piece to piece"
    assert torch.equal(following[:, :, prompt:, 0], other[:, :, prompt + new - 34 : prompt + new])
    assert (again - mel).abs().max() > 1e-3
    assert torch.equal(noise, kept), "noise is an input, and stays what it is"


@torch.inference_mode()
def test_without_a_prompt(slim: FlowV1) -> None:
    """A speaker from fine-tuning has a vector and nothing else."""
    given, noise = example(30, 0)
    mel, cache = slim(*given, NO_CACHE, noise)
    assert mel.shape == (1, 80, frames_of(30))
    assert cache.shape == (1, 80, 34, 2)
    assert mel.isfinite().all()
