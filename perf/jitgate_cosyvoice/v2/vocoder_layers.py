"""The vocoder's building blocks; names of members are the state_dict names of the original."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


class _Parts(nn.Module):
    """The two parts of a weight: gain (n, 1, 1) and direction (n, ...), n being the size of axis 0."""

    def __init__(self, direction: Tensor) -> None:
        super().__init__()
        self.original0 = nn.Parameter(torch.linalg.vector_norm(direction, dim=(1, 2), keepdim=True))
        self.original1 = nn.Parameter(direction)

    def forward(self) -> Tensor:
        return torch._weight_norm(self.original1, self.original0, 0)


class _Parametrizations(nn.Module):
    """Only there for the names: torch's own parametrisation, which the original uses, can't be scripted."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.weight = _Parts(weight)


class NormedConv(nn.Module):
    """A convolution whose weight is gain x direction / |direction| (arXiv:1602.07868), worked out in every call.

    That is what the original does: it never takes the normalisation off. (B, C, T) -> (B, C', T).
    """

    def __init__(self, channels: int, width: int, kernel: int, dilation: int = 1) -> None:
        super().__init__()
        self.dilation = dilation
        self.padding = dilation * (kernel - 1) // 2
        plain = nn.Conv1d(channels, width, kernel)
        self.bias = nn.Parameter(plain.bias.detach() if plain.bias is not None else torch.empty(width))
        self.parametrizations = _Parametrizations(plain.weight.detach())

    def forward(self, x: Tensor) -> Tensor:
        weight = self.parametrizations.weight()
        return functional.conv1d(x, weight, self.bias, padding=self.padding, dilation=self.dilation)


class NormedTransposedConv(nn.Module):
    """The same, `stride` times as long: (B, C, T) -> (B, C', stride x T). Axis 0 of its weight is that of the input."""

    def __init__(self, channels: int, width: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.padding = (kernel - stride) // 2
        plain = nn.ConvTranspose1d(channels, width, kernel)
        self.bias = nn.Parameter(plain.bias.detach() if plain.bias is not None else torch.empty(width))
        self.parametrizations = _Parametrizations(plain.weight.detach())

    def forward(self, x: Tensor) -> Tensor:
        weight = self.parametrizations.weight()
        return functional.conv_transpose1d(x, weight, self.bias, stride=self.stride, padding=self.padding)


class Snake(nn.Module):
    """x + sin(alpha x)^2 / alpha, alpha per channel (arXiv:2006.08195): (B, C, T) -> the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        alpha = self.alpha.unsqueeze(0).unsqueeze(-1)
        out: Tensor = x + (1.0 / (alpha + 1e-9)) * torch.pow(torch.sin(x * alpha), 2)
        return out


class SnakeBlock(nn.Module):
    """Three residual pairs of convolutions, the first of each dilated 1, 3 and 5 times: (B, C, T) -> the same."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.convs1 = nn.ModuleList(NormedConv(channels, channels, kernel, dilation) for dilation in (1, 3, 5))
        self.convs2 = nn.ModuleList(NormedConv(channels, channels, kernel) for _ in range(3))
        self.activations1 = nn.ModuleList(Snake(channels) for _ in range(3))
        self.activations2 = nn.ModuleList(Snake(channels) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        pairs = zip(self.activations1, self.convs1, self.activations2, self.convs2)  # noqa: B905 - script has no strict
        for activation1, conv1, activation2, conv2 in pairs:
            x = conv2(activation2(conv1(activation1(x)))) + x
        return x
