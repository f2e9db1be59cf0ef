"""The peak rates of a device, measured in the run: a large product, and a large copy. Runs in workers.

Both are the best of several repeats: a peak is what was reached once. A data sheet's figure is higher, and no
kernel reaches it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from jitgate.model.answers import MeasuredPeakRates
from jitgate.model.error_words import shortly
from jitgate.statistics import PeakRates

if TYPE_CHECKING:
    import torch

DTYPES = {
    "fp32": "float32",
    "tf32": "float32",
    "bf16": "bfloat16",
    "autocast-bf16": "bfloat16",
    "fp16": "float16",
    "autocast-fp16": "float16",
}
"""Precision of a variant -> what its products are computed in."""

FIRST_SIZE, LAST_SIZE = 256, 8192
"""Rows of the square matrices: doubled until a product lasts `LONG_S`. The largest take 768 MiB in float32."""

LONG_S = 0.05
"""Long enough for a clock, and for all cores to be at work."""

REPEATS_S = 0.4
"""Seconds of repeats after that, two of them at least, of each way to multiply and of the copy: the best stands."""

COPY_BYTES = 256 << 20
"""Larger than any cache of a processor or card on which this was tried, small enough for a card of 4 GB."""


def measure_peak_rates(device: str, precision: str) -> MeasuredPeakRates:
    """Operations a second of a product in `precision`, bytes a second of a copy; takes some seconds at most."""
    import torch

    name = DTYPES.get(precision)
    if name is None:
        return MeasuredPeakRates(missing=f"peak rates of {precision} can't be measured")
    tf32 = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = precision == "tf32"
    try:
        with torch.inference_mode():
            dtype = getattr(torch, name)
            flops_s = max(_product(torch, device, dtype, transposed=each) for each in (False, True))
            bytes_s = _copy(torch, device)
    except RuntimeError as error:  # out of memory, or a type that this device can't multiply
        return MeasuredPeakRates(missing=f"peak rates could not be measured: {shortly(error)}")
    finally:
        torch.backends.cuda.matmul.allow_tf32 = tf32
        if device.startswith("cuda"):
            torch.cuda.empty_cache()  # others are resident on the card, and the next rounds want it as it was
    return MeasuredPeakRates(PeakRates(flops_s, bytes_s))


def _product(torch: Any, device: str, dtype: torch.dtype, *, transposed: bool) -> float:
    """Operations a second with a plain second matrix, or a `transposed` one, as `nn.Linear` holds its weight.

    Kernels differ in which they are made for: a CPU without half-precision units was seen to multiply a transposed
    float16 matrix at least five times as fast as a plain one, and float32 and bfloat16 about the same either way.
    """
    size = FIRST_SIZE
    while True:
        one = torch.full((size, size), 0.5, dtype=dtype, device=device)
        stored, out = torch.full_like(one, 0.25), torch.empty_like(one)
        other = stored.t() if transposed else stored

        def multiply(one: Any = one, other: Any = other, out: Any = out) -> None:
            torch.mm(one, other, out=out)

        took_s = min(_timed(torch, device, multiply) for _ in range(2))
        larger_bytes = 3 * (2 * size) ** 2 * one.element_size()
        if took_s >= LONG_S or size >= LAST_SIZE or larger_bytes > _room_bytes(torch, device):
            return 2.0 * size**3 / _best(torch, device, multiply, took_s)
        size *= 2


def _copy(torch: Any, device: str) -> float:
    size = int(min(COPY_BYTES, _room_bytes(torch, device) / 2))
    source = torch.full((size,), 1, dtype=torch.uint8, device=device)
    target = torch.zeros_like(source)

    def move() -> None:
        target.copy_(source)

    return 2.0 * size / _best(torch, device, move, _timed(torch, device, move))


def _room_bytes(torch: Any, device: str) -> float:
    """What may be taken for it: on a card a quarter of what is free, since a full card slows all down."""
    return float(torch.cuda.mem_get_info(device)[0]) / 4 if device.startswith("cuda") else float("inf")


def _best(torch: Any, device: str, action: Callable[[], object], seen_s: float) -> float:
    until, best = time.perf_counter() + REPEATS_S, seen_s
    for number in range(1000):
        if number >= 2 and time.perf_counter() > until:
            break
        best = min(best, _timed(torch, device, action))
    return best


def _timed(torch: Any, device: str, action: Callable[[], object]) -> float:
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    start = time.perf_counter()
    action()
    if device.startswith("cuda"):
        torch.cuda.synchronize(device)
    return time.perf_counter() - start
