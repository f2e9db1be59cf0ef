"""Masks that become numbers to add: found where they serve several scores, and the answers stay."""

from collections.abc import Callable

import pytest
import torch
from jitgate.engines.capture import captured
from jitgate.engines.graph.additive_mask import added
from torch import Tensor, nn

from tests.jitgate.engines.graph.rewriting import rewritten_flow_encoder

NEVER = -float("inf")
FILL = torch.ops.aten.masked_fill.Scalar


def attended(scores: Tensor, forbidden: Tensor) -> Tensor:
    """As jitgate's own attention writes it: nothing is looked at where everything is forbidden."""
    return torch.softmax(scores.masked_fill(forbidden, NEVER), dim=-1).masked_fill(forbidden, 0.0)


def plain(scores: Tensor, forbidden: Tensor) -> Tensor:
    """Without the zeros behind it."""
    return torch.softmax(scores.masked_fill(forbidden, NEVER), dim=-1)


def very_small(scores: Tensor, forbidden: Tensor) -> Tensor:
    """A number that added is not what it is put in place."""
    return torch.softmax(scores.masked_fill(forbidden, -1e4), dim=-1)


def read_twice(scores: Tensor, forbidden: Tensor) -> Tensor:
    """The masked scores go elsewhere too."""
    masked = scores.masked_fill(forbidden, NEVER)
    return torch.softmax(masked, dim=-1) + masked.exp()


class Masked(nn.Module):
    def __init__(self, how: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.how = how

    def forward(self, scores: Tensor, allowed: Tensor) -> Tensor:
        return self.how(scores, allowed.eq(0))


def _call(length: int, mask: tuple[int, ...], dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    shape = tuple(length if size < 0 else size for size in mask)
    allowed = torch.rand(shape) > 0.3
    allowed[..., 0] = True
    return torch.randn(2, 3, length, length, dtype=dtype), allowed


def _fills(program: torch.export.ExportedProgram) -> list[torch.Size]:
    """What -inf is put into."""
    nodes = program.graph_module.graph.nodes
    return [node.args[1].meta["val"].shape for node in nodes if node.target == FILL and node.args[2] == NEVER]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("mask", [(2, 1, 1, -1), (2, 1, -1, -1), (1, 3, -1, -1), (-1, -1)])
@pytest.mark.parametrize("how", [attended, plain])
def test_a_mask_of_several_scores_is_added(
    how: Callable[[Tensor, Tensor], Tensor], mask: tuple[int, ...], dtype: torch.dtype
) -> None:
    module = Masked(how)
    program = captured(module, [_call(length, mask, dtype) for length in (5, 9)])
    assert added(program) == 1
    assert len(_fills(program)) == 1, "the mask itself, and no score"
    assert added(program) == 0
    for length in (5, 9, 33):
        call = _call(length, mask, dtype)
        torch.testing.assert_close(program.module()(*call), module(*call), rtol=0, atol=0)


def test_where_everything_is_forbidden_nothing_is_looked_at() -> None:
    module, (scores, allowed) = Masked(attended), _call(5, (2, 1, 1, 5))
    program = captured(module, [(scores, allowed)])
    added(program)
    nothing = torch.zeros_like(allowed)
    assert torch.count_nonzero(program.module()(scores, nothing)) == 0


def test_one_mask_is_written_once_for_all_that_read_it() -> None:
    class Twice(nn.Module):
        def forward(self, scores: Tensor, allowed: Tensor) -> Tensor:
            forbidden = allowed.eq(0)
            return attended(attended(scores, forbidden), forbidden)

    module, call = Twice(), _call(5, (2, 1, 1, 5))
    program = captured(module, [call])
    assert added(program) == 2
    assert len(_fills(program)) == 1
    torch.testing.assert_close(program.module()(*call), module(*call), rtol=0, atol=0)


@pytest.mark.parametrize(
    ("how", "mask"), [(attended, (2, 3, -1, -1)), (very_small, (2, 1, 1, -1)), (read_twice, (2, 1, 1, -1))]
)
def test_what_would_win_nothing_or_change_something_stays(
    how: Callable[[Tensor, Tensor], Tensor], mask: tuple[int, ...]
) -> None:
    module, call = Masked(how), _call(5, mask)
    program = captured(module, [call])
    before = str(program.graph_module.graph)
    assert added(program) == 0
    assert str(program.graph_module.graph) == before
    torch.testing.assert_close(program.module()(*call), module(*call), rtol=0, atol=0)


def test_every_softmax_of_the_flow_encoder_is_found_at_every_length() -> None:
    assert rewritten_flow_encoder(added) == 10
