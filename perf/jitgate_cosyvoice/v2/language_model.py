"""CosyVoice2's language model: text tokens and the prompt's speech tokens in, one speech token after another out.

Qwen2 is transformers' own, as in the original, built from its sizes with no file read; around it are the original's
tables and output layer, written from a public description (FunAudioLLM/CosyVoice, version 2, `llm`). Parameters have
the original's names, shapes and order, so that a real `llm.pt` loads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from jitgate_cosyvoice.v2.transformers_versions import imported, pairs_of, resumed, rotary

SPEECH_IDS = 6561
"""Ids 0 to 6560 are speech; of the three after them, one or another ends or fills."""

Step = TypeVar("Step", bound="LanguageModel")

Cache = tuple[tuple[Tensor, Tensor], ...]
"""One pair a layer: keys, rotated, and values, each (1, key heads, positions, 64)."""


@dataclass(frozen=True)
class QwenSize:
    """Sizes of Qwen2; the defaults are CosyVoice2-0.5B's: with the tables, 505,803,812 parameters in 295 tensors.

    width: channels; every head has 64 of them. vocabulary: ids of text.
    """

    width: int = 896
    heads: int = 14
    key_heads: int = 2
    feed_forward: int = 4864
    layers: int = 24
    vocabulary: int = 151_936


class LanguageModel(nn.Module):
    """Qwen2 with a table of speech tokens in addition to that of text, and an output layer for speech tokens.

    Raises `jitgate.Unavailable` where transformers is missing, or of a version that it is not written against.
    """

    def __init__(self, size: QwenSize | None = None) -> None:
        super().__init__()
        size = size or QwenSize()
        self.llm_embedding = nn.Embedding(2, size.width)
        self.llm = Qwen(size)
        self.llm_decoder = nn.Linear(size.width, SPEECH_IDS + 3)
        self.speech_embedding = nn.Embedding(SPEECH_IDS + 3, size.width)

    @classmethod
    def over(cls: type[Step], other: LanguageModel) -> Step:
        """A step of this class over the weights of `other`, which are not copied."""
        step = cls.__new__(cls)
        nn.Module.__init__(step)
        for name, child in other.named_children():
            step.add_module(name, child)
        return step.eval()

    def prompt(self, prompt_text: Tensor, text: Tensor, prompt_speech: Tensor) -> Tensor:
        """What the first step reads: start, both texts, task, the prompt's speech.

        prompt_text (1, A), text (1, N), prompt_speech (1, P), all integer -> (1, A + N + P + 2, width).
        """
        start, task = self.llm_embedding.weight.view(2, 1, 1, -1)
        words = self.llm.model.model.embed_tokens(torch.cat((prompt_text, text), dim=1))
        return torch.cat((start, words, task, self.speech_embedding(prompt_speech)), dim=1)

    def step(self, embedded: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Cache]:
        """Read the next positions (1, n, width), after those in the cache; an empty tuple for none.

        Returns the best speech id (1), the log-probabilities of all 6564 ids after the last position, and the next
        cache. The best one instead of a random one, and never one that ends the sentence, so that every variant does
        the same work.
        """
        hidden, cache = self.llm(embedded, cache)
        # (1, width) and not (width): inductor's freezing fails on a linear layer over a single axis (torch 2.13).
        scores = torch.log_softmax(self.llm_decoder(hidden[:, -1]), dim=-1).squeeze(0)
        return scores[:SPEECH_IDS].argmax(dim=-1, keepdim=True), scores, cache


class Qwen(nn.Module):
    """transformers' Qwen2, called as the original calls it."""

    def __init__(self, size: QwenSize) -> None:
        super().__init__()
        transformers = imported()
        config = transformers.Qwen2Config(
            vocab_size=size.vocabulary,
            hidden_size=size.width,
            intermediate_size=size.feed_forward,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            num_key_value_heads=size.key_heads,
            max_position_embeddings=32_768,
            **rotary(1_000_000.0, transformers.__version__),
            rms_norm_eps=1e-6,
            tie_word_embeddings=True,
            attn_implementation="sdpa",
        )
        self.model = transformers.Qwen2ForCausalLM(config)
        # Its frequencies are a buffer outside of the state_dict: on the meta device they would have no numbers.
        with torch.device("cpu"):
            self.model.model.rotary_emb = type(self.model.model.rotary_emb)(config=config)

    def forward(self, embedded: Tensor, cache: Cache) -> tuple[Tensor, Cache]:
        """embedded (1, n, width) -> last hidden states, of the same shape, after the final norm; and the next cache.

        As in the original, all hidden states are asked for, and the 151,936-way output of every position is computed
        and dropped: more than a quarter of a step. A compiler that sees this may leave it out, and gains by it.

        No mask is passed. The original passes one of the length of its input, without the cache, which transformers
        4.51.3, its pin, ignores; later releases would hide the cache behind it. With none, both compute the same.
        """
        answer = self.model(
            inputs_embeds=embedded,
            past_key_values=resumed(cache),
            use_cache=True,
            output_hidden_states=True,
            return_dict=True,
        )
        return answer.hidden_states[-1], pairs_of(answer.past_key_values)
