"""The evidence of one cell as `extra_info["jitgate"]` keeps it: plain JSON, for whoever reads the file."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict
from typing import Any

from jitgate.config.policy import Policy
from jitgate.gates.authenticity import off
from jitgate.gates.judge import Judge, rulings
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE
from jitgate.report.evidence_extras import extras
from jitgate.report.pipeline import sentence_facts
from jitgate.statistics import Interval


def evidence(policy: Policy, judge: Judge, measurement: Measurement, cell: Cell) -> dict[str, Any]:
    """Workload, speed-up with interval and control, gates with verdicts, memory, accuracy and cold figures."""
    samples = measurement.all_samples[cell.variant]
    baseline = policy.baseline(cell, measurement.device.split(":")[0])
    found = None if cell.variant == BASELINE else judge.speedup(measurement, cell.variant, baseline)
    speedup = None
    if found is not None:
        speedup = {
            **_interval(found.interval),
            "alpha": found.interval.alpha,
            "pairs": found.pairs,
            "control": _interval(found.control) if found.control else None,
            "noise_floor": found.noise_floor,
        }
    return {
        "workload": cell.workload,
        "scenario": cell.scenario,
        "variant": cell.variant,
        "baseline": baseline,
        "device": measurement.device,
        "precision": samples.precision,
        "speedup": speedup,
        "gates": [
            {"gate": ruling.gate, "verdict": ruling.verdict.value, "reason": ruling.reason}
            for ruling in rulings(policy, judge, measurement, cell.variant)
        ],
        "memory": {**(samples.memory or MemoryPeaks()).as_json(), **_out_of_memory(samples)},
        "memory_growth": None
        if samples.growth is None
        else {"bytes_a_call": samples.growth.slope, "leaks": samples.growth.leaks},
        "residency": measurement.residency,
        "overcommitted": measurement.overcommitted,
        "power": {} if samples.power is None else samples.power.as_json(),
        "accuracy": _parity(samples),
        "proof": {"on": off(samples) is None, "fallback": off(samples)},
        "recompiles": {"timed": dict(samples.recompiles), "warm_up": dict(samples.warm_up_recompiles)},
        "sentence": sentence_facts(judge, measurement, cell.variant),
        "cold": {
            "build_s": samples.cold_start.build_s,
            "load_s": samples.cold_start.load_s,
            "first_call_s": samples.cold_start.first_call_s,
            "artefact_bytes": samples.cold_start.artefact_bytes,
            "built_now": samples.cold_start.built_now,
            "built_at": samples.cold_start.built_at,
            "fetch_s": samples.cold_start.fetch_s,
            "compilation": None if samples.cold_start.compilation is None else asdict(samples.cold_start.compilation),
        },
        **extras(judge, measurement, cell.variant),
        "first_of_turn_s": list(samples.first_s),
        "device_s": [duration for turn in samples.device_s for duration in turn],
        "failure": None
        if samples.failure is None
        else {"kind": samples.failure.kind.value, "sentence": samples.failure.sentence},
        # What failed before its first round has no durations, and so no entry of its own.
        "failed_beside_it": {
            other.name: {"kind": other.failure.kind.value, "sentence": other.failure.sentence, **_out_of_memory(other)}
            for other in measurement.all_samples.values()
            if other.failure is not None and other is not samples
        },
        "rounds": measurement.rounds,
        "excluded_rounds": dict(Counter(measurement.excluded)),
        "seed": measurement.seed,
        "inside_calls": measurement.busy_s / measurement.wall_s if measurement.wall_s else None,
        "notes": list(measurement.notes),
    }


def _parity(samples: Samples) -> dict[str, float | bool | None]:
    """Infinite is null, as everywhere: an SNR of equal outputs, a roofline of outputs that can't be compared."""
    found = samples.accuracy
    return {
        "rel_l2": _finite(samples.rel_l2),
        "max_abs": None if found is None else _finite(found.max_abs),
        "tolerance": samples.tolerance,
        "snr_db": None if found is None else _finite(found.snr_db),
        "log_mel_db": None if found is None else _finite(found.log_mel_db),
        "mr_stft": None if found is None else _finite(found.mr_stft),
        "not_finite": None if found is None else found.not_finite,
        "perceptual": found is not None and found.perceptual,
        "integers": None if found is None else found.integers,
        "unequal_integers": None if found is None else found.unequal,
        "greedy_ids": None if found is None else found.ids,
        "other_greedy_ids": None if found is None else found.other_ids,
        "excess_surprisal": None if found is None else _finite(found.surprisal),
    }


def _out_of_memory(samples: Samples) -> dict[str, Any]:
    failure = samples.failure
    return {} if failure is None or failure.out_of_memory is None else failure.out_of_memory.facts()


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"estimate": interval.estimate, "low": _finite(interval.low), "high": _finite(interval.high)}


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: an end that is not known yet is null."""
    return value if value is not None and math.isfinite(value) else None
