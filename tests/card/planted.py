"""A workload of known size, for worker processes on a card (and, in a rehearsal, on a CPU)."""

from __future__ import annotations

from typing import Any

import jitgate
import torch

MIB = 1 << 20
WEIGHTS = 300 * MIB


class Planted(torch.nn.Module):
    """300 MiB of weights, of which a call reads a few bytes."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.nn.Parameter(torch.ones(WEIGHTS // 4), requires_grad=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.table[:4]


def planted() -> jitgate.Workload:
    return jitgate.Workload(Planted(), {"short": (torch.zeros(4),)}, threads=1)


def temporaries(x: torch.Tensor) -> int:
    """Bytes that `hungry` takes in a call: more than a cap of 2 GiB on a card, and of 512 MiB on a CPU, has left."""
    return 3072 * MIB if x.is_cuda else 600 * MIB


def hungry(module: Any, example: tuple[Any, ...]) -> Any:
    """Needs `temporaries` in every call."""
    return lambda x: module(x) + torch.full((temporaries(x) // 4,), 1.0, device=x.device)[:4].sub_(1.0)


def greedy(module: Any, example: tuple[Any, ...]) -> Any:
    """Wants more than any card has."""
    return lambda x: module(x) + torch.empty(1 << 42, dtype=torch.uint8, device=x.device)[:4]
