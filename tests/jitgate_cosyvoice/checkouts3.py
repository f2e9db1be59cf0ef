"""A stand-in for a checkout that has CosyVoice3: narrow, with its module paths, constructor arguments and signatures.

Written for these tests; what its modules compute is not what CosyVoice3's compute.
"""

from __future__ import annotations

from pathlib import Path

from tests.jitgate_cosyvoice.blueprints import COSYVOICE3
from tests.jitgate_cosyvoice.checkouts import write_checkout, write_files

FILES = {
    "examples/libritts/cosyvoice3/conf/cosyvoice3.yaml": COSYVOICE3,
    "cosyvoice/flow/DiT/__init__.py": "",
    "cosyvoice/flow/DiT/dit.py": """
import torch
from torch import nn


class DiT(nn.Module):
    def __init__(self, *, dim, depth=8, heads=8, dim_head=64, dropout=0.1, ff_mult=4, mel_dim=80, mu_dim=None,
                 long_skip_connection=False, spk_dim=None, out_channels=None, static_chunk_size=50,
                 num_decoding_left_chunks=2):
        super().__init__()
        self.proj = nn.Linear(mel_dim * 2 + mu_dim + spk_dim, dim)
        self.blocks = nn.ModuleList([nn.Linear(dim, dim) for _ in range(depth)])
        self.proj_out = nn.Linear(dim, out_channels)

    def forward(self, x, mask, mu, t, spks=None, cond=None, streaming=False):
        speaker = spks.unsqueeze(-1).expand(-1, -1, x.size(2))
        h = self.proj(torch.cat((x, cond, mu, speaker), dim=1).transpose(1, 2)) + t.view(-1, 1, 1)
        for block in self.blocks:
            h = h + torch.tanh(block(h))
        return self.proj_out(h).transpose(1, 2) * mask
""",
    "cosyvoice/transformer/ahead.py": """
from torch import nn
from torch.nn import functional


class PreLookaheadLayer(nn.Module):
    def __init__(self, in_channels, channels, pre_lookahead_len=1):
        super().__init__()
        self.pre_lookahead_len = pre_lookahead_len
        self.conv = nn.Conv1d(in_channels, in_channels, pre_lookahead_len + 1)

    def forward(self, x):
        return self.conv(functional.pad(x.transpose(1, 2), (0, self.pre_lookahead_len))).transpose(1, 2)
""",
    "cosyvoice/flow/flow3.py": """
import torch
from torch import nn


class CausalMaskedDiffWithDiT(nn.Module):
    def __init__(self, input_size=512, output_size=80, spk_embed_dim=192, output_type="mel", vocab_size=4096,
                 input_frame_rate=50, only_mask_loss=True, token_mel_ratio=2, pre_lookahead_len=3,
                 pre_lookahead_layer=None, decoder=None):
        super().__init__()
        self.token_mel_ratio = token_mel_ratio
        self.pre_lookahead_len = pre_lookahead_len
        self.input_embedding = nn.Embedding(vocab_size, input_size)
        self.spk_embed_affine_layer = nn.Linear(spk_embed_dim, output_size)
        self.pre_lookahead_layer = pre_lookahead_layer
        self.decoder = decoder

    @torch.inference_mode()
    def inference(self, token, token_len, prompt_token, prompt_token_len, prompt_feat, prompt_feat_len, embedding,
                  streaming, finalize):
        x = self.pre_lookahead_layer(self.input_embedding(torch.cat((prompt_token, token), dim=1)))
        x = x if finalize else x[:, : -self.pre_lookahead_len]
        mu = x.repeat_interleave(self.token_mel_ratio, dim=1).transpose(1, 2)
        mel = self.decoder(mu, torch.ones_like(mu[:, :1]), 3, self.spk_embed_affine_layer(embedding), mu * 0, streaming)
        return mel[:, :, prompt_feat.size(1):], None
""",
    "cosyvoice/hifigan/causal.py": """
import math

import torch
from torch import nn


class CausalConvRNNF0Predictor(nn.Module):
    def __init__(self, num_class=1, in_channels=80, cond_channels=512):
        super().__init__()
        self.classifier = nn.Linear(in_channels, num_class)

    def forward(self, x, finalize=True):
        return torch.abs(self.classifier(x.transpose(1, 2)).squeeze(-1))


class CausalHiFTGenerator(nn.Module):
    def __init__(self, in_channels=80, base_channels=512, sampling_rate=22050, upsample_rates=(8, 8), istft_params=None,
                 conv_pre_look_right=4, f0_predictor=None):
        super().__init__()
        self.stride = math.prod(upsample_rates) * istft_params["hop_len"]
        self.ahead = conv_pre_look_right
        self.f0_predictor = f0_predictor

    @torch.inference_mode()
    def inference(self, speech_feat, finalize=True):
        self.f0_predictor.to(torch.float64)
        pitch = self.f0_predictor(speech_feat.to(torch.float64), finalize=finalize).to(speech_feat)
        source = torch.sin(pitch.repeat_interleave(self.stride, dim=1).cumsum(1)).unsqueeze(1)
        source = source + 0.1 * torch.randn_like(source)
        audio = source.squeeze(1).clamp(-0.99, 0.99)
        return (audio if finalize else audio[:, : -self.ahead * self.stride]), source
""",
}


def write_checkout3(folder: Path) -> Path:
    """The stand-in of all three generations in `folder`, which is returned."""
    write_checkout(folder)
    return write_files(folder, FILES)
