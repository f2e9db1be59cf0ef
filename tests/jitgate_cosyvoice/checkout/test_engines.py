"""The parts of a checkout where the time is, by engines beyond the one that CosyVoice exports to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from jitgate.engines.compiled import compiled
from jitgate.engines.inductor import Inductor
from jitgate.model.errors import Unavailable
from jitgate.values.leaves import leaves
from jitgate.worker.before_call import before_calls_of
from jitgate.workloads.workload import Workload

from tests.jitgate_cosyvoice.checkout.conftest import Make


def answers(run: Callable[..., object], workload: Workload) -> list[torch.Tensor]:
    before_calls_of(workload)(0)
    with torch.inference_mode():
        found: list[torch.Tensor] = leaves(run(*workload.calls("1s")[0]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flow_estimator", "flow", "vocoder"])
def test_a_compiled_part_says_the_same(make: Make, name: str) -> None:
    workload = make(f"cosyvoice2.{name}")
    right = answers(workload.module, workload)
    runner = compiled(workload.module, workload.calls("1s")[0])
    for found, expected in zip(answers(runner, workload), right, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=5e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["flow_estimator", "vocoder"])
def test_an_exported_part_says_the_same_or_why_it_can_not_be(make: Make, name: str, tmp_path: Path) -> None:
    workload = make(f"cosyvoice2.{name}")
    right = answers(workload.module, workload)
    path = tmp_path / "part.pt2"
    facts = Inductor().export(copy.deepcopy(workload.module), list(workload.calls("1s")), path)
    runner = Inductor().load(path, "cpu", facts)
    for found, expected in zip(answers(runner, workload), right, strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=5e-3)


def test_what_reads_tensors_on_the_host_is_refused_in_one_sentence(make: Make, checkout: Path, tmp_path: Path) -> None:
    """As CosyVoice's masks do."""
    path = checkout / "cosyvoice" / "flow" / "decoder.py"
    path.write_text(
        path.read_text().replace(
            "        speaker =", "        if mask.sum().item() == 0:\n            mask = mask + 1\n        speaker ="
        )
    )
    workload = make("cosyvoice2.flow_estimator")
    with pytest.raises(Unavailable) as caught:
        Inductor().export(workload.module, list(workload.calls("1s")), tmp_path / "part.pt2")
    assert "\n" not in str(caught.value)
