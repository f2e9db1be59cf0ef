"""The TorchScript files that CosyVoice's `load_jit=True` looks for in a model directory; free of torch.

Names and methods as published (FunAudioLLM/CosyVoice): version 1 has three modules, version 2 the flow encoder alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.checkpoint_spec import PretrainedFile

PRECISIONS = ("fp32", "fp16")

_SEQUENCE = "xs: Tensor, xs_lens: Tensor, decoding_chunk_size: int, num_decoding_left_chunks: int"
_UPSAMPLED = (
    "xs: Tensor, xs_lens: Tensor, context: Tensor, decoding_chunk_size: int, num_decoding_left_chunks: int, "
    "streaming: bool"
)
_CHUNK = "xs: Tensor, offset: int, required_cache_size: int, att_cache: Tensor, cnn_cache: Tensor, att_mask: Tensor"


_V1 = "jitgate_cosyvoice.v1"

V2_FLOW_ENCODER = PretrainedFile(
    "flow.encoder",
    "jitgate_cosyvoice.v2.flow_encoder:FlowEncoder",
    "jitgate_cosyvoice.v2.flow_encoder:narrow_encoder",
    CheckpointPart("flow.pt", "encoder."),
    512,
    128,
    {"forward": _UPSAMPLED},
)
V1_TEXT_ENCODER = PretrainedFile(
    "llm.text_encoder",
    f"{_V1}.conformer:text_encoder",
    f"{_V1}.conformer:small_text_encoder",
    CheckpointPart("llm.pt", "text_encoder."),
    512,
    64,
    {"forward": _SEQUENCE},
)
V1_LLM = PretrainedFile(
    "llm.llm",
    f"{_V1}.transformer:TransformerEncoder",
    f"{_V1}.transformer:narrow_transformer",
    CheckpointPart("llm.pt", "llm."),
    1024,
    128,
    {"forward": _SEQUENCE, "forward_chunk": _CHUNK},
    called="forward_chunk",
    wrapper=f"{_V1}.transformer:NextPositions",
)
V1_FLOW_ENCODER = PretrainedFile(
    "flow.encoder",
    f"{_V1}.conformer:flow_encoder",
    f"{_V1}.conformer:small_flow_encoder",
    CheckpointPart("flow.pt", "encoder."),
    512,
    128,
    {"forward": _SEQUENCE},
)

JIT_FILES: Mapping[str, tuple[PretrainedFile, ...]] = {
    "v1": (V1_TEXT_ENCODER, V1_LLM, V1_FLOW_ENCODER),
    "v2": (V2_FLOW_ENCODER,),
}
"""Generation -> its files, in the order in which the original writes them."""
