"""The workloads of a checkout: its own modules, fed with what jitgate's are fed with.

Of the yaml, only the node that is measured is built. What CosyVoice's pipeline classes set on modules afterwards is not
applied.
"""

from __future__ import annotations

from typing import Any

import torch
from jitgate.workloads.sound import Sound
from jitgate.workloads.workload import Workload

from jitgate_cosyvoice.checkout.adapters import FlowInference, Method
from jitgate_cosyvoice.checkout.built import build
from jitgate_cosyvoice.checkout.built import import_packages as import_packages_of
from jitgate_cosyvoice.checkout.speech import MODEL_CLASSES, PARTS, pipeline
from jitgate_cosyvoice.v1.scenarios import flow_scenarios, step_scenarios, text_scenarios
from jitgate_cosyvoice.v1.transformer import NextPositions
from jitgate_cosyvoice.v2 import flow, flow_estimator, vocoder
from jitgate_cosyvoice.v2.scenarios import scenarios

# Arguments that CosyVoice's own callers pass, in order.
_ENCODER = ("xs", "xs_lens", "decoding_chunk_size", "num_decoding_left_chunks")
_UPSAMPLING_ENCODER = ("xs", "xs_lens", "context", "decoding_chunk_size", "num_decoding_left_chunks", "streaming")
_CHUNK = ("xs", "offset", "required_cache_size", "att_cache", "cnn_cache", "att_mask")
_ESTIMATOR = ("x", "mask", "mu", "t", "spks", "cond", "streaming")
_PROMPT = ("prompt_token", "prompt_token_len", "prompt_feat", "prompt_feat_len")
_FLOW = ("token", "token_len", *_PROMPT, "embedding", "streaming", "finalize")
_VOCODER = ("speech_feat", "cache_source")
_CAUSAL_VOCODER = ("speech_feat", "finalize")

_INPUT = "embed.out.0.weight"
"""The first layer of every encoder: (width, channels of the input)."""

_SUFFIX = {"cosyvoice2": "", "cosyvoice3": ".v3"}
"""Family -> what tells its exported files from those of the other."""

_KEYS = {
    "flow_encoder": ("flow.encoder",),
    "flow_estimator": ("flow.decoder.estimator",),
    "flow": ("flow",),
    "vocoder": ("hift",),
    "text_encoder": ("llm.text_encoder",),
    "llm": ("llm.llm",),
    "pipeline": PARTS,
}


def import_packages(factory: str) -> None:
    """Import what a factory of this module, as in `...modules:cosyvoice2_flow`, would import."""
    family, _, part = factory.rpartition(":")[2].partition("_")
    import_packages_of(family, _KEYS[part], MODEL_CLASSES[family] if part == "pipeline" else "")


def cosyvoice3_pipeline() -> Workload:
    """`tts()` of CosyVoice3."""
    return pipeline("cosyvoice3")


def cosyvoice3_flow_estimator() -> Workload:
    """`flow.decoder.estimator` of CosyVoice3: a transformer with the inputs of CosyVoice2's."""
    return _flow_estimator("cosyvoice3")


def cosyvoice3_flow() -> Workload:
    """`flow` of CosyVoice3, as a whole."""
    return _flow("cosyvoice3")


def cosyvoice3_vocoder() -> Workload:
    """`hift` of CosyVoice3. The first chunk is not the last, and is cut short by what the module looks ahead at."""
    built = build("cosyvoice3", "hift")
    built.takes("inference", _CAUSAL_VOCODER)
    calls = {name: (mel, name != "first_chunk") for name, (mel, *_) in vocoder.scenarios().items()}
    module = Method(built.module, "inference").eval()
    with torch.inference_mode():
        module(*calls["1s"])  # the first inference puts the frequency predictor into double precision, for good
    return Workload(module, calls, artefact="hift.v3", content=built.content, seed=0, sound=vocoder.sound())


def cosyvoice2_pipeline() -> Workload:
    """`tts()` of CosyVoice2."""
    return pipeline("cosyvoice2")


def cosyvoice2_flow_encoder() -> Workload:
    """`flow.encoder` of CosyVoice2."""
    built = build("cosyvoice2", "flow.encoder")
    built.takes("forward", _UPSAMPLING_ENCODER)
    return Workload(built.module, scenarios(built.shape(_INPUT)[1]), artefact="flow.encoder", content=built.content)


def cosyvoice2_flow_estimator() -> Workload:
    """`flow.decoder.estimator` of CosyVoice2."""
    return _flow_estimator("cosyvoice2")


def cosyvoice2_flow() -> Workload:
    """`flow` of CosyVoice2, as a whole."""
    return _flow("cosyvoice2")


def cosyvoice2_vocoder() -> Workload:
    """`hift` of CosyVoice2. It draws phase and noise itself in each call, from a generator that is seeded before."""
    built = build("cosyvoice2", "hift")
    built.takes("inference", _VOCODER)
    calls = {name: (mel, cache) for name, (mel, _, _, cache) in vocoder.scenarios().items()}
    module = Method(built.module, "inference").eval()
    return Workload(module, calls, artefact="hift", content=built.content, seed=0, sound=vocoder.sound())


def cosyvoice_text_encoder() -> Workload:
    """`llm.text_encoder` of CosyVoice-300M."""
    built = build("cosyvoice", "llm.text_encoder")
    built.takes("forward", _ENCODER)
    return Workload(
        built.module, text_scenarios(built.shape(_INPUT)[1]), artefact="llm.text_encoder", content=built.content
    )


def cosyvoice_llm() -> Workload:
    """`llm.llm` of CosyVoice-300M: `forward_chunk`, which is all that its inference calls."""
    built = build("cosyvoice", "llm.llm")
    built.takes("forward_chunk", _CHUNK)
    heads = built.shape("encoders.0.self_attn.pos_bias_u")[0]
    calls = step_scenarios(built.shape(_INPUT)[1], heads, built.layers())
    module: Any = built.module  # whatever has `forward_chunk`
    return Workload(NextPositions(module).eval(), calls, artefact="llm.llm.step", content=built.content)


def cosyvoice_flow_encoder() -> Workload:
    """`flow.encoder` of CosyVoice-300M."""
    built = build("cosyvoice", "flow.encoder")
    built.takes("forward", _ENCODER)
    return Workload(
        built.module, flow_scenarios(built.shape(_INPUT)[1]), artefact="flow.encoder.v1", content=built.content
    )


def _flow_estimator(family: str) -> Workload:
    built = build(family, "flow.decoder.estimator")
    built.takes("forward", _ESTIMATOR)
    artefact = f"flow.decoder.estimator{_SUFFIX[family]}"
    return Workload(built.module, flow_estimator.scenarios(), artefact=artefact, content=built.content)


def _flow(family: str) -> Workload:
    built = build(family, "flow")
    built.takes("inference", _FLOW)
    module, artefact = FlowInference(built.module).eval(), f"flow{_SUFFIX[family]}"
    return Workload(module, flow.scenarios(), artefact=artefact, content=built.content, sound=Sound.mel())
