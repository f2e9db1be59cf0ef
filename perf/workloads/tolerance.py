"""How far from eager float32 an output may be and still count as right; free of torch."""

from __future__ import annotations

from collections.abc import Mapping

EVERY = "*"
"""Stands for all precisions in a workload's own tolerance."""

TOLERANCE: Mapping[str, float] = {
    "fp32": 1e-4,
    "tf32": 5e-3,
    "fp16": 2e-2,
    "autocast-fp16": 2e-2,
    "bf16": 1e-1,
    "autocast-bf16": 1e-1,
    "int8": 2e-1,
}
"""Largest relative L2 distance by precision."""

LOG_MEL_DB = 1.0
"""Largest log-mel distance of a sound. Speech coding calls a mean spectral distortion of 1 dB transparent: listeners
don't tell it from the original (Paliwal and Atal, IEEE Transactions on Speech and Audio Processing 1(1), 1993)."""


def tolerance(precision: str, own: Mapping[str, float]) -> float:
    """The tolerance of `precision`: the workload's `own`, for it or for every precision, or else the table's."""
    return own.get(precision, own.get(EVERY, TOLERANCE[precision]))
