"""The language model computes what CosyVoice-300M's `llm.llm` does, whole and in chunks with a cache."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v1.transformer import NO_MASK, NextPositions, TransformerEncoder
from jitgate_cosyvoice.v2.attention import NO_CACHE
from jitgate_cosyvoice.v2.position import position_table

from tests.jitgate_cosyvoice.fingerprints import assert_same, built, load, names_and_shapes, normal, sum_of_weights


@pytest.fixture(scope="module")
def reference() -> dict[str, Any]:
    return load("cosyvoice_llm")


@pytest.fixture(scope="module")
def llm() -> TransformerEncoder:
    return build_seeded(TransformerEncoder)


@pytest.fixture(scope="module")
def narrow() -> TransformerEncoder:
    return build_seeded(lambda: TransformerEncoder(width=32, heads=2, feed_forward=64, layers=3))


def lower(size: int) -> torch.Tensor:
    return torch.ones(1, size, size, dtype=torch.bool).tril()


def test_names_shapes_order_and_weights(llm: TransformerEncoder, reference: dict[str, Any]) -> None:
    assert names_and_shapes(llm) == reference["state_dict"]
    assert len(reference["state_dict"]) == 272
    assert sum(value.numel() for value in llm.parameters()) == reference["parameters"] == 192_109_568
    assert sum_of_weights(llm) == pytest.approx(reference["sum_of_weights"], abs=1e-6)


def test_outputs_equal_the_original(llm: TransformerEncoder, reference: dict[str, Any]) -> None:
    """Seven positions, one, one; the same nine whole; then a chunk of three that keeps five positions of its cache."""
    steps, whole, chunk = (reference["cases"][name] for name in ("steps", "whole", "chunk"))
    cache, given = NO_CACHE, []
    with torch.inference_mode():
        for number, offset in enumerate(steps["arguments"]["offsets"]):
            xs = built(steps["inputs"][f"xs_step{number}"])
            given.append(xs)
            out, cache, none = llm.forward_chunk(xs, offset, -1, cache, NO_CACHE, lower(xs.size(1)))
            assert_same(out, steps["outputs"][f"y_step{number}"])
            assert_same(cache, steps["outputs"][f"att_cache_step{number}"])
            assert list(none.shape) == steps["outputs"][f"cnn_cache_step{number}_shape"]

        out, _ = llm(torch.cat(given, dim=1), torch.tensor([9]))
        assert_same(out, whole["outputs"]["xs"])

        mask = torch.cat((torch.ones(1, 3, 9, dtype=torch.bool), lower(3)), dim=2)
        xs = built(chunk["inputs"]["xs"])
        out, cache, _ = llm.forward_chunk(xs, **chunk["arguments"], att_cache=cache, att_mask=mask)
        assert_same(out, chunk["outputs"]["y"])
        assert_same(cache, chunk["outputs"]["att_cache"])


def test_step_by_step_equals_whole(narrow: TransformerEncoder) -> None:
    xs = normal(1, 1, 15, 32)
    step = NextPositions(narrow).eval()
    with torch.inference_mode():
        whole, _ = narrow(xs, torch.tensor([15]))
        first, cache = step(xs[:, :9], NO_CACHE, lower(9))
        got = [first]
        for position in range(9, 15):
            out, cache = step(xs[:, position : position + 1], cache, lower(1))
            got.append(out)
    torch.testing.assert_close(torch.cat(got, dim=1), whole, rtol=0.0, atol=1e-5)
    assert cache.shape == (3, 2, 15, 32)


@pytest.mark.parametrize(("required", "kept"), [(-1, 8), (0, 0), (3, 3), (100, 8)])
def test_the_next_cache_keeps_the_latest_positions(narrow: TransformerEncoder, required: int, kept: int) -> None:
    with torch.inference_mode():
        _, everything, _ = narrow.forward_chunk(normal(2, 1, 8, 32), 0, -1, att_mask=lower(8))
        _, cache, _ = narrow.forward_chunk(normal(2, 1, 8, 32), 0, required, att_mask=lower(8))
    assert torch.equal(cache, everything[:, :, 8 - kept :])


def test_without_a_mask_everything_is_seen(narrow: TransformerEncoder) -> None:
    xs = normal(3, 1, 8, 32)
    with torch.inference_mode():
        open_, _, _ = narrow.forward_chunk(xs, 0, -1, NO_CACHE, NO_CACHE, NO_MASK)
        full, _, _ = narrow.forward_chunk(xs, 0, -1, att_mask=torch.ones(1, 8, 8, dtype=torch.bool))
        causal, _, _ = narrow.forward_chunk(xs, 0, -1, att_mask=lower(8))
    assert torch.equal(open_, full)
    assert (open_ - causal).abs().max() > 1e-3


def test_past_the_table_a_step_still_has_the_right_distances(narrow: TransformerEncoder) -> None:
    table = narrow.embed.pos_enc.table
    try:
        narrow.embed.pos_enc.table = position_table(10, 32)
        xs = normal(4, 1, 12, 32)
        with torch.inference_mode():
            _, cache, _ = narrow.forward_chunk(xs[:, :9], 0, -1, att_mask=lower(9))
            got, _, _ = narrow.forward_chunk(xs[:, 9:], 9, -1, cache)
            narrow.embed.pos_enc.table = table
            expected, _, _ = narrow.forward_chunk(xs[:, 9:], 9, -1, cache)
    finally:
        narrow.embed.pos_enc.table = table
    torch.testing.assert_close(got, expected, rtol=0.0, atol=1e-6)


def test_the_step_has_the_names_of_a_whole_checkpoint(narrow: TransformerEncoder) -> None:
    assert list(NextPositions(narrow).state_dict()) == [f"llm.{name}" for name in narrow.state_dict()]
