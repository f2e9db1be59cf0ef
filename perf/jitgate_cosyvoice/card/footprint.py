"""What each way of running CosyVoice2 needs on a card, from arithmetic; where only a report exists, it says so.

Parameter counts are those of the architecture (the encoder's is tested against the module itself). Everything that is
neither arithmetic nor reported is listed as unknown: the margin has to hold it.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGE_MODEL = 505_803_812
FLOW = 112_549_360
ENCODER = 37_831_168
ESTIMATOR = 71_302_480
VOCODER = 20_821_295
"""Parameters, each tensor once: the language model's output table is its input table."""

POSITION_TABLES = 2 * 9_999 * 512
"""The encoder's two tables of relative positions, which are no parameters."""

STEP_UNREAD = 6_564 * 896 + 2 * 896
"""Of the language model, a step reads all but its speech and task embeddings, of which it reads one row."""

PROMPT_POSITIONS = 89
"""Start, task, and the 87 speech tokens of a 3.48 s voice prompt; text tokens come on top."""

LOGITS = 151_936
"""The language model's text table: its logits are computed at every position, and not used."""

CACHE_VALUES = 2 * 24 * 2 * 64
"""Keys and values of one position: 24 layers, 2 heads of 64."""

STEPS_A_SECOND = 25
"""Speech tokens, and so steps of the language model, in a second of speech."""

MIB = 1024**2
GIB = 1024**3

ARITHMETIC = "arithmetic"


@dataclass(frozen=True)
class MemoryPart:
    """Something that lies on the card. `basis` says where the figure is from."""

    what: str
    size_bytes: int
    basis: str = ARITHMETIC


@dataclass(frozen=True)
class MemoryPhase:
    """A time at which all of `parts` lie on the card at once, and so does `unknown`.

    condition: where the sum is no lower bound, what it holds for; a phase without one is certain.
    """

    name: str
    parts: tuple[MemoryPart, ...]
    unknown: tuple[str, ...] = ()
    condition: str = ""

    @property
    def need_bytes(self) -> int:
        return sum(part.size_bytes for part in self.parts)


@dataclass(frozen=True)
class CardFootprint:
    """One variant of the whole pipeline. `step_bytes`: weights that one step of the language model reads at least."""

    variant: str
    steady: MemoryPhase
    others: tuple[MemoryPhase, ...]
    step_bytes: int
    notes: tuple[str, ...] = ()

    @property
    def phases(self) -> tuple[MemoryPhase, ...]:
        return (self.steady, *self.others)


UNKNOWN = ("CUDA context", "cuBLAS and cuDNN workspaces", "activations above the part that arithmetic gives")


def footprints() -> tuple[CardFootprint, ...]:
    """Every variant: engines in float32 and in half precision."""
    return (
        _footprint("eager", 4, extra=(_reported_whole(),)),
        _footprint(
            "eager+autocast",
            4,
            computes=2,
            notes=("upstream's fp16=True since 2025-12-12: weights stay float32 and are cast on every call",),
        ),
        _footprint("eager+fp16", 2, notes=("weights of language model and flow in half; the vocoder stays float32",)),
        _footprint("torchscript", 4),
        _footprint("torchscript+fp16", 2),
        _footprint("inductor", 4),
        _footprint("inductor+fp16", 2),
        _tensorrt("tensorrt", 4, MemoryPart("TensorRT engine of the estimator, its weights alone", 4 * ESTIMATOR)),
        _tensorrt(
            "tensorrt+fp16",
            2,
            MemoryPart("TensorRT engine of the estimator", 158 * MIB, "reported by users, CosyVoice issue #835"),
        ),
    )


def _footprint(
    variant: str,
    width: int,
    *,
    computes: int | None = None,
    extra: tuple[MemoryPhase, ...] = (),
    notes: tuple[str, ...] = (),
) -> CardFootprint:
    """width: bytes of a weight; computes: bytes of an activation, where that differs."""
    model = _model(variant, width)
    steady = MemoryPhase("steady", (*model, *_activations(computes or width)), _unknown(variant))
    return CardFootprint(variant, steady, (_loading(width), *extra), _step(width), notes)


def _tensorrt(variant: str, width: int, engine: MemoryPart) -> CardFootprint:
    """The estimator's weights leave torch for the engine; building needs both, and a workspace."""
    model = _model(variant, width)
    context = MemoryPart("TensorRT execution context", 820 * MIB, "reported by users, async_cosyvoice issue #50")
    rest = [part for part in model if not part.what.startswith("estimator")]
    building = MemoryPhase(
        "building the engine",
        (
            *model,
            engine,
            MemoryPart("TensorRT workspace", 4 * GIB, "upper limit that upstream sets; a build may take less"),
        ),
        UNKNOWN[:1],
        "if the build takes its whole workspace",
    )
    steady = MemoryPhase("steady", (*rest, engine, context, *_activations(width)), _unknown(variant))
    return CardFootprint(
        variant,
        steady,
        (_loading(width), building),
        _step(width),
        ("other reports of the execution context: 4532 MiB (CosyVoice issue #835), 1.6 GB (async_cosyvoice #85)",),
    )


def _model(variant: str, width: int) -> tuple[MemoryPart, ...]:
    # TorchScript's file keeps its position tables in float32 in half precision too; what a compiled package keeps of
    # them is not known.
    tables = 4 if variant.startswith("torchscript") else width
    return (
        MemoryPart("language model", width * LANGUAGE_MODEL),
        MemoryPart("estimator", width * ESTIMATOR),
        MemoryPart("encoder", width * ENCODER),
        *([] if _compiled(variant) else [MemoryPart("encoder's position tables", tables * POSITION_TABLES)]),
        MemoryPart("rest of the flow", width * (FLOW - ESTIMATOR - ENCODER)),
        MemoryPart("vocoder, always float32", 4 * VOCODER),
    )


def _activations(width: int) -> tuple[MemoryPart, ...]:
    return (
        MemoryPart("logits of the prompt's positions, at least", width * PROMPT_POSITIONS * LOGITS),
        MemoryPart("keys and values of the prompt's positions, at least", width * PROMPT_POSITIONS * CACHE_VALUES),
    )


def _loading(width: int) -> MemoryPhase:
    """The checkpoint is read to the card in float32, and copied into the model."""
    copy = MemoryPart("float32 copy of the language model's checkpoint", 4 * LANGUAGE_MODEL)
    model = MemoryPart("language model", width * LANGUAGE_MODEL)
    return MemoryPhase("loading", (model, copy), UNKNOWN[:1], "if the copy stays until the model is filled")


def _unknown(variant: str) -> tuple[str, ...]:
    return (*UNKNOWN, "position tables and workspace of the compiled encoder") if _compiled(variant) else UNKNOWN


def _compiled(variant: str) -> bool:
    return variant.startswith("inductor")


def _step(width: int) -> int:
    return width * (LANGUAGE_MODEL - STEP_UNREAD)


def _reported_whole() -> MemoryPhase:
    whole = MemoryPart("whole process", 3889 * MIB, "reported by a study of latency")
    return MemoryPhase("whole process", (whole,), condition="as reported from an H100")
