"""Modules that script in no time, under the names of the ones that are exported."""

from __future__ import annotations

from dataclasses import replace

import torch
from jitgate.workloads.checkpoint_spec import PretrainedFile
from jitgate_cosyvoice.jit_files import JIT_FILES
from torch import Tensor, nn

WIDTH = 512
"""Channels: with them a file has a megabyte, so that its size says something."""


class Plain(nn.Module):
    """Takes what a conformer takes, and is one linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, xs: Tensor, xs_lens: Tensor) -> tuple[Tensor, Tensor]:
        return self.out(xs), xs_lens


class Chunked(Plain):
    """Also takes what the language model takes, and its cache is what it has seen."""

    @torch.jit.export
    def forward_chunk(
        self, xs: Tensor, offset: int, required_cache_size: int, att_cache: Tensor, cnn_cache: Tensor, att_mask: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        seen = xs.unsqueeze(0) if att_cache.size(0) == 0 else torch.cat((att_cache, xs.unsqueeze(0)), dim=2)
        return self.out(xs), seen, cnn_cache


def standin(jit: PretrainedFile) -> PretrainedFile:
    """`jit`, with one of these in the place of its module."""
    chunked = "forward_chunk" in jit.methods
    methods = {**jit.methods, "forward": "xs: Tensor, xs_lens: Tensor"}
    name = f"{__name__}:{'Chunked' if chunked else 'Plain'}"
    return replace(jit, module=name, small=name, width=WIDTH, small_width=WIDTH, methods=methods)


STANDINS = {generation: tuple(standin(jit) for jit in files) for generation, files in JIT_FILES.items()}
