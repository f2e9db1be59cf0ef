"""A pipeline, and what one call of a scenario says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class PipelineUtterance:
    """A pipeline and what one call of a scenario says.

    stages: in order, each with what it gives ("tokens", "audio" or ""). audio_s, speech_tokens, characters: 0 where the
    workload does not say. streaming: whether audio comes in pieces. operations: stage -> floating-point operations of
    one call, all of them under ""; empty where they could not be counted. overlapping: whether stages run at the same
    time.
    """

    stages: Mapping[str, str]
    audio_s: float = 0.0
    speech_tokens: int = 0
    characters: int = 0
    streaming: bool = False
    operations: Mapping[str, int] = field(default_factory=dict)
    overlapping: bool = False

    def giving(self, what: str) -> tuple[str, ...]:
        """The stages that give `what`."""
        return tuple(stage for stage, gives in self.stages.items() if gives == what)
