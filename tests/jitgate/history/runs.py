"""Runs made of numbers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from jitgate.history.record import PointRecord, RunRecord, SeriesKey

KEY = SeriesKey("my.encoder", "short", "jit", "", "time", "fp32", "machine-a")


def run_of(
    *estimates: float, keys: Sequence[SeriesKey] = (KEY,), point: dict[str, Any] | None = None, **more: Any
) -> RunRecord:
    """A run with a point for each key."""
    values = dict(zip(keys, estimates, strict=True))
    points = tuple(PointRecord(key, value, count=60, **(point or {})) for key, value in values.items())
    known = {
        "uid": uuid.uuid4().hex,
        "started_at": "2026-11-27T12:00:00+00:00",
        "device": "cpu",
        "fingerprint": "machine-a",
    }
    return RunRecord(**{"fingerprint": "machine-a", **known, "points": points, **more})
