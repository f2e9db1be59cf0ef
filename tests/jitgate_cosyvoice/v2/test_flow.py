"""Tokens to mel as CosyVoice2 does it, and the same scripted."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.flow import Flow, scenarios
from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder
from jitgate_cosyvoice.v2.flow_estimator import FlowEstimator
from jitgate_cosyvoice.v2.flow_matching import LONGEST, fixed_noise, time_grid
from torch import Tensor

from tests.jitgate_cosyvoice.fingerprints import assert_same, names_and_shapes, sum_of_weights
from tests.jitgate_cosyvoice.v2.fingerprints import build_input, load

REFERENCE = load("flow")
PARTS = {"encoder.": "flow_encoder", "decoder.estimator.": "flow_estimator"}

# As for the estimator: rounding on another CPU moved the real outputs by up to 2.7e-6.
ABSOLUTE = 5e-5


@pytest.fixture(scope="module")
def flow() -> Flow:
    return build_seeded(Flow)


@pytest.fixture(scope="module")
def slim() -> Flow:
    """Narrow in all but tokens, bands and speaker."""

    def build() -> Flow:
        encoder = FlowEncoder(width=16, heads=2, feed_forward=32)
        return Flow(encoder, FlowEstimator(width=16, heads=2, head_width=4, time_width=32), width=16)

    return build_seeded(build)


def arguments(given: dict[str, Tensor]) -> list[Tensor]:
    """All tensors of `Flow.forward`, with the lengths that belong to them."""
    token, prompt, feat = given["token"], given["prompt_token"], given["prompt_feat"]
    lengths = [torch.tensor([value.size(1)], dtype=torch.int32) for value in (token, prompt, feat)]
    return [token, lengths[0], prompt, lengths[1], feat, lengths[2], given["embedding"]]


def example(new: int, old: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(new)
    return arguments(
        {
            "token": torch.randint(0, 6561, (1, new), generator=generator, dtype=torch.int32),
            "prompt_token": torch.randint(0, 6561, (1, old), generator=generator, dtype=torch.int32),
            "prompt_feat": torch.randn(1, 2 * old, 80, generator=generator),
            "embedding": torch.randn(1, 192, generator=generator),
        }
    )


def expected_names() -> list[Any]:
    names: list[Any] = []
    for name, shape in REFERENCE["state_dict"]:
        if name in PARTS:
            names += [[name + inner, size] for inner, size in load(PARTS[name])["state_dict"]]
        else:
            names.append([name, shape])
    return names


def test_state_dict_has_the_original_names_shapes_and_order(flow: Flow) -> None:
    assert names_and_shapes(flow) == expected_names()
    assert sum(value.numel() for value in flow.parameters()) == REFERENCE["parameters"] == 112_549_360
    assert len(flow.state_dict()) == 1121


def test_weights_are_those_of_the_reference(flow: Flow) -> None:
    assert sum_of_weights(flow) == pytest.approx(REFERENCE["sum_of_weights"], abs=1e-6)


def test_noise_is_the_original_and_touches_no_generator() -> None:
    before = torch.random.get_rng_state()
    noise = fixed_noise(80)
    assert torch.equal(torch.random.get_rng_state(), before)
    # Other instruction sets draw numbers up to 2.3e-6 away.
    assert_same(noise, REFERENCE["noise"], 1e-5)


def test_time_grid() -> None:
    assert time_grid(10, torch.zeros(1)).tolist() == pytest.approx(REFERENCE["time_grid"], abs=1e-7)


@pytest.mark.parametrize("case", ["whole", "stream"])
def test_matching_equals_the_original(flow: Flow, case: str) -> None:
    expected = REFERENCE["matching"][case]
    given = {name: build_input(rule) for name, rule in expected["inputs"].items()}
    mask = torch.ones(1, 1, given["mu"].size(2))
    with torch.inference_mode():
        mel = flow.decoder(given["mu"], mask, given["spks"], given["cond"], 10, expected["streaming"])
    assert_same(mel, expected["mel"], ABSOLUTE)


@pytest.mark.parametrize("case", ["whole", "stream", "stream_final"])
def test_mel_equals_the_original(flow: Flow, case: str) -> None:
    expected = REFERENCE["cases"][case]
    given = arguments({name: build_input(rule) for name, rule in expected["inputs"].items()})
    with torch.inference_mode():
        mel = flow(*given, streaming=expected["streaming"], finalize=expected["finalize"])
    assert_same(mel, expected["mel"], ABSOLUTE)


def test_a_repeated_call_is_equal_and_a_longer_one_too_long(slim: Flow) -> None:
    with torch.inference_mode():
        one, other = slim(*example(9, 4)), slim(*example(9, 4))
        assert torch.equal(one, other)
        assert one.shape == (1, 80, 18)
        frames = LONGEST + 2
        tall = torch.zeros(1, 80, frames)
        with pytest.raises(RuntimeError, match="15000"):
            slim.decoder(tall, torch.ones(1, 1, frames), torch.zeros(1, 80), tall, 1, False)


def test_without_a_prompt(slim: Flow) -> None:
    """A speaker from fine-tuning has a vector and nothing else."""
    with torch.inference_mode():
        mel = slim(*example(9, 0), streaming=True, finalize=False)
    assert mel.shape == (1, 80, 12)
    assert mel.isfinite().all()


@pytest.fixture(scope="module")
def scripted(slim: Flow) -> torch.jit.ScriptModule:
    module: torch.jit.ScriptModule = torch.jit.script(slim)
    return module


@pytest.fixture(scope="module")
def frozen(scripted: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
    module: torch.jit.ScriptModule = torch.jit.freeze(scripted)
    return module


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize(("streaming", "finalize"), [(False, True), (True, False), (True, True)])
@pytest.mark.slow
def test_scripted_and_frozen_it_is_equal(
    slim: Flow, frozen: torch.jit.ScriptModule, streaming: bool, finalize: bool
) -> None:
    given = example(9, 4)
    # What the executor makes of a second call takes it ten seconds, and the estimator's test covers it.
    with torch.inference_mode(), torch.jit.optimized_execution(False):  # type: ignore[attr-defined]  # public, but not in an __all__
        got = frozen(*given, streaming, finalize)
    with torch.inference_mode():
        torch.testing.assert_close(got, slim(*given, streaming, finalize), rtol=0.0, atol=1e-5)
    assert not list(frozen.parameters())


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.slow
def test_scripted_and_frozen_the_estimator_is_equal(slim: Flow, scripted: torch.jit.ScriptModule) -> None:
    frozen = torch.jit.freeze(scripted.decoder.estimator)
    generator = torch.Generator().manual_seed(0)
    x, mu, cond = (torch.randn(2, 80, 70, generator=generator) for _ in range(3))
    given = (x, torch.ones(2, 1, 70), mu, torch.tensor([0.2, 0.2]), torch.randn(2, 80, generator=generator), cond)
    with torch.inference_mode():
        for streaming in (False, True):
            expected = slim.decoder.estimator(*given, streaming)
            torch.testing.assert_close(frozen(*given, streaming), expected, rtol=0.0, atol=1e-5)


def test_scenarios_are_as_long_as_the_original_makes_them() -> None:
    every = scenarios()
    lengths = {name: (call[0].size(1), call[2].size(1), call[4].size(1), *call[-2:]) for name, call in every.items()}
    assert lengths == {
        "first_chunk": (41, 87, 174, True, False),
        "1s": (25, 87, 174, False, True),
        "5s": (125, 87, 174, False, True),
        "15s": (375, 87, 174, False, True),
    }
    for call in every.values():
        assert [int(call[index]) for index in (1, 3, 5)] == [call[index].size(1) for index in (0, 2, 4)]
        assert call[0].dtype is torch.int32
        assert 0 <= int(call[0].min()) <= int(call[0].max()) < 6561
