"""The sentences of the device analysis that can be measured, each with what measures it.

The analysis was written for CosyVoice2 on an RTX 2050 with 4 GB, without a measurement. JIT there is TorchScript of the
flow encoder, the one module that CosyVoice2's `load_jit` covers, so its claims are held against that module; what the
module is of a sentence, a pipeline shows.
"""

from __future__ import annotations

from jitgate.model.cell import Cell

from jitgate_cosyvoice.claims.claim import Claim, Said
from jitgate_cosyvoice.claims.memory import EmptyCacheFrees, MemoryAtMost
from jitgate_cosyvoice.claims.sound import HurtsTheSound
from jitgate_cosyvoice.claims.speed import EngineNotWorthIt, Faster, NotWorthIt
from jitgate_cosyvoice.claims.start import SlowerStart

ENCODER = "cosyvoice2.flow_encoder"
SENTENCE = "5s"

UNCHANGED = 1.05
"""`Basically unchanged, possibly slightly less`: 5 % more at most."""

HALF = 0.55
"""`About 50 %`."""

CARD_BYTES = 4 << 30
"""The card that the analysis speaks of."""

_EXPECTED = "section 3, what to expect of JIT"
_FP16 = "section 5, point 1"


def _jit(scenario: str) -> Cell:
    return Cell(ENCODER, scenario, "torchscript")


CLAIMS: tuple[Claim, ...] = (
    Faster(
        "jit_is_10_to_30_percent_faster",
        Said("JIT makes inference 10 to 30 % faster (a sentence of 5 s)", _EXPECTED, "推理速度: 提升 10-30%"),
        _jit(SENTENCE),
        1.10,
        1.30,
    ),
    Faster(
        "jit_is_10_to_30_percent_faster_when_streaming",
        Said("JIT makes inference 10 to 30 % faster (a first streaming chunk)", _EXPECTED, "推理速度: 提升 10-30%"),
        _jit("first_chunk_sft"),
        1.10,
        1.30,
    ),
    MemoryAtMost(
        "jit_leaves_memory_unchanged",
        Said("JIT leaves memory basically unchanged", _EXPECTED, "显存占用: 基本不变（可能略有减少）"),
        _jit(SENTENCE),
        UNCHANGED,
    ),
    SlowerStart(
        "jit_loads_more_slowly",
        Said("The first load with JIT is a little slower", _EXPECTED, "首次加载: 稍慢（需要加载 JIT 模型）"),
        _jit(SENTENCE),
    ),
    Faster(
        "later_calls_with_jit_are_faster",
        Said("Later calls with JIT are faster", _EXPECTED, "后续推理: 明显加快"),
        _jit(SENTENCE),
        1.0,
    ),
    MemoryAtMost(
        "fp16_halves_memory",
        Said("fp16 takes about 50 % of the memory", _FP16, "减少显存占用（约 50%）"),
        Cell(ENCODER, SENTENCE, "eager+fp16"),
        HALF,
    ),
    Faster(
        "fp16_is_1.5_to_2_times_as_fast",
        Said("fp16 is about 1.5 to 2 times as fast", _FP16, "提高推理速度（约 1.5-2 倍）"),
        Cell(ENCODER, SENTENCE, "eager+fp16"),
        1.5,
        2.0,
    ),
    HurtsTheSound(
        "int8_may_hurt_the_sound",
        Said("INT8 quantisation may hurt the sound", "section 5, point 4", "但可能影响音质"),
        Cell("cosyvoice2.flow", "1s", "int8-dynamic"),
    ),
    NotWorthIt(
        "batching_does_not_pay_for_short_texts",
        Said(
            "Batching does not pay for short texts",
            "section 5, point 2",
            "对于短文本，不使用并行处理",
        ),
        Cell("cosyvoice2.short_texts", "four_of_1s", "batched"),
        ("a batch of four", "one after another"),
    ),
    EmptyCacheFrees(
        "empty_cache_frees_memory",
        Said(
            "`torch.cuda.empty_cache()` frees memory", "section 5, point 3", "使用 `torch.cuda.empty_cache()` 释放显存"
        ),
        Cell(ENCODER, SENTENCE, "eager"),
    ),
    EngineNotWorthIt(
        "tensorrt_does_not_pay_on_4_gb",
        Said("TensorRT does not pay on a card of 4 GB", "section 2, conclusion", "不建议使用 TensorRT"),
        Cell("cosyvoice2.flow_estimator", SENTENCE, "tensorrt"),
        CARD_BYTES,
    ),
)
