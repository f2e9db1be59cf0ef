"""torch.export with a length that stays open: one graph for all lengths, as an inductor package needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from jitgate_cosyvoice.v2.scenarios import scenarios
from torch.export import Dim

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs
    from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder

SCENARIOS = scenarios(width=32)

# Only axis 1 of xs is open; the context's 3 or 0 frames and the plain values are part of the graph.
NAMED = {"xs": {1: Dim("tokens", min=2, max=2500)}}
UNNAMED = {"xs": {1: Dim.DYNAMIC}}


def inputs(name: str, tokens: int) -> Inputs:
    """The scenario's arguments with another length."""
    call = SCENARIOS[name]
    assert isinstance(call, tuple)
    xs = torch.randn(1, tokens, 32, generator=torch.Generator().manual_seed(tokens))
    return (xs, torch.tensor([tokens + call[2].size(1)], dtype=torch.int32), *call[2:])


@pytest.mark.parametrize(("name", "length"), [("5s", UNNAMED), ("first_chunk", NAMED)])
@pytest.mark.slow
def test_one_graph_serves_all_lengths(narrow: FlowEncoder, name: str, length: dict[str, dict[int, Dim]]) -> None:
    shapes = {argument: length.get(argument) for argument in ("xs", "xs_lens", "context")}
    shapes |= dict.fromkeys(("decoding_chunk_size", "num_decoding_left_chunks", "streaming"))
    with torch.no_grad():
        program = torch.export.export(narrow, inputs(name, 60), dynamic_shapes=shapes)
        graph = program.module()
        for tokens in (2, 25, 61, 462):
            call = inputs(name, tokens)
            expected, got = narrow(*call), graph(*call)
            torch.testing.assert_close(got[0], expected[0], rtol=0.0, atol=1e-5)
            assert torch.equal(got[1], expected[1])
    (interval,) = program.range_constraints.values()
    assert (interval.lower, interval.upper) == (2, 2500), "up to what the position table holds"

    called = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
    assert not [target for target in called if "item" in target or "_local_scalar_dense" in target], "asks for data"
    tables = [node for node in program.graph.nodes if node.op == "placeholder" and node.name.endswith("pos_enc_table")]
    # Inductor's freezing deletes a constant as soon as one of its readers has gone (torch 2.13).
    assert [len(table.users) for table in tables] == [1, 1]
