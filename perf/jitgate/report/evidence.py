"""The evidence of one cell as `extra_info["jitgate"]` keeps it: plain JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from jitgate.gates.mode_words import mode_notes
from jitgate.gates.recommendation import recommend
from jitgate.gates.results import Results
from jitgate.gates.validity import fell_back, reported_speedup, speedup_of
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE
from jitgate.report.pipeline import pipeline_facts
from jitgate.report.produced import produced_facts
from jitgate.report.recommendation import recommendation_data
from jitgate.report.roofline import roofline, unseen_shape
from jitgate.statistics import finite

SCHEMA = 1
"""Version of the layout of an entry."""


def evidence(results: Results, cell: Cell) -> dict[str, Any]:
    """Workload, speed-up with interval and control, verdicts, memory, accuracy, cold start."""
    asked = results.asked(cell)
    measurement, samples = asked.measurement, asked.samples
    found = None if cell.variant == BASELINE else speedup_of(asked)
    speedup = None
    if found is not None:
        ordinary = reported_speedup(asked)
        speedup = {
            **found.interval.as_json(),
            "alpha": found.interval.alpha,
            "pairs": found.pairs,
            "control": found.control.as_json() if found.control else None,
            "noise_floor": found.noise_floor,
            "reported": None if ordinary is None else {**ordinary.as_json(), "alpha": ordinary.alpha},
        }
    return {
        "schema": SCHEMA,
        "workload": cell.workload,
        "scenario": cell.scenario,
        "variant": cell.variant,
        "baseline": asked.baseline,
        "device": measurement.device,
        "precision": samples.precision,
        "speedup": speedup,
        "gates": [verdict.as_json() for verdict in results.of(cell)],
        "memory": {**(samples.memory or MemoryPeaks()).as_json(), **_out_of_memory(samples)},
        "memory_growth": None
        if samples.growth is None
        else {"bytes_a_call": samples.growth.slope, "leaks": samples.growth.leaks},
        "residency": measurement.residency,
        "overcommitted": measurement.overcommitted,
        "power": {} if samples.power is None else samples.power.as_json(),
        "accuracy": _accuracy(samples),
        "fallback_check": {"on": fell_back(samples) is None, "fallback": fell_back(samples)},
        "timed_outputs": None if samples.timed_outputs is None else asdict(samples.timed_outputs),
        "recompiles": {"timed": dict(samples.recompiles), "warm_up": dict(samples.warm_up_recompiles)},
        "pipeline": pipeline_facts(results, cell),
        **produced_facts(measurement, samples),
        "cold_start": {name: value for name, value in asdict(samples.cold_start).items() if name != "warm_s"},
        **extras(measurement, cell.variant, asked.alpha),
        "first_of_turn_s": list(samples.first_s),
        "device_s": [duration for turn in samples.device_s for duration in turn],
        "failure": None
        if samples.failure is None
        else {"kind": samples.failure.kind.value, "sentence": samples.failure.sentence},
        # What failed before its first round has no durations, and so no entry of its own.
        "other_failures": {
            other.name: {"kind": other.failure.kind.value, "sentence": other.failure.sentence, **_out_of_memory(other)}
            for other in measurement.all_samples.values()
            if other.failure is not None and other is not samples
        },
        "rounds": measurement.rounds,
        "excluded_rounds": dict(Counter(measurement.excluded)),
        "seed": measurement.seed,
        "inside_calls": measurement.busy_s / measurement.wall_s if measurement.wall_s else None,
        "notes": [*mode_notes(measurement), *measurement.notes],
        **({} if measurement.base is None else {"base": measurement.base.as_json()}),
    }


def conclusions(results: Results) -> dict[str, Any]:
    """`{"schema": 1, "recommendations": [...], "verdicts": [...]}`: of the whole session."""
    found = [recommend(results, each) for each in results.measurements.values()]
    return {
        "schema": SCHEMA,
        "recommendations": [recommendation_data(each) for each in found if each is not None],
        "verdicts": [{**verdict.cell._asdict(), **verdict.as_json()} for verdict in results.verdicts],
    }


def concluded(results: Results | None, not_measured: Mapping[Cell, str]) -> dict[str, Any]:
    """`conclusions`, and in `not_measured` why selected cells have no verdict. results: None where nothing was
    measured."""
    found = {"schema": SCHEMA, "recommendations": [], "verdicts": []} if results is None else conclusions(results)
    return {**found, "not_measured": [{**cell._asdict(), "reason": why} for cell, why in not_measured.items()]}


def _accuracy(samples: Samples) -> dict[str, float | bool | None]:
    """Infinite is null, as everywhere: an SNR of equal outputs, a distance of outputs that can't be compared."""
    found = samples.accuracy
    return {
        "rel_l2": finite(samples.rel_l2),
        "max_abs": None if found is None else finite(found.max_abs),
        "tolerance": samples.tolerance,
        "snr_db": None if found is None else finite(found.snr_db),
        "log_mel_db": None if found is None else finite(found.log_mel_db),
        "mr_stft": None if found is None else finite(found.mr_stft),
        "not_finite": None if found is None else found.not_finite,
        "perceptual": found is not None and found.perceptual,
        "integers": None if found is None else found.integers,
        "unequal_integers": None if found is None else found.unequal,
        "token_ids": None if found is None else found.ids,
        "other_token_ids": None if found is None else found.other_ids,
        "excess_surprisal": None if found is None else finite(found.surprisal),
    }


def _out_of_memory(samples: Samples) -> dict[str, Any]:
    failure = samples.failure
    return {} if failure is None or failure.out_of_memory is None else failure.out_of_memory.facts()


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
