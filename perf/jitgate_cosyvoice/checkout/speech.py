"""`tts()` of a checkout's own pipeline class: text tokens to a waveform, in its own threads and steps.

Two things are jitgate's. The front end is stubbed: what it makes of text and prompt is given, and its cost is left out.
And the sampler takes the best id, a fixed number of times, so that the work is equal in every variant and call.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from jitgate.model.errors import UsageError
from jitgate.model.inputs import Inputs
from jitgate.workloads.stage import Stage, StageOutput
from jitgate.workloads.weight_source import current
from jitgate.workloads.workload import Workload
from torch import Tensor, nn

from jitgate_cosyvoice.checkout.adapters import Door
from jitgate_cosyvoice.checkout.built import Built, build, class_of
from jitgate_cosyvoice.checkout.place import QWEN_FOLDER
from jitgate_cosyvoice.v2 import pipeline_scenarios
from jitgate_cosyvoice.v2.language_model import SPEECH_IDS, QwenSize
from jitgate_cosyvoice.v2.source import SAMPLES_PER_FRAME
from jitgate_cosyvoice.v2.speech import FRAMES_PER_TOKEN
from jitgate_cosyvoice.v2.vocoder import sound

PARTS = ("llm", "flow", "hift")
"""Keys of the yaml, and what the class takes, in this order."""

MODEL_CLASSES = {
    "cosyvoice2": "cosyvoice.cli.model.CosyVoice2Model",
    "cosyvoice3": "cosyvoice.cli.model.CosyVoice3Model",
}

END = {"cosyvoice2": SPEECH_IDS, "cosyvoice3": SPEECH_IDS + 1}
"""Family -> the id that ends a sentence."""

VOCABULARY = 1024
"""Text ids, where the language model has no table of the original's name to ask."""

GIVEN = (
    *("text", "flow_embedding", "llm_embedding", "prompt_text", "llm_prompt_speech_token"),
    *("flow_prompt_speech_token", "prompt_speech_feat", "stream"),
)
"""What `tts()` is given, by name."""

SAMPLES_PER_ID = FRAMES_PER_TOKEN * SAMPLES_PER_FRAME
"""Of the waveform, for each speech id."""

MOST_OFF = 0.1
"""By which a sentence may be longer or shorter: what a release cuts off or fades at its ends is less."""

_TABLE = "llm.model.model.embed_tokens.weight"
_ENCODER_INPUT = "encoder.embed.out.0.weight"
_STEP = "forward_one_step"


class Id(int):
    """An id: a number, and `.item()` of it too, since samplers of some releases give a tensor."""

    def item(self) -> int:
        return int(self)


class FixedCount:
    """In place of the sampler: the best speech id, `count` times, and then the end."""

    def __init__(self, end: int) -> None:
        self._end = end
        self.count = 0
        self.said: list[int] = []

    def __call__(self, scores: Tensor, decoded: Sequence[Any], *_: Any, **__: Any) -> Id:
        """scores (ids), decoded: those so far."""
        if len(decoded) >= self.count:
            return Id(self._end)
        self.said.append(int(scores[:SPEECH_IDS].argmax()))
        return Id(self.said[-1])


class TextToSpeech(nn.Module):
    """`model.tts(...)` as one call. model: the checkout's pipeline class; its modules are registered here."""

    model: Any

    def __init__(self, model: Any, sampler: FixedCount) -> None:
        super().__init__()
        self.llm, self.flow, self.hift = model.llm, model.flow, model.hift
        self.sampler = sampler
        # Not registered: the modules inside of them are.
        self.__dict__.update(model=model, step=Door(model.llm.llm, _STEP), vocoder=Door(model.hift, "inference"))
        self._hop = getattr(model, "token_hop_len", None)

    def reset(self) -> None:
        """Each streamed request leaves a longer hop to the next one; here every one is the first."""
        if self._hop is not None:
            self.model.token_hop_len = self._hop

    def forward(
        self,
        prompt_text: Tensor,
        text: Tensor,
        prompt_speech: Tensor,
        prompt_mel: Tensor,
        speaker: Tensor,
        speech_tokens: int,
        streaming: bool,
    ) -> tuple[Tensor, Tensor]:
        """Say `text` in the voice of the prompt.

        prompt_text (1, A), text (1, N), prompt_speech (1, P), integer ids. prompt_mel (1, 2P, 80). speaker (1, 192).
        speech_tokens: how many are made. streaming: in pieces.
        Returns the waveform at 24 kHz, (1, L) on the CPU, and the speech ids (1, speech_tokens).
        """
        self.sampler.count, self.sampler.said = speech_tokens, []
        self.model.device = text.device
        with _raising():
            pieces = [
                _audio(piece)
                for piece in self.model.tts(
                    text=text,
                    flow_embedding=speaker,
                    llm_embedding=speaker,
                    prompt_text=prompt_text,
                    llm_prompt_speech_token=prompt_speech,
                    flow_prompt_speech_token=prompt_speech,
                    prompt_speech_feat=prompt_mel,
                    stream=streaming,
                )
            ]
        if not pieces:
            raise RuntimeError(f"the checkout's tts() gave no audio for {len(self.sampler.said)} speech ids")
        audio = torch.cat(pieces, dim=1)
        self._check_said(speech_tokens, audio.size(1))
        return audio, torch.tensor([self.sampler.said])

    def _check_said(self, speech_tokens: int, samples: int) -> None:
        """RuntimeError where less or more was said than the sentence has: every figure would be of another one."""
        if len(self.sampler.said) != speech_tokens:
            raise RuntimeError(
                f"the checkout's tts() asked the sampler of jitgate for {len(self.sampler.said)} speech ids of "
                f"{speech_tokens}; let sampling of the language model choose every id of every sentence"
            )
        if not abs(samples / (speech_tokens * SAMPLES_PER_ID) - 1) <= MOST_OFF:
            raise RuntimeError(
                f"the checkout's tts() gave {samples} samples for {speech_tokens} speech ids, and CosyVoice makes "
                f"{SAMPLES_PER_ID} of each; no figure per second of audio would hold"
            )


def _audio(piece: Any) -> Tensor:
    """The waveform (1, L) in a piece of what `tts()` gives."""
    audio = piece.get("tts_speech") if isinstance(piece, Mapping) else piece
    if not isinstance(piece, Mapping) or not isinstance(audio, Tensor) or audio.dim() != 2:
        kind = f"a tensor of shape {list(audio.shape)}" if isinstance(audio, Tensor) else f"a {type(audio).__name__}"
        raise RuntimeError(
            f"the checkout's tts() gives {kind}; jitgate reads pieces as CosyVoice has them: "
            "{'tts_speech': waveform of shape (1, L)}"
        )
    return audio


def pipeline(family: str) -> Workload:
    """`tts()` of the family's class, over the language model, flow and vocoder of its yaml.

    Raises UsageError for a checkout, a model directory or a class that this does not fit.
    """
    checkpoint = current().checkpoint
    if checkpoint is not None and not (checkpoint / QWEN_FOLDER).is_dir():
        raise UsageError(
            f"{checkpoint} has no folder {QWEN_FOLDER}, which describes the language model; name a whole model "
            "directory with --jitgate-checkpoint"
        )
    parts = {key: build(family, key) for key in PARTS}
    llm, flow = parts["llm"], parts["flow"]
    for lacking in (name for name, there in _asked(llm.module).items() if not there):
        raise UsageError(
            f"{llm.where}: {type(llm.module).__name__} has no {lacking}, by which jitgate times its steps and fixes "
            "their number; use a checkout that has CosyVoice's own names"
        )
    parts["hift"].takes("inference", ("speech_feat",))
    sampler = FixedCount(END[family])
    setattr(llm.module, "sampling", sampler)  # noqa: B010 - a checkout's module
    spoken = TextToSpeech(_made(family, parts), sampler)
    shapes = {name: tuple(value.shape) for name, value in llm.module.named_parameters()}
    size = QwenSize(vocabulary=shapes[_TABLE][0] if _TABLE in shapes else VOCABULARY)
    utterances = {
        name: replace(said, overlapping=said.streaming) for name, said in pipeline_scenarios.utterances().items()
    }
    return Workload(
        spoken.eval(),
        _calls(size),
        artefact="pipeline",
        content=flow.content,
        sound=sound(),
        stages=_stages(family, flow),
        utterances=utterances,
        seed=0,
        reset=spoken.reset,
    )


def _check_taken(made: Any, where: str) -> None:
    """UsageError where `tts()` lacks names that it is given: its `**kwargs` would swallow what it calls otherwise."""
    taken = inspect.signature(made.tts).parameters
    lacking = [name for name in GIVEN if name not in taken]
    if lacking and len(lacking) < len(GIVEN):  # what only passes on has no names of its own
        raise UsageError(
            f"{where}: {type(made).__name__}.tts() takes no {' and no '.join(lacking)}, by which jitgate gives it a "
            "prompt and a text; use a checkout that has CosyVoice's own names"
        )


def _asked(llm: Any) -> Mapping[str, bool]:
    return {"sampling": hasattr(llm, "sampling"), f"llm.{_STEP}": hasattr(getattr(llm, "llm", None), _STEP)}


def _made(family: str, parts: Mapping[str, Built]) -> Any:
    name = MODEL_CLASSES[family]
    made = class_of(family, name)
    where = parts["llm"].where.partition(", ")[0]
    try:
        model = made(*(part.module for part in parts.values()), fp16=False)
    except TypeError as error:
        raise UsageError(f"{where}: {name} does not take (llm, flow, hift, fp16): {error}") from error
    _check_taken(model, where)
    if hasattr(model, "silent_tokens"):
        model.silent_tokens = []  # ids of a long silence are left out otherwise, and every id counts as work
    return model


def _calls(size: QwenSize) -> dict[str, Inputs]:
    """Scenario -> arguments of `TextToSpeech.forward`: those of jitgate's own pipeline, its random numbers left out."""
    every = pipeline_scenarios.scenarios(size)
    return {name: (*call[:5], *call[7:]) for name, call in every.items()}


def _stages(family: str, flow: Built) -> dict[str, Stage]:
    """In the order of their first calls. The language model is timed step by step, the first one over the prompt."""
    found = {"llm": Stage("step.run", dict, StageOutput.TOKENS)}
    if family == "cosyvoice2":
        width = flow.shape(_ENCODER_INPUT)[1]
        found["flow_encoder"] = Stage("flow.encoder", lambda: pipeline_scenarios.encoder_calls(width))
    found["flow_estimator"] = Stage("flow.decoder.estimator", pipeline_scenarios.estimator_calls)
    found["vocoder"] = Stage("vocoder.run", lambda: _vocoder_calls(family), StageOutput.AUDIO)
    return found


def _vocoder_calls(family: str) -> dict[str, list[Inputs]]:
    """Scenario -> calls of the vocoder: mel and source that was held back; of CosyVoice3 all of the mel until then."""
    if family == "cosyvoice2":
        every = pipeline_scenarios.vocoder_calls()
        return {name: [(mel, before) for mel, _, _, before in calls] for name, calls in every.items()}
    return pipeline_scenarios.causal_vocoder_calls()


@contextmanager
def _raising() -> Iterator[None]:
    """What a thread of the checkout raises is raised here: what follows from it says less."""
    raised: list[BaseException] = []
    before = threading.excepthook

    def note(args: Any) -> None:
        raised.append(args.exc_value)

    threading.excepthook = note
    try:
        yield
    except Exception:
        if not raised:
            raise
    finally:
        threading.excepthook = before
    if raised:
        raise raised[0]
