"""The evidence of one cell as `extra_info["jitgate"]` keeps it: plain JSON, for whoever reads the file."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict
from typing import Any

from jitgate.config.policy import Policy
from jitgate.engines.registry import BASELINE
from jitgate.gates.authenticity import off
from jitgate.gates.judge import Judge, rulings
from jitgate.model.cell import Cell
from jitgate.model.measurement import Arm, Measurement
from jitgate.report.evidence_extras import beside
from jitgate.report.pipeline import sentence_facts
from jitgate.statistics import Interval


def evidence(policy: Policy, judge: Judge, measurement: Measurement, cell: Cell) -> dict[str, Any]:
    """Workload, speed-up with interval and control, gates with verdicts, memory, parity and cold figures."""
    arm = measurement.arms[cell.variant]
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
        "precision": arm.precision,
        "speedup": speedup,
        "gates": [
            {"gate": ruling.gate, "verdict": ruling.verdict.value, "reason": ruling.reason}
            for ruling in rulings(policy, judge, measurement, cell.variant)
        ],
        "memory": {**(arm.memory or {"peak_bytes": None}), **_shortage(arm)},
        "memory_growth": None if arm.growth is None else {"bytes_a_call": arm.growth.slope, "leaks": arm.growth.leaks},
        "residency": measurement.residency,
        "overcommitted": measurement.overcommitted,
        "draw": dict(arm.draw),
        "parity": _parity(arm),
        "proof": {"on": off(arm) is None, "instead": off(arm)},
        "rebuilds": {"timed": dict(arm.rebuilds), "warm_up": dict(arm.warm_rebuilds)},
        "sentence": sentence_facts(judge, measurement, cell.variant),
        "cold": {
            "build_s": arm.cold.build_s,
            "load_s": arm.cold.load_s,
            "first_call_s": arm.cold.first_call_s,
            "artefact_bytes": arm.cold.artefact_bytes,
            "built_now": arm.cold.built_now,
            "built_at": arm.cold.built_at,
            "fetch_s": arm.cold.fetch_s,
            "compilation": None if arm.cold.compilation is None else asdict(arm.cold.compilation),
        },
        **beside(judge, measurement, cell.variant),
        "first_of_turn_s": list(arm.first_s),
        "device_s": [duration for turn in arm.device_s for duration in turn],
        "failure": None if arm.failure is None else {"kind": arm.failure.kind.value, "sentence": arm.failure.sentence},
        # What failed before its first round has no durations, and so no entry of its own.
        "failed_beside_it": {
            other.name: {"kind": other.failure.kind.value, "sentence": other.failure.sentence, **_shortage(other)}
            for other in measurement.arms.values()
            if other.failure is not None and other is not arm
        },
        "rounds": measurement.rounds,
        "tainted_rounds": dict(Counter(measurement.tainted)),
        "seed": measurement.seed,
        "inside_calls": measurement.busy_s / measurement.wall_s if measurement.wall_s else None,
        "notes": list(measurement.notes),
    }


def _parity(arm: Arm) -> dict[str, float | bool | None]:
    """Infinite is null, as everywhere: an SNR of equal outputs, a distance of outputs that can't be compared."""
    found = arm.parity
    return {
        "rel_l2": _finite(arm.rel_l2),
        "max_abs": None if found is None else _finite(found.max_abs),
        "tolerance": arm.tolerance,
        "snr_db": None if found is None else _finite(found.snr_db),
        "log_mel_db": None if found is None else _finite(found.log_mel_db),
        "mr_stft": None if found is None else _finite(found.mr_stft),
        "not_finite": None if found is None else found.not_finite,
        "by_ear": found is not None and found.by_ear,
        "integers": None if found is None else found.integers,
        "unequal_integers": None if found is None else found.unequal,
        "greedy_ids": None if found is None else found.ids,
        "other_greedy_ids": None if found is None else found.other_ids,
        "excess_surprisal": None if found is None else _finite(found.surprisal),
    }


def _shortage(arm: Arm) -> dict[str, Any]:
    failure = arm.failure
    return {} if failure is None or failure.shortage is None else failure.shortage.facts()


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"estimate": interval.estimate, "low": _finite(interval.low), "high": _finite(interval.high)}


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: an end that is not known yet is null."""
    return value if value is not None and math.isfinite(value) else None
