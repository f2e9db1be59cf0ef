"""CosyVoice-300M's language model: text, a speaker and the prompt's speech in, one speech token after another out.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 1, `llm`), not from its source;
parameters have the original's names, shapes and order, so that a real `llm.pt` loads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from jitgate_cosyvoice.v1.conformer import ConformerEncoder
from jitgate_cosyvoice.v1.transformer import TransformerEncoder
from jitgate_cosyvoice.v2.speech import SPEAKER

SPEECH_IDS = 4096
"""Ids 0 to 4095 are speech; the one after them ends the sentence."""

VOCABULARY = 51_866
"""Ids of text."""


class LanguageModelV1(nn.Module):
    """A text encoder and a transformer, and around them tables, a speaker's projection and an output layer.

    text_encoder: `inputs` -> `width` channels. llm: `width` channels. The defaults are CosyVoice-300M's, where the two
    come with theirs: 310,718,465 parameters in 401 tensors.
    It has no `forward`: the loop over `prompt`, the transformer and `best` is the pipeline's.
    """

    def __init__(
        self,
        text_encoder: ConformerEncoder,
        llm: TransformerEncoder,
        inputs: int = 512,
        width: int = 1024,
        vocabulary: int = VOCABULARY,
    ) -> None:
        super().__init__()
        self.text_embedding = nn.Embedding(vocabulary, inputs)
        self.text_encoder = text_encoder
        self.text_encoder_affine_layer = nn.Linear(width, width)
        self.llm_embedding = nn.Embedding(2, width)
        self.llm = llm
        self.llm_decoder = nn.Linear(width, SPEECH_IDS + 1)
        self.speech_embedding = nn.Embedding(SPEECH_IDS, width)
        self.spk_embed_affine_layer = nn.Linear(SPEAKER, width)

    def prompt(self, prompt_text: Tensor, text: Tensor, prompt_speech: Tensor, speaker: Tensor) -> Tensor:
        """What the first step reads: start, speaker, both texts, task, the prompt's speech.

        prompt_text (1, A), text (1, N), prompt_speech (1, P), all integer; speaker (1, 192), or (0, 192) for none
        -> (1, A + N + P + 3, width), or one less.
        """
        start, task = self.llm_embedding.weight.view(2, 1, 1, -1)
        words = self.text_embedding(torch.cat((prompt_text, text), dim=1))
        lengths = torch.tensor([words.size(1)], dtype=torch.int32).to(words.device)
        encoded, _ = self.text_encoder(words, lengths, 1, -1)
        pieces = [start, self.text_encoder_affine_layer(encoded), task, self.speech_embedding(prompt_speech)]
        if speaker.size(0) > 0:
            pieces.insert(1, self.spk_embed_affine_layer(functional.normalize(speaker, dim=1)).unsqueeze(1))
        return torch.cat(pieces, dim=1)

    def best(self, hidden: Tensor) -> Tensor:
        """What the transformer gave, (1, n, width) -> the best speech id after its last position, (1) int32.

        The best one instead of a random one, and never the one that ends the sentence, so that every variant does the
        same work.
        """
        scores = torch.log_softmax(self.llm_decoder(hidden[:, -1]), dim=-1).squeeze(0)
        return scores[:SPEECH_IDS].argmax(dim=-1, keepdim=True).to(torch.int32)
