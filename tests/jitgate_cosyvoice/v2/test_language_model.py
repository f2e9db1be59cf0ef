"""CosyVoice2's language model computes what the original does: names, shapes, order, and outputs of the real module."""

from __future__ import annotations

import sys
from typing import Any

import pytest
import torch
from jitgate.model.errors import Unavailable
from jitgate.values.leaves import leaves
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.language_model import SPEECH_IDS, Cache, LanguageModel, QwenSize

from tests.jitgate_cosyvoice.fingerprints import (
    LOG_PROBABILITIES,
    assert_same,
    built,
    load,
    names_and_shapes,
    normal,
    sum_of_weights,
)

pytest.importorskip("transformers", reason="the extra `llm` is not installed")

NARROW = QwenSize(width=128, heads=2, key_heads=1, feed_forward=64, layers=2, vocabulary=50)


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return load("cosyvoice2_llm")


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    """As the reference was made: real sizes but for 4 layers and 1024 text tokens."""
    return build_seeded(lambda: LanguageModel(QwenSize(layers=4, vocabulary=1024)))


@pytest.fixture(scope="module")
def narrow() -> LanguageModel:
    return build_seeded(lambda: LanguageModel(NARROW))


def test_at_true_size_names_shapes_and_order(reference: dict[str, Any]) -> None:
    with torch.device("meta"):
        full = LanguageModel()
    assert names_and_shapes(full) == reference["state_dict"]
    assert len(reference["state_dict"]) == 295
    assert sum(value.numel() for value in full.parameters()) == reference["full_parameters"] == 505_803_812


def test_weights_are_those_of_the_reference(model: LanguageModel, reference: dict[str, Any]) -> None:
    assert sum(value.numel() for value in model.parameters()) == reference["parameters"]
    assert sum_of_weights(model) == pytest.approx(reference["sum_of_weights"], abs=1e-6)


def test_the_text_table_is_the_output_layer(model: LanguageModel) -> None:
    assert model.llm.model.lm_head.weight is model.llm.model.model.embed_tokens.weight


def test_outputs_equal_the_original(model: LanguageModel, reference: dict[str, Any]) -> None:
    case = reference["cases"]["steps"]
    inputs = {name: built(rule) for name, rule in case["inputs"].items()}
    right, tokens = case["outputs"], []
    cache: Cache = ()
    with torch.inference_mode():
        embedded = model.prompt(inputs["prompt_text"], inputs["text"], inputs["prompt_speech_token"])
        for number in range(12):
            hidden, _ = model.llm(embedded, cache)
            token, scores, cache = model.step(embedded, cache)
            if number < 4:
                assert_same(embedded, right[f"lm_input_step{number}"])
                assert_same(hidden, right[f"hidden_step{number}"])
                kept = scores.clone()
                kept[SPEECH_IDS] = 0  # the reference could not keep the -inf that the original puts there
                assert_same(kept, right[f"logp_step{number}_with_index6561_zeroed"], LOG_PROBABILITIES)
            if number in (0, 2):
                assert_same(cache[0][0], right[f"layer0_key_step{number}"])
                assert_same(cache[0][1], right[f"layer0_value_step{number}"])
            tokens.append(int(token))
            embedded = model.speech_embedding(token).unsqueeze(0)
    assert tokens == right["greedy_tokens_first12"]


def test_step_by_step_equals_whole(narrow: LanguageModel) -> None:
    """What a mask of the wrong length would break (transformers from 4.52 on)."""
    embedded = normal(1, 1, 12, 128) * 0.05
    cache: Cache = ()
    with torch.inference_mode():
        whole, _ = narrow.llm(embedded, ())
        got = []
        for begin, end in ((0, 8), (8, 9), (9, 10), (10, 12)):
            hidden, cache = narrow.llm(embedded[:, begin:end], cache)
            got.append(hidden)
    torch.testing.assert_close(torch.cat(got, dim=1), whole, rtol=0.0, atol=1e-5)
    assert [tuple(value.shape) for pair in cache for value in pair] == [(1, 1, 12, 64)] * 4


def test_a_step_leaves_the_cache_that_it_was_given_alone(narrow: LanguageModel) -> None:
    given: Cache = tuple((normal(2 * layer, 1, 1, 5, 64), normal(2 * layer + 1, 1, 1, 5, 64)) for layer in range(2))
    before = [value.clone() for value in leaves(given)]
    with torch.inference_mode():
        _, _, after = narrow.step(normal(9, 1, 1, 128), given)
    for value, kept, grown in zip(leaves(given), before, leaves(after), strict=True):
        assert torch.equal(value, kept)
        assert torch.equal(grown[:, :, :5], kept)
        assert grown.size(2) == 6


def test_an_id_that_ends_the_sentence_is_never_picked(narrow: LanguageModel) -> None:
    bias = narrow.llm_decoder.bias.clone()
    try:
        with torch.no_grad():
            narrow.llm_decoder.bias[SPEECH_IDS:] = 100.0
            token, scores, _ = narrow.step(normal(3, 1, 4, 128), ())
    finally:
        with torch.no_grad():
            narrow.llm_decoder.bias.copy_(bias)
    assert scores.argmax() >= SPEECH_IDS
    assert token.shape == (1,)
    assert 0 <= int(token) < SPEECH_IDS


def test_without_transformers_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(Unavailable, match=r"needs transformers >= .*can't be loaded .*pip install \"jitgate\[llm\]\"$"):
        LanguageModel(NARROW)
