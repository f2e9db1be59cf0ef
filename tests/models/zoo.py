"""Six models of different kinds at tiny sizes, each as a person would bring it: in ten lines or fewer.

The builders of the modules stand above; what a project writes to have one gated is one function below.
"""

from __future__ import annotations

from typing import Any

import jitgate
import torch
from torch import nn


class Steps(nn.Module):
    """Eight tokens of a Whisper, by `generate`."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        tokens: torch.Tensor = self.model.generate(features, max_new_tokens=8, min_new_tokens=8, do_sample=False)
        return tokens


class Tagger(nn.Module):
    """An LSTM that takes a dict and gives one."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(100, 32)
        self.lstm = nn.LSTM(32, 32, batch_first=True)

    def forward(self, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        states, _ = self.lstm(self.embed(batch["tokens"]))
        return {"states": states * batch["mask"].unsqueeze(-1)}


class Block(nn.Module):
    """A block of a UNet: down, up, and the way around."""

    def __init__(self) -> None:
        super().__init__()
        self.into, self.out = nn.Conv2d(8, 16, 3, padding=1), nn.Conv2d(24, 8, 3, padding=1)
        self.time = nn.Linear(1, 16)

    def forward(self, image: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        low = nn.functional.avg_pool2d(nn.functional.silu(self.into(image)), 2) + self.time(time)[:, :, None, None]
        high = nn.functional.interpolate(low, scale_factor=2.0)
        out: torch.Tensor = self.out(torch.cat([image, high], dim=1))
        return out


class Vocoder(nn.Module):
    """A signal from a spectrogram, and its complex spectrum."""

    window: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.up = nn.ConvTranspose1d(16, 1, 16, stride=8, padding=4)
        self.register_buffer("window", torch.hann_window(32))

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        wave = torch.tanh(self.up(mel)).squeeze(1)
        return torch.stft(wave, 32, window=self.window, return_complex=True)


def bert() -> Any:
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    return BertModel(BertConfig(vocab_size=200, **sizes))


def whisper() -> jitgate.Workload:
    from transformers import WhisperConfig, WhisperForConditionalGeneration

    sizes = {"d_model": 32, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64, "max_source_positions": 50}
    stacks = {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    tokens = {"vocab_size": 200, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 3}
    model = WhisperForConditionalGeneration(WhisperConfig(**sizes, **stacks, **tokens, num_mel_bins=16))
    return jitgate.Workload(Steps(model).eval(), {"second": (torch.randn(1, 16, 100),)})


def tagger() -> jitgate.Workload:
    batch = {"tokens": torch.randint(0, 100, (2, 12)), "mask": torch.ones(2, 12)}
    return jitgate.Workload(Tagger().eval(), {"batch": (batch,)})


def unet() -> jitgate.Workload:
    return jitgate.Workload(Block().eval(), {"step": (torch.randn(1, 8, 16, 16), torch.rand(1, 1))})


def resnet() -> Any:
    from transformers import ResNetConfig, ResNetModel

    return ResNetModel(ResNetConfig(embedding_size=16, hidden_sizes=[16, 32], depths=[1, 1], layer_type="basic"))


def vocoder() -> jitgate.Workload:
    return jitgate.Workload(Vocoder().eval(), {"frames": (torch.randn(1, 16, 40),)})
