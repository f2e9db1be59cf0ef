"""CosyVoice-300M's estimator: a UNet of two resolutions, which sees the whole sentence from every frame.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 1, `flow.decoder.estimator`), not
from its source; parameters have the original's names, shapes and order, so that `decoder.estimator.*` of a real
`flow.pt` loads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Public, but torch.jit has no __all__; ignored here, since script would read the comment inside a function.
from torch.jit import is_scripting  # type: ignore[attr-defined]
from torch.nn import functional

from jitgate_cosyvoice.v2.estimator_blocks import Block, Group, TimeEmbedding, TimeFeatures
from jitgate_cosyvoice.v2.speech import MEL


class Halved(nn.Module):
    """Every other frame: (B, C, M) -> (B, C, M / 2), rounded up."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, width, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return out


class Doubled(nn.Module):
    """Twice the frames: (B, C, M) -> (B, C, 2 M)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose1d(width, width, 4, stride=2, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return out


class FlowEstimatorV1(nn.Module):
    """Two groups down, twelve in the middle at half the frames, two up, each with a group down's output appended.

    Arguments as of version 2's `FlowEstimator`; width: a multiple of 8, which its norms group by. The defaults are
    CosyVoice-300M's: 81,878,864 parameters in 1,042 tensors.
    """

    def __init__(
        self, mel: int = MEL, width: int = 256, heads: int = 8, head_width: int = 64, time_width: int = 1024
    ) -> None:
        super().__init__()

        def group(channels: int, last: nn.Module | None) -> Group:
            built = Group(channels, width, heads, head_width, time_width, ends=False, causal=False)
            return built if last is None else built.append(last)

        self.time_embeddings = TimeFeatures(4 * mel)
        self.time_mlp = TimeEmbedding(4 * mel, time_width)
        self.down_blocks = nn.ModuleList([group(4 * mel, Halved(width)), group(width, _same(width))])
        self.mid_blocks = nn.ModuleList(group(width, None) for _ in range(12))
        self.up_blocks = nn.ModuleList([group(2 * width, Doubled(width)), group(2 * width, _same(width))])
        self.final_block = Block(width, width, causal=False)
        self.final_proj = nn.Conv1d(width, mel, 1)

    def forward(
        self,
        x: Tensor,
        mask: Tensor,
        mu: Tensor,
        t: Tensor,
        spks: Tensor,
        cond: Tensor,
        streaming: bool = False,  # noqa: ARG002 - part of the original's signature, which does not read it either
    ) -> Tensor:
        """The direction in which x moves at time t.

        x, mu, cond (B, mel, M): the noisy mel, what the encoder says of it, and the prompt's mel with zeros after it.
        mask (B, 1, M), of x's dtype, 1 where valid. t (B), 0 to 1. spks (B, mel): the projected speaker. streaming:
        ignored.
        Returns (B, mel, M), 0 where the mask is.
        Source: CosyVoice's conditional decoder, public description.
        """
        time = self.time_mlp(self.time_embeddings(t))
        x = torch.cat((x, mu, spks.unsqueeze(-1).expand(-1, -1, x.size(2)), cond), dim=1)
        masks = [mask]
        skips: list[Tensor] = []
        for group in self.down_blocks:
            valid = masks[-1]
            x = group(x, valid, time, 0, False)
            skips.append(x)
            x = group[2](x * valid)  # type: ignore[index]
            # The cut is of nothing: it tells a graph that the two are equally long.
            masks.append(_cut(valid[:, :, ::2], x.size(2)))
        # Of a level that there is not: the second group down keeps its frames.
        masks.pop()
        for group in self.mid_blocks:
            x = group(x, masks[-1], time, 0, False)
        for group in self.up_blocks:
            valid = masks.pop()
            other = skips.pop()
            x = torch.cat((_cut(x, other.size(2)), other), dim=1)
            x = group(x, valid, time, 0, False)
            x = group[2](x * valid)  # type: ignore[index]
        x = self.final_block(x, mask)
        out: Tensor = self.final_proj(x * mask) * mask
        return out


def narrow_estimator() -> FlowEstimatorV1:
    """A quarter of the width."""
    return FlowEstimatorV1(width=64, heads=2, head_width=32, time_width=256)


def _cut(x: Tensor, frames: int) -> Tensor:
    """The first `frames` of x (B, C, M), M = `frames` or one more: halved and doubled, an odd number has grown by one.

    A graph pads by a length that is below 0 instead: of a slice it would take for granted whether it cuts.
    """
    if is_scripting():
        return x[:, :, :frames]
    if torch.compiler.is_compiling():
        return functional.pad(x, [0, frames - x.size(2)])
    return x[:, :, :frames]


def _same(width: int) -> nn.Module:
    return nn.Conv1d(width, width, 3, padding=1)
