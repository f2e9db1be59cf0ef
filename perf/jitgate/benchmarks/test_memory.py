"""Every way of running the model stays under the memory limit, and stays there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_variant_stays_under_the_memory_limit(variant: Candidate, memory_limit: float) -> None:
    assert variant.peak_memory <= memory_limit


def test_variant_fits_while_loading(variant: Candidate, load_memory_limit: float) -> None:
    assert variant.load_memory <= load_memory_limit


def test_memory_does_not_grow_with_the_calls(variant: Candidate, max_memory_growth: float) -> None:
    assert variant.memory_growth <= max_memory_growth
