"""`--jitgate-memory-cap`: which cap workers run under, and whether that makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.device.process_limit import why_no_limit
from jitgate.model.errors import UsageError
from jitgate.model.size import format_bytes
from jitgate.worker.memory_cap import LEAST_BYTES

if TYPE_CHECKING:
    from collections.abc import Collection

    from jitgate.config.policy import Policy
    from jitgate.device.device import Device
    from jitgate.model.cell import Cell


def memory_cap_bytes(policy: Policy, device: Device, planned: Collection[Cell]) -> int:
    """The limit in bytes that every worker of the planned cells is held to.

    Raises UsageError where there is no limit, where nothing here can enforce one, where it is smaller than what a
    worker itself needs, and where a gate allows what the cap would never let happen.
    """
    memory_limit = policy.memory_limit_bytes
    if memory_limit is None:
        raise UsageError(
            "--jitgate-memory-cap needs a memory limit to enforce: give --jitgate-memory-limit SIZE, or set "
            f"memory_limit in [tool.jitgate] of {policy.where}"
        )
    if device.kind == "cpu":
        missing = why_no_limit()
        if missing is not None:
            raise UsageError(
                f"--jitgate-memory-cap: memory can't be capped here: {missing}; leave --jitgate-memory-cap out"
            )
    if memory_limit < LEAST_BYTES:
        raise UsageError(
            f"--jitgate-memory-cap: a memory limit of {format_bytes(memory_limit)} is below what an empty worker takes "
            f"to answer; {format_bytes(LEAST_BYTES)} are the least"
        )
    for gate in policy.gates:
        allowed = max(gate.limits.get("max_memory", 0), gate.limits.get("max_load_memory", 0))
        if allowed > memory_limit and any(gate.applies(cell, device.kind) for cell in planned):
            raise UsageError(
                f"{gate.where} allows {format_bytes(allowed)}, which the enforced memory limit of "
                f"{format_bytes(memory_limit)} "
                "never lets happen; raise --jitgate-memory-limit, lower the gate, or leave --jitgate-memory-cap out"
            )
    return memory_limit
