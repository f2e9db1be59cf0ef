"""A stand-in for a checkout of CosyVoice: the original's folders, module paths, constructor arguments and signatures.

Written for these tests and narrow; what its modules compute is not what CosyVoice's compute. `cosyvoice/__init__.py`
notes in `imported_by` whether pytest was loaded where it was imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.jitgate_cosyvoice.blueprints import COSYVOICE, COSYVOICE2
from tests.jitgate_cosyvoice.checkout_speech import SPEECH_FILES

ENCODER_BYTES = 4 * ((32 * 32 + 32) + 64 + 64 + 2 * (32 + 3 * (32 * 32 + 32)))
"""Of `flow.encoder` in CosyVoice2's yaml: a linear layer and its norm, the last norm, two layers of attention."""

FILES = {
    "requirements.txt": "--pre\nomegaconf==2.3.0 ; python_version > '3'\nopenai-whisper==1\n",
    "cosyvoice/__init__.py": """
import sys
from pathlib import Path

with (Path(__file__).parent / "imported_by").open("a") as file:
    file.write("pytest\\n" if "pytest" in sys.modules else "worker\\n")
""",
    "cosyvoice/utils/__init__.py": "",
    "cosyvoice/utils/mask.py": """
import torch


def padded(lengths: torch.Tensor, size: int) -> torch.Tensor:
    return torch.arange(size, device=lengths.device).unsqueeze(0) >= lengths.unsqueeze(1)
""",
    "cosyvoice/dataset/__init__.py": "",
    "cosyvoice/dataset/processor.py": 'raise RuntimeError("the data pipeline has no place in inference")\n',
    "cosyvoice/transformer/__init__.py": "",
    "cosyvoice/transformer/layers.py": """
import torch
from torch import nn


class Embed(nn.Module):
    def __init__(self, inputs: int, width: int):
        super().__init__()
        self.out = nn.Sequential(nn.Linear(inputs, width), nn.LayerNorm(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.out(x)


class Attention(nn.Module):
    def __init__(self, heads: int, width: int):
        super().__init__()
        self.heads = heads
        self.head_width = width // heads
        self.pos_bias_u = nn.Parameter(torch.zeros(heads, width // heads))
        self.linear_q = nn.Linear(width, width)
        self.linear_k = nn.Linear(width, width)
        self.linear_v = nn.Linear(width, width)

    def forward(self, x: torch.Tensor, allowed: torch.Tensor, cache: torch.Tensor):
        shape = [x.size(0), x.size(1), self.heads, self.head_width]
        query = (self.linear_q(x).view(shape) + self.pos_bias_u).transpose(1, 2)
        new = torch.cat((self.linear_k(x).view(shape), self.linear_v(x).view(shape)), dim=-1).transpose(1, 2)
        if cache.size(0) > 0:
            new = torch.cat((cache, new), dim=2)
        key, value = new.chunk(2, dim=-1)
        scores = torch.matmul(query, key.transpose(2, 3)) / self.head_width
        if allowed.size(2) == scores.size(3):
            scores = scores.masked_fill(~allowed.unsqueeze(1), -1e9)
        mixed = torch.matmul(torch.softmax(scores, dim=-1), value)
        return mixed.transpose(1, 2).reshape(x.size(0), x.size(1), -1), new


class Layer(nn.Module):
    def __init__(self, heads: int, width: int):
        super().__init__()
        self.self_attn = Attention(heads, width)

    def forward(self, x: torch.Tensor, allowed: torch.Tensor, cache: torch.Tensor):
        mixed, cache = self.self_attn(x, allowed, cache)
        return x + mixed, cache
""",
    "cosyvoice/transformer/encoder.py": """
from typing import Tuple

import torch
from torch import nn

from cosyvoice.transformer.layers import Embed, Layer
from cosyvoice.utils.mask import padded


class BaseEncoder(nn.Module):
    def __init__(self, input_size: int, output_size: int = 256, attention_heads: int = 4, linear_units: int = 2048,
                 num_blocks: int = 6, dropout_rate: float = 0.1, positional_dropout_rate: float = 0.1,
                 attention_dropout_rate: float = 0.0, input_layer: str = "conv2d", pos_enc_layer_type: str = "abs_pos",
                 normalize_before: bool = True, static_chunk_size: int = 0, use_dynamic_chunk: bool = False,
                 use_dynamic_left_chunk: bool = False, selfattention_layer_type: str = "rel_selfattn",
                 use_cnn_module: bool = True, macaron_style: bool = True):
        super().__init__()
        self.static_chunk_size = static_chunk_size
        self.embed = Embed(input_size, output_size)
        self.after_norm = nn.LayerNorm(output_size)
        self.encoders = nn.ModuleList([Layer(attention_heads, output_size) for _ in range(num_blocks)])

    def forward(self, xs: torch.Tensor, xs_lens: torch.Tensor, decoding_chunk_size: int = 0,
                num_decoding_left_chunks: int = -1) -> Tuple[torch.Tensor, torch.Tensor]:
        valid = ~padded(xs_lens, xs.size(1)).unsqueeze(1)
        x = self.embed(xs)
        for layer in self.encoders:
            x, _ = layer(x, valid, torch.zeros(0, 0, 0, 0))
        return self.after_norm(x), valid

    @torch.jit.export
    def forward_chunk(self, xs: torch.Tensor, offset: int, required_cache_size: int,
                      att_cache: torch.Tensor = torch.zeros(0, 0, 0, 0),
                      cnn_cache: torch.Tensor = torch.zeros(0, 0, 0, 0),
                      att_mask: torch.Tensor = torch.ones((0, 0, 0), dtype=torch.bool)):
        x = self.embed(xs)
        caches = []
        for number, layer in enumerate(self.encoders):
            x, cache = layer(x, att_mask, att_cache[number:number + 1])
            caches.append(cache)
        return self.after_norm(x), torch.cat(caches), torch.zeros(len(caches), 0, 0, 0)


class ConformerEncoder(BaseEncoder):
    pass


class TransformerEncoder(BaseEncoder):
    pass
""",
    "cosyvoice/transformer/upsample_encoder.py": """
from typing import Tuple

import torch

from cosyvoice.transformer.encoder import BaseEncoder
from cosyvoice.utils.mask import padded


class UpsampleConformerEncoder(BaseEncoder):
    def forward(self, xs: torch.Tensor, xs_lens: torch.Tensor, context: torch.Tensor = torch.zeros(0, 0, 0),
                decoding_chunk_size: int = 0, num_decoding_left_chunks: int = -1,
                streaming: bool = False) -> Tuple[torch.Tensor, torch.Tensor]:
        x = self.embed(xs)
        if context.size(1) != 0:
            x = x + self.embed(context).mean(dim=1, keepdim=True)
        for layer in self.encoders:
            x, _ = layer(x, torch.ones(1, 1, 1, dtype=torch.bool), torch.zeros(0, 0, 0, 0))
        x = x.repeat_interleave(2, dim=1)
        return self.after_norm(x), ~padded(xs_lens * 2, x.size(1)).unsqueeze(1)
""",
    "third_party/Matcha-TTS/matcha/__init__.py": "",
    "third_party/Matcha-TTS/matcha/tools/__init__.py": "import whisper\nfrom . import lower\n",
    "third_party/Matcha-TTS/matcha/tools/lower.py": "import lost_.deep\n",
    "third_party/Matcha-TTS/matcha/models.py": """
import torch


class SinusoidalPosEmb(torch.nn.Module):
    def forward(self, t):
        return torch.sin(t).view(-1, 1, 1)
""",
    "cosyvoice/flow/__init__.py": "",
    "cosyvoice/flow/decoder.py": """
import torch
from matcha.models import SinusoidalPosEmb
from torch import nn


class CausalConditionalDecoder(nn.Module):
    def __init__(self, in_channels, out_channels, channels=(256, 256), dropout=0.05, attention_head_dim=64, n_blocks=1,
                 num_mid_blocks=2, num_heads=4, act_fn="snake", static_chunk_size=50, num_decoding_left_chunks=2):
        super().__init__()
        self.static_chunk_size = static_chunk_size
        self.time_embeddings = SinusoidalPosEmb()
        self.final_proj = nn.Conv1d(in_channels, out_channels, 1)

    def forward(self, x, mask, mu, t, spks=None, cond=None, streaming=False):
        speaker = spks.unsqueeze(-1).expand(-1, -1, x.size(2))
        every = torch.cat((x, mu, speaker, cond), dim=1) + self.time_embeddings(t)
        return self.final_proj(every * mask) * mask
""",
    "cosyvoice/flow/flow_matching.py": """
import torch
from torch import nn


class CausalConditionalCFM(nn.Module):
    def __init__(self, in_channels, cfm_params, n_spks=1, spk_emb_dim=64, estimator=None):
        super().__init__()
        self.rate = cfm_params["inference_cfg_rate"]
        self.estimator = estimator
        self.rand_noise = torch.randn(1, 80, 1500)

    def forward(self, mu, mask, n_timesteps, spks, cond, streaming):
        x = self.rand_noise[:, :, : mu.size(2)]
        for step in range(n_timesteps):
            given = [torch.cat((value, 0 * value)) for value in (mu, spks, cond)]
            time = torch.full((2,), step / n_timesteps)
            twice = self.estimator(torch.cat((x, x)), torch.cat((mask, mask)), given[0], time, *given[1:], streaming)
            x = x + self.rate * twice[:1] - 0.1 * twice[1:]
        return x
""",
    "cosyvoice/flow/flow.py": """
import torch
from torch import nn


class CausalMaskedDiffWithXvec(nn.Module):
    def __init__(self, input_size=512, output_size=80, spk_embed_dim=192, output_type="mel", vocab_size=4096,
                 input_frame_rate=50, only_mask_loss=True, token_mel_ratio=2, pre_lookahead_len=3, encoder=None,
                 decoder=None):
        super().__init__()
        self.pre_lookahead_len = pre_lookahead_len
        self.input_embedding = nn.Embedding(vocab_size, input_size)
        self.spk_embed_affine_layer = nn.Linear(spk_embed_dim, output_size)
        self.encoder = encoder
        self.encoder_proj = nn.Linear(input_size, output_size)
        self.decoder = decoder

    @torch.inference_mode()
    def inference(self, token, token_len, prompt_token, prompt_token_len, prompt_feat, prompt_feat_len, embedding,
                  streaming, finalize):
        x = self.input_embedding(torch.cat((prompt_token, token), dim=1))
        if finalize:
            h, _ = self.encoder(x, prompt_token_len + token_len, streaming=streaming)
        else:
            ahead = self.pre_lookahead_len
            h, _ = self.encoder(
                x[:, :-ahead], prompt_token_len + token_len, context=x[:, -ahead:], streaming=streaming)
        mu = self.encoder_proj(h).transpose(1, 2)
        mel = self.decoder(mu, torch.ones_like(mu[:, :1]), 3, self.spk_embed_affine_layer(embedding), mu * 0, streaming)
        return mel[:, :, prompt_feat.size(1):], None
""",
    "cosyvoice/hifigan/__init__.py": "",
    "cosyvoice/hifigan/f0_predictor.py": """
import torch
from torch import nn


class ConvRNNF0Predictor(nn.Module):
    def __init__(self, num_class=1, in_channels=80, cond_channels=512):
        super().__init__()
        self.classifier = nn.Linear(in_channels, num_class)

    def forward(self, x):
        return torch.abs(self.classifier(x.transpose(1, 2)).squeeze(-1))
""",
    "cosyvoice/hifigan/generator.py": """
import math

import torch
from torch import nn


class HiFTGenerator(nn.Module):
    def __init__(self, in_channels=80, base_channels=512, sampling_rate=22050, upsample_rates=(8, 8), istft_params=None,
                 f0_predictor=None):
        super().__init__()
        self.stride = math.prod(upsample_rates) * istft_params["hop_len"]
        self.f0_predictor = f0_predictor

    @torch.inference_mode()
    def inference(self, speech_feat, cache_source=torch.zeros(1, 1, 0)):
        pitch = self.f0_predictor(speech_feat).repeat_interleave(self.stride, dim=1)
        source = torch.sin(pitch.cumsum(1)).unsqueeze(1) + 0.1 * torch.randn(1, 1, pitch.size(1))
        source[:, :, : cache_source.size(2)] = cache_source
        return source.squeeze(1).clamp(-0.99, 0.99), source
""",
    "examples/libritts/cosyvoice2/conf/cosyvoice2.yaml": COSYVOICE2,
    "examples/libritts/cosyvoice/conf/cosyvoice.yaml": COSYVOICE,
    "examples/magicdata-read/cosyvoice/conf/cosyvoice.yaml": "this one is not asked",
}


def write_checkout(folder: Path) -> Path:
    """The stand-in in `folder`, which is returned."""
    return write_files(folder, {**FILES, **SPEECH_FILES})


def write_files(folder: Path, files: Mapping[str, str]) -> Path:
    """`files`, by their paths, in `folder`, which is returned."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.removeprefix("\n"), encoding="utf-8")
    return folder
