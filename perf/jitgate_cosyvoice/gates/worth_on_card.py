"""`max_speedup_on_4_gib`: less than so many times as fast as the baseline, or too large for a card of 4 GiB."""

from __future__ import annotations

from jitgate.gates.kind import Asked, Judged
from jitgate.gates.speed import ratio
from jitgate.model.size import format_bytes
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

from jitgate_cosyvoice.gates.speedup_cap import MaxSpeedup

CARD_BYTES = 4 << 30
"""The card that the device analysis speaks of."""


class MaxSpeedupOnCard(MaxSpeedup):
    """For claims that an engine does not pay on such a card: one that does not fit pays nothing."""

    key, attribute, fixture = "max_speedup_on_4_gib", "lasting_gain_on_4_gib", "max_speedup_on_4_gib"

    def label(self, limit: float, asked: Asked) -> str:
        size = format_bytes(CARD_BYTES)
        return f"less than {ratio(limit)} times as fast as {asked.baseline}, or more than {size} of memory"

    def figure(self, asked: Asked) -> Figure | None:
        found, peak = super().figure(asked), asked.samples.peak_bytes
        if found is None or peak is None:
            return found
        return Figure(f"{found.text}, {format_bytes(peak)} of memory", found.estimate, found.low, found.high)

    def compare(self, asked: Asked, limit: float) -> Judged:
        peak, card = asked.samples.peak_bytes, format_bytes(CARD_BYTES)
        if peak is None:
            return Judged(Outcome.INCONCLUSIVE, f"Its memory is not known, so nor is whether it fits {card}.")
        if peak > CARD_BYTES:
            return Judged(Outcome.PASS, f"It needs more than a card of {card} has.")
        found = super().compare(asked, limit)
        return Judged(found.outcome, f"It fits {card}. {found.reason}", found.advice)

    def undecided(self, asked: Asked, limit: float, outcome: Outcome) -> bool:
        peak = asked.samples.peak_bytes
        return peak is not None and peak <= CARD_BYTES and super().undecided(asked, limit, outcome)
