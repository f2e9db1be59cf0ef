"""What each of the things takes that a call makes: per token, per second of sound."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.variant import is_variant
from jitgate.report.format import format_seconds


def produced_lines(measurement: Measurement) -> Iterator[str]:
    """`per token: eager 14.2 ms (70.4/s), compile 9.1 ms (110/s)`; nothing where the workload does not say."""
    made = measurement.produced
    timed = [each for name, each in measurement.all_samples.items() if is_variant(name) and each.median_s]
    if made is not None and timed:
        each = ", ".join(_each(samples, made.count) for samples in timed)
        yield f"per {made.unit}: {each}; a call makes {made.count:g}"


def produced_facts(measurement: Measurement, samples: Samples) -> dict[str, Any]:
    """The same of one variant, for the JSON."""
    made, median_s = measurement.produced, samples.median_s
    if made is None:
        return {}
    known = {"seconds_each": median_s / made.count, "per_s": made.count / median_s} if median_s else {}
    return {"produced": {"count": made.count, "unit": made.unit, **known}}


def _each(samples: Samples, count: float) -> str:
    median_s = samples.median_s or 0.0
    return f"{samples.name} {format_seconds(median_s / count)} ({count / median_s:.3g}/s)"
