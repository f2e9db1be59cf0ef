"""CosyVoice3, of which jitgate has no modules: measured by those of a checkout, exported by none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from jitgate.model.errors import UsageError
from jitgate.values.leaves import leaves
from jitgate.worker.factories import build_workload
from jitgate.workloads.spec import WorkloadSpec
from jitgate.workloads.weight_source import WeightSource
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.checkout.parts import NO_DIRECTORY, ONLY_OF_A_CHECKOUT, PARTS
from jitgate_cosyvoice.checkout.place import find_checkout
from jitgate_cosyvoice.checkout.policy import with_checkout

from tests.jitgate.plugin.conftest import Project
from tests.jitgate_cosyvoice.blueprints import COSYVOICE3
from tests.jitgate_cosyvoice.checkouts import write_checkout
from tests.jitgate_cosyvoice.checkouts3 import write_checkout3
from tests.jitgate_cosyvoice.policies import cosyvoice_policy

NAMES = [spec.name for spec in ONLY_OF_A_CHECKOUT]


@pytest.fixture
def checkout3(tmp_path: Path) -> Path:
    return write_checkout3(tmp_path / "CosyVoice")


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "cosyvoice3.yaml").write_text(COSYVOICE3)
    return folder


@pytest.mark.parametrize("spec", ONLY_OF_A_CHECKOUT[:-1], ids=NAMES[:-1])
def test_every_scenario_is_answered_twice_the_same(checkout3: Path, unimported: None, spec: WorkloadSpec) -> None:
    workload = build_workload(spec.factory, "here", WeightSource(checkout=checkout3))
    assert tuple(workload.scenarios) == spec.scenarios
    dtypes = [value.dtype for value in workload.module.state_dict().values()]
    with torch.inference_mode():
        for scenario in ("first_chunk", "1s"):
            one, two = (answered(workload, scenario) for _ in range(2))
            assert all(torch.equal(*pair) and pair[0].isfinite().all() for pair in zip(one, two, strict=True))
    assert [value.dtype for value in workload.module.state_dict().values()] == dtypes, "a call changes its weights"


def answered(workload: Workload, scenario: str) -> list[torch.Tensor]:
    torch.manual_seed(0)  # as before every call of a workload that draws
    return leaves(workload.module(*workload.calls(scenario)[0]))


def test_a_second_of_speech(checkout3: Path, unimported: None) -> None:
    def answer(name: str) -> torch.Tensor:
        factory = f"jitgate_cosyvoice.checkout.modules:{name.replace('.', '_')}"
        workload = build_workload(factory, "here", WeightSource(checkout=checkout3))
        with torch.inference_mode():
            found: torch.Tensor = leaves(workload.module(*workload.calls("1s")[0]))[0]
        return found

    assert answer("cosyvoice3.flow").shape == (1, 80, 50)
    assert answer("cosyvoice3.vocoder").shape == (1, 24_000)


def test_they_are_there_where_the_checkout_describes_them(checkout3: Path, tmp_path: Path) -> None:
    policy = with_checkout(cosyvoice_policy(), checkout3, None)
    assert set(policy.workloads) == {*cosyvoice_policy().workloads, *NAMES}
    assert {name: policy.workloads[name].variants for name in NAMES} == {name: PARTS[name] for name in NAMES}
    reasons = {name: policy.workloads[name].left_out for name in NAMES}
    assert reasons == {**dict.fromkeys(NAMES, ""), "cosyvoice3.pipeline": NO_DIRECTORY}
    assert set(NAMES) <= set(PARTS)
    older = with_checkout(cosyvoice_policy(), write_checkout(tmp_path / "older"), None)
    assert set(older.workloads) == set(cosyvoice_policy().workloads)


def test_weights_of_it_leave_out_the_other_generations(checkout3: Path, weights: Path) -> None:
    policy = with_checkout(cosyvoice_policy(), checkout3, weights)
    assert {name for name, spec in policy.workloads.items() if not spec.left_out} == set(NAMES)


def test_a_yaml_that_describes_nothing_is_said_before_anything_starts(checkout3: Path, weights: Path) -> None:
    (weights / "cosyvoice3.yaml").write_text("sample_rate: 24000")
    said = f"--jitgate-checkpoint {weights} is CosyVoice3, not supported without .*has no flow and no hift"
    with pytest.raises(UsageError, match=said):
        find_checkout(checkout3, weights)


@pytest.mark.slow
def test_a_run_measures_it(project: Project) -> None:
    (project.path / "pyproject.toml").write_text("[tool.jitgate]")
    write_checkout3(project.path / "CosyVoice")
    done = project.pytest(
        *("-p", "jitgate_cosyvoice", "--jitgate-cosyvoice", "CosyVoice", "-m", ""),
        *("--jitgate-select", "cosyvoice3.vocoder/first_chunk/*", "-k", "test_eager_agrees"),
        *("--jitgate-verbose", "--jitgate-budget", "20", "--benchmark-json", "out.json"),
        timeout_s=600,
    )
    (entry,) = json.loads((project.path / "out.json").read_text())["benchmarks"]
    assert entry["extra_info"]["jitgate"]["workload"] == "cosyvoice3.vocoder", done.stdout + done.stderr
    assert "raised" not in done.stdout
    assert "built from its examples/libritts/cosyvoice3/conf/cosyvoice3.yaml" in done.stdout
