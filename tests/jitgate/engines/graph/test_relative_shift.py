"""Padded relative shifts: found where they are, left where they are something else, and the numbers stay."""

from collections.abc import Callable

import pytest
import torch
from jitgate.engines.capture import captured
from jitgate.engines.graph.relative_shift import unpadded
from torch import Tensor, nn

from tests.jitgate.engines.graph.rewriting import rewritten_flow_encoder

PAD = torch.ops.aten.cat.default


def flat(scores: Tensor) -> Tensor:
    """As jitgate's own attention writes it."""
    batch, heads, queries, distances = scores.size()
    zeros = torch.zeros((batch, heads, queries, 1), dtype=scores.dtype, device=scores.device)
    moved = torch.cat((zeros, scores), dim=-1).flatten(2)[:, :, queries:]
    return moved.view(batch, heads, queries, distances)[:, :, :, : distances // 2 + 1]


def in_rows(scores: Tensor) -> Tensor:
    """As Transformer-XL's authors write it: rows of as many numbers as there are queries, without the first."""
    batch, heads, queries, distances = scores.size()
    zeros = torch.zeros((batch, heads, queries, 1), dtype=scores.dtype, device=scores.device)
    padded = torch.cat((zeros, scores), dim=-1).view(batch, heads, distances + 1, queries)
    return padded[:, :, 1:].view(batch, heads, queries, distances)[:, :, :, : distances // 2 + 1]


def all_distances(scores: Tensor) -> Tensor:
    """Without the last cut: its last columns hold zeros."""
    batch, heads, queries, distances = scores.size()
    zeros = torch.zeros((batch, heads, queries, 1))
    return torch.cat((zeros, scores), dim=-1).flatten(2)[:, :, queries:].view(batch, heads, queries, distances)


def one_further(scores: Tensor) -> Tensor:
    """A slice that begins one number later."""
    batch, heads, queries, distances = scores.size()
    zeros = torch.zeros((batch, heads, queries, 1))
    start, row = queries + 1, distances - 1
    moved = torch.cat((zeros, scores), dim=-1).flatten(2)[:, :, start : start + queries * row]
    return moved.view(batch, heads, queries, row)[..., : distances // 2 + 1]


def of_ones(scores: Tensor) -> Tensor:
    """A column of something else."""
    batch, heads, queries, distances = scores.size()
    moved = torch.cat((torch.ones((batch, heads, queries, 1)), scores), dim=-1).flatten(2)[:, :, queries:]
    return moved.view(batch, heads, queries, distances)[:, :, :, : distances // 2 + 1]


class Shift(nn.Module):
    """What lies behind a product, as scores do."""

    def __init__(self, how: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.how = how

    def forward(self, query: Tensor, position: Tensor) -> Tensor:
        return self.how(torch.matmul(query, position.transpose(-2, -1)))


def _call(queries: int, keys: int) -> tuple[Tensor, Tensor]:
    return torch.randn(2, 3, queries, 4), torch.randn(2, 3, 2 * keys - 1, 4)


def _pads(program: torch.export.ExportedProgram) -> int:
    return sum(node.target == PAD for node in program.graph_module.graph.nodes)


@pytest.mark.parametrize("how", [flat, in_rows])
def test_a_shift_is_a_view(how: Callable[[Tensor], Tensor]) -> None:
    module, call = Shift(how), _call(5, 7 if how is flat else 5)
    program = captured(module, [call])
    assert unpadded(program) == 1
    assert _pads(program) == 0
    torch.testing.assert_close(program.module()(*call), module(*call), rtol=0, atol=0)
    assert unpadded(program) == 0


@pytest.mark.parametrize("how", [all_distances, one_further, of_ones])
def test_what_only_looks_like_it_stays(how: Callable[[Tensor], Tensor]) -> None:
    module, call = Shift(how), _call(5, 5)
    program = captured(module, [call])
    assert unpadded(program) == 0
    assert _pads(program) == 1
    torch.testing.assert_close(program.module()(*call), module(*call), rtol=0, atol=0)


def test_every_shift_of_the_flow_encoder_is_found_at_every_length() -> None:
    assert rewritten_flow_encoder(unpadded) == 10
