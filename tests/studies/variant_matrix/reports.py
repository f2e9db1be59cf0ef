"""JSON reports of smoke sessions, as `--jitgate-report FILE.json` writes them, with only the entries that are read."""

from __future__ import annotations

from typing import Any


def entry(variant: str, *, workload: str = "a", verdict: str | None = "PASS", reason: str = "", **other: Any) -> Any:
    """One cell of a report. verdict: on accuracy; None if no test asked for it."""
    accuracy = {"rel_l2": 3.2e-7, "token_ids": 0, "other_token_ids": 0, "excess_surprisal": 0.0}
    gates = [] if verdict is None else [{"gate": "tolerance", "verdict": verdict, "reason": reason}]
    return {
        "workload": workload,
        "scenario": "1s",
        "variant": variant,
        "accuracy": accuracy | other.get("accuracy", {}),
        "fallback_check": {"on": "fallback" not in other, "fallback": other.get("fallback")},
        "failure": other.get("failure"),
        "gates": gates,
    }


def failed(kind: str, sentence: str) -> dict[str, str]:
    """A failure of a worker. kind: a `FailureKind`."""
    return {"kind": kind, "sentence": sentence}


def report(*cells: Any, day: str = "2026-11-22") -> dict[str, Any]:
    """A whole report."""
    return {"schema": 1, "day": day, "machine": {"device": "abacus", "cpu_count": 2}, "cells": list(cells)}
