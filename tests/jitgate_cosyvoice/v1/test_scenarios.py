"""What the factories of the narrow modules hand out; those at true size differ in widths only."""

from __future__ import annotations

import pytest
import torch
from jitgate_cosyvoice.v1 import modules
from jitgate_cosyvoice.v1.scenarios import STEPS, flow_scenarios, step_scenarios, text_scenarios


def test_lengths_follow_from_the_prompt_and_the_sentence() -> None:
    assert {name: call[0].size(1) for name, call in text_scenarios(8).items()} == {"1s": 15, "5s": 35, "15s": 85}
    assert {name: call[0].size(1) for name, call in flow_scenarios(8).items()} == {"1s": 224, "5s": 424, "15s": 924}


def test_steps_are_the_last_ones_of_the_sentence() -> None:
    scenarios = step_scenarios(width=8, heads=2, layers=3)
    prompt = scenarios.pop("prompt_5s")
    assert isinstance(prompt, tuple)
    assert [list(value.shape) for value in prompt] == [[1, 212, 8], [0, 0, 0, 0], [1, 212, 212]]
    assert not prompt[2][0, 3, 4]
    assert prompt[2][0, 4, 3]
    cached = {}
    for name, calls in scenarios.items():
        assert isinstance(calls, list)
        cached[name] = [cache.size(2) for _, cache, _ in calls]
        for xs, cache, mask in calls:
            assert xs.shape == (1, 1, 8)
            assert (cache.size(0), cache.size(1), cache.size(3)) == (3, 2, 8)
            assert mask.tolist() == [[[True]]]
    # 192, 212 and 262 positions of prompt, and one less than all the speech: the last step reads the last but one.
    assert {name: lengths[-1] for name, lengths in cached.items()} == {"1s": 240, "5s": 460, "15s": 1010}
    assert cached["1s"] == list(range(241 - STEPS, 241))


@pytest.mark.parametrize("name", ["text_encoder", "flow_encoder", "llm"])
def test_built_anew_everything_is_equal(name: str) -> None:
    one, other = getattr(modules, f"small_{name}")(), getattr(modules, f"small_{name}")()
    assert one.threads == 1
    assert one.artefact.endswith(".small")
    for mine, yours in zip(one.module.parameters(), other.module.parameters(), strict=True):
        assert torch.equal(mine, yours)
    for scenario in one.scenarios:
        for call, again in zip(one.calls(scenario), other.calls(scenario), strict=True):
            for a, b in zip(call, again, strict=True):
                assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def test_lengths_are_passed_as_the_original_does() -> None:
    for call in text_scenarios(8).values():
        assert call[1].dtype is torch.int32
        assert call[1].tolist() == [call[0].size(1)]
        assert call[2:] == (1, -1)
