"""Attention masks of the encoder: True = may be attended to."""

from __future__ import annotations

import torch
from torch import Tensor

# Public, but torch.jit has no __all__; ignored here, since script would read the comment inside a function.
from torch.jit import is_scripting  # type: ignore[attr-defined]


def padding_mask(lengths: Tensor, size: int) -> Tensor:
    """lengths (B) in positions -> (B, 1, size) bool, True for the first `lengths[b]` positions."""
    position = torch.arange(size, dtype=torch.int64, device=lengths.device)
    return (position.unsqueeze(0) < lengths.unsqueeze(1)).unsqueeze(1)


def longest(lengths: Tensor, size: int) -> int:
    """The largest of lengths (B), for tensors of `size` positions.

    Reading it waits for the device, as in the original; a compiled graph must not depend on data, and takes `size`,
    which is the same unless the caller has padded every row.
    """
    if is_scripting():
        return int(lengths.max().item())
    if torch.compiler.is_compiling():
        return size
    return int(lengths.max().item())


def attention_mask(padding: Tensor, chunk: int, streaming: bool) -> Tensor:
    """What each query may see.

    padding (B, 1, T) bool. Not streaming: the same, broadcast over all queries. Streaming: (B, T, T), where a query
    sees its own chunk of `chunk` positions and everything before it.

    A query that could see nothing sees everything instead, since a softmax over nothing is NaN. Finding out whether
    there is one waits for the device, as in the original; a compiled graph leaves the question out, because it would
    depend on data, and expects lengths of at least 1.
    """
    allowed = padding
    if streaming:
        position = torch.arange(padding.size(2), device=padding.device)
        end = (torch.div(position, chunk, rounding_mode="trunc") + 1) * chunk
        allowed = padding & (position.unsqueeze(0) < end.unsqueeze(1)).unsqueeze(0)
    if is_scripting():
        return _never_empty(allowed)
    if torch.compiler.is_compiling():
        return allowed
    return _never_empty(allowed)


def _never_empty(allowed: Tensor) -> Tensor:
    empty = allowed.sum(dim=2, keepdim=True) == 0
    if int(empty.sum().item()) > 0:
        return allowed | empty
    return allowed
