"""Every way of running the model stays under the memory ceiling."""

from perf.plugin.face import Candidate


def test_variant_stays_under_the_ceiling(variant: Candidate, ceiling: int) -> None:
    assert variant.peak_memory <= ceiling
