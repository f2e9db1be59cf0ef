"""Checkpoint directories with the original's file names and keys; at true size they take no room."""

from __future__ import annotations

import os
import pickle
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder
from torch import Tensor, nn

from tests.jitgate_cosyvoice.fingerprints import load

Keys = Iterable[tuple[str, list[int]]]


def mark(name: str) -> float:
    """The number that every element of tensor `name` has."""
    return float(zlib.crc32(name.encode()) % 9973)


def hollow(keys: Keys) -> dict[str, Tensor]:
    """Tensors of these names and shapes that hold one number each: all their strides are 0, also when saved."""
    return {name: torch.full([1] * len(shape), mark(name)).expand(shape) for name, shape in keys}


def under(prefix: str, reference: str) -> list[tuple[str, list[int]]]:
    """Names and shapes of a reference file, as they are called inside of the whole model."""
    return [(prefix + name, shape) for name, shape in load(reference)["state_dict"]]


def whole(reference: str, parts: Mapping[str, str]) -> list[tuple[str, list[int]]]:
    """All of a file, where a name of the reference that is in `parts` stands for that part's own file."""
    keys: list[tuple[str, list[int]]] = []
    for name, shape in load(reference)["state_dict"]:
        keys += under(name, parts[name]) if name in parts else [(name, shape)]
    return keys


def v2_flow() -> list[tuple[str, list[int]]]:
    """All of CosyVoice2's `flow.pt`."""
    parts = {"encoder.": "cosyvoice2_flow_encoder", "decoder.estimator.": "cosyvoice2_flow_estimator"}
    return whole("cosyvoice2_flow", parts)


def v1_flow() -> list[tuple[str, list[int]]]:
    """All of CosyVoice-300M's `flow.pt`."""
    parts = {"encoder.": "cosyvoice_flow_encoder", "decoder.estimator.": "cosyvoice_flow_estimator"}
    return whole("cosyvoice_flow", parts)


def v1_llm() -> list[tuple[str, list[int]]]:
    """All of CosyVoice-300M's `llm.pt`."""
    return whole("cosyvoice_language_model", {"text_encoder.": "cosyvoice_text_encoder", "llm.": "cosyvoice_llm"})


def true_size(folder: Path, generation: str) -> Path:
    """A model directory whose files have every name and shape of the original's."""
    folder.mkdir()
    if generation == "v2":
        (folder / "cosyvoice2.yaml").write_text("")
        torch.save(hollow(v2_flow()), folder / "flow.pt")
        torch.save(hollow(under("", "cosyvoice2_vocoder")), folder / "hift.pt")
        llm = hollow(under("", "cosyvoice2_llm"))
        llm["llm.model.lm_head.weight"] = llm["llm.model.model.embed_tokens.weight"]
        torch.save(llm, folder / "llm.pt")
        return folder
    (folder / "cosyvoice.yaml").write_text("")
    torch.save(hollow(v1_llm()), folder / "llm.pt")
    torch.save(hollow(v1_flow()), folder / "flow.pt")
    torch.save(hollow(under("", "cosyvoice_vocoder")), folder / "hift.pt")
    return folder


def tiny_encoder() -> FlowEncoder:
    """CosyVoice2's flow encoder, 16 wide."""
    return FlowEncoder(width=16, heads=2, feed_forward=32)


class TinyFlow(nn.Module):
    """What of a flow such an encoder needs, and something beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = tiny_encoder()
        self.encoder_proj = nn.Linear(16, 80)


def tiny_flow() -> dict[str, Tensor]:
    """The contents of a `flow.pt`. Its numbers follow from whole names, so they are not those of a seeded encoder."""
    return build_seeded(TinyFlow).state_dict()


class Malicious:
    """Unpickled by plain pickle, it makes a directory: the trace that nothing was executed is that there is none."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.trace),)


def write_malicious(path: Path, trace: Path, protocol: int | None = None) -> None:
    """A `flow.pt` that would execute code: as torch.save writes files, or as plain pickle of some protocol does."""
    content = {"encoder.embed.out.0.weight": Malicious(trace)}
    if protocol is None:
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content, protocol))
