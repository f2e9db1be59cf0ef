"""How two machines differ, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NAMES = {
    "torch": "torch",
    "device": "device",
    "cpu": "processor",
    "driver_major": "driver",
    "cuda": "CUDA",
    "python": "Python",
    "system": "system",
    "threads": "thread settings",
    "clock_policy": "clock policy",
    "power_limit_w": "power limit, W",
    "cpu_count": "processors",
    "cpu_quota": "processor quota",
    "device_memory_bytes": "device memory, bytes",
}
"""Facts of a fingerprint as people call them; the first that differ are said."""

MOST = 3


def difference(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """`torch 2.12.1 -> 2.13.0, processor A -> B`; "" where no fact differs."""
    changed = [
        f"{said} {earlier.get(name)} -> {now.get(name)}"
        for name, said in NAMES.items()
        if earlier.get(name) != now.get(name) and not (name == "cpu" and "device" in earlier and _is_cpu(earlier, now))
    ]
    more = f" and {len(changed) - MOST} more" if len(changed) > MOST else ""
    return ", ".join(changed[:MOST]) + more


def _is_cpu(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether the device is the processor, which would be said twice."""
    return earlier.get("device") == earlier.get("cpu") and now.get("device") == now.get("cpu")
