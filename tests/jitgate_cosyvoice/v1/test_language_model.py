"""The language model's frame: names and shapes of the whole file, the prompt's order, and the choice of an id."""

from __future__ import annotations

import pytest
import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v1 import conformer
from jitgate_cosyvoice.v1.conformer import ConformerEncoder
from jitgate_cosyvoice.v1.language_model import SPEECH_IDS, LanguageModelV1
from jitgate_cosyvoice.v1.transformer import TransformerEncoder

from tests.jitgate_cosyvoice.checkpoints import v1_llm
from tests.jitgate_cosyvoice.fingerprints import load, names_and_shapes, normal

REFERENCE = load("cosyvoice_language_model")


@pytest.fixture(scope="module")
def slim() -> LanguageModelV1:
    def build() -> LanguageModelV1:
        encoder = ConformerEncoder(inputs=8, width=16, heads=2, feed_forward=16, causal=True)
        transformer = TransformerEncoder(width=16, heads=2, feed_forward=16, layers=1)
        return LanguageModelV1(encoder, transformer, inputs=8, width=16, vocabulary=50)

    return build_seeded(build)


def test_names_shapes_and_order_at_true_size() -> None:
    with torch.device("meta"):
        whole = LanguageModelV1(conformer.text_encoder(), TransformerEncoder())
    assert names_and_shapes(whole) == [[name, shape] for name, shape in v1_llm()]
    assert sum(value.numel() for value in whole.parameters()) == REFERENCE["parameters"] == 310_718_465
    assert len(whole.state_dict()) == REFERENCE["tensors"] == 401


@torch.inference_mode()
def test_the_prompt_is_start_speaker_text_task_speech(slim: LanguageModelV1) -> None:
    words, speech, speaker = torch.arange(7).unsqueeze(0), torch.arange(4).unsqueeze(0), normal(1, 1, 192)
    prompt = slim.prompt(words[:, :3], words[:, 3:], speech, speaker)
    assert prompt.shape == (1, 2 + 7 + 1 + 4, 16)
    start, task = slim.llm_embedding.weight
    assert torch.equal(prompt[0, 0], start)
    assert torch.equal(prompt[0, 9], task)
    assert torch.equal(prompt[0, 10:], slim.speech_embedding.weight[:4])
    torch.testing.assert_close(prompt, slim.prompt(words[:, :3], words[:, 3:], speech, 5 * speaker), rtol=0, atol=1e-5)
    encoded, _ = slim.text_encoder(slim.text_embedding(words), torch.tensor([7]), 1, -1)
    assert torch.equal(prompt[:, 2:9], slim.text_encoder_affine_layer(encoded))
    without = slim.prompt(words[:, :3], words[:, 3:], speech, speaker[:0])
    assert torch.equal(without, torch.cat((prompt[:, :1], prompt[:, 2:]), dim=1)), "a voice without a vector"


@torch.inference_mode()
def test_the_best_id_is_one_of_speech(slim: LanguageModelV1) -> None:
    hidden = normal(2, 1, 5, 16)
    scores = slim.llm_decoder(hidden[0, -1])
    assert slim.best(hidden).tolist() == [int(scores[:SPEECH_IDS].argmax())]
    slim.llm_decoder.bias[SPEECH_IDS] += 100
    try:
        assert slim.best(hidden).tolist() == [int(scores[:SPEECH_IDS].argmax())], "never the one that ends"
    finally:
        slim.llm_decoder.bias[SPEECH_IDS] -= 100
    assert slim.best(hidden).dtype is torch.int32
