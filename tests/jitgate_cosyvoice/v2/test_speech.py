"""The narrow workloads of a sentence: what the registry says of them is what their factories build."""

from __future__ import annotations

import pytest
import torch
from jitgate.worker.factories import build_workload
from jitgate.workloads.spec import WorkloadSpec
from jitgate_cosyvoice.registry import shipped_workloads
from jitgate_cosyvoice.v2.speech import normal, tokens
from torch.utils import _pytree

SMALL = [
    spec
    for name, spec in shipped_workloads().items()
    if name.startswith("cosyvoice2-small.") and name.split(".")[1] in {"flow_estimator", "flow", "vocoder"}
]


def test_there_is_a_narrow_one_of_each() -> None:
    assert len(SMALL) == 3
    for spec in SMALL:
        full = shipped_workloads()[spec.name.replace("-small", "")]
        assert (full.scenarios, full.variants, full.nightly) == (spec.scenarios, spec.variants, spec.nightly)
        assert spec.nightly == set(spec.scenarios), "the default run stays short"


@pytest.mark.parametrize("spec", SMALL, ids=lambda spec: spec.name)
def test_the_registry_tells_the_truth_and_calls_succeed(spec: WorkloadSpec) -> None:
    workload = build_workload(spec.factory, spec.where)
    assert tuple(workload.scenarios) == spec.scenarios
    assert workload.threads == 1
    with torch.inference_mode():
        for scenario in ("first_chunk", "1s"):
            (call,) = workload.calls(scenario)
            first, *rest = _pytree.tree_leaves(workload.module(*call))
            assert all(value.isfinite().all() for value in (first, *rest))
            assert first.std() > 0.01
    again = build_workload(spec.factory, spec.where)
    for scenario in spec.scenarios:
        pairs = zip(workload.calls(scenario)[0], again.calls(scenario)[0], strict=True)
        assert all(torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b for a, b in pairs)


def test_inputs_follow_from_their_names() -> None:
    assert torch.equal(normal("a", 3), normal("a", 3))
    assert not torch.equal(normal("a", 3), normal("b", 3))
    assert not torch.equal(tokens("a", 30, 6561), tokens("b", 30, 6561))
