"""Arithmetic on the CPU in the calling thread alone. Runs in workers.

torch splits work on large tensors among its threads, and waits for the last of them. Where others hold the cores just
then, as threads of ONNX Runtime that spin after its call, or another process, that takes long: 12 to 19 ms for 4 MiB
and two threads, and 1.3 ms in one (two cores at load 9, 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

PART = 1 << 14
"""Values; torch splits work from twice as many on (`at::internal::GRAIN_SIZE`)."""


def multiply(given: torch.Tensor, factors: torch.Tensor, out: torch.Tensor) -> None:
    """`out` becomes `given` times `factors`, which have the sizes of its last axes."""
    import torch

    for one, other, target in _parts(given, factors, out):
        torch.mul(one, other, out=target)


def copy(given: torch.Tensor, out: torch.Tensor) -> None:
    """`out`, of the sizes of `given` or of more axes in front, becomes `given`, once for each."""
    for _, one, target in _parts(out, given, out):
        target.copy_(one.expand(target.shape))


def _parts(
    whole: torch.Tensor, last: torch.Tensor, out: torch.Tensor
) -> Iterator[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Parts that belong together. last: of the sizes of the last axes of the other two."""
    plain = whole.is_contiguous() and last.is_contiguous() and out.is_contiguous()
    if whole.numel() <= PART or whole.device.type != "cpu" or not plain:
        yield whole, last, out
        return
    width = last.numel()
    columns = min(width, PART)
    rows = PART // columns
    table, row, target = whole.view(-1, width), last.view(-1), out.view(-1, width)
    for top in range(0, len(table), rows):
        for left in range(0, width, columns):
            place = slice(top, top + rows), slice(left, left + columns)
            yield table[place], row[place[1]], target[place]
