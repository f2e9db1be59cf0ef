"""Variants whose turns take far longer than the baseline's: they must not spend the budget of all others."""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.model.variant import BASELINE, CONTROL

MUCH_LONGER = 2.0
"""Times the baseline's turn: a variant makes as many calls a turn as fit, so only few long ones take this long."""

SHARE = 0.5
"""Of the budget, what those may take together. They are far from every limit on speed after their first turns."""


class SlowShare:
    """Counts what their turns take. uncharged_s: what they took above their share, which the others do not pay."""

    def __init__(self) -> None:
        self._slow_s: dict[str, float] = {}
        self.uncharged_s = 0.0

    def note(self, turns_s: Mapping[str, float], budget_s: float) -> float:
        """The turns of one round in seconds, by worker; how many of these seconds no budget is charged with."""
        usual_s = turns_s.get(BASELINE)
        if usual_s is None:
            return 0.0
        before_s = sum(self._slow_s.values())
        for name, took_s in turns_s.items():
            if name not in (BASELINE, CONTROL) and took_s >= MUCH_LONGER * usual_s:
                self._slow_s[name] = self._slow_s.get(name, 0.0) + took_s
        most_s = max(SHARE * budget_s, before_s)
        free_s = max(0.0, sum(self._slow_s.values()) - most_s)
        self.uncharged_s += free_s
        return free_s

    def resting(self, budget_s: float) -> set[str]:
        """Workers that have had their share; none while it lasts."""
        return set(self._slow_s) if sum(self._slow_s.values()) >= SHARE * budget_s else set()
