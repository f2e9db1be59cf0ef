"""The two workloads of the language model: what they are fed, what they give, and that they can be exported."""

from __future__ import annotations

import pytest
import torch
from jitgate.engines.capture import free_sizes
from jitgate.values.leaves import leaves
from jitgate.worker.content import signature
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.language_model import SPEECH_IDS, QwenSize
from jitgate_cosyvoice.v2.llm import SMALL, Decode, Prefill, small_decode, small_prefill
from jitgate_cosyvoice.v2.llm_scenarios import STEPS, decode_scenarios, prefill_scenarios

pytest.importorskip("transformers", reason="the extra `llm` is not installed")

NARROW = QwenSize(width=128, heads=2, key_heads=1, feed_forward=64, layers=2, vocabulary=50)


def test_lengths_follow_from_the_prompt_and_the_sentence() -> None:
    lengths = {name: [ids.size(1) for ids in call] for name, call in prefill_scenarios(NARROW).items()}
    assert lengths == {"1s": [10, 5, 87], "5s": [10, 25, 87], "15s": [10, 75, 87]}
    cached = {
        name: [[value.shape[2] for value in leaves(cache)] for _, cache in calls]
        for name, calls in decode_scenarios(NARROW).items()
    }
    # 104, 124 and 174 positions of prompt, and one less than all the speech: the last step reads the last but one.
    assert {name: steps[-1] for name, steps in cached.items()} == {"1s": [127] * 4, "5s": [247] * 4, "15s": [547] * 4}
    assert [step[0] for step in cached["1s"]] == list(range(128 - STEPS, 128))


def test_arguments_are_what_the_original_passes() -> None:
    for call in prefill_scenarios(NARROW).values():
        assert all(ids.dtype is torch.int32 for ids in call)
        assert max(int(ids.max()) for ids in call[:2]) < NARROW.vocabulary <= int(call[2].max()) < SPEECH_IDS
    for calls in decode_scenarios(NARROW).values():
        for token, cache in calls:
            assert token.shape == (1,)
            assert 0 <= int(token) < SPEECH_IDS
            assert len(cache) == NARROW.layers
            assert all(value.is_contiguous() and value.shape[::3] == (1, 64) for value in leaves(cache))


def test_small_is_the_whole_depth() -> None:
    """Prefill, then decode on its cache: the two have one graph's weights."""
    prefill, decode = small_prefill(), small_decode()
    assert (prefill.threads, decode.threads) == (1, 1)
    assert SMALL.layers == QwenSize().layers
    for one, other in zip(prefill.module.parameters(), decode.module.parameters(), strict=True):
        assert torch.equal(one, other)
    with torch.inference_mode():
        token, scores, cache = prefill.module(*prefill.calls("1s")[0])
        assert scores.shape == (SPEECH_IDS + 3,)
        assert scores.exp().sum().item() == pytest.approx(1.0, abs=1e-4)
        token, scores, cache = decode.module(token, cache)
    assert scores.isfinite().all()
    assert [value.shape[2] for value in leaves(cache)] == [105] * 48


@pytest.mark.parametrize("name", ["prefill", "decode"])
def test_one_exported_graph_serves_all_lengths(name: str) -> None:
    module: torch.nn.Module
    if name == "prefill":
        module = build_seeded(lambda: Prefill(NARROW))
        calls = list(prefill_scenarios(NARROW).values())
    else:
        module = build_seeded(lambda: Decode(NARROW))
        calls = [call for steps in decode_scenarios(NARROW).values() for call in steps]
    assert len({signature(call) for call in calls}) == 1
    with torch.no_grad():
        graph = torch.export.export(module, calls[0], dynamic_shapes=free_sizes(calls)).module()
        for call in calls:
            for one, other in zip(leaves(graph(*call)), leaves(module(*call)), strict=True):
                torch.testing.assert_close(one, other, rtol=0.0, atol=1e-4)
