"""Scripted, frozen, saved and loaded, the encoder is the same function with the same signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from jitgate_cosyvoice.v2.scenarios import scenarios

if TYPE_CHECKING:
    from pathlib import Path

    from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder

# torch announces TorchScript's end on every call; it is what ships today.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

SCENARIOS = scenarios(width=32)


@pytest.fixture(scope="module")
def loaded(narrow: FlowEncoder, tmp_path_factory: pytest.TempPathFactory) -> torch.jit.ScriptModule:
    path: Path = tmp_path_factory.mktemp("torchscript") / "flow.encoder.fp32.zip"
    frozen = torch.jit.freeze(torch.jit.script(narrow))
    frozen.save(str(path))
    module: torch.jit.ScriptModule = torch.jit.load(str(path))  # type: ignore[no-untyped-call]  # torch has no types here
    return module


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_is_equal(narrow: FlowEncoder, loaded: torch.jit.ScriptModule, name: str) -> None:
    value = SCENARIOS[name]
    for call in value[:3] if isinstance(value, list) else [value]:
        with torch.inference_mode():
            expected, got = narrow(*call), loaded(*call)
        torch.testing.assert_close(got[0], expected[0], rtol=0.0, atol=1e-5)
        assert torch.equal(got[1], expected[1])


def test_keyword_calls_as_the_original_makes_them(narrow: FlowEncoder, loaded: torch.jit.ScriptModule) -> None:
    xs, lengths, context, *_ = SCENARIOS["first_chunk_sft"]
    with torch.inference_mode():
        for keywords in ({}, {"streaming": True}, {"context": context}, {"context": context, "streaming": True}):
            expected, got = narrow(xs, lengths, **keywords), loaded(xs, lengths, **keywords)
            torch.testing.assert_close(got[0], expected[0], rtol=0.0, atol=1e-5)


def test_batch_with_an_empty_row(narrow: FlowEncoder, loaded: torch.jit.ScriptModule) -> None:
    xs = torch.randn(2, 10, 32, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        expected, got = narrow(xs, torch.tensor([10, 0])), loaded(xs, torch.tensor([10, 0]))
    torch.testing.assert_close(got[0], expected[0], rtol=0.0, atol=1e-5)
    assert torch.equal(got[1], expected[1])


def test_frozen_keeps_forward_and_no_parameter(loaded: torch.jit.ScriptModule) -> None:
    schema = loaded.forward.schema  # type: ignore[attr-defined]  # a ScriptMethod
    arguments = ["self", "xs", "xs_lens", "context", "decoding_chunk_size", "num_decoding_left_chunks", "streaming"]
    assert [argument.name for argument in schema.arguments] == arguments
    assert [argument.default_value for argument in schema.arguments[-3:]] == [0, -1, False]
    assert not list(loaded.parameters())


def test_position_tables_survive_freezing(loaded: torch.jit.ScriptModule, narrow: FlowEncoder) -> None:
    """Weights become constants, but the tables stay attributes, since forward may replace them."""
    assert torch.equal(loaded.embed.pos_enc.table, narrow.embed.pos_enc.table)
