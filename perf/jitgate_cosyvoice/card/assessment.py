"""Which ways of running CosyVoice2 fit a card, and by what margin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jitgate.model.size import format_bytes

from jitgate_cosyvoice.card.footprint import STEPS_A_SECOND, UNKNOWN, CardFootprint, MemoryPhase


@dataclass(frozen=True)
class CardRoom:
    """What a card has to offer. `bandwidth_bytes_s` is None where it is not known, `sources` where figures are from."""

    name: str
    memory_bytes: int
    in_use_bytes: int
    bandwidth_bytes_s: int | None
    sources: tuple[str, ...]

    def margin_bytes(self, phase: MemoryPhase) -> int:
        """What the parts of `phase` leave free, for what is not known of it; below 0: so much is lacking."""
        return self.memory_bytes - self.in_use_bytes - phase.need_bytes


def fits(room: CardRoom, footprint: CardFootprint) -> bool | None:
    """Whether what is known of it has room; None where that hangs on the condition of a phase."""
    if room.margin_bytes(footprint.steady) < 0:
        return False
    return None if room.margin_bytes(_tightest(room, footprint)) < 0 else True


def as_text(room: CardRoom, footprints: Sequence[CardFootprint]) -> list[str]:
    """The card, one verdict for each variant, what no figure is known of, and then what the verdicts are made of."""
    used = f", {format_bytes(room.in_use_bytes)} of it in use" if room.in_use_bytes else ""
    bandwidth = "bandwidth not known" if room.bandwidth_bytes_s is None else f"{room.bandwidth_bytes_s / 1e9:.0f} GB/s"
    width = max(len(footprint.variant) for footprint in footprints)
    return [
        f"CosyVoice2-0.5B on {room.name}: {format_bytes(room.memory_bytes)}{used}; {bandwidth}",
        *(f"  source: {source}" for source in room.sources),
        "",
        *(f"{footprint.variant:<{width}}  {_verdict(room, footprint)}" for footprint in footprints),
        "",
        f"Not known, and for the margins to hold: {'; '.join(UNKNOWN)}.",
        *(line for footprint in footprints for line in _details(room, footprint)),
    ]


def as_json(room: CardRoom, footprints: Sequence[CardFootprint]) -> dict[str, Any]:
    """The same as plain data; sizes in bytes."""
    return {
        "card": {
            "name": room.name,
            "memory_bytes": room.memory_bytes,
            "in_use_bytes": room.in_use_bytes,
            "bandwidth_bytes_s": room.bandwidth_bytes_s,
            "sources": list(room.sources),
        },
        "variants": [
            {
                "variant": footprint.variant,
                "fits": fits(room, footprint),
                "margin_bytes": room.margin_bytes(footprint.steady),
                "verdict": _verdict(room, footprint),
                "phases": [_phase(room, phase) for phase in footprint.phases],
                "step_at_least_s": _step_s(room, footprint),
                "notes": list(footprint.notes),
            }
            for footprint in footprints
        ],
    }


def _phase(room: CardRoom, phase: MemoryPhase) -> dict[str, Any]:
    return {
        "phase": phase.name,
        "condition": phase.condition or None,
        "need_bytes": phase.need_bytes,
        "margin_bytes": room.margin_bytes(phase),
        "parts": [{"what": part.what, "bytes": part.size_bytes, "basis": part.basis} for part in phase.parts],
        "unknown": list(phase.unknown),
    }


def _tightest(room: CardRoom, footprint: CardFootprint) -> MemoryPhase:
    return min(footprint.phases, key=room.margin_bytes)


def _verdict(room: CardRoom, footprint: CardFootprint) -> str:
    left = room.margin_bytes(footprint.steady)
    if left < 0:
        return f"does not fit: lacks {format_bytes(-left)}"
    tightest = _tightest(room, footprint)
    lacking = -room.margin_bytes(tightest)
    steady = f"{format_bytes(left)} left when steady"
    if lacking > 0:
        return f"may not fit: {tightest.name} lacks {format_bytes(lacking)} {tightest.condition}; {steady}"
    if tightest is footprint.steady:
        return f"fits as far as known: {steady}"
    return f"fits as far as known: {steady}, {format_bytes(-lacking)} when {tightest.name} {tightest.condition}"


def _details(room: CardRoom, footprint: CardFootprint) -> list[str]:
    lines = ["", footprint.variant]
    for phase in footprint.phases:
        margin = room.margin_bytes(phase)
        left = f"{format_bytes(margin)} left" if margin >= 0 else f"{format_bytes(-margin)} lacking"
        condition = f" ({phase.condition})" if phase.condition else ""
        lines.append(f"  {phase.name}{condition}: {format_bytes(phase.need_bytes)} needed, {left}")
        lines += [f"    {format_bytes(part.size_bytes):>9}  {part.what} ({part.basis})" for part in phase.parts]
        lines += [f"    not known  {what}" for what in phase.unknown if what not in UNKNOWN]
    step_s = _step_s(room, footprint)
    if step_s is not None:
        lines.append(
            f"  by bandwidth a step of the language model takes at least {step_s * 1e3:.1f} ms, so its real-time "
            f"factor is at least {step_s * STEPS_A_SECOND:.2f} (arithmetic)"
        )
    return [*lines, *(f"  note: {note}" for note in footprint.notes)]


def _step_s(room: CardRoom, footprint: CardFootprint) -> float | None:
    return footprint.step_bytes / room.bandwidth_bytes_s if room.bandwidth_bytes_s else None
