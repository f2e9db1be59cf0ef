"""Variants whose turns take far longer than the baseline's: they must not spend the budget of all others."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from jitgate.model.variant import BASELINE, CONTROL

MUCH_LONGER = 2.0
"""Times the baseline's turn: a variant makes as many calls a turn as fit, so only few long ones take this long."""

SHARE = 0.5
"""Of the budget, what those may take together. They are far from every limit on speed after their first turns."""


LATEST = 5
"""Turns of a worker of which half have to be that long: one may be a stall of the machine."""


class SlowShare:
    """Counts what their turns take. uncharged_s: what they took above their share, which the others do not pay."""

    def __init__(self) -> None:
        self._turns_s: dict[str, list[float]] = {}
        self._slow: set[str] = set()
        self._spent_s = 0.0
        self.uncharged_s = 0.0

    def note(self, turns_s: Mapping[str, float], budget_s: float) -> float:
        """The turns of one round in seconds, by worker; how many of these seconds no budget is charged with."""
        for name, took_s in turns_s.items():
            self._turns_s[name] = [*self._turns_s.get(name, []), took_s][-LATEST:]
        slow = {name for name in turns_s if name not in (BASELINE, CONTROL) and self._is_slow(name)}
        self._slow |= slow
        before_s = self._spent_s
        self._spent_s += sum(turns_s[name] for name in slow)
        free_s = max(0.0, self._spent_s - max(SHARE * budget_s, before_s))
        self.uncharged_s += free_s
        return free_s

    def resting(self, budget_s: float) -> set[str]:
        """Workers that have had their share; none while it lasts."""
        return self._slow if self._spent_s >= SHARE * budget_s else set()

    def _is_slow(self, name: str) -> bool:
        usual = self._turns_s.get(BASELINE)
        return bool(usual) and median(self._turns_s[name]) >= MUCH_LONGER * median(usual or [0.0])
