"""Modules that one call runs several times: compiled once, with the same numbers."""

import pytest
import torch
from jitgate.engines.capture import captured
from jitgate.engines.compiled import Compiled
from jitgate.engines.graph.repetition import compiled_once, repeated
from jitgate_cosyvoice.v2.flow import small_flow
from torch import nn

from tests.jitgate.engines.graph.rewriting import Steps


def _products(module: nn.Module, x: torch.Tensor) -> int:
    """Of weights, in all graphs that dynamo hands to a compiler, counted once each."""
    graphs: list[torch.fx.GraphModule] = []

    def keep(graph: torch.fx.GraphModule, _: object) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    torch._dynamo.reset()
    torch.compile(module, backend=keep)(x)
    return sum(
        "linear" in str(node.target)
        for graph in graphs
        for part in graph.modules()
        if isinstance(part, torch.fx.GraphModule)
        for node in part.graph.nodes
    )


def test_what_is_repeated_stands_in_the_graph_once() -> None:
    module, x = Steps().eval(), torch.randn(2, 4)
    with torch.inference_mode():
        expected = module(x)
        assert _products(module, x) == 5
        assert compiled_once(module) == 1
        assert _products(module, x) == 1
        torch.testing.assert_close(module(x), expected, rtol=0, atol=0)


def test_a_compiled_one_has_the_same_numbers_at_every_length() -> None:
    module = Steps().eval()
    with torch.inference_mode():
        calls = [torch.randn(rows, 4) for rows in (2, 3, 7)]
        expected = [module(x) for x in calls]
        call = Compiled(module, "default")
        for x, wanted in zip(calls, expected, strict=True):
            torch.testing.assert_close(call(x), wanted)
    assert call.proof() is None


def test_the_flow_names_its_estimator() -> None:
    module = small_flow().module
    assert list(repeated(module)) == ["decoder.estimator"]


def test_marking_twice_marks_once() -> None:
    module = Steps()
    assert compiled_once(module) == 1
    marked = module.child.forward
    assert compiled_once(module) == 1
    assert module.child.forward is marked


def test_an_exported_graph_calls_it_instead_of_holding_it() -> None:
    module, calls = Steps().eval(), [(torch.randn(rows, 4),) for rows in (5, 9)]
    program = captured(module, calls)
    called = [str(node.target) for node in program.graph_module.graph.nodes if node.op == "call_function"]
    assert called.count("invoke_subgraph") == 5
    assert not any("linear" in target for target in called)
    for call in calls:
        torch.testing.assert_close(program.module()(*call), module(*call))


def test_a_name_without_a_child_is_an_error() -> None:
    module = Steps()
    module.repeated = ("sister",)
    with pytest.raises(AttributeError, match="sister"):
        compiled_once(module)


def test_something_else_of_that_name_names_no_children() -> None:
    class Mine(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.repeated = nn.Linear(2, 2)

    assert repeated(Mine()) == {}
