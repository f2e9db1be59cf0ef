"""The list that collection reads says what the factories give."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.config.staged import with_staged
from jitgate.engines.builtin import built_in
from jitgate.model.errors import Unavailable
from jitgate.worker.factories import build_workload, resolve
from jitgate.workloads.sound import Sound
from jitgate.workloads.spec import BUDGET_S, SHARERS
from jitgate_cosyvoice.registry import offered, shipped_workloads

SHIPPED = shipped_workloads()

SOUNDS = {
    "cosyvoice2-small.flow_estimator": Sound.mel(),
    "cosyvoice2-small.flow": Sound.mel(),
    "cosyvoice2-small.vocoder": Sound.waveform(24_000),
    "cosyvoice2-small.pipeline": Sound.waveform(24_000),
    "cosyvoice-small.pipeline": Sound.waveform(22_050),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_factory_exists_and_every_variant_too(name: str) -> None:
    spec = SHIPPED[name]
    assert callable(resolve(spec.factory, spec.where))
    assert set(spec.variants) <= set(with_staged(offered().every_variant(), [spec], built_in()))
    assert spec.nightly <= set(spec.scenarios)


@pytest.mark.parametrize("name", [name for name in SHIPPED if "-small." in name])
def test_scenarios_are_those_of_the_factory(name: str) -> None:
    spec = SHIPPED[name]
    try:
        workload = build_workload(spec.factory, spec.where)
    except Unavailable as reason:
        pytest.skip(str(reason))
    assert tuple(workload.scenarios) == spec.scenarios
    assert workload.sound == SOUNDS.get(name)


@pytest.mark.parametrize("name", [name for name in SHIPPED if "-small." in name])
def test_a_small_workload_is_listed_as_the_large_one_is(name: str) -> None:
    small, large = SHIPPED[name], SHIPPED[name.replace("-small.", ".")]
    assert (small.scenarios, small.variants) == (large.scenarios, large.variants)


def test_a_default_run_measures_the_flow_encoder_alone() -> None:
    """It has to end within three minutes on two cores."""
    default = {name for name, spec in SHIPPED.items() if spec.nightly < set(spec.scenarios)}
    assert default == {"cosyvoice2.flow_encoder", "cosyvoice2-small.flow_encoder"}


def test_only_the_shortest_sentence_may_take_longer_than_all_else() -> None:
    longer = {
        (name, scenario)
        for name, spec in SHIPPED.items()
        for scenario in spec.scenarios
        if spec.budget_s(scenario, SHARERS) > BUDGET_S
    }
    assert longer == {(name, "1s") for name in SHIPPED if name.endswith(".pipeline")}


@given(st.integers(1, 200))
def test_variants_beyond_the_first_ten_bring_their_own_time(variants: int) -> None:
    """Else a run of all has so few rounds that nothing is decided of any."""
    spec = SHIPPED["cosyvoice2.flow_encoder"]
    assert spec.budget_s("5s", variants) == pytest.approx(BUDGET_S * max(SHARERS, variants) / SHARERS)
