"""The workloads of CosyVoice-300M: the three modules that the original's JIT export covers."""

from __future__ import annotations

from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload

from jitgate_cosyvoice.v1 import conformer
from jitgate_cosyvoice.v1.scenarios import flow_scenarios, step_scenarios, text_scenarios
from jitgate_cosyvoice.v1.transformer import NextPositions, TransformerEncoder, narrow_transformer


def text_encoder() -> Workload:
    """The text encoder of the language model at its true size."""
    module = build_seeded(conformer.text_encoder, CheckpointPart("llm.pt", "text_encoder."))
    return Workload(module, text_scenarios(width=512), artefact="llm.text_encoder")


def small_text_encoder() -> Workload:
    """The same graph, narrow, on one CPU thread."""
    module = build_seeded(conformer.small_text_encoder)
    return Workload(module, text_scenarios(width=64), threads=1, artefact="llm.text_encoder.small")


def llm() -> Workload:
    """One step of the language model at its true size."""
    module = NextPositions(build_seeded(TransformerEncoder, CheckpointPart("llm.pt", "llm."))).eval()
    return Workload(module, step_scenarios(width=1024, heads=16, layers=14), artefact="llm.llm.step")


def small_llm() -> Workload:
    """The same graph, narrow, on one CPU thread."""
    module = NextPositions(build_seeded(narrow_transformer)).eval()
    scenarios = step_scenarios(width=128, heads=4, layers=14)
    return Workload(module, scenarios, threads=1, artefact="llm.llm.step.small")


def flow_encoder() -> Workload:
    """The flow encoder at its true size."""
    module = build_seeded(conformer.flow_encoder, CheckpointPart("flow.pt", "encoder."))
    return Workload(module, flow_scenarios(width=512), artefact="flow.encoder.v1")


def small_flow_encoder() -> Workload:
    """The same graph, narrow, on one CPU thread."""
    module = build_seeded(conformer.small_flow_encoder)
    return Workload(module, flow_scenarios(width=128), threads=1, artefact="flow.encoder.v1.small")
