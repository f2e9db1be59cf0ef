"""Slices of constants behind linear layers: the same numbers, and no layer is left that hangs on weights alone."""

import jitgate.engines.graph.hoisting
import pytest
import torch
from jitgate.engines.capture import captured
from jitgate.engines.graph.hoisting import hoisted
from torch import Tensor, nn

from tests.jitgate.engines.graph.rewriting import rewritten_flow_encoder

LINEAR, SLICE = torch.ops.aten.linear.default, torch.ops.aten.slice.Tensor


class Positions(nn.Module):
    """Two layers read the middle of a table, one of them through a cast and idle dropout."""

    table: Tensor

    def __init__(self, *, written: bool = False) -> None:
        super().__init__()
        self.register_buffer("table", torch.randn(1, 99, 8))
        self.first = nn.Linear(8, 6, bias=False)
        self.second = nn.Linear(8, 6)
        self.own = nn.Linear(8, 6)
        self.dropout = nn.Dropout(0.5)
        self.written = written

    def forward(self, x: Tensor) -> Tensor:
        size = x.size(1)
        middle = self.table[:, 50 - size : 49 + size]
        if self.written:
            middle.mul_(1.0)
        read: Tensor = self.first(middle) + self.second(self.dropout(middle.to(x.dtype)))
        answer: Tensor = read.sum(dim=1, keepdim=True) + self.own(x)
        return answer


class Fixed(nn.Module):
    """Slices that hang on nothing, and one along the axis that the layer sums over."""

    table: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("table", torch.randn(1, 99, 40))
        self.layer = nn.Linear(40, 4)
        self.narrow = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        answer: Tensor = self.layer(self.table[:, :5]).sum() + nn.functional.linear(
            self.table[:, :, : x.size(1)], self.narrow.weight[:, : x.size(1)]
        )
        return answer


def _calls(*lengths: int) -> list[tuple[Tensor]]:
    return [(torch.randn(1, length, 8),) for length in lengths]


def _layers_of_constants(program: torch.export.ExportedProgram) -> int:
    """Linear layers that read a slice."""
    nodes = program.graph_module.graph.nodes
    return sum(node.target == LINEAR and getattr(node.args[0], "target", None) == SLICE for node in nodes)


def test_a_slice_is_taken_behind_the_layers_and_the_numbers_stay() -> None:
    module = Positions().eval()
    program = captured(module, _calls(5, 9))
    assert _layers_of_constants(program) == 1, "the other one reads it through a cast"
    assert hoisted(program) == 2
    assert _layers_of_constants(program) == 0
    for call in _calls(5, 9, 33):
        torch.testing.assert_close(program.module()(*call), module(*call))
    assert hoisted(program) == 0, "nothing is left to take"


@pytest.mark.parametrize("module", [Positions(written=True), Fixed()])
def test_what_is_written_or_hangs_on_nothing_or_is_cut_across_stays(module: nn.Module) -> None:
    program = captured(module.eval(), _calls(5, 7))
    before = str(program.graph_module.graph)
    assert hoisted(program) == 0
    assert str(program.graph_module.graph) == before


def test_a_package_grows_by_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    program = captured(Positions().eval(), _calls(5, 9))
    monkeypatch.setattr(jitgate.engines.graph.hoisting, "MOST_BYTES", 99 * 6 * 4)
    assert hoisted(program) == 1


def test_every_layer_of_the_flow_encoder_is_found() -> None:
    assert rewritten_flow_encoder(hoisted) == 10
