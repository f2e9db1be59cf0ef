"""Flow matching: from noise to a mel spectrogram, in Euler steps along the estimator's directions, with guidance."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

LONGEST = 15_000
"""Mel frames of prompt and speech together that there is noise for: 300 s."""

GUIDANCE = 0.7
"""How far a step goes beyond the conditional direction, away from the unconditional one (arXiv:2207.12598)."""

STEPS = 10


def fixed_noise(mel: int) -> Tensor:
    """Where every sentence starts: (1, mel, `LONGEST`) float32 on the CPU, normal draws of torch's generator, seed 0.

    The original seeds all of the process's generators for it; a generator of its own draws the same numbers.
    """
    return torch.randn((1, mel, LONGEST), generator=torch.Generator(device="cpu").manual_seed(0), device="cpu")


def time_grid(steps: int, like: Tensor) -> Tensor:
    """`steps` + 1 times from 0 to 1: 1 - cos(pi s / 2), s evenly spaced, in the dtype and on the device of `like`."""
    even = torch.linspace(0, 1, steps + 1, dtype=like.dtype, device=like.device)
    return 1 - torch.cos(even * 0.5 * math.pi)


class EulerSolver(nn.Module):
    """Follows the estimator's directions from where it is put."""

    repeated = ("estimator",)

    def __init__(self, estimator: nn.Module) -> None:
        super().__init__()
        self.guidance = GUIDANCE
        self.estimator = estimator

    def solve(
        self, x: Tensor, mu: Tensor, mask: Tensor, spks: Tensor, cond: Tensor, steps: int, streaming: bool
    ) -> Tensor:
        """x, mu, cond (1, mel, M), mask (1, 1, M), spks (1, mel) -> mel (1, mel, M), float32.

        Every step asks for two directions at once: row 0 as given, row 1 with mu, spks and cond left out.
        """
        frames = mu.size(2)
        grid = time_grid(steps, mu)
        t = grid[0].unsqueeze(0)
        dt = grid[1] - grid[0]
        # One set of buffers for all steps, filled again by each: row 1 of the last three stays zero.
        both_x = torch.zeros((2, x.size(1), frames), dtype=spks.dtype, device=x.device)
        both_mask = torch.zeros((2, 1, frames), dtype=spks.dtype, device=x.device)
        both_mu = torch.zeros((2, x.size(1), frames), dtype=spks.dtype, device=x.device)
        both_t = torch.zeros((2,), dtype=spks.dtype, device=x.device)
        both_spks = torch.zeros((2, x.size(1)), dtype=spks.dtype, device=x.device)
        both_cond = torch.zeros((2, x.size(1), frames), dtype=spks.dtype, device=x.device)
        for step in range(1, steps + 1):
            both_x[:] = x
            both_mask[:] = mask
            both_mu[0] = mu[0]
            both_t[:] = t
            both_spks[0] = spks[0]
            both_cond[0] = cond[0]
            direction = self.estimator(both_x, both_mask, both_mu, both_t, both_spks, both_cond, streaming)
            with_condition, without = direction.split(1)
            x = x + dt * ((1.0 + self.guidance) * with_condition - self.guidance * without)
            # Summed up, not read from the grid: the original's rounding.
            t = t + dt
            if step < steps:
                dt = grid[step + 1] - t[0]
        return x.float()


class FlowMatching(EulerSolver):
    """From noise that is the same for every sentence to mel. It is a plain attribute on the CPU, as in the original."""

    def __init__(self, estimator: nn.Module, mel: int) -> None:
        super().__init__(estimator)
        self.noise = fixed_noise(mel)

    def forward(self, mu: Tensor, mask: Tensor, spks: Tensor, cond: Tensor, steps: int, streaming: bool) -> Tensor:
        """As `EulerSolver.solve`; M is at most `LONGEST`."""
        x = self.noise[:, :, : mu.size(2)].to(device=mu.device, dtype=mu.dtype)
        return self.solve(x, mu, mask, spks, cond, steps, streaming)
