"""What a workload that is a pipeline says of itself: its stages, and what one call of it speaks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jitgate.model.str_enum import StrEnum

StageCalls = Callable[[], Mapping[str, Sequence[tuple[Any, ...]]]]
"""() -> scenario -> positional arguments of a stage's calls."""


class StageOutput(StrEnum):
    """What a stage makes that is counted."""

    NOTHING = ""
    TOKENS = "tokens"
    AUDIO = "audio"


@dataclass(frozen=True)
class Stage:
    """A stage of a pipeline: a submodule that is timed by itself, and that a variant may run in a way of its own.

    path: where the submodule is, as in `flow.decoder.estimator`; the pipeline must call it there, as a function, and
        not from within another stage.
    calls: scenario -> positional arguments of its calls there, of every kind and length that it meets; an exported file
        has to serve them. None: found out by running every scenario once.
    output: what it makes that is counted: speech tokens, or the audio itself.
    """

    path: str
    calls: StageCalls | None = None
    output: StageOutput = StageOutput.NOTHING

    def find(self, module: Any) -> tuple[Any, str]:
        """The module that holds the stage, and the stage's name in it; AttributeError where there is none."""
        *above, name = self.path.split(".")
        for step in above:
            module = getattr(module, step)
        getattr(module, name)
        return module, name


@dataclass(frozen=True)
class Utterance:
    """What one call of a scenario says.

    audio_s: seconds of audio that it makes. speech_tokens: tokens that become that audio. characters: of the text that
    is spoken. streaming: whether audio comes in several pieces, so that the first one has a latency of its own.
    overlapping: whether stages run at the same time, in threads: then they need not add up to the whole.
    """

    audio_s: float
    speech_tokens: int
    characters: int
    streaming: bool = False
    overlapping: bool = False


def check_stages(module: Any, stages: Mapping[str, Stage], utterances: Mapping[str, Utterance]) -> None:
    """TypeError, in one sentence, for stages that a variant's name can't spell or that are not there."""
    for name, stage in stages.items():
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            raise TypeError(
                f"stage {name!r} must be named with letters, digits and '_' (variants spell it: stage=engine)"
            )
        try:
            holder, last = stage.find(module)
        except AttributeError as error:
            raise TypeError(
                f"stage {name!r}: there is no {stage.path!r} in {type(module).__name__} ({error})"
            ) from error
        if not callable(getattr(holder, last)):
            raise TypeError(f"stage {name!r}: {stage.path!r} is not a module")
    for scenario, utterance in utterances.items():
        if not utterance.audio_s > 0:
            raise TypeError(f"scenario {scenario!r} speaks {utterance.audio_s!r} s of audio; that must be above 0")
