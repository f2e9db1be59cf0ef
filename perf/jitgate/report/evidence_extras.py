"""The secondary figures of a variant, as `extra_info["jitgate"]` keeps them: warm-up, unseen shapes, roofline."""

from __future__ import annotations

from typing import Any

from jitgate.model.measurement import Measurement
from jitgate.report.roofline import roofline, unseen_shape


def extras(measurement: Measurement, variant: str, alpha: float) -> dict[str, Any]:
    """`steady_median_s`, `warm_up`, `unseen_shape`, `roofline`; null for what was not measured."""
    samples, ratio = measurement.all_samples[variant], unseen_shape(measurement, variant, alpha)
    warm, lengths = samples.warm_up, samples.unseen_shapes
    return {
        "steady_median_s": samples.median_s,
        "warm_up": None
        if warm is None
        else {"calls": warm.calls, "seconds": warm.seconds, "steady_s": warm.steady_s, "calls_s": list(samples.warm_s)},
        "unseen_shape": {
            "ratio": None if ratio is None else ratio.as_json(),
            "lengths": [{"first_s": each.first_s, "known_s": list(each.known_s)} for each in lengths.lengths],
            "problem": lengths.problem,
            "untried": lengths.untried,
        },
        "roofline": _roofline(measurement, variant, alpha),
    }


def _roofline(measurement: Measurement, variant: str, alpha: float) -> dict[str, Any] | None:
    """`above` is the text for a variant above the measured peak, whose `share` is null."""
    work, precision = measurement.flop_count, measurement.all_samples[variant].precision
    if work is None:
        return None
    found, peak = roofline(measurement, variant, alpha), measurement.peak_rates.get(precision)
    return {
        "flops": work.flops,
        "moved_bytes": work.moved_bytes(precision),
        "flops_s": None if peak is None else peak.flops_s,
        "bytes_s": None if peak is None else peak.bytes_s,
        "missing": measurement.missing.get(precision),
        "roofline_s": None if found is None else found.limit_s,
        "bound": None if found is None else str(found.bound),
        "share": None if found is None else found.share.as_json(),
        "above": None if found is None else found.above,
    }
