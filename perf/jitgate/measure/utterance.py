"""What a sentence is made of: its parts, what they give, and their arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jitgate.pool.stages import count_arithmetic

if TYPE_CHECKING:
    from jitgate.pool.pool import Crew
    from jitgate.pool.prepare import Ready


@dataclass(frozen=True)
class Spoken:
    """A pipeline and what one call of a scenario says.

    parts: in order, each with what it gives ("tokens", "audio" or ""). audio_s, speech_tokens, characters: 0 where the
    workload does not say. streaming: whether audio comes in pieces. operations: part -> floating-point operations of
    one call, all of them under ""; empty where they could not be counted.
    """

    parts: Mapping[str, str]
    audio_s: float = 0.0
    speech_tokens: int = 0
    characters: int = 0
    streaming: bool = False
    operations: Mapping[str, int] = field(default_factory=dict)

    def giving(self, what: str) -> tuple[str, ...]:
        """The parts that give `what`."""
        return tuple(part for part, gives in self.parts.items() if gives == what)


def spoken(crew: Crew, scenario: str, ready: Ready) -> Spoken | None:
    """What a call of `scenario` says; None for a workload without parts. Counts its arithmetic."""
    if not ready.parts:
        return None
    said: dict[str, Any] = ready.sentences.get(scenario, {})
    gives = {name: part["gives"] for name, part in ready.parts.items()}
    return Spoken(gives, operations=count_arithmetic(crew, scenario), **said)
