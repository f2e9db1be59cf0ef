"""The sentences of the device analysis that can be measured, each as a gate that is only reported.

The analysis was written for CosyVoice2 on an RTX 2050 with 4 GB, without a measurement. JIT there is TorchScript of the
flow encoder, the one module that CosyVoice2's `load_jit` covers, so its claims are held against that module; a pipeline
shows what share of a sentence the module has.
"""

from __future__ import annotations

from jitgate.config.policy import REPORT, Gate
from jitgate.model.tolerance import LOG_MEL_DB

ENCODER = "cosyvoice2.flow_encoder"
SENTENCE = "5s"

UNCHANGED = 1.05
"""`Basically unchanged, possibly slightly less`: 5 % more at most."""

HALF = 0.55
"""`About 50 %`."""

WORTH = 1.10
"""From here on a way of running pays: the smallest gain that the device analysis itself calls one."""

LEAST_FREED_BYTES = 1 << 20
"""Freeing less is not worth a call that makes the next one allocate again."""

_EXPECTED = "section 3, what to expect of JIT"
_FP16 = "section 5, point 1"


def _claim(
    text: str, place: str, words: str, workload: str, scenario: str, variant: str, device: str = "*", **limits: float
) -> Gate:
    """text: the claim in English. place: where the device analysis has it. words: what it says there."""
    return Gate(
        f"jitgate_cosyvoice, the claim {text!r}",
        workload=workload,
        scenario=scenario,
        variant=variant,
        device=device,
        limits=limits,
        reason=text,
        on_fail=REPORT,
        source=f"{place}: {words}",
    )


CLAIMS: tuple[Gate, ...] = (
    _claim(
        "JIT makes inference 10 to 30 % faster (a sentence of 5 s)",
        _EXPECTED,
        "推理速度: 提升 10-30%",
        *(ENCODER, SENTENCE, "torchscript"),
        promised_speedup=1.10,
    ),
    _claim(
        "JIT makes inference 10 to 30 % faster (a first streaming chunk)",
        _EXPECTED,
        "推理速度: 提升 10-30%",
        *(ENCODER, "first_chunk_sft", "torchscript"),
        promised_speedup=1.10,
    ),
    _claim(
        "JIT leaves memory basically unchanged",
        _EXPECTED,
        "显存占用: 基本不变（可能略有减少）",
        *(ENCODER, SENTENCE, "torchscript"),
        max_memory_ratio=UNCHANGED,
    ),
    _claim(
        "The first load with JIT is a little slower",
        _EXPECTED,
        "首次加载: 稍慢（需要加载 JIT 模型）",
        *(ENCODER, SENTENCE, "torchscript"),
        min_start_ratio=1.0,
    ),
    _claim(
        "Later calls with JIT are faster",
        _EXPECTED,
        "后续推理: 明显加快",
        *(ENCODER, SENTENCE, "torchscript"),
        promised_speedup=1.0,
    ),
    _claim(
        "fp16 takes about 50 % of the memory",
        _FP16,
        "减少显存占用（约 50%）",
        *(ENCODER, SENTENCE, "eager+fp16"),
        max_memory_ratio=HALF,
    ),
    _claim(
        "fp16 is about 1.5 to 2 times as fast",
        _FP16,
        "提高推理速度（约 1.5-2 倍）",
        *(ENCODER, SENTENCE, "eager+fp16"),
        promised_speedup=1.5,
    ),
    _claim(
        "INT8 quantisation may hurt the sound",
        "section 5, point 4",
        "但可能影响音质",
        *("cosyvoice2.flow", "1s", "int8-dynamic"),
        min_log_mel_db=LOG_MEL_DB,
    ),
    _claim(
        "Batching does not pay for short texts",
        "section 5, point 2",
        "对于短文本，不使用并行处理",
        *("cosyvoice2.short_texts", "four_of_1s", "batched"),
        max_speedup=WORTH,
    ),
    _claim(
        "`torch.cuda.empty_cache()` frees memory",
        "section 5, point 3",
        "使用 `torch.cuda.empty_cache()` 释放显存",
        *(ENCODER, SENTENCE, "eager", "cuda"),
        min_freed_memory=LEAST_FREED_BYTES,
    ),
    _claim(
        "TensorRT does not pay on a card of 4 GB",
        "section 2, conclusion",
        "不建议使用 TensorRT",
        *("cosyvoice2.flow_estimator", SENTENCE, "tensorrt", "cuda"),
        max_speedup_on_4_gib=WORTH,
    ),
)
"""Where a claim does not hold, that is a finding and no failure. A gate of a project's own on the cell can fail."""
