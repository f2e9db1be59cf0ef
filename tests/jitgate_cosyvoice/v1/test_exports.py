"""Scripted, frozen, saved and loaded, or exported with open lengths, each module is the same function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from jitgate.engines.capture import free_sizes
from jitgate.worker.content import signature
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.v1 import modules
from jitgate_cosyvoice.v1.conformer import ConformerEncoder
from jitgate_cosyvoice.v1.scenarios import flow_scenarios, step_scenarios, text_scenarios
from jitgate_cosyvoice.v1.transformer import PRESERVED, NextPositions, TransformerEncoder
from jitgate_cosyvoice.v2.attention import NO_CACHE

from tests.jitgate_cosyvoice.fingerprints import normal

if TYPE_CHECKING:
    from pathlib import Path

# torch announces TorchScript's end on every call; it is what ships today.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")


def narrow_step() -> Workload:
    """Three layers: what fourteen add is time."""
    module = build_seeded(lambda: TransformerEncoder(width=32, heads=2, feed_forward=64, layers=3))
    return Workload(NextPositions(module).eval(), step_scenarios(width=32, heads=2, layers=3))


def narrow_conformer(*, causal: bool) -> Workload:
    module = build_seeded(lambda: ConformerEncoder(inputs=32, width=32, heads=2, feed_forward=64, causal=causal))
    return Workload(module, text_scenarios(width=32) if causal else flow_scenarios(width=32))


NARROW = {
    "text_encoder": lambda: narrow_conformer(causal=True),
    "flow_encoder": lambda: narrow_conformer(causal=False),
    "llm": narrow_step,
}


@pytest.mark.parametrize("name", ["text_encoder", "flow_encoder", "llm"])
def test_torchscript_is_equal_in_every_scenario(name: str, tmp_path: Path) -> None:
    workload = getattr(modules, f"small_{name}")()
    path = tmp_path / f"{name}.zip"
    torch.jit.freeze(torch.jit.script(workload.module)).save(str(path))
    loaded = torch.jit.load(str(path))  # type: ignore[no-untyped-call]  # torch has no types here
    for scenario in workload.scenarios:
        for call in workload.calls(scenario):
            with torch.inference_mode():
                expected, got = workload.module(*call), loaded(*call)
            for one, other in zip(got, expected, strict=True):
                torch.testing.assert_close(one, other, rtol=0.0, atol=1e-5)


@pytest.mark.parametrize("name", NARROW)
def test_one_exported_graph_serves_all_calls_of_a_signature(name: str) -> None:
    workload = NARROW[name]()
    kinds: dict[str, list[tuple[object, ...]]] = {}
    for scenario in workload.scenarios:
        for call in workload.calls(scenario):
            kinds.setdefault(signature(call), []).append(call)
    assert len(kinds) == (2 if name == "llm" else 1)
    for calls in kinds.values():
        with torch.no_grad():
            program = torch.export.export(workload.module, calls[0], dynamic_shapes=free_sizes(calls))
            graph = program.module()
            for call in calls:
                for one, other in zip(graph(*call), workload.module(*call), strict=True):
                    torch.testing.assert_close(one, other, rtol=0.0, atol=1e-5)
        assert len(program.range_constraints) == (1 if len(calls) > 1 else 0), "one length is open, or none"


def test_forward_chunk_survives_freezing_where_it_is_named(tmp_path: Path) -> None:
    """The file that CosyVoice loads as `llm.llm`: two methods, no parameters."""
    module = build_seeded(lambda: TransformerEncoder(width=32, heads=2, feed_forward=64, layers=3))
    path = tmp_path / "llm.llm.fp32.zip"
    torch.jit.freeze(torch.jit.script(module), preserved_attrs=list(PRESERVED)).save(str(path))
    loaded = torch.jit.load(str(path))  # type: ignore[no-untyped-call]  # torch has no types here
    assert not list(loaded.parameters())
    xs, cache = normal(1, 1, 7, 32), NO_CACHE
    with torch.inference_mode():
        torch.testing.assert_close(loaded(xs, torch.tensor([7]))[0], module(xs, torch.tensor([7]))[0])
        for offset, size in ((0, 5), (5, 1), (6, 1)):
            chunk = xs[:, offset : offset + size]
            mask = torch.ones(1, size, size, dtype=torch.bool).tril()
            # As the original calls it: all by keyword but the first three.
            expected = module.forward_chunk(chunk, offset, -1, att_cache=cache, cnn_cache=NO_CACHE, att_mask=mask)
            got = loaded.forward_chunk(chunk, offset, -1, att_cache=cache, cnn_cache=NO_CACHE, att_mask=mask)
            for one, other in zip(got, expected, strict=True):
                torch.testing.assert_close(one, other, rtol=0.0, atol=1e-5)
            cache = expected[1]

    forgotten = torch.jit.freeze(torch.jit.script(module))
    assert not hasattr(forgotten, "forward_chunk"), "not named, it goes"
