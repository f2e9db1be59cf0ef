"""A workload's own tolerance, as people write it."""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.model.errors import UsageError
from jitgate.model.tolerance import EVERY, TOLERANCE


def parse_tolerance(value: object, where: str) -> dict[str, float]:
    """`1e-3` for every precision, or a table as in `{ bf16 = 0.2 }`; UsageError for anything else, naming `where`."""
    table = value if isinstance(value, Mapping) else {EVERY: value}
    found: dict[str, float] = {}
    for precision, limit in table.items():
        if precision not in (*TOLERANCE, EVERY):
            raise UsageError(f"{where}: there is no precision {precision!r} (there are: {', '.join(TOLERANCE)})")
        if not isinstance(limit, (int, float)) or isinstance(limit, bool) or not 0 < limit < 1:
            raise UsageError(
                f"{where} = {limit!r} must be above 0 and below 1: the largest relative L2 distance from eager, "
                "as in 1e-3, or by precision, as in { bf16 = 0.2 }"
            )
        found[precision] = float(limit)
    return found
