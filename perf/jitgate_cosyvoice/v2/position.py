"""Relative positions of the conformer encoder: one fixed table, from which every call takes the middle."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# Public, but torch.jit has no __all__; ignored here, since script would read the comment inside a function.
from torch.jit import is_scripting  # type: ignore[attr-defined]

LONGEST = 5000
"""Distances in the table as built, in positions. Longer inputs make it grow."""


def position_table(distances: int, width: int) -> Tensor:
    """Sine and cosine of every relative distance, from `distances` - 1 down to -(`distances` - 1).

    Returns float32 (1, 2 x distances - 1, width) on the CPU; columns 2i and 2i + 1 hold the sine and cosine of
    distance x 10000^(-2i / width).
    """
    distance = torch.arange(distances - 1, -distances, -1, dtype=torch.float32, device="cpu")
    column = torch.arange(0, width, 2, dtype=torch.float32, device="cpu")
    angle = distance.unsqueeze(1) * torch.exp(column * -(math.log(10000.0) / width))
    return torch.stack((torch.sin(angle), torch.cos(angle)), dim=2).flatten(1).unsqueeze(0)


class RelativePositions(nn.Module):
    """The rows of the table that an input of T positions needs: (1, 2T - 1, width), distance 0 in the middle.

    The table is a plain attribute, as in the original: not in the state_dict, not moved with the module. The first call
    in another dtype or on another device converts it and keeps the result; an input of more than `LONGEST` positions
    recompiles it and keeps that.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.table = position_table(LONGEST, width)

    def forward(self, x: Tensor, before: int = 0) -> Tensor:
        """x (B, T, width) -> (1, 2S - 1, width), in the dtype and on the device of x.

        S = T + `before`: the positions of x and those that a cache holds of what came before.
        """
        size = x.size(1) + before
        if is_scripting():
            self._fit(x, size)
        elif torch.compiler.is_compiling():
            # A graph neither grows its constants nor keeps what it converted: it serves up to LONGEST positions, and
            # is fast where an eager call has moved the table beforehand.
            return self._middle(size).to(dtype=x.dtype, device=x.device)
        else:
            self._fit(x, size)
        return self._middle(size)

    def _fit(self, x: Tensor, size: int) -> None:
        if self.table.size(1) < 2 * size - 1:
            self.table = position_table(size, self.width).to(dtype=x.dtype, device=x.device)
        elif self.table.dtype != x.dtype or self.table.device != x.device:
            self.table = self.table.to(dtype=x.dtype, device=x.device)

    def _middle(self, size: int) -> Tensor:
        centre = self.table.size(1) // 2
        return self.table[:, centre - size + 1 : centre + size]
