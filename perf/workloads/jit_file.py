"""The TorchScript files that CosyVoice's `load_jit=True` looks for in a model directory; free of torch.

Names and methods as published (FunAudioLLM/CosyVoice): version 1 has three modules, version 2 the flow encoder alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perf.workloads.checkpoint import Part

PRECISIONS = ("fp32", "fp16")

_SEQUENCE = "xs: Tensor, xs_lens: Tensor, decoding_chunk_size: int, num_decoding_left_chunks: int"
_UPSAMPLED = (
    "xs: Tensor, xs_lens: Tensor, context: Tensor, decoding_chunk_size: int, num_decoding_left_chunks: int, "
    "streaming: bool"
)
_CHUNK = "xs: Tensor, offset: int, required_cache_size: int, att_cache: Tensor, cnn_cache: Tensor, att_mask: Tensor"


@dataclass(frozen=True)
class JitFile:
    """One module as the original loads it.

    stem: `flow.encoder` of `flow.encoder.fp32.zip`. module, small: `package.module:callable` that build it at its true
    size and narrow. part: where a checkpoint has its weights. width, small_width: channels of its input.
    methods: method -> names and types of its arguments. called: the method that inference calls. wrapper: what makes a
    callable of the workload's inputs of it, `package.module:callable`; empty where it is one itself.
    """

    stem: str
    module: str
    small: str
    part: Part
    width: int
    small_width: int
    methods: Mapping[str, str] = field(hash=False)
    called: str = "forward"
    wrapper: str = ""

    def name(self, precision: str) -> str:
        """`flow.encoder.fp32.zip`."""
        return f"{self.stem}.{precision}.zip"


_V1 = "perf.workloads.cosyvoice"

V2_FLOW_ENCODER = JitFile(
    "flow.encoder",
    "perf.workloads.cosyvoice2.flow_encoder:FlowEncoder",
    "perf.workloads.cosyvoice2.flow_encoder:narrow_encoder",
    Part("flow.pt", "encoder."),
    512,
    128,
    {"forward": _UPSAMPLED},
)
V1_TEXT_ENCODER = JitFile(
    "llm.text_encoder",
    f"{_V1}.conformer:text_encoder",
    f"{_V1}.conformer:small_text_encoder",
    Part("llm.pt", "text_encoder."),
    512,
    64,
    {"forward": _SEQUENCE},
)
V1_LLM = JitFile(
    "llm.llm",
    f"{_V1}.transformer:TransformerEncoder",
    f"{_V1}.transformer:narrow_transformer",
    Part("llm.pt", "llm."),
    1024,
    128,
    {"forward": _SEQUENCE, "forward_chunk": _CHUNK},
    called="forward_chunk",
    wrapper=f"{_V1}.transformer:NextPositions",
)
V1_FLOW_ENCODER = JitFile(
    "flow.encoder",
    f"{_V1}.conformer:flow_encoder",
    f"{_V1}.conformer:small_flow_encoder",
    Part("flow.pt", "encoder."),
    512,
    128,
    {"forward": _SEQUENCE},
)

JIT_FILES: Mapping[str, tuple[JitFile, ...]] = {
    "v1": (V1_TEXT_ENCODER, V1_LLM, V1_FLOW_ENCODER),
    "v2": (V2_FLOW_ENCODER,),
}
"""Generation -> its files, in the order in which the original writes them."""
