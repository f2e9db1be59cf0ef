"""How far from eager float32 an output may be and still count as right; free of torch."""

from __future__ import annotations

from collections.abc import Mapping

EVERY = "*"
"""Stands for all precisions in a workload's own tolerance."""

TOLERANCE: Mapping[str, float] = {
    "fp32": 1e-4,  # sums in another order are 1e-6 to 1e-5 apart, a wrong constant more than 1e-3
    "tf32": 8e-3,  # rounds what is multiplied as fp16 does, and nothing else; not measured: it needs a card
    "fp16": 8e-3,  # 4.5e-3 seen at worst (flow): within twice that, and an error of 1 % is still found
    "autocast-fp16": 8e-3,  # 4.6e-3 (flow)
    "bf16": 5e-2,  # 3.5e-2 (language model's prompt of 15 s); an id that it chose is 2.1e-2 more surprising at worst
    "autocast-bf16": 5e-2,  # 1.5e-2 (language model's prompt); rounds what bf16 rounds, so it may differ by as much
    "int8": 1e-1,  # 5.3e-2 by channel and row (language model's prompt); 3e-2 by tensor (flow encoder, full width)
}
"""Largest relative L2 distance from eager float32, by precision. Comments: how far the right output was at worst, over
every kind of module here (`docs/precisions.md`: 2026-11-23, a CPU, seeded weights). The limit is up to twice as
much, or that of a precision that rounds alike. An id that greedy decoding chose is held to the same limit by
its surprisal (`jitgate.worker.token_agreement`). A workload that needs another limit has it in its `WorkloadSpec`, or
in `[tool.jitgate]`."""

LOG_MEL_DB = 1.0
"""Largest log-mel distance of a sound. Speech coding calls a mean spectral distortion of 1 dB transparent: listeners
don't tell it from the original (Paliwal and Atal, IEEE Transactions on Speech and Audio Processing 1(1), 1993)."""


def tolerance(precision: str, own: Mapping[str, float]) -> float:
    """The tolerance of `precision`: the workload's `own`, for it or for every precision, or else the table's."""
    return own.get(precision, own.get(EVERY, TOLERANCE[precision]))
